// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Form;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.State;

/**
 * Which scalar floating-point instructions a host may execute itself, as {@link Form}s. The routine of each remains its
 * meaning; record forms, which copy FPSCR bits, always take it.
 */
final class ScalarForms {
    private ScalarForms() {}

    static void bind(Meanings m) {
        for (int single = 0; single < 2; single++) {
            String s = single == 1 ? "s" : "";
            String precision = single == 1 ? "sp" : "dp";
            int base = single * Form.F32;
            fpr(m, "fadd" + s, base + Form.F64_ADD);
            fpr(m, "fsub" + s, base + Form.F64_SUB);
            fpr(m, "fdiv" + s, base + Form.F64_DIV);
            m.hostForm("fmul" + s, (e, routine) -> {
                int w = e.word;
                fpr(e, base + Form.F64_MUL, State.fpr(Fields.fra(w)), State.fpr(Fields.frc(w)), 0, routine);
            });
            m.hostForm(
                    "fsqrt" + s,
                    (e, routine) -> fpr(e, base + Form.F64_SQRT, State.fpr(Fields.frb(e.word)), 0, 0, routine));
            vsr(m, "xsadd" + precision, base + Form.F64_ADD);
            vsr(m, "xssub" + precision, base + Form.F64_SUB);
            vsr(m, "xsmul" + precision, base + Form.F64_MUL);
            vsr(m, "xsdiv" + precision, base + Form.F64_DIV);
            vsrUnary(m, "xssqrt" + precision, base + Form.F64_SQRT);
            String[] names = {"madd", "msub", "nmadd", "nmsub"};
            for (int i = 0; i < names.length; i++) {
                int form = base + Form.F64_MADD + i;
                m.hostForm("f" + names[i] + s, (e, routine) -> {
                    int w = e.word;
                    fpr(e, form, State.fpr(Fields.fra(w)), State.fpr(Fields.frc(w)), State.fpr(Fields.frb(w)), routine);
                });
                m.hostForm("xs" + names[i] + "a" + precision, (e, routine) -> {
                    int w = e.word;
                    int t = high(Fields.xt(w));
                    e.out.host(form, t, high(Fields.xa(w)), high(Fields.xb(w)), t, routine, w);
                });
                m.hostForm("xs" + names[i] + "m" + precision, (e, routine) -> {
                    int w = e.word;
                    int t = high(Fields.xt(w));
                    e.out.host(form, t, high(Fields.xa(w)), t, high(Fields.xb(w)), routine, w);
                });
            }
        }
        fprUnary(m, "frsp", Form.F64_TO_F32);
        fprUnary(m, "fcfid", Form.F64_FROM_I64);
        fprUnary(m, "fcfids", Form.F32_FROM_I64);
        fprUnary(m, "fctidz", Form.I64_FROM_F64);
        fprUnary(m, "fctiwz", Form.I32_FROM_F64);
        vsrUnary(m, "xsrsp", Form.F64_TO_F32);
        vsrUnary(m, "xscvsxddp", Form.F64_FROM_I64);
        vsrUnary(m, "xscvsxdsp", Form.F32_FROM_I64);
        vsrUnary(m, "xscvdpsxds", Form.I64_FROM_F64);
        for (String name : new String[] {"fcmpu", "fcmpo"}) {
            m.hostForm(name, (e, routine) -> {
                int w = e.word;
                int field = State.CR + Fields.bf(w);
                e.out.host(Form.F64_COMPARE, field, State.fpr(Fields.fra(w)), State.fpr(Fields.frb(w)), 0, routine, w);
            });
        }
        for (String name : new String[] {"xscmpudp", "xscmpodp"}) {
            m.hostForm(name, (e, routine) -> {
                int w = e.word;
                int field = State.CR + Fields.bf(w);
                e.out.host(Form.F64_COMPARE, field, high(Fields.xa(w)), high(Fields.xb(w)), 0, routine, w);
            });
        }
    }

    private static int high(int vsr) {
        return State.VSR + 2 * vsr + 1;
    }

    private static void fpr(Emission e, int form, int a, int b, int c, int routine) {
        if (e.rc()) {
            e.out.call(routine, e.word);
        } else {
            e.out.host(form, State.fpr(Fields.frt(e.word)), a, b, c, routine, e.word);
        }
    }

    private static void fpr(Meanings m, String name, int form) {
        m.hostForm(
                name,
                (e, routine) -> fpr(e, form, State.fpr(Fields.fra(e.word)), State.fpr(Fields.frb(e.word)), 0, routine));
    }

    private static void fprUnary(Meanings m, String name, int form) {
        m.hostForm(name, (e, routine) -> fpr(e, form, State.fpr(Fields.frb(e.word)), 0, 0, routine));
    }

    private static void vsr(Meanings m, String name, int form) {
        m.hostForm(name, (e, routine) -> {
            int w = e.word;
            e.out.host(form, high(Fields.xt(w)), high(Fields.xa(w)), high(Fields.xb(w)), 0, routine, w);
        });
    }

    private static void vsrUnary(Meanings m, String name, int form) {
        m.hostForm(name, (e, routine) -> {
            int w = e.word;
            e.out.host(form, high(Fields.xt(w)), high(Fields.xb(w)), 0, 0, routine, w);
        });
    }
}

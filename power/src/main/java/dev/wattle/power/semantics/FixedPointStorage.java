// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Op;
import dev.wattle.power.isa.Fields;

/**
 * Fixed-point loads and stores of one register (Power ISA 3.0B, Book I, 3.3.2, 3.3.3 and 3.3.5; Book III, 4.4.1).
 *
 * <p>An update form writes RA last, so that an access that interrupts leaves it alone.
 */
final class FixedPointStorage {
    private FixedPointStorage() {}

    /** How a load or store finds its address. */
    private enum Form {
        D,
        DS,
        X
    }

    static void bind(Meanings m) {
        bindLoad(m, "lbz", Form.D, Op.LD8U, Op.LD8U);
        bindLoad(m, "lhz", Form.D, Op.LD16U_LE, Op.LD16U_BE);
        bindLoad(m, "lha", Form.D, Op.LD16S_LE, Op.LD16S_BE);
        bindLoad(m, "lwz", Form.D, Op.LD32U_LE, Op.LD32U_BE);
        bindLoad(m, "ld", Form.DS, Op.LD64_LE, Op.LD64_BE);
        load(m, "lwa", Form.DS, Op.LD32S_LE, Op.LD32S_BE, false);
        load(m, "lwax", Form.X, Op.LD32S_LE, Op.LD32S_BE, false);
        load(m, "lwaux", Form.X, Op.LD32S_LE, Op.LD32S_BE, true);
        bindStore(m, "stb", Form.D, Op.ST8, Op.ST8);
        bindStore(m, "sth", Form.D, Op.ST16_LE, Op.ST16_BE);
        bindStore(m, "stw", Form.D, Op.ST32_LE, Op.ST32_BE);
        bindStore(m, "std", Form.DS, Op.ST64_LE, Op.ST64_BE);
        load(m, "lhbrx", Form.X, Op.LD16U_BE, Op.LD16U_LE, false);
        load(m, "lwbrx", Form.X, Op.LD32U_BE, Op.LD32U_LE, false);
        load(m, "ldbrx", Form.X, Op.LD64_BE, Op.LD64_LE, false);
        store(m, "sthbrx", Form.X, Op.ST16_BE, Op.ST16_LE, false);
        store(m, "stwbrx", Form.X, Op.ST32_BE, Op.ST32_LE, false);
        store(m, "stdbrx", Form.X, Op.ST64_BE, Op.ST64_LE, false);
    }

    private static void bindLoad(Meanings m, String name, Form form, int little, int big) {
        load(m, name, form, little, big, false);
        load(m, name + "u", form, little, big, true);
        load(m, name + "x", Form.X, little, big, false);
        load(m, name + "ux", Form.X, little, big, true);
    }

    private static void bindStore(Meanings m, String name, Form form, int little, int big) {
        store(m, name, form, little, big, false);
        store(m, name + "u", form, little, big, true);
        store(m, name + "x", Form.X, little, big, false);
        store(m, name + "ux", Form.X, little, big, true);
    }

    private static long displacement(Emission e, Form form) {
        return form == Form.D ? (short) e.word : (short) e.word & -4;
    }

    private static void load(Meanings m, String name, Form form, int little, int big, boolean update) {
        m.emitter(name, e -> {
            int op = e.littleEndian() ? little : big;
            if (update && (Fields.ra(e.word) == 0 || Fields.ra(e.word) == Fields.rt(e.word))) {
                // An invalid form: the address is (RA|0)-less RA as for others, and the loaded value wins.
                invalidUpdate(e, form, op);
                return;
            }
            int base = form == Form.X ? e.indexed() : e.raOrZero();
            long d = form == Form.X ? 0 : displacement(e, form);
            e.out.opImm(op, e.rt(), base, d);
            if (update) {
                if (form == Form.X && e.rt() == e.rb()) {
                    // RB has been overwritten, the sum has not.
                    e.out.op(Op.MOV, e.ra(), base, 0);
                } else {
                    updateRa(e, form, base, d);
                }
            }
        });
    }

    private static void updateRa(Emission e, Form form, int base, long d) {
        if (form == Form.X) {
            e.out.op(Op.MOV, e.ra(), base, 0);
        } else {
            e.out.opImm(Op.ADDI, e.ra(), base, d);
        }
    }

    private static void invalidUpdate(Emission e, Form form, int op) {
        int sum = e.temp();
        if (form == Form.X) {
            e.out.op(Op.ADD, sum, e.ra(), e.rb());
        } else {
            e.out.opImm(Op.ADDI, sum, e.ra(), displacement(e, form));
        }
        int value = e.temp();
        e.out.opImm(op, value, sum, 0);
        e.out.op(Op.MOV, e.ra(), sum, 0);
        e.out.op(Op.MOV, e.rt(), value, 0);
    }

    private static void store(Meanings m, String name, Form form, int little, int big, boolean update) {
        m.emitter(name, e -> {
            int op = e.littleEndian() ? little : big;
            int base;
            if (update && form == Form.X) {
                base = e.temp();
                e.out.op(Op.ADD, base, e.ra(), e.rb());
            } else if (update) {
                base = e.ra();
            } else {
                base = form == Form.X ? e.indexed() : e.raOrZero();
            }
            long d = form == Form.X ? 0 : displacement(e, form);
            e.out.emit(op, 0, base, e.rt(), 0, d);
            if (update) {
                updateRa(e, form, base, d);
            }
        });
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.VectorOp;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.State;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/** Which vector instructions a host may execute itself, as {@link Form}s, and those that are moves of doublewords. */
final class VectorForms {
    private static final int RC = 0x400;

    private VectorForms() {}

    static void bind(Meanings m) {
        storage(m);
        moves(m);
        binaries(m);
        comparisons(m);
        permutations(m);
        floating(m);
    }

    /** Slot of the right doubleword of VSR n. */
    private static int vsr(int n) {
        return State.VSR + 2 * n;
    }

    private static int vr(int n) {
        return vsr(32 + n);
    }

    // Storage

    private static int displaced(Emission e, long displacement) {
        int ea = e.temp();
        e.out.opImm(Op.ADDI, ea, e.raOrZero(), displacement);
        return ea;
    }

    private static int order(Emission e, int little) {
        return e.littleEndian() ? little : VectorOp.LEFT_FIRST;
    }

    private static void load(Emission e, int register, int ea, int little, int routine) {
        e.out.host(Form.V128_LOAD, register, ea, 0, order(e, little), routine, e.word);
    }

    private static void store(Emission e, int register, int ea, int little, int routine) {
        e.out.host(Form.V128_STORE, 0, ea, register, order(e, little), routine, e.word);
    }

    private static int alignedQuadword(Emission e) {
        int ea = e.temp();
        if (Fields.ra(e.word) == 0) {
            e.out.opImm(Op.ANDI, ea, e.rb(), -16);
        } else {
            e.out.op(Op.ADD, ea, e.ra(), e.rb());
            e.out.opImm(Op.ANDI, ea, ea, -16);
        }
        return ea;
    }

    private static void storage(Meanings m) {
        for (String name : new String[] {"lvx", "lvxl"}) {
            m.hostForm(
                    name,
                    (e, routine) -> load(e, vr(Fields.vrt(e.word)), alignedQuadword(e), VectorOp.RIGHT_FIRST, routine));
        }
        for (String name : new String[] {"stvx", "stvxl"}) {
            m.hostForm(
                    name,
                    (e, routine) ->
                            store(e, vr(Fields.vrs(e.word)), alignedQuadword(e), VectorOp.RIGHT_FIRST, routine));
        }
        Map<String, Integer> orders = Map.of(
                "vx", VectorOp.RIGHT_FIRST, "vd2x", VectorOp.DOUBLEWORDS_LEFT_FIRST, "vw4x", VectorOp.WORDS_LEFT_FIRST);
        orders.forEach((suffix, order) -> {
            m.hostForm("lx" + suffix, (e, routine) -> load(e, vsr(Fields.xt(e.word)), e.indexed(), order, routine));
            m.hostForm("stx" + suffix, (e, routine) -> store(e, vsr(Fields.xs(e.word)), e.indexed(), order, routine));
        });
        m.hostForm(
                "lxv",
                (e, routine) -> load(
                        e, vsr(Fields.xtDq(e.word)), displaced(e, Fields.dq(e.word)), VectorOp.RIGHT_FIRST, routine));
        m.hostForm(
                "stxv",
                (e, routine) -> store(
                        e, vsr(Fields.xtDq(e.word)), displaced(e, Fields.dq(e.word)), VectorOp.RIGHT_FIRST, routine));
        m.hostForm("lxsdx", (e, routine) -> loadLeft(e, vsr(Fields.xt(e.word)), e.indexed(), 0, false));
        m.hostForm("lxsd", (e, routine) -> loadLeft(e, vr(Fields.vrt(e.word)), e.raOrZero(), Fields.ds(e.word), false));
        m.hostForm("lxvdsx", (e, routine) -> loadLeft(e, vsr(Fields.xt(e.word)), e.indexed(), 0, true));
        m.hostForm("lxsiwzx", (e, routine) -> loadWord(e, e.littleEndian() ? Op.LD32U_LE : Op.LD32U_BE));
        m.hostForm("lxsiwax", (e, routine) -> loadWord(e, e.littleEndian() ? Op.LD32S_LE : Op.LD32S_BE));
        m.hostForm("lxsihzx", (e, routine) -> loadWord(e, e.littleEndian() ? Op.LD16U_LE : Op.LD16U_BE));
        m.hostForm("lxsibzx", (e, routine) -> loadWord(e, Op.LD8U));
        m.hostForm("lxsspx", (e, routine) -> loadSingle(e, vsr(Fields.xt(e.word)), e.indexed(), 0));
        m.hostForm("lxssp", (e, routine) -> loadSingle(e, vr(Fields.vrt(e.word)), e.raOrZero(), Fields.ds(e.word)));
        m.hostForm("stxsiwx", (e, routine) -> storeWord(e, vsr(Fields.xs(e.word)) + 1, e.indexed(), 0));
        m.hostForm("stxsspx", (e, routine) -> storeSingle(e, vsr(Fields.xs(e.word)), e.indexed(), 0));
        m.hostForm("stxssp", (e, routine) -> storeSingle(e, vr(Fields.vrs(e.word)), e.raOrZero(), Fields.ds(e.word)));
        m.hostForm("stxsdx", (e, routine) -> storeLeft(e, vsr(Fields.xs(e.word)), e.indexed(), 0));
        m.hostForm("stxsd", (e, routine) -> storeLeft(e, vr(Fields.vrs(e.word)), e.raOrZero(), Fields.ds(e.word)));
    }

    private static void loadLeft(Emission e, int register, int base, long displacement, boolean twice) {
        e.out.opImm(e.littleEndian() ? Op.LD64_LE : Op.LD64_BE, register + 1, base, displacement);
        if (twice) {
            e.out.op(Op.MOV, register, register + 1, 0);
        } else {
            e.out.opImm(Op.MOVI, register, 0, 0);
        }
    }

    /** The left doubleword from less than a doubleword of storage; the right one becomes 0. */
    private static void loadWord(Emission e, int load) {
        int register = vsr(Fields.xt(e.word));
        e.out.opImm(load, register + 1, e.indexed(), 0);
        e.out.opImm(Op.MOVI, register, 0, 0);
    }

    private static void loadSingle(Emission e, int register, int base, long displacement) {
        int word = e.temp();
        e.out.opImm(e.littleEndian() ? Op.LD32U_LE : Op.LD32U_BE, word, base, displacement);
        e.out.op(Op.WIDEN, register + 1, word, 0);
        e.out.opImm(Op.MOVI, register, 0, 0);
    }

    private static void storeSingle(Emission e, int register, int base, long displacement) {
        int word = e.temp();
        e.out.op(Op.NARROW, word, register + 1, 0);
        storeWord(e, word, base, displacement);
    }

    private static void storeWord(Emission e, int word, int base, long displacement) {
        e.out.emit(e.littleEndian() ? Op.ST32_LE : Op.ST32_BE, 0, base, word, 0, displacement);
    }

    private static void storeLeft(Emission e, int register, int base, long displacement) {
        e.out.emit(e.littleEndian() ? Op.ST64_LE : Op.ST64_BE, 0, base, register + 1, 0, displacement);
    }

    // Moves from and to GPRs, and constants

    private static void moves(Meanings m) {
        m.hostForm("mfvsrd", (e, routine) -> e.out.op(Op.MOV, e.ra(), vsr(Fields.xs(e.word)) + 1, 0));
        m.hostForm("mfvsrld", (e, routine) -> e.out.op(Op.MOV, e.ra(), vsr(Fields.xs(e.word)), 0));
        m.hostForm("mfvsrwz", (e, routine) -> e.out.opImm(Op.ANDI, e.ra(), vsr(Fields.xs(e.word)) + 1, 0xffff_ffffL));
        m.hostForm("mtvsrd", (e, routine) -> toLeft(e, Op.MOV, 0));
        m.hostForm("mtvsrwa", (e, routine) -> toLeft(e, Op.SEXT32, 0));
        m.hostForm("mtvsrwz", (e, routine) -> toLeft(e, Op.ANDI, 0xffff_ffffL));
        m.hostForm("mtvsrdd", (e, routine) -> {
            int target = vsr(Fields.xt(e.word));
            e.out.op(Op.MOV, target + 1, e.raOrZero(), 0);
            e.out.op(Op.MOV, target, e.rb(), 0);
        });
        m.hostForm("mtvsrws", (e, routine) -> {
            int target = vsr(Fields.xt(e.word));
            e.out.op(Op.DUP32, target + 1, e.ra(), 0);
            e.out.op(Op.MOV, target, target + 1, 0);
        });
        constant(m, "vspltisb", value -> value & 0xff, 0x0101_0101_0101_0101L);
        constant(m, "vspltish", value -> value & 0xffff, 0x0001_0001_0001_0001L);
        constant(m, "vspltisw", value -> value, 0x0000_0001_0000_0001L);
        m.hostForm(
                "xxspltib",
                (e, routine) -> both(e, vsr(Fields.xt(e.word)), (e.word >>> 11 & 0xffL) * 0x0101_0101_0101_0101L));
        m.hostForm("lvsl", (e, routine) -> sequence(e, false));
        m.hostForm("lvsr", (e, routine) -> sequence(e, true));
    }

    private static void toLeft(Emission e, int op, long imm) {
        int target = vsr(Fields.xt(e.word));
        e.out.opImm(op, target + 1, e.ra(), imm);
        e.out.opImm(Op.MOVI, target, 0, 0);
    }

    /** A signed constant of 5 bits in each element. */
    private static void constant(Meanings m, String name, IntUnaryOperator element, long ones) {
        m.hostForm(name, (e, routine) -> {
            int value = element.applyAsInt(e.word << 11 >> 27);
            both(e, vr(Fields.vrt(e.word)), (value & 0xffff_ffffL) * ones);
        });
    }

    private static void both(Emission e, int register, long value) {
        e.out.opImm(Op.MOVI, register + 1, 0, value);
        e.out.opImm(Op.MOVI, register, 0, value);
    }

    /** 16 bytes that count up from the low bits of an address, or from 16 less them. */
    private static void sequence(Emission e, boolean right) {
        int first = e.temp();
        if (Fields.ra(e.word) == 0) {
            e.out.opImm(Op.ANDI, first, e.rb(), 15);
        } else {
            e.out.op(Op.ADD, first, e.ra(), e.rb());
            e.out.opImm(Op.ANDI, first, first, 15);
        }
        if (right) {
            e.out.opImm(Op.RSUBI, first, first, 16);
        }
        int target = vr(Fields.vrt(e.word));
        e.out.opImm(Op.MULI, first, first, 0x0101_0101_0101_0101L);
        e.out.opImm(Op.ADDI, target + 1, first, 0x0001_0203_0405_0607L);
        e.out.opImm(Op.ADDI, target, first, 0x0809_0a0b_0c0d_0e0fL);
    }

    // Operations on two registers

    private static void vmx(Meanings m, String name, int op) {
        m.hostForm(name, (e, routine) -> {
            int w = e.word;
            e.out.host(Form.V128_BINARY, vr(Fields.vrt(w)), vr(Fields.vra(w)), vr(Fields.vrb(w)), op, routine, w);
        });
    }

    private static void vsx(Meanings m, String name, int op) {
        m.hostForm(name, (e, routine) -> {
            int w = e.word;
            e.out.host(Form.V128_BINARY, vsr(Fields.xt(w)), vsr(Fields.xa(w)), vsr(Fields.xb(w)), op, routine, w);
        });
    }

    private static void binaries(Meanings m) {
        String[] logical = {"and", "andc", "or", "xor", "nor", "nand", "eqv", "orc"};
        for (int i = 0; i < logical.length; i++) {
            vmx(m, "v" + logical[i], VectorOp.AND + i);
            vsx(m, "xxl" + logical[i], VectorOp.AND + i);
        }
        String[] widths = {"b", "h", "w", "d"};
        for (int i = 0; i < widths.length; i++) {
            vmx(m, "vaddu" + widths[i] + "m", VectorOp.ADD8 + i);
            vmx(m, "vsubu" + widths[i] + "m", VectorOp.SUB8 + i);
        }
        for (int i = 0; i < 3; i++) {
            vmx(m, "vminu" + widths[i], VectorOp.MINU8 + i);
            vmx(m, "vmins" + widths[i], VectorOp.MINS8 + i);
            vmx(m, "vmaxu" + widths[i], VectorOp.MAXU8 + i);
            vmx(m, "vmaxs" + widths[i], VectorOp.MAXS8 + i);
            vmx(m, "vmrgh" + widths[i], VectorOp.MERGE_LEFT8 + i);
            vmx(m, "vmrgl" + widths[i], VectorOp.MERGE_RIGHT8 + i);
        }
        vsx(m, "xxmrghw", VectorOp.MERGE_LEFT32);
        vsx(m, "xxmrglw", VectorOp.MERGE_RIGHT32);
        vmx(m, "vavgub", VectorOp.AVGU8);
        vmx(m, "vavguh", VectorOp.AVGU16);
        vmx(m, "vmuluwm", VectorOp.MUL32);
        // The book counts elements from the left: its odd words are the even ones from the right.
        vmx(m, "vmulouw", VectorOp.MUL32U_EVEN);
        vmx(m, "vmulosw", VectorOp.MUL32S_EVEN);
        vmx(m, "vmuleuw", VectorOp.MUL32U_ODD);
        vmx(m, "vmulesw", VectorOp.MUL32S_ODD);
        vmx(m, "vslw", VectorOp.SHL32);
        vmx(m, "vsrw", VectorOp.SHR32);
        vmx(m, "vsraw", VectorOp.SAR32);
        vmx(m, "vsld", VectorOp.SHL64);
        vmx(m, "vsrd", VectorOp.SHR64);
        vmx(m, "vrlw", VectorOp.ROTL32);
        vmx(m, "vrld", VectorOp.ROTL64);
        vmx(m, "vslb", VectorOp.SHL8);
        vmx(m, "vsrb", VectorOp.SHR8);
        vmx(m, "vslh", VectorOp.SHL16);
        vmx(m, "vsrh", VectorOp.SHR16);
        vmx(m, "vpkuhum", VectorOp.PACK16);
        vmx(m, "vpkuwum", VectorOp.PACK32);
        vmx(m, "vpkudum", VectorOp.PACK64);
        vmx(m, "vgbbd", VectorOp.TRANSPOSE8);
        vmx(m, "vbpermq", VectorOp.PICK_BITS);
        vmx(m, "vpmsumd", VectorOp.POLYNOMIAL_SUM64);
        vmx(m, "vcipher", VectorOp.AES_ENCRYPT);
        vmx(m, "vcipherlast", VectorOp.AES_ENCRYPT_LAST);
        vmx(m, "vncipher", VectorOp.AES_DECRYPT);
        vmx(m, "vncipherlast", VectorOp.AES_DECRYPT_LAST);
    }

    private static void comparisons(Meanings m) {
        int summary = m.shared("vector summary", (p, w) -> {
            int t = Fields.vrt(w);
            long high = p.vrHigh(t);
            long low = p.vrLow(t);
            VectorForm.setCr6(p, (high & low) == -1 ? 8 : (high | low) == 0 ? 2 : 0);
        });
        Map<String, Integer> names = Map.ofEntries(
                Map.entry("vcmpequb", VectorOp.EQ8),
                Map.entry("vcmpequh", VectorOp.EQ16),
                Map.entry("vcmpequw", VectorOp.EQ32),
                Map.entry("vcmpequd", VectorOp.EQ64),
                Map.entry("vcmpneb", VectorOp.NE8),
                Map.entry("vcmpneh", VectorOp.NE16),
                Map.entry("vcmpnew", VectorOp.NE32),
                Map.entry("vcmpgtsb", VectorOp.GTS8),
                Map.entry("vcmpgtsh", VectorOp.GTS16),
                Map.entry("vcmpgtsw", VectorOp.GTS32),
                Map.entry("vcmpgtsd", VectorOp.GTS64),
                Map.entry("vcmpgtub", VectorOp.GTU8),
                Map.entry("vcmpgtuh", VectorOp.GTU16),
                Map.entry("vcmpgtuw", VectorOp.GTU32));
        names.forEach((name, op) -> m.hostForm(name, (e, routine) -> {
            int w = e.word;
            int target = vr(Fields.vrt(w));
            e.out.host(Form.V128_BINARY, target, vr(Fields.vra(w)), vr(Fields.vrb(w)), op, routine, w);
            if ((w & RC) != 0) {
                e.out.host(Form.V128_SUMMARY, State.CR + 6, target, 0, 0, summary, w);
            }
        }));
    }

    // Permutations and selections

    private static void permutations(Meanings m) {
        m.hostForm("vsel", (e, routine) -> vmxThree(e, Form.V128_SELECT, routine));
        m.hostForm("vperm", (e, routine) -> vmxThree(e, Form.V128_PERMUTE, routine));
        m.hostForm("vpermr", (e, routine) -> vmxThree(e, Form.V128_PERMUTE_RIGHT, routine));
        m.hostForm("xxsel", (e, routine) -> {
            int w = e.word;
            e.out.host(
                    Form.V128_SELECT,
                    vsr(Fields.xt(w)),
                    vsr(Fields.xa(w)),
                    vsr(Fields.xb(w)),
                    vsr(Fields.xc(w)),
                    routine,
                    w);
        });
        m.hostForm("vsldoi", (e, routine) -> {
            int w = e.word;
            immediate(
                    e,
                    vr(Fields.vrt(w)),
                    vr(Fields.vra(w)),
                    vr(Fields.vrb(w)),
                    VectorOp.EXTRACT,
                    16 - Fields.shb(w),
                    routine);
        });
        m.hostForm("xxsldwi", (e, routine) -> {
            int w = e.word;
            vsxImmediate(e, VectorOp.EXTRACT, 16 - 4 * Fields.shw(w), routine);
        });
        m.hostForm("xxpermdi", (e, routine) -> {
            // DM bits say 1 for the right doubleword.
            vsxImmediate(e, VectorOp.DOUBLEWORDS, Fields.dm(e.word) ^ 3, routine);
        });
        m.hostForm("xxspltw", (e, routine) -> {
            int w = e.word;
            int b = vsr(Fields.xb(w));
            immediate(e, vsr(Fields.xt(w)), b, b, VectorOp.WORDS, (3 - (w >>> 16 & 3)) * 0x55, routine);
        });
        m.hostForm("vspltw", (e, routine) -> splat(e, VectorOp.WORDS, (3 - (e.word >>> 16 & 3)) * 0x55, routine));
        m.hostForm("vsplth", (e, routine) -> splat(e, VectorOp.SPLAT16, 7 - (e.word >>> 16 & 7), routine));
        m.hostForm("vspltb", (e, routine) -> splat(e, VectorOp.SPLAT8, 15 - (e.word >>> 16 & 15), routine));
        m.hostForm("vshasigmaw", (e, routine) -> sigma(e, VectorOp.SIGMA32, Fields.six(e.word), routine));
        m.hostForm("vshasigmad", (e, routine) -> {
            int six = Fields.six(e.word);
            sigma(e, VectorOp.SIGMA64, six >>> 2 & 2 | six >>> 1 & 1, routine);
        });
    }

    private static void vmxThree(Emission e, int form, int routine) {
        int w = e.word;
        e.out.host(form, vr(Fields.vrt(w)), vr(Fields.vra(w)), vr(Fields.vrb(w)), vr(Fields.vrc(w)), routine, w);
    }

    private static void immediate(Emission e, int d, int a, int b, int op, int value, int routine) {
        e.out.host(Form.V128_IMMEDIATE, d, a, b, op << 8 | value, routine, e.word);
    }

    private static void vsxImmediate(Emission e, int op, int value, int routine) {
        int w = e.word;
        immediate(e, vsr(Fields.xt(w)), vsr(Fields.xa(w)), vsr(Fields.xb(w)), op, value, routine);
    }

    private static void splat(Emission e, int op, int value, int routine) {
        int b = vr(Fields.vrb(e.word));
        immediate(e, vr(Fields.vrt(e.word)), b, b, op, value, routine);
    }

    private static void sigma(Emission e, int op, int ones, int routine) {
        int a = vr(Fields.vra(e.word));
        int value = ones | (Fields.st(e.word) != 0 ? 16 : 0);
        immediate(e, vr(Fields.vrt(e.word)), a, a, op, value, routine);
    }

    // Floating point

    private static void floating(Meanings m) {
        for (int single = 0; single < 2; single++) {
            String suffix = single == 1 ? "sp" : "dp";
            int base = single * Form.F32;
            String[] names = {"add", "sub", "mul", "div"};
            int[] forms = {Form.F64_ADD, Form.F64_SUB, Form.F64_MUL, Form.F64_DIV};
            for (int i = 0; i < names.length; i++) {
                float128(m, "xv" + names[i] + suffix, base + forms[i]);
            }
            m.hostForm("xvsqrt" + suffix, (e, routine) -> {
                int w = e.word;
                int b = vsr(Fields.xb(w));
                e.out.host(Form.V128_FLOAT, vsr(Fields.xt(w)), b, b, base + Form.F64_SQRT, routine, w);
            });
            String[] fused = {"madd", "msub", "nmadd", "nmsub"};
            for (int i = 0; i < fused.length; i++) {
                float128(m, "xv" + fused[i] + "a" + suffix, base + Form.F64_MADD + i);
                float128(m, "xv" + fused[i] + "m" + suffix, base + Form.F64_MADD + i + VectorOp.FACTOR_IN_D);
            }
        }
    }

    private static void float128(Meanings m, String name, int operation) {
        m.hostForm(name, (e, routine) -> {
            int w = e.word;
            e.out.host(Form.V128_FLOAT, vsr(Fields.xt(w)), vsr(Fields.xa(w)), vsr(Fields.xb(w)), operation, routine, w);
        });
    }
}

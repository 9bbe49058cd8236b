// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Op;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.Spr;
import dev.wattle.power.processor.State;

/** Branch facility instructions (Power ISA 3.0B, Book I, chapter 2). */
final class Branch {
    private static final int TAR = State.SPR + Spr.TAR;

    private Branch() {}

    static void bind(Meanings m) {
        m.emitter("b", e -> {
            link(e);
            long li = (long) (e.word << 6) >> 6 & -4;
            if ((e.word & 2) != 0) {
                e.out.end(Op.GOTO_ABSOLUTE, 0, 0, 0, li);
            } else {
                e.out.end(Op.GOTO, 0, 0, 0, e.pageOffset + li);
            }
        });
        m.emitter("bc", Branch::conditional);
        m.emitter("bclr", e -> toRegister(e, State.LR));
        m.emitter("bcctr", e -> toRegister(e, State.CTR));
        m.emitter("bctar", e -> toRegister(e, TAR));
        m.emitter("crand", e -> logical(e, Op.AND));
        m.emitter("crnand", e -> logical(e, Op.NAND));
        m.emitter("cror", e -> logical(e, Op.OR));
        m.emitter("crxor", e -> logical(e, Op.XOR));
        m.emitter("crnor", e -> logical(e, Op.NOR));
        m.emitter("creqv", e -> logical(e, Op.EQV));
        m.emitter("crandc", e -> logical(e, Op.ANDC));
        m.emitter("crorc", e -> logical(e, Op.ORC));
        m.emitter("mcrf", e -> e.out.op(Op.MOV, State.CR + Fields.bf(e.word), State.CR + (e.word >>> 18 & 7), 0));
    }

    private static boolean lk(Emission e) {
        return (e.word & 1) != 0;
    }

    private static void link(Emission e) {
        if (lk(e)) {
            e.out.opImm(Op.LEA, State.LR, 0, e.pageOffset + 4);
        }
    }

    private static int bo(Emission e) {
        return e.word >>> 21 & 31;
    }

    private static boolean testsCtr(Emission e) {
        return (bo(e) & 4) == 0;
    }

    private static boolean testsCr(Emission e) {
        return (bo(e) & 16) == 0;
    }

    private static int crSlot(Emission e) {
        return State.CR + (e.word >>> 18 & 7);
    }

    private static int crBit(Emission e) {
        return 3 - (e.word >>> 16 & 3);
    }

    /** Decrements the CTR if BO says so, and gives a slot that is nonzero if the branch is taken. */
    private static int condition(Emission e) {
        int ctr = -1;
        if (testsCtr(e)) {
            e.out.opImm(Op.ADDI, State.CTR, State.CTR, -1);
            ctr = e.temp();
            if (e.sf()) {
                e.out.op(Op.SETNZ, ctr, State.CTR, 0);
            } else {
                e.out.opImm(Op.ANDI, ctr, State.CTR, 0xffff_ffffL);
                e.out.op(Op.SETNZ, ctr, ctr, 0);
            }
            if ((bo(e) & 2) != 0) {
                e.out.opImm(Op.XORI, ctr, ctr, 1);
            }
        }
        int cr = -1;
        if (testsCr(e)) {
            cr = e.temp();
            e.out.op3(Op.BIT, cr, crSlot(e), 0, crBit(e));
            if ((bo(e) & 8) == 0) {
                e.out.opImm(Op.XORI, cr, cr, 1);
            }
        }
        if (ctr >= 0 && cr >= 0) {
            e.out.op(Op.AND, cr, cr, ctr);
        }
        return cr >= 0 ? cr : ctr;
    }

    private static void conditional(Emission e) {
        long bd = (short) e.word & -4;
        boolean absolute = (e.word & 2) != 0;
        long target = absolute ? bd : e.pageOffset + bd;
        if (!testsCtr(e) && !testsCr(e)) {
            link(e);
            e.out.end(absolute ? Op.GOTO_ABSOLUTE : Op.GOTO, 0, 0, 0, target);
        } else if (absolute) {
            int taken = condition(e);
            int address = e.temp();
            e.out.opImm(Op.MOVI, address, 0, target);
            link(e);
            e.out.end(Op.INDIRECT_NZ, taken, address, 0, 0);
        } else if (!testsCtr(e)) {
            link(e);
            int op = (bo(e) & 8) != 0 ? Op.BRANCH_BIT_SET : Op.BRANCH_BIT_CLEAR;
            e.out.end(op, crSlot(e), 0, crBit(e), target);
        } else if (!testsCr(e) && (bo(e) & 2) == 0 && e.sf()) {
            e.out.opImm(Op.ADDI, State.CTR, State.CTR, -1);
            link(e);
            e.out.end(Op.BRANCH_NZ, State.CTR, 0, 0, target);
        } else {
            int taken = condition(e);
            link(e);
            e.out.end(Op.BRANCH_NZ, taken, 0, 0, target);
        }
    }

    private static void toRegister(Emission e, int register) {
        int target = register;
        if (register == State.LR && lk(e)) {
            target = e.temp();
            e.out.op(Op.MOV, target, State.LR, 0);
        }
        if (!testsCtr(e) && !testsCr(e)) {
            link(e);
            e.out.end(Op.INDIRECT, target, 0, 0, 0);
            return;
        }
        int taken = condition(e);
        link(e);
        e.out.end(Op.INDIRECT_NZ, taken, target, 0, 0);
    }

    private static void logical(Emission e, int op) {
        int bt = e.word >>> 21 & 31;
        int ba = e.word >>> 16 & 31;
        int bb = e.word >>> 11 & 31;
        int target = State.CR + (bt >> 2);
        int bit = 3 - (bt & 3);
        if (ba == bb && bt == ba && (op == Op.XOR || op == Op.EQV)) {
            if (op == Op.XOR) {
                e.out.opImm(Op.ANDI, target, target, ~(1 << bit));
            } else {
                e.out.opImm(Op.ORI, target, target, 1L << bit);
            }
            return;
        }
        int a = e.temp();
        int b = e.temp();
        e.out.op3(Op.BIT, a, State.CR + (ba >> 2), 0, 3 - (ba & 3));
        e.out.op3(Op.BIT, b, State.CR + (bb >> 2), 0, 3 - (bb & 3));
        e.out.op(op, a, a, b);
        e.out.op3(Op.SETBIT, target, target, a, bit);
    }
}

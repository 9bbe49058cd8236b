// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Op;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.State;
import dev.wattle.power.semantics.floating.Binary64;

/**
 * Instructions that move floating-point numbers and their signs, of the floating-point and the vector-scalar facility
 * (Power ISA 3.0B, Book I, 4.6.5, 4.6.9 and 7.6.3): no exceptions, NaNs like any other number.
 */
final class FloatingPointMove {
    private static final long SIGN = Long.MIN_VALUE;
    private static final long SIGNS_OF_WORDS = 0x8000_0000_8000_0000L;

    private FloatingPointMove() {}

    static void bind(Meanings m) {
        moveFpr(m, "fmr", Op.MOV, 0);
        moveFpr(m, "fneg", Op.XORI, SIGN);
        moveFpr(m, "fabs", Op.ANDI, ~SIGN);
        moveFpr(m, "fnabs", Op.ORI, SIGN);
        int recordCr1 = m.shared("record CR1", (p, w) -> p.recordCr1());
        m.emitter("fcpsgn", e -> {
            int t = State.fpr(Fields.frt(e.word));
            copySign(e, t, State.fpr(Fields.fra(e.word)), State.fpr(Fields.frb(e.word)), SIGN);
            e.out.opImm(Op.MOVI, t - 1, 0, 0);
            recordIfRc(e, recordCr1);
        });
        m.emitter("fmrgew", e -> {
            int high = e.temp();
            e.out.opImm(Op.SHRI, high, State.fpr(Fields.frb(e.word)), 32);
            mergeWords(e, State.fpr(Fields.fra(e.word)), high);
        });
        m.emitter("fmrgow", e -> {
            int high = e.temp();
            e.out.opImm(Op.SHLI, high, State.fpr(Fields.fra(e.word)), 32);
            mergeWords(e, high, State.fpr(Fields.frb(e.word)));
        });
        m.routine("fsel", FloatingPointMove::fsel);

        moveScalar(m, "xsabsdp", Op.ANDI, ~SIGN);
        moveScalar(m, "xsnabsdp", Op.ORI, SIGN);
        moveScalar(m, "xsnegdp", Op.XORI, SIGN);
        m.emitter("xscpsgndp", e -> {
            int t = high(Fields.xt(e.word));
            copySign(e, t, high(Fields.xa(e.word)), high(Fields.xb(e.word)), SIGN);
            e.out.opImm(Op.MOVI, t - 1, 0, 0);
        });
        moveVector(m, "xvabsdp", Op.ANDI, ~SIGN);
        moveVector(m, "xvnabsdp", Op.ORI, SIGN);
        moveVector(m, "xvnegdp", Op.XORI, SIGN);
        copySigns(m, "xvcpsgndp", SIGN);
        moveVector(m, "xvabssp", Op.ANDI, ~SIGNS_OF_WORDS);
        moveVector(m, "xvnabssp", Op.ORI, SIGNS_OF_WORDS);
        moveVector(m, "xvnegsp", Op.XORI, SIGNS_OF_WORDS);
        copySigns(m, "xvcpsgnsp", SIGNS_OF_WORDS);
        moveQuad(m, "xsabsqp", Op.ANDI, ~SIGN);
        moveQuad(m, "xsnabsqp", Op.ORI, SIGN);
        moveQuad(m, "xsnegqp", Op.XORI, SIGN);
        m.emitter("xscpsgnqp", e -> {
            int low = e.temp();
            int t = high(32 + Fields.vrt(e.word));
            int b = high(32 + Fields.vrb(e.word));
            e.out.op(Op.MOV, low, b - 1, 0);
            copySign(e, t, high(32 + Fields.vra(e.word)), b, SIGN);
            e.out.op(Op.MOV, t - 1, low, 0);
        });
    }

    /** Slot of the left doubleword of VSR n; the right one is before it. */
    private static int high(int n) {
        return State.VSR + 2 * n + 1;
    }

    private static void recordIfRc(Emission e, int routine) {
        if (e.rc()) {
            e.out.call(routine, e.word);
        }
    }

    private static void moveFpr(Meanings m, String name, int op, long mask) {
        int recordCr1 = m.shared("record CR1", (p, w) -> p.recordCr1());
        m.emitter(name, e -> {
            int t = State.fpr(Fields.frt(e.word));
            e.out.opImm(op, t, State.fpr(Fields.frb(e.word)), mask);
            e.out.opImm(Op.MOVI, t - 1, 0, 0);
            recordIfRc(e, recordCr1);
        });
    }

    private static void moveScalar(Meanings m, String name, int op, long mask) {
        m.emitter(name, e -> {
            int t = high(Fields.xt(e.word));
            e.out.opImm(op, t, high(Fields.xb(e.word)), mask);
            e.out.opImm(Op.MOVI, t - 1, 0, 0);
        });
    }

    private static void moveVector(Meanings m, String name, int op, long mask) {
        m.emitter(name, e -> {
            int t = high(Fields.xt(e.word));
            int b = high(Fields.xb(e.word));
            e.out.opImm(op, t, b, mask);
            e.out.opImm(op, t - 1, b - 1, mask);
        });
    }

    private static void moveQuad(Meanings m, String name, int op, long mask) {
        m.emitter(name, e -> {
            int t = high(32 + Fields.vrt(e.word));
            int b = high(32 + Fields.vrb(e.word));
            e.out.opImm(op, t, b, mask);
            e.out.op(Op.MOV, t - 1, b - 1, 0);
        });
    }

    /** t = b with the signs of a. */
    private static void copySign(Emission e, int t, int a, int b, long signs) {
        int sign = e.temp();
        int magnitude = e.temp();
        e.out.opImm(Op.ANDI, sign, a, signs);
        e.out.opImm(Op.ANDI, magnitude, b, ~signs);
        e.out.op(Op.OR, t, sign, magnitude);
    }

    private static void copySigns(Meanings m, String name, long signs) {
        m.emitter(name, e -> {
            int t = high(Fields.xt(e.word));
            int a = high(Fields.xa(e.word));
            int b = high(Fields.xb(e.word));
            copySign(e, t, a, b, signs);
            copySign(e, t - 1, a - 1, b - 1, signs);
        });
    }

    /** FRT = the left word of one slot and the right word of another. */
    private static void mergeWords(Emission e, int left, int right) {
        int t = State.fpr(Fields.frt(e.word));
        int word = e.temp();
        int other = e.temp();
        e.out.opImm(Op.ANDI, word, left, 0xffff_ffff_0000_0000L);
        e.out.opImm(Op.ANDI, other, right, 0xffff_ffffL);
        e.out.op(Op.OR, t, word, other);
        e.out.opImm(Op.MOVI, t - 1, 0, 0);
    }

    static void fsel(PowerProcessor p, int w) {
        long a = p.fpr(Fields.fra(w));
        boolean first = !Binary64.isNaN(a) && (a >= 0 || a == SIGN);
        p.setFpr(Fields.frt(w), p.fpr(first ? Fields.frc(w) : Fields.frb(w)));
        if ((w & 1) != 0) {
            p.recordCr1();
        }
    }
}

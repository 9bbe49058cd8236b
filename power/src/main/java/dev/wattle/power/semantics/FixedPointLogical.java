// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Op;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.State;

/** Fixed-point logical, rotate and shift instructions (Power ISA 3.0B, Book I, 3.3.13 and 3.3.14). */
final class FixedPointLogical {
    private static final long LOW_WORD = 0xffff_ffffL;

    private FixedPointLogical() {}

    static void bind(Meanings m) {
        m.emitter("andi.", e -> {
            e.out.opImm(Op.ANDI, e.ra(), e.rt(), Fields.ui(e.word));
            e.recordCr0(e.ra());
        });
        m.emitter("andis.", e -> {
            e.out.opImm(Op.ANDI, e.ra(), e.rt(), (long) Fields.ui(e.word) << 16);
            e.recordCr0(e.ra());
        });
        m.emitter("ori", e -> {
            // Not only nop: others of this kind start groups of instructions on some processors.
            if (e.ra() != e.rt() || Fields.ui(e.word) != 0) {
                e.out.opImm(Op.ORI, e.ra(), e.rt(), Fields.ui(e.word));
            }
        });
        m.emitter("oris", e -> e.out.opImm(Op.ORI, e.ra(), e.rt(), (long) Fields.ui(e.word) << 16));
        m.emitter("xori", e -> e.out.opImm(Op.XORI, e.ra(), e.rt(), Fields.ui(e.word)));
        m.emitter("xoris", e -> e.out.opImm(Op.XORI, e.ra(), e.rt(), (long) Fields.ui(e.word) << 16));
        m.emitter("and", e -> logical(e, Op.AND));
        m.emitter("or", e -> logical(e, Op.OR));
        m.emitter("xor", e -> logical(e, Op.XOR));
        m.emitter("andc", e -> logical(e, Op.ANDC));
        m.emitter("orc", e -> logical(e, Op.ORC));
        m.emitter("nand", e -> logical(e, Op.NAND));
        m.emitter("nor", e -> logical(e, Op.NOR));
        m.emitter("eqv", e -> logical(e, Op.EQV));
        m.emitter("extsb", e -> unary(e, Op.SEXT8));
        m.emitter("extsh", e -> unary(e, Op.SEXT16));
        m.emitter("extsw", e -> unary(e, Op.SEXT32));
        m.emitter("cntlzd", e -> unary(e, Op.CLZ));
        m.emitter("cnttzd", e -> unary(e, Op.CTZ));
        m.emitter("cntlzw", e -> {
            int t = e.temp();
            e.out.opImm(Op.ANDI, t, e.rt(), LOW_WORD);
            e.out.op(Op.CLZ, t, t, 0);
            e.out.opImm(Op.ADDI, e.ra(), t, -32);
            e.recordIfRc(e.ra());
        });
        m.emitter("popcntd", e -> e.out.op(Op.POPCNT, e.ra(), e.rt(), 0));

        m.emitter("rlwinm", e -> {
            e.out.emit(Op.ROTMASK32, e.ra(), e.rt(), 0, Fields.rb(e.word), wordMask(e.word));
            e.recordIfRc(e.ra());
        });
        m.emitter("rlwimi", e -> {
            e.out.emit(Op.ROTINSERT32, e.ra(), e.rt(), e.ra(), Fields.rb(e.word), wordMask(e.word));
            e.recordIfRc(e.ra());
        });
        m.emitter("rlwnm", e -> {
            int value = e.temp();
            int amount = e.temp();
            e.out.op(Op.DUP32, value, e.rt(), 0);
            e.out.opImm(Op.ANDI, amount, e.rb(), 31);
            e.out.op(Op.ROTL, value, value, amount);
            e.out.opImm(Op.ANDI, e.ra(), value, wordMask(e.word));
            e.recordIfRc(e.ra());
        });
        m.emitter("rldicl", e -> rotateImmediate(e, mask(maskBit(e.word), 63)));
        m.emitter("rldicr", e -> rotateImmediate(e, mask(0, maskBit(e.word))));
        m.emitter("rldic", e -> rotateImmediate(e, mask(maskBit(e.word), 63 - shift(e.word))));
        m.emitter("rldimi", e -> {
            int sh = shift(e.word);
            e.out.emit(Op.ROTINSERT64, e.ra(), e.rt(), e.ra(), sh, mask(maskBit(e.word), 63 - sh));
            e.recordIfRc(e.ra());
        });
        m.emitter("rldcl", e -> rotate(e, mask(maskBit(e.word), 63)));
        m.emitter("rldcr", e -> rotate(e, mask(0, maskBit(e.word))));

        m.emitter("slw", e -> shiftWord(e, Op.SHL));
        m.emitter("srw", e -> shiftWord(e, Op.SHR));
        m.emitter("sld", e -> {
            e.out.op(Op.SHL, e.ra(), e.rt(), e.rb());
            e.recordIfRc(e.ra());
        });
        m.emitter("srd", e -> {
            e.out.op(Op.SHR, e.ra(), e.rt(), e.rb());
            e.recordIfRc(e.ra());
        });
        m.emitter("srawi", e -> {
            int value = e.temp();
            int amount = e.temp();
            e.out.op(Op.SEXT32, value, e.rt(), 0);
            e.out.opImm(Op.MOVI, amount, 0, Fields.rb(e.word));
            shiftAlgebraic(e, value, amount);
        });
        m.emitter("sraw", e -> {
            int value = e.temp();
            int amount = e.temp();
            e.out.op(Op.SEXT32, value, e.rt(), 0);
            e.out.opImm(Op.ANDI, amount, e.rb(), 63);
            shiftAlgebraic(e, value, amount);
        });
        m.emitter("sradi", e -> {
            int amount = e.temp();
            e.out.opImm(Op.MOVI, amount, 0, shift(e.word));
            shiftAlgebraic(e, e.rt(), amount);
        });
        m.emitter("srad", e -> shiftAlgebraic(e, e.rt(), e.rb()));
        m.emitter("extswsli", e -> {
            int value = e.temp();
            e.out.op(Op.SEXT32, value, e.rt(), 0);
            e.out.opImm(Op.SHLI, e.ra(), value, shift(e.word));
            e.recordIfRc(e.ra());
        });
    }

    private static void logical(Emission e, int op) {
        if (op == Op.OR && e.rt() == e.rb() && !e.rc()) {
            // Onto itself it is a hint of the thread's priority.
            if (e.ra() != e.rt()) {
                e.out.op(Op.MOV, e.ra(), e.rt(), 0);
            }
            return;
        }
        e.out.op(op, e.ra(), e.rt(), e.rb());
        e.recordIfRc(e.ra());
    }

    private static void unary(Emission e, int op) {
        e.out.op(op, e.ra(), e.rt(), 0);
        e.recordIfRc(e.ra());
    }

    /** Ones from bit {@code from} to bit {@code to}, numbered from the left, wrapping around. */
    static long mask(int from, int to) {
        long left = -1L >>> from;
        long right = -1L << 63 - to;
        return from <= to ? left & right : left | right;
    }

    private static long wordMask(int word) {
        return mask(32 + (word >>> 6 & 31), 32 + (word >>> 1 & 31));
    }

    private static int shift(int word) {
        return word >>> 11 & 31 | (word & 2) << 4;
    }

    private static int maskBit(int word) {
        return word >>> 6 & 31 | word & 32;
    }

    private static void rotateImmediate(Emission e, long mask) {
        e.out.emit(Op.ROTMASK64, e.ra(), e.rt(), 0, shift(e.word), mask);
        e.recordIfRc(e.ra());
    }

    private static void rotate(Emission e, long mask) {
        int value = e.temp();
        e.out.op(Op.ROTL, value, e.rt(), e.rb());
        e.out.opImm(Op.ANDI, e.ra(), value, mask);
        e.recordIfRc(e.ra());
    }

    private static void shiftWord(Emission e, int op) {
        int value = e.temp();
        int amount = e.temp();
        e.out.opImm(Op.ANDI, value, e.rt(), LOW_WORD);
        e.out.opImm(Op.ANDI, amount, e.rb(), 63);
        e.out.op(op, value, value, amount);
        e.out.opImm(Op.ANDI, e.ra(), value, LOW_WORD);
        e.recordIfRc(e.ra());
    }

    private static void shiftAlgebraic(Emission e, int value, int amount) {
        int result = e.temp();
        e.out.op(Op.SAR, result, value, amount);
        e.out.op(Op.SARLOST, State.CA, value, amount);
        if (e.isa3) {
            e.out.op(Op.MOV, State.CA32, State.CA, 0);
        }
        e.out.op(Op.MOV, e.ra(), result, 0);
        e.recordIfRc(e.ra());
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.State;
import dev.wattle.power.semantics.decimal.Declets;

/**
 * Rarer fixed-point computation: remainders, multiply-add, bytes, bits, packed decimals and random numbers (Power ISA
 * 3.0B, Book I, 3.3.9, 3.3.10, 3.3.13 and 3.3.15).
 */
final class FixedPointBits {
    private static final long LOW_BIT_OF_BYTES = 0x0101_0101_0101_0101L;
    private static final long LOW_WORD = 0xffff_ffffL;
    private static final long SIXES = 0x6666_6666_6666_6666L;

    private FixedPointBits() {}

    static void bind(Meanings m) {
        m.emitter("modsw", FixedPointBits::modsw);
        m.emitter("moduw", FixedPointBits::moduw);
        m.emitter("modsd", FixedPointBits::modsd);
        m.emitter("modud", FixedPointBits::modud);
        m.emitter("maddhd", FixedPointBits::maddhd);
        m.emitter("maddhdu", FixedPointBits::maddhdu);
        m.emitter("maddld", FixedPointBits::maddld);
        m.routine("addex", FixedPointBits::addex);
        m.routine("darn", FixedPointBits::darn);
        m.routine("cmprb", FixedPointBits::cmprb);
        m.emitter("cmpeqb", FixedPointBits::cmpeqb);
        m.emitter("setb", FixedPointBits::setb);
        m.emitter("cmpb", e -> e.out.op(Op.EQ8, e.ra(), e.rt(), e.rb()));
        m.emitter("popcntb", FixedPointBits::popcntb);
        m.emitter("popcntw", FixedPointBits::popcntw);
        m.emitter("prtyw", FixedPointBits::prtyw);
        m.emitter("prtyd", FixedPointBits::prtyd);
        m.emitter("cnttzw", FixedPointBits::cnttzw);
        m.routine("bpermd", FixedPointBits::bpermd);
        m.routine("addg6s", FixedPointBits::addg6s);
        m.routine("cdtbcd", FixedPointBits::cdtbcd);
        m.routine("cbcdtd", FixedPointBits::cbcdtd);
    }

    // Remainders: those that the book leaves undefined are 0

    private static void modsw(Emission e) {
        // Nothing remains of a division by -1, and that of the most negative number by it is left undefined.
        int t = e.temp();
        e.out.opImm(Op.ADDI, t, e.rb(), 1);
        e.out.opImm(Op.ANDI, t, t, LOW_WORD & ~1);
        e.out.op(Op.SEXT32, e.rt(), remainder(e, Op.DIVS32, t), 0);
    }

    private static void moduw(Emission e) {
        int t = e.temp();
        e.out.opImm(Op.ANDI, t, e.rb(), LOW_WORD);
        e.out.opImm(Op.ANDI, e.rt(), remainder(e, Op.DIVU32, t), LOW_WORD);
    }

    private static void modsd(Emission e) {
        int t = e.temp();
        e.out.opImm(Op.ADDI, t, e.rb(), 1);
        e.out.opImm(Op.ANDI, t, t, ~1);
        e.out.op(Op.MOV, e.rt(), remainder(e, Op.DIVS64, t), 0);
    }

    private static void modud(Emission e) {
        e.out.op(Op.MOV, e.rt(), remainder(e, Op.DIVU64, e.rb()), 0);
    }

    /** A slot with the remainder, or with 0 if that is in a slot. */
    private static int remainder(Emission e, int division, int unlessZero) {
        int t = e.temp();
        e.out.op(division, t, e.ra(), e.rb());
        e.out.op(Op.MUL, t, t, e.rb());
        e.out.op(Op.SUB, t, e.ra(), t);
        e.out.emit(Op.SELECT, t, unlessZero, t, Slots.ZERO, 0);
        return t;
    }

    // Multiply-add: a 128-bit sum

    private static void maddhd(Emission e) {
        int high = e.temp();
        int addend = e.temp();
        e.out.op(Op.MULHS, high, e.ra(), e.rb());
        e.out.opImm(Op.SARI, addend, rc(e), 63);
        e.out.op(Op.ADD, high, high, addend);
        e.out.op(Op.ADD, e.rt(), high, carryOfMultiplyAdd(e));
    }

    private static void maddhdu(Emission e) {
        int high = e.temp();
        e.out.op(Op.MULHU, high, e.ra(), e.rb());
        e.out.op(Op.ADD, e.rt(), high, carryOfMultiplyAdd(e));
    }

    private static void maddld(Emission e) {
        int product = e.temp();
        e.out.op(Op.MUL, product, e.ra(), e.rb());
        e.out.op(Op.ADD, e.rt(), product, rc(e));
    }

    private static int carryOfMultiplyAdd(Emission e) {
        int t = e.temp();
        e.out.op(Op.MUL, t, e.ra(), e.rb());
        e.out.emit(Op.CARRY, t, t, rc(e), Slots.ZERO, 0);
        return t;
    }

    private static int rc(Emission e) {
        return Emission.gpr(Fields.rc(e.word));
    }

    /** CY = 0, the only value that is not reserved: OV is the carry. SO does not change. */
    private static void addex(PowerProcessor p, int w) {
        long a = p.gpr(Fields.ra(w));
        long b = p.gpr(Fields.rb(w));
        long sum = a + b + p.slot(State.OV);
        long carries = a & b | (a | b) & ~sum;
        p.putSlot(State.OV, (p.msr() & Msr.SF) != 0 ? carries >>> 63 : carries >>> 31 & 1);
        p.putSlot(State.OV32, carries >>> 31 & 1);
        p.setGpr(Fields.rt(w), sum);
    }

    /** L: 0 a word, 1 conditioned, 2 raw; 3 is reserved and gives the error value. */
    private static void darn(PowerProcessor p, int w) {
        p.setGpr(
                Fields.rt(w),
                switch (Fields.lDarn(w)) {
                    case 0 -> p.platform().randomNumber() & 0xffff_ffffL;
                    case 1, 2 -> p.platform().randomNumber();
                    default -> -1;
                });
    }

    // Comparisons of bytes

    private static void cmprb(PowerProcessor p, int w) {
        int value = (int) p.gpr(Fields.ra(w)) & 0xff;
        int ranges = (int) p.gpr(Fields.rb(w));
        boolean match = inRange(value, ranges) || Fields.l(w) != 0 && inRange(value, ranges >>> 16);
        p.setCr(Fields.bf(w), match ? 4 : 0);
    }

    private static boolean inRange(int value, int range) {
        return (range & 0xff) <= value && value <= (range >>> 8 & 0xff);
    }

    private static void cmpeqb(Emission e) {
        int t = e.temp();
        e.out.opImm(Op.ANDI, t, e.ra(), 0xff);
        e.out.opImm(Op.MULI, t, t, LOW_BIT_OF_BYTES);
        e.out.op(Op.EQ8, t, t, e.rb());
        e.out.op(Op.SETNZ, t, t, 0);
        e.out.opImm(Op.SHLI, State.CR + Fields.bf(e.word), t, 2);
    }

    private static void setb(Emission e) {
        int field = State.CR + Fields.bfa(e.word);
        int less = e.temp();
        int greater = e.temp();
        e.out.emit(Op.BIT, less, field, 0, 3, 0);
        e.out.emit(Op.BIT, greater, field, 0, 2, 0);
        int minusOne = e.temp();
        e.out.opImm(Op.MOVI, minusOne, 0, -1);
        e.out.emit(Op.SELECT, e.rt(), less, minusOne, greater, 0);
    }

    // Counts and parities

    private static void popcntb(Emission e) {
        int v = e.temp();
        int t = e.temp();
        e.out.opImm(Op.SHRI, t, e.rt(), 1);
        e.out.opImm(Op.ANDI, t, t, 0x5555_5555_5555_5555L);
        e.out.op(Op.SUB, v, e.rt(), t);
        e.out.opImm(Op.SHRI, t, v, 2);
        e.out.opImm(Op.ANDI, t, t, 0x3333_3333_3333_3333L);
        e.out.opImm(Op.ANDI, v, v, 0x3333_3333_3333_3333L);
        e.out.op(Op.ADD, v, v, t);
        e.out.opImm(Op.SHRI, t, v, 4);
        e.out.op(Op.ADD, v, v, t);
        e.out.opImm(Op.ANDI, e.ra(), v, 0x0f0f_0f0f_0f0f_0f0fL);
    }

    private static void popcntw(Emission e) {
        eachWordCounted(e, e.rt(), false);
    }

    private static void prtyw(Emission e) {
        int t = e.temp();
        e.out.opImm(Op.ANDI, t, e.rt(), LOW_BIT_OF_BYTES);
        eachWordCounted(e, t, true);
    }

    private static void eachWordCounted(Emission e, int source, boolean parity) {
        int high = e.temp();
        int low = e.temp();
        e.out.opImm(Op.SHRI, high, source, 32);
        e.out.op(Op.POPCNT, high, high, 0);
        e.out.opImm(Op.SHLI, high, high, 32);
        e.out.opImm(Op.ANDI, low, source, LOW_WORD);
        e.out.op(Op.POPCNT, low, low, 0);
        e.out.op(Op.OR, parity ? low : e.ra(), high, low);
        if (parity) {
            e.out.opImm(Op.ANDI, e.ra(), low, 1L << 32 | 1);
        }
    }

    private static void prtyd(Emission e) {
        int t = e.temp();
        e.out.opImm(Op.ANDI, t, e.rt(), LOW_BIT_OF_BYTES);
        e.out.op(Op.POPCNT, t, t, 0);
        e.out.opImm(Op.ANDI, e.ra(), t, 1);
    }

    private static void cnttzw(Emission e) {
        int t = e.temp();
        e.out.opImm(Op.ORI, t, e.rt(), 1L << 32);
        e.out.op(Op.CTZ, e.ra(), t, 0);
        e.recordIfRc(e.ra());
    }

    private static void bpermd(PowerProcessor p, int w) {
        long indices = p.gpr(Fields.rs(w));
        long source = p.gpr(Fields.rb(w));
        long result = 0;
        for (int i = 0; i < 8; i++) {
            int index = (int) (indices >>> 56 - 8 * i) & 0xff;
            long bit = index < 64 ? source >>> 63 - index & 1 : 0;
            result = result << 1 | bit;
        }
        p.setGpr(Fields.ra(w), result);
    }

    // Binary coded decimal assist

    /** Six in each digit that the addition did not carry out of. */
    private static void addg6s(PowerProcessor p, int w) {
        long a = p.gpr(Fields.ra(w));
        long b = p.gpr(Fields.rb(w));
        long sum = a + b;
        long carries = (a & b | (a | b) & ~sum) & 0x8888_8888_8888_8888L;
        // A carry out of a digit is bit value 8 here; 6 is 4 + 2.
        p.setGpr(Fields.rt(w), SIXES & ~(carries >>> 1 | carries >>> 2));
    }

    private static void cdtbcd(PowerProcessor p, int w) {
        long v = p.gpr(Fields.rs(w));
        p.setGpr(Fields.ra(w), (long) wordToBcd((int) (v >>> 32)) << 32 | wordToBcd((int) v));
    }

    private static int wordToBcd(int word) {
        return Declets.toBcd(word >>> 10 & 0x3ff) << 12 | Declets.toBcd(word & 0x3ff);
    }

    private static void cbcdtd(PowerProcessor p, int w) {
        long v = p.gpr(Fields.rs(w));
        p.setGpr(Fields.ra(w), (long) wordFromBcd((int) (v >>> 32)) << 32 | wordFromBcd((int) v));
    }

    private static int wordFromBcd(int word) {
        return Declets.fromBcd(word >>> 12 & 0xfff) << 10 | Declets.fromBcd(word & 0xfff);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Op;
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
    private static final long SIXES = 0x6666_6666_6666_6666L;

    private FixedPointBits() {}

    static void bind(Meanings m) {
        m.routine("modsw", FixedPointBits::modsw);
        m.routine("moduw", FixedPointBits::moduw);
        m.routine("modsd", FixedPointBits::modsd);
        m.routine("modud", FixedPointBits::modud);
        m.routine("maddhd", FixedPointBits::maddhd);
        m.routine("maddhdu", FixedPointBits::maddhdu);
        m.routine("maddld", FixedPointBits::maddld);
        m.routine("addex", FixedPointBits::addex);
        m.routine("darn", FixedPointBits::darn);
        m.routine("cmprb", FixedPointBits::cmprb);
        m.emitter("cmpeqb", FixedPointBits::cmpeqb);
        m.routine("setb", FixedPointBits::setb);
        m.emitter("cmpb", e -> e.out.op(Op.EQ8, e.ra(), e.rt(), e.rb()));
        m.routine("popcntb", FixedPointBits::popcntb);
        m.routine("popcntw", FixedPointBits::popcntw);
        m.routine("prtyw", FixedPointBits::prtyw);
        m.routine("prtyd", FixedPointBits::prtyd);
        m.routine("cnttzw", FixedPointBits::cnttzw);
        m.routine("bpermd", FixedPointBits::bpermd);
        m.routine("addg6s", FixedPointBits::addg6s);
        m.routine("cdtbcd", FixedPointBits::cdtbcd);
        m.routine("cbcdtd", FixedPointBits::cbcdtd);
    }

    // Remainders: those that the book leaves undefined are 0

    private static void modsw(PowerProcessor p, int w) {
        int divisor = (int) p.gpr(Fields.rb(w));
        p.setGpr(Fields.rt(w), divisor == 0 ? 0 : (int) p.gpr(Fields.ra(w)) % divisor);
    }

    private static void moduw(PowerProcessor p, int w) {
        long divisor = p.gpr(Fields.rb(w)) & 0xffff_ffffL;
        p.setGpr(Fields.rt(w), divisor == 0 ? 0 : (p.gpr(Fields.ra(w)) & 0xffff_ffffL) % divisor);
    }

    private static void modsd(PowerProcessor p, int w) {
        long divisor = p.gpr(Fields.rb(w));
        p.setGpr(Fields.rt(w), divisor == 0 ? 0 : p.gpr(Fields.ra(w)) % divisor);
    }

    private static void modud(PowerProcessor p, int w) {
        long divisor = p.gpr(Fields.rb(w));
        p.setGpr(Fields.rt(w), divisor == 0 ? 0 : Long.remainderUnsigned(p.gpr(Fields.ra(w)), divisor));
    }

    // Multiply-add: a 128-bit sum

    private static void maddhd(PowerProcessor p, int w) {
        long a = p.gpr(Fields.ra(w));
        long b = p.gpr(Fields.rb(w));
        long c = p.gpr(Fields.rc(w));
        long carry = Long.compareUnsigned(a * b + c, c) < 0 ? 1 : 0;
        p.setGpr(Fields.rt(w), Math.multiplyHigh(a, b) + (c >> 63) + carry);
    }

    private static void maddhdu(PowerProcessor p, int w) {
        long a = p.gpr(Fields.ra(w));
        long b = p.gpr(Fields.rb(w));
        long c = p.gpr(Fields.rc(w));
        long carry = Long.compareUnsigned(a * b + c, c) < 0 ? 1 : 0;
        p.setGpr(Fields.rt(w), Math.unsignedMultiplyHigh(a, b) + carry);
    }

    private static void maddld(PowerProcessor p, int w) {
        p.setGpr(Fields.rt(w), p.gpr(Fields.ra(w)) * p.gpr(Fields.rb(w)) + p.gpr(Fields.rc(w)));
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

    private static void setb(PowerProcessor p, int w) {
        int field = p.cr(Fields.bfa(w));
        p.setGpr(Fields.rt(w), (field & 8) != 0 ? -1 : (field & 4) != 0 ? 1 : 0);
    }

    // Counts and parities

    private static void popcntb(PowerProcessor p, int w) {
        long v = p.gpr(Fields.rs(w));
        v -= v >>> 1 & 0x5555_5555_5555_5555L;
        v = (v & 0x3333_3333_3333_3333L) + (v >>> 2 & 0x3333_3333_3333_3333L);
        p.setGpr(Fields.ra(w), v + (v >>> 4) & 0x0f0f_0f0f_0f0f_0f0fL);
    }

    private static void popcntw(PowerProcessor p, int w) {
        long v = p.gpr(Fields.rs(w));
        p.setGpr(Fields.ra(w), (long) Long.bitCount(v >>> 32) << 32 | Integer.bitCount((int) v));
    }

    private static void prtyw(PowerProcessor p, int w) {
        long v = p.gpr(Fields.rs(w)) & LOW_BIT_OF_BYTES;
        p.setGpr(Fields.ra(w), (long) (Long.bitCount(v >>> 32) & 1) << 32 | Integer.bitCount((int) v) & 1);
    }

    private static void prtyd(PowerProcessor p, int w) {
        p.setGpr(Fields.ra(w), Long.bitCount(p.gpr(Fields.rs(w)) & LOW_BIT_OF_BYTES) & 1);
    }

    private static void cnttzw(PowerProcessor p, int w) {
        long result = Integer.numberOfTrailingZeros((int) p.gpr(Fields.rs(w)));
        p.setGpr(Fields.ra(w), result);
        if (Fields.rcBit(w)) {
            p.recordCr0(result);
        }
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

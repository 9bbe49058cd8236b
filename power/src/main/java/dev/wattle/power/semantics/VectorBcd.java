// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorForm.aHigh;
import static dev.wattle.power.semantics.VectorForm.aLow;
import static dev.wattle.power.semantics.VectorForm.bHigh;
import static dev.wattle.power.semantics.VectorForm.bLow;
import static dev.wattle.power.semantics.VectorForm.set;
import static dev.wattle.power.semantics.VectorForm.setCr6;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;

/**
 * Decimal integer instructions (Power ISA 3.0B, Book I, 6.18): packed decimal numbers of 31 digits and a sign code, or
 * 32 digits without one, the most significant digit leftmost.
 *
 * <p>Sign codes 0xA, 0xC, 0xE and 0xF are plus, 0xB and 0xD minus. All set CR field 6: less than, greater than or equal
 * to 0, and in its last bit overflow or, then alone, an invalid operand. Shifts and truncations compare their source,
 * not their result.
 */
final class VectorBcd {
    private static final int LT = 8;
    private static final int GT = 4;
    private static final int EQ = 2;
    private static final int SO = 1;

    private static final long SIXES = 0x6666_6666_6666_6666L;
    private static final long EIGHTS = 0x8888_8888_8888_8888L;
    private static final long NINES = 0x9999_9999_9999_9999L;

    private VectorBcd() {}

    static void bind(Meanings m) {
        m.routine("bcdadd.", VectorBcd::bcdadd);
        m.routine("bcdsub.", VectorBcd::bcdsub);
        m.routine("bcdcfn.", VectorBcd::bcdcfn);
        m.routine("bcdctn.", VectorBcd::bcdctn);
        m.routine("bcdcfz.", VectorBcd::bcdcfz);
        m.routine("bcdctz.", VectorBcd::bcdctz);
        m.routine("bcdcfsq.", VectorBcd::bcdcfsq);
        m.routine("bcdctsq.", VectorBcd::bcdctsq);
        m.routine("bcdcpsgn.", VectorBcd::bcdcpsgn);
        m.routine("bcdsetsgn.", VectorBcd::bcdsetsgn);
        m.routine("bcds.", VectorBcd::bcds);
        m.routine("bcdsr.", VectorBcd::bcdsr);
        m.routine("bcdus.", VectorBcd::bcdus);
        m.routine("bcdtrunc.", VectorBcd::bcdtrunc);
        m.routine("bcdutrunc.", VectorBcd::bcdutrunc);
    }

    private static boolean negative(long low) {
        long sign = low & 15;
        return sign == 0xb || sign == 0xd;
    }

    /** Whether all 16 digits are decimal. */
    private static boolean decimal(long digits) {
        // 10 to 15 are the digits that have their 8 together with their 4 or 2.
        return (digits & EIGHTS & (digits << 1 | digits << 2)) == 0;
    }

    /** Whether 31 digits and a sign code are valid. */
    private static boolean valid(long high, long low) {
        return decimal(high) && decimal(low & ~15) && (low & 15) >= 10;
    }

    /** The sign code of a result: plus is 0xC, or 0xF for PS = 1; minus is 0xD. */
    private static long signCode(boolean minus, int w) {
        return minus ? 0xd : Fields.ps(w) != 0 ? 0xf : 0xc;
    }

    /**
     * Sets CR field 6.
     *
     * @param zero whether the magnitude is 0
     * @param overflow whether digits were lost
     */
    private static void record(PowerProcessor p, boolean minus, boolean zero, boolean overflow) {
        setCr6(p, (zero ? EQ : minus ? LT : GT) | (overflow ? SO : 0));
    }

    /** Sets VRT, which the book leaves undefined, to 0 and CR field 6 to "invalid". */
    private static void invalid(PowerProcessor p, int w) {
        set(p, w, 0, 0);
        setCr6(p, SO);
    }

    // Sums of 16 digits

    /** a + b + carry, modulo 10 to the 16. */
    private static long add(long a, long b, long carry) {
        long biased = a + SIXES;
        long sum = biased + b + carry;
        long noCarry = ~(biased & b | (biased | b) & ~sum) & EIGHTS;
        return sum - (noCarry >>> 1 | noCarry >>> 2);
    }

    /** The carry of a + b + carry, 0 or 1. */
    private static long carry(long a, long b, long carry) {
        long biased = a + SIXES;
        return Quadword.carry(biased, b, biased + b + carry);
    }

    // Add and subtract

    static void bcdadd(PowerProcessor p, int w) {
        sum(p, w, false);
    }

    static void bcdsub(PowerProcessor p, int w) {
        sum(p, w, true);
    }

    private static void sum(PowerProcessor p, int w, boolean subtract) {
        long aHigh = aHigh(p, w);
        long bHigh = bHigh(p, w);
        if (!valid(aHigh, aLow(p, w)) || !valid(bHigh, bLow(p, w))) {
            invalid(p, w);
            return;
        }
        boolean aMinus = negative(aLow(p, w));
        boolean bMinus = negative(bLow(p, w)) != subtract;
        // With a zero in place of the sign, magnitudes are 32 digits.
        long aLow = aLow(p, w) & ~15;
        long bLow = bLow(p, w) & ~15;
        long high;
        long low;
        boolean minus = aMinus;
        boolean overflow = false;
        if (aMinus == bMinus) {
            long carry = carry(aLow, bLow, 0);
            low = add(aLow, bLow, 0);
            high = add(aHigh, bHigh, carry);
            overflow = carry(aHigh, bHigh, carry) != 0;
        } else {
            int order = Long.compareUnsigned(aHigh, bHigh);
            if (order < 0 || order == 0 && Long.compareUnsigned(aLow, bLow) < 0) {
                minus = bMinus;
                high = subtract(bHigh, aHigh, carry(bLow, NINES - aLow, 1));
                low = subtract(bLow, aLow, 1);
            } else {
                high = subtract(aHigh, bHigh, carry(aLow, NINES - bLow, 1));
                low = subtract(aLow, bLow, 1);
            }
        }
        // The flags speak of the unbounded result, which is not 0 if it overflows.
        boolean zero = (high | low) == 0 && !overflow;
        set(p, w, high, low | signCode(minus && !zero, w));
        record(p, minus, zero, overflow);
    }

    /** a - b - 1 + carry, modulo 10 to the 16. */
    private static long subtract(long a, long b, long carry) {
        return add(a, NINES - b, carry);
    }

    // Conversions

    /** From national decimal: 7 digits 0x0030 to 0x0039 and a sign 0x002B or 0x002D in halfwords. */
    static void bcdcfn(PowerProcessor p, int w) {
        long high = bHigh(p, w);
        long low = bLow(p, w);
        int sign = (int) low & 0xffff;
        long digitsHigh = high ^ 0x0030_0030_0030_0030L;
        long digitsLow = (low ^ 0x0030_0030_0030_0030L) & ~0xffffL;
        if (sign != 0x2b && sign != 0x2d
                || ((digitsHigh | digitsLow) & 0xfff0_fff0_fff0_fff0L) != 0
                || !decimal(digitsHigh)
                || !decimal(digitsLow)) {
            invalid(p, w);
            return;
        }
        long digits = narrow(digitsHigh) << 16 | narrow(digitsLow);
        boolean minus = sign == 0x2d;
        set(p, w, 0, digits | signCode(minus, w));
        record(p, minus, digits == 0, false);
    }

    /** The low digits of 4 halfwords, side by side. */
    private static long narrow(long halfwords) {
        long x = halfwords & 0x000f_000f_000f_000fL;
        x = (x | x >>> 12) & 0x0000_00ff_0000_00ffL;
        return (x | x >>> 24) & 0xffff;
    }

    /** To national decimal. */
    static void bcdctn(PowerProcessor p, int w) {
        long high = bHigh(p, w);
        long low = bLow(p, w);
        if (!valid(high, low)) {
            invalid(p, w);
            return;
        }
        boolean minus = negative(low);
        set(
                p,
                w,
                widen(low >>> 16) | 0x0030_0030_0030_0030L,
                widen(low & 0xfff0) | (minus ? 0x0030_0030_0030_002dL : 0x0030_0030_0030_002bL));
        record(p, minus, (high | low & ~15) == 0, (high | low >>> 32) != 0);
    }

    /** The low 4 digits, each in a halfword. */
    private static long widen(long digits) {
        long x = digits & 0xffff;
        x = (x | x << 24) & 0x0000_00ff_0000_00ffL;
        return (x | x << 12) & 0x000f_000f_000f_000fL;
    }

    /** From zoned decimal: 16 bytes of zone and digit; the zone of the last byte holds the sign. */
    static void bcdcfz(PowerProcessor p, int w) {
        long high = bHigh(p, w);
        long low = bLow(p, w);
        boolean preferred = Fields.ps(w) != 0;
        long zones = preferred ? 0xf0f0_f0f0_f0f0_f0f0L : 0x3030_3030_3030_3030L;
        long digitsHigh = high ^ zones;
        long digitsLow = low ^ zones & ~0xf0L;
        int sign = (int) low >>> 4 & 15;
        if (((digitsHigh | digitsLow & ~0xf0L) & 0xf0f0_f0f0_f0f0_f0f0L) != 0
                || !decimal(digitsHigh)
                || !decimal(digitsLow & ~0xf0L)
                || preferred && sign < 10) {
            invalid(p, w);
            return;
        }
        boolean minus = preferred ? sign == 0xb || sign == 0xd : (sign & 4) != 0;
        long digits = narrowBytes(digitsHigh) << 32 | narrowBytes(digitsLow);
        set(p, w, digits >>> 60, digits << 4 | (minus ? 0xd : 0xc));
        record(p, minus, digits == 0, false);
    }

    /** The low digits of 8 bytes, side by side. */
    private static long narrowBytes(long bytes) {
        long x = bytes & 0x0f0f_0f0f_0f0f_0f0fL;
        x = (x | x >>> 4) & 0x00ff_00ff_00ff_00ffL;
        x = (x | x >>> 8) & 0x0000_ffff_0000_ffffL;
        return (x | x >>> 16) & 0xffff_ffffL;
    }

    /** To zoned decimal. */
    static void bcdctz(PowerProcessor p, int w) {
        long high = bHigh(p, w);
        long low = bLow(p, w);
        if (!valid(high, low)) {
            invalid(p, w);
            return;
        }
        boolean preferred = Fields.ps(w) != 0;
        boolean minus = negative(low);
        long digits = high << 60 | low >>> 4;
        long zones = preferred ? 0xf0f0_f0f0_f0f0_f0f0L : 0x3030_3030_3030_3030L;
        long sign = preferred ? minus ? 0xd0 : 0xc0 : minus ? 0x70 : 0x30;
        set(p, w, widenToBytes(digits >>> 32) | zones, widenToBytes(digits & 0xffff_ffffL) | zones & ~0xf0L | sign);
        record(p, minus, (high | low & ~15) == 0, high >>> 4 != 0);
    }

    /** 8 digits, each in a byte. */
    private static long widenToBytes(long digits) {
        long x = (digits | digits << 16) & 0x0000_ffff_0000_ffffL;
        x = (x | x << 8) & 0x00ff_00ff_00ff_00ffL;
        return (x | x << 4) & 0x0f0f_0f0f_0f0f_0f0fL;
    }

    /** From a signed quadword, bit by bit. The book leaves VRT undefined when 31 digits are too few. */
    static void bcdcfsq(PowerProcessor p, int w) {
        long high = bHigh(p, w);
        long low = bLow(p, w);
        boolean minus = high < 0;
        if (minus) {
            high = ~high + (low == 0 ? 1 : 0);
            low = -low;
        }
        boolean zero = (high | low) == 0;
        // 10^31 in binary
        int order = Long.compareUnsigned(high, 0x7e_37be_2022L);
        boolean overflow = order > 0 || order == 0 && Long.compareUnsigned(low, 0xc091_4b26_8000_0000L) >= 0;
        long digitsHigh = 0;
        long digitsLow = 0;
        // Below 10^31 there are 103 bits.
        for (int i = 102; i >= 0; i--) {
            long bit = (i < 64 ? low : high) >>> i & 1;
            digitsHigh = add(digitsHigh, digitsHigh, carry(digitsLow, digitsLow, bit));
            digitsLow = add(digitsLow, digitsLow, bit);
        }
        set(p, w, digitsHigh << 4 | digitsLow >>> 60, digitsLow << 4 | signCode(minus, w));
        record(p, minus, zero, overflow);
    }

    /** To a signed quadword. */
    static void bcdctsq(PowerProcessor p, int w) {
        long high = bHigh(p, w);
        long low = bLow(p, w);
        if (!valid(high, low)) {
            invalid(p, w);
            return;
        }
        long valueHigh = 0;
        long valueLow = 0;
        for (int at = 60; at >= 0; at -= 4) {
            valueLow = valueLow * 10 + (high >>> at & 15);
        }
        for (int at = 60; at >= 4; at -= 4) {
            long product = valueLow * 10;
            long digit = low >>> at & 15;
            valueHigh = valueHigh * 10
                    + Math.unsignedMultiplyHigh(valueLow, 10)
                    + Quadword.carry(product, digit, product + digit);
            valueLow = product + digit;
        }
        boolean minus = negative(low);
        record(p, minus, (valueHigh | valueLow) == 0, false);
        if (minus) {
            valueHigh = ~valueHigh + (valueLow == 0 ? 1 : 0);
            valueLow = -valueLow;
        }
        set(p, w, valueHigh, valueLow);
    }

    // Sign, shift and truncate

    static void bcdcpsgn(PowerProcessor p, int w) {
        long aHigh = aHigh(p, w);
        long aLow = aLow(p, w);
        long bLow = bLow(p, w);
        if (!valid(aHigh, aLow) || !valid(bHigh(p, w), bLow)) {
            invalid(p, w);
            return;
        }
        set(p, w, aHigh, aLow & ~15 | bLow & 15);
        record(p, negative(bLow), (aHigh | aLow & ~15) == 0, false);
    }

    static void bcdsetsgn(PowerProcessor p, int w) {
        long high = bHigh(p, w);
        long low = bLow(p, w);
        if (!valid(high, low)) {
            invalid(p, w);
            return;
        }
        boolean minus = negative(low);
        set(p, w, high, low & ~15 | signCode(minus, w));
        record(p, minus, (high | low & ~15) == 0, false);
    }

    static void bcds(PowerProcessor p, int w) {
        shift(p, w, false);
    }

    static void bcdsr(PowerProcessor p, int w) {
        shift(p, w, true);
    }

    /** How many digits to shift left, or right if negative: byte element 7 of VRA. */
    private static int shiftCount(PowerProcessor p, int w) {
        return (byte) aHigh(p, w);
    }

    private static void shift(PowerProcessor p, int w, boolean round) {
        long high = bHigh(p, w);
        long low = bLow(p, w);
        if (!valid(high, low)) {
            invalid(p, w);
            return;
        }
        boolean minus = negative(low);
        low &= ~15;
        boolean zero = (high | low) == 0;
        boolean overflow = false;
        int n = shiftCount(p, w);
        if (n > 0) {
            int bits = 4 * Math.min(n, 31);
            overflow = anyAbove(high, low, bits);
            high = Quadword.shiftLeftHigh(high, low, bits);
            low = Quadword.shiftLeftLow(low, bits);
        } else if (n < 0) {
            int bits = 4 * Math.min(-n, 31);
            long shiftedLow = Quadword.shiftRightLow(high, low, bits);
            high = Quadword.shiftRightHigh(high, bits);
            low = shiftedLow & ~15;
            // The last digit that left is now in the place of the sign.
            if (round && (shiftedLow & 15) >= 5) {
                high = add(high, 0, carry(low, 0x10, 0));
                low = add(low, 0x10, 0);
            }
        }
        set(p, w, high, low | signCode(minus, w));
        record(p, minus, zero, overflow);
    }

    /** Whether any of the leftmost {@code bits} bits, 0 to 128, is 1. */
    private static boolean anyAbove(long high, long low, int bits) {
        return (Quadword.shiftRightHigh(high, 128 - bits) | Quadword.shiftRightLow(high, low, 128 - bits)) != 0;
    }

    static void bcdus(PowerProcessor p, int w) {
        long high = bHigh(p, w);
        long low = bLow(p, w);
        if (!decimal(high) || !decimal(low)) {
            invalid(p, w);
            return;
        }
        int n = shiftCount(p, w);
        boolean overflow = false;
        if (n > 0) {
            int bits = 4 * Math.min(n, 32);
            overflow = anyAbove(high, low, bits);
            set(p, w, Quadword.shiftLeftHigh(high, low, bits), Quadword.shiftLeftLow(low, bits));
        } else {
            int bits = 4 * Math.min(-n, 32);
            set(p, w, Quadword.shiftRightHigh(high, bits), Quadword.shiftRightLow(high, low, bits));
        }
        record(p, false, (high | low) == 0, overflow);
    }

    /** How many digits to keep: halfword element 3 of VRA. */
    private static int length(PowerProcessor p, int w) {
        return (int) aHigh(p, w) & 0xffff;
    }

    static void bcdtrunc(PowerProcessor p, int w) {
        long high = bHigh(p, w);
        long low = bLow(p, w);
        if (!valid(high, low)) {
            invalid(p, w);
            return;
        }
        boolean minus = negative(low);
        low &= ~15;
        int dropped = 4 * (31 - Math.min(length(p, w), 31));
        set(p, w, keptHigh(high, dropped), keptLow(low, dropped) | signCode(minus, w));
        record(p, minus, (high | low) == 0, anyAbove(high, low, dropped));
    }

    static void bcdutrunc(PowerProcessor p, int w) {
        long high = bHigh(p, w);
        long low = bLow(p, w);
        if (!decimal(high) || !decimal(low)) {
            invalid(p, w);
            return;
        }
        int dropped = 4 * (32 - Math.min(length(p, w), 32));
        set(p, w, keptHigh(high, dropped), keptLow(low, dropped));
        record(p, false, (high | low) == 0, anyAbove(high, low, dropped));
    }

    /** The high half without the quadword's leftmost {@code dropped} bits. */
    private static long keptHigh(long high, int dropped) {
        return dropped < 64 ? high & -1L >>> dropped : 0;
    }

    private static long keptLow(long low, int dropped) {
        return dropped <= 64 ? low : dropped < 128 ? low & -1L >>> dropped : 0;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.processor.FloatingPointScratch.Number;

/**
 * Quad-precision arithmetic (Power ISA 3.0B, Book I, 7.6.1.9). Operands are pairs of the left and the right half; a
 * result is in {@code s.high} and {@code s.low}.
 */
public final class Binary128 {
    private static final long INFINITY = 0x7fff_0000_0000_0000L;
    private static final long QUIET = 0x0000_8000_0000_0000L;

    private Binary128() {}

    public static boolean isNaN(long high, long low) {
        long magnitude = high & Long.MAX_VALUE;
        return magnitude > INFINITY || magnitude == INFINITY && low != 0;
    }

    public static boolean isSignaling(long high, long low) {
        return isNaN(high, low) && (high & QUIET) == 0;
    }

    /** Sets the first operand. */
    public static void a(FloatingPointScratch s, long high, long low) {
        Unpacking.binary128(s.a, high, low);
    }

    /** Sets the second operand, or the addend. */
    public static void b(FloatingPointScratch s, long high, long low) {
        Unpacking.binary128(s.b, high, low);
    }

    /** Sets the multiplier of a multiply-add. */
    public static void c(FloatingPointScratch s, long high, long low) {
        Unpacking.binary128(s.c, high, low);
    }

    private static void round(FloatingPointScratch s) {
        Rounding.round(s, Format.BINARY128);
    }

    /** a + b. */
    public static void add(FloatingPointScratch s) {
        WideArithmetic.add(s);
        round(s);
    }

    /** a - b. */
    public static void subtract(FloatingPointScratch s) {
        negateAddend(s);
        add(s);
    }

    /** a * b. */
    public static void multiply(FloatingPointScratch s) {
        WideArithmetic.multiply(s);
        round(s);
    }

    /** a / b. */
    public static void divide(FloatingPointScratch s) {
        WideArithmetic.divide(s);
        round(s);
    }

    /** The square root of a. */
    public static void squareRoot(FloatingPointScratch s) {
        WideArithmetic.squareRoot(s);
        round(s);
    }

    /**
     * a * c + b, or a * c - b, and its negative.
     *
     * @param subtract the addend
     * @param negate the result, unless it is a NaN
     */
    public static void multiplyAdd(FloatingPointScratch s, boolean subtract, boolean negate) {
        if (subtract) {
            negateAddend(s);
        }
        WideArithmetic.multiplyAdd(s);
        round(s);
        if (negate && !isNaN(s.high, s.low)) {
            s.high ^= Long.MIN_VALUE;
        }
    }

    private static void negateAddend(FloatingPointScratch s) {
        if (!s.b.isNaN()) {
            s.b.negative = !s.b.negative;
        }
    }

    /** Rounds a to an integer in quad precision; XX, FI and FR tell whether that was inexact. */
    public static void toIntegral(FloatingPointScratch s) {
        WideArithmetic.copy(s);
        Number r = s.r;
        if (r.kind == Number.FINITE && r.exponent < 112) {
            Rounding.toInteger(s, r);
            if ((r.high | r.low) == 0) {
                r.kind = Number.ZERO;
            } else {
                r.exponent = 127;
                Unpacking.normalize(r);
            }
        }
        round(s);
    }

    /** Rounds a to the significand of double-extended precision. */
    public static void toExtended(FloatingPointScratch s) {
        WideArithmetic.copy(s);
        Rounding.roundToExtended(s);
    }

    /** Rounds a to double precision. */
    public static long toDouble(FloatingPointScratch s) {
        WideArithmetic.copy(s);
        return Rounding.round(s, Format.BINARY64);
    }

    /** Extends a double-precision number. */
    public static void fromDouble(FloatingPointScratch s, long b) {
        Unpacking.binary64(s.a, b);
        WideArithmetic.copy(s);
        round(s);
    }

    /** Converts a 64-bit integer, which is always exact. */
    public static void fromInteger(FloatingPointScratch s, long b, boolean signed) {
        Unpacking.integer(s.r, b, signed);
        round(s);
    }

    /** Compares as {@link Comparison} does. */
    public static int compare(long aHigh, long aLow, long bHigh, long bLow) {
        if (isNaN(aHigh, aLow) || isNaN(bHigh, bLow)) {
            return Comparison.UNORDERED;
        }
        if (((aHigh | bHigh) & Long.MAX_VALUE | aLow | bLow) == 0) {
            return Comparison.EQUAL;
        }
        if (aHigh < 0 != bHigh < 0) {
            return aHigh < 0 ? Comparison.LESS : Comparison.GREATER;
        }
        int order = aHigh != bHigh ? Long.compare(aHigh, bHigh) : Long.compareUnsigned(aLow, bLow);
        if (order == 0) {
            return Comparison.EQUAL;
        }
        // Left halves are ordered as signed numbers, which is the wrong way round for negative ones.
        return order < 0 == aHigh >= 0 ? Comparison.LESS : Comparison.GREATER;
    }
}

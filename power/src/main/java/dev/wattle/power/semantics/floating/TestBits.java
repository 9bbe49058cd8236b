// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

/**
 * Tests of operands: for software division and square root, and for data classes (Power ISA 3.0B, Book I, 4.6.6.1 and
 * 7.6.3).
 */
public final class TestBits {
    private static final int FL = 8;
    private static final int FG = 4;
    private static final int FE = 2;

    /** Bits of DCMX. */
    private static final int NAN = 64;

    private static final int POSITIVE_INFINITY = 32;
    private static final int POSITIVE_ZERO = 8;
    private static final int POSITIVE_DENORMAL = 2;

    private TestBits() {}

    /** The CR field of a test of operands for a double-precision division; FL is 1. */
    public static int divide64(long a, long b) {
        return divide(a, b, Double.longBitsToDouble(a), Double.longBitsToDouble(b), 1023, 52);
    }

    /** As {@link #divide64}, in single format. */
    public static int divide32(int a, int b) {
        return divide(a, b, Float.intBitsToFloat(a), Float.intBitsToFloat(b), 127, 23);
    }

    private static int exponent(long bits, int bias, int fraction) {
        return ((int) (bits >>> fraction) & 2 * bias + 1) - bias;
    }

    private static boolean denormal(double value, int exponent, int bias) {
        return value != 0 && exponent == -bias;
    }

    private static int divide(long a, long b, double x, double y, int emax, int fraction) {
        int ea = exponent(a, emax, fraction);
        int eb = exponent(b, emax, fraction);
        int emin = 1 - emax;
        if (Double.isInfinite(x) || Double.isInfinite(y) || y == 0) {
            return FL | FG | FE;
        }
        boolean fe = Double.isNaN(x)
                || Double.isNaN(y)
                || eb <= emin
                || eb >= emax - 2
                || x != 0 && (ea - eb >= emax || ea - eb <= emin + 1 || ea <= emin + fraction);
        return FL | (denormal(y, eb, emax) ? FG : 0) | (fe ? FE : 0);
    }

    /** The CR field of a test of the operand of a double-precision square root; FL is 1. */
    public static int squareRoot64(long b) {
        return squareRoot(b, Double.longBitsToDouble(b), 1023, 52);
    }

    /** As {@link #squareRoot64}, in single format. */
    public static int squareRoot32(int b) {
        return squareRoot(b, Float.intBitsToFloat(b), 127, 23);
    }

    private static int squareRoot(long b, double y, int emax, int fraction) {
        int eb = exponent(b, emax, fraction);
        if (Double.isInfinite(y) || y == 0) {
            return FL | FG | FE;
        }
        boolean fe = Double.isNaN(y) || y < 0 || eb <= 1 - emax + fraction;
        return FL | (denormal(y, eb, emax) ? FG : 0) | (fe ? FE : 0);
    }

    /** Whether a number is of one of the classes in a DCMX. */
    private static boolean match(int dcmx, boolean negative, int biased, int maximum, boolean fraction) {
        int bits;
        if (biased == maximum) {
            bits = fraction ? NAN : POSITIVE_INFINITY;
        } else if (biased == 0) {
            bits = fraction ? POSITIVE_DENORMAL : POSITIVE_ZERO;
        } else {
            return false;
        }
        if (negative && bits != NAN) {
            bits >>= 1;
        }
        return (dcmx & bits) != 0;
    }

    public static boolean match64(int dcmx, long bits) {
        return match(dcmx, bits < 0, Binary64.exponent(bits), 0x7ff, bits << 12 != 0);
    }

    public static boolean match32(int dcmx, int bits) {
        return match(dcmx, bits < 0, bits >>> 23 & 0xff, 0xff, bits << 9 != 0);
    }

    public static boolean match128(int dcmx, long high, long low) {
        return match(dcmx, high < 0, (int) (high >>> 48) & 0x7fff, 0x7fff, (high << 16 | low) != 0);
    }

    /** As {@link #match64}, of a number in double format that counts as denormal where its single format would be. */
    public static boolean matchSingle(int dcmx, long bits) {
        int biased = Binary64.exponent(bits);
        return biased > 0 && biased < 897 ? match(dcmx, bits < 0, 0, 0x7ff, true) : match64(dcmx, bits);
    }

    /** Whether a number in double format has a single format. */
    public static boolean isSingle(long bits) {
        if (Binary64.isNaN(bits)) {
            return (bits & 0x1fff_ffff) == 0;
        }
        return Binary32.toDouble(Binary32.fromDouble(bits)) == bits;
    }
}

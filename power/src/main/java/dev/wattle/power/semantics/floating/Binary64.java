// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

import dev.wattle.power.processor.FloatingPointScratch;

/**
 * Double-precision arithmetic, and single-precision arithmetic on numbers in double format, rounded once (Power ISA
 * 3.0B, Book I, 4.6.6).
 *
 * <p>Numbers are passed as their bits, so that NaN payloads survive the host. The common case is computed by the host,
 * rounded to nearest, and the sign of what the host rounded off, found exactly, tells the result in every rounding mode
 * and whether it is inexact. Everything near the ends of the exponent range, and zeros, infinities and NaNs, goes
 * through {@link WideArithmetic}.
 */
public final class Binary64 {
    static final long SIGN = Long.MIN_VALUE;
    static final long INFINITY = 0x7ff0_0000_0000_0000L;
    static final long FRACTION = 0x000f_ffff_ffff_ffffL;
    static final long HIDDEN = 0x0010_0000_0000_0000L;
    private static final long ONE = 0x3ff0_0000_0000_0000L;

    private Binary64() {}

    public static boolean isNaN(long bits) {
        return (bits & ~SIGN) > INFINITY;
    }

    public static boolean isSignaling(long bits) {
        return isNaN(bits) && (bits & HIDDEN >>> 1) == 0;
    }

    /** Changes the sign of anything but a NaN. */
    public static long negateNumber(long bits) {
        return isNaN(bits) ? bits : bits ^ SIGN;
    }

    static int exponent(long bits) {
        return (int) (bits >>> 52) & 0x7ff;
    }

    private static boolean normal(long bits) {
        return exponent(bits) - 1 >>> 1 < 0x3ff;
    }

    /** Whether both neighbours of a number, and itself, are normal. */
    private static boolean inner(long bits) {
        int biased = exponent(bits) - 2;
        return biased >= 0 && biased < 2044;
    }

    private static long significand(long bits) {
        return bits & FRACTION | HIDDEN;
    }

    // Results

    /**
     * The result in the rounding mode.
     *
     * @param near the exact result rounded to nearest
     * @param beyond how the magnitude of the exact result compares with it: negative, 0 or positive
     */
    private static long settle(FloatingPointScratch s, long near, long beyond) {
        if (beyond == 0) {
            return near;
        }
        if (s.rounding == FloatingPointScratch.NEAREST_EVEN) {
            s.flags |= beyond < 0 ? Fpscr.XX | Fpscr.FI | Fpscr.FR : Fpscr.XX | Fpscr.FI;
            return near;
        }
        long truncated = beyond < 0 ? near - 1 : near;
        boolean up = Rounding.increments(s.rounding, near < 0, (truncated & 1) != 0, beyond < 0 ? 1 : -1);
        s.flags |= up ? Fpscr.XX | Fpscr.FI | Fpscr.FR : Fpscr.XX | Fpscr.FI;
        return up ? truncated + 1 : truncated;
    }

    /** As {@link #settle}, rounding the exact result to single precision. */
    private static long settleSingle(FloatingPointScratch s, long near, long beyond) {
        return beyond == 0 ? toSingle(s, near) : toSingle(s, (beyond < 0 ? near - 1 : near) | 1);
    }

    /**
     * Rounds a finite nonzero number in double format to single precision.
     *
     * @param odd the number; its last bit may stand for more
     */
    private static long toSingle(FloatingPointScratch s, long odd) {
        int biased = exponent(odd);
        if (biased < 897 || biased > 1149) {
            Unpacking.binary64(s.r, odd);
            return roundToSingle(s);
        }
        int rest = (int) odd & 0x1fff_ffff;
        if (rest == 0) {
            return odd;
        }
        long truncated = odd & ~0x1fff_ffffL;
        boolean up =
                Rounding.increments(s.rounding, odd < 0, (odd & 0x2000_0000) != 0, Integer.compare(rest, 0x1000_0000));
        s.flags |= up ? Fpscr.XX | Fpscr.FI | Fpscr.FR : Fpscr.XX | Fpscr.FI;
        return up ? truncated + 0x2000_0000 : truncated;
    }

    /** Rounds {@code s.r} to single precision, in double format. */
    static long roundToSingle(FloatingPointScratch s) {
        return Binary32.toDouble((int) Rounding.round(s, Format.BINARY32));
    }

    private static long round(FloatingPointScratch s) {
        return Rounding.round(s, Format.BINARY64);
    }

    /**
     * Rounds a finite nonzero number to double or single precision (in double format).
     *
     * @param exponent of the leading bit
     * @param significand with its most significant bit set; the last one is sticky
     */
    static long round(FloatingPointScratch s, boolean negative, int exponent, long significand, boolean single) {
        int width = single ? 40 : 11;
        int limit = single ? 126 : 1022;
        if (exponent < -limit || exponent > limit) {
            FloatingPointScratch.Number r = s.r;
            r.kind = FloatingPointScratch.Number.FINITE;
            r.negative = negative;
            r.exponent = exponent;
            r.high = significand;
            r.low = 0;
            return single ? roundToSingle(s) : round(s);
        }
        long rest = significand & (1L << width) - 1;
        long truncated = significand >>> width;
        if (rest != 0) {
            boolean up = Rounding.increments(
                    s.rounding, negative, (truncated & 1) != 0, Long.compare(rest, 1L << width - 1));
            s.flags |= up ? Fpscr.XX | Fpscr.FI | Fpscr.FR : Fpscr.XX | Fpscr.FI;
            if (up) {
                truncated++;
            }
        }
        // The hidden bit adds one to the exponent, a carry out of the fraction another.
        long magnitude = ((long) exponent + 1022 << 52) + (truncated << width - 11);
        return negative ? magnitude | SIGN : magnitude;
    }

    /** Rounds to single precision, in double format (frsp). */
    public static long toSinglePrecision(FloatingPointScratch s, long b) {
        if (normal(b)) {
            return toSingle(s, b);
        }
        Unpacking.binary64(s.a, b);
        WideArithmetic.copy(s);
        return roundToSingle(s);
    }

    // Addition

    /** How the exact sum of x and y, of which r is the rounded one, compares with r in magnitude. */
    private static long beyondSum(double x, double y, double r) {
        // TwoSum: exact as long as nothing overflows.
        double part = r - x;
        double error = (x - (r - part)) + (y - part);
        if (error == 0) {
            return 0;
        }
        return error < 0 == r < 0 ? 1 : -1;
    }

    private static boolean addable(long bits) {
        return (bits & ~SIGN) < 0x7fd0_0000_0000_0000L;
    }

    public static long add(FloatingPointScratch s, long a, long b) {
        if (addable(a) && addable(b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double r = x + y;
            long bits = Double.doubleToRawLongBits(r);
            if (inner(bits)) {
                return settle(s, bits, beyondSum(x, y, r));
            }
        }
        wideAdd(s, a, b);
        return round(s);
    }

    public static long subtract(FloatingPointScratch s, long a, long b) {
        return add(s, a, negateNumber(b));
    }

    /** a + b, rounded once to single precision. */
    public static long addSingle(FloatingPointScratch s, long a, long b) {
        if (addable(a) && addable(b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double r = x + y;
            long bits = Double.doubleToRawLongBits(r);
            if (inner(bits)) {
                return settleSingle(s, bits, beyondSum(x, y, r));
            }
        }
        wideAdd(s, a, b);
        return roundToSingle(s);
    }

    public static long subtractSingle(FloatingPointScratch s, long a, long b) {
        return addSingle(s, a, negateNumber(b));
    }

    private static void wideAdd(FloatingPointScratch s, long a, long b) {
        Unpacking.binary64(s.a, a);
        Unpacking.binary64(s.b, b);
        WideArithmetic.add(s);
    }

    // Multiplication: what the host rounded off is smaller than 2^63 units of the exact product, so the low words of
    // the product and of the result tell it.

    private static long beyondProduct(long a, long b, long r) {
        int shift = exponent(r) - exponent(a) - exponent(b) + 1075;
        return significand(a) * significand(b) - (significand(r) << shift);
    }

    public static long multiply(FloatingPointScratch s, long a, long b) {
        if (normal(a) && normal(b)) {
            long r = Double.doubleToRawLongBits(Double.longBitsToDouble(a) * Double.longBitsToDouble(b));
            if (inner(r)) {
                return settle(s, r, beyondProduct(a, b, r));
            }
        }
        wideMultiply(s, a, b);
        return round(s);
    }

    /** a * b, rounded once to single precision. */
    public static long multiplySingle(FloatingPointScratch s, long a, long b) {
        if (normal(a) && normal(b)) {
            long r = Double.doubleToRawLongBits(Double.longBitsToDouble(a) * Double.longBitsToDouble(b));
            if (inner(r)) {
                return settleSingle(s, r, beyondProduct(a, b, r));
            }
        }
        wideMultiply(s, a, b);
        return roundToSingle(s);
    }

    private static void wideMultiply(FloatingPointScratch s, long a, long b) {
        Unpacking.binary64(s.a, a);
        Unpacking.binary64(s.b, b);
        WideArithmetic.multiply(s);
    }

    // Division: the remainder, again from low words

    private static long beyondQuotient(long a, long b, long r) {
        int shift = exponent(a) - exponent(r) - exponent(b) + 1075;
        return (significand(a) << shift) - significand(r) * significand(b);
    }

    public static long divide(FloatingPointScratch s, long a, long b) {
        if (normal(a) && normal(b)) {
            long r = Double.doubleToRawLongBits(Double.longBitsToDouble(a) / Double.longBitsToDouble(b));
            if (inner(r)) {
                return settle(s, r, beyondQuotient(a, b, r));
            }
        }
        wideDivide(s, a, b);
        return round(s);
    }

    /** a / b, rounded once to single precision. */
    public static long divideSingle(FloatingPointScratch s, long a, long b) {
        if (normal(a) && normal(b)) {
            long r = Double.doubleToRawLongBits(Double.longBitsToDouble(a) / Double.longBitsToDouble(b));
            if (inner(r)) {
                return settleSingle(s, r, beyondQuotient(a, b, r));
            }
        }
        wideDivide(s, a, b);
        return roundToSingle(s);
    }

    private static void wideDivide(FloatingPointScratch s, long a, long b) {
        Unpacking.binary64(s.a, a);
        Unpacking.binary64(s.b, b);
        WideArithmetic.divide(s);
    }

    // Square root

    private static long beyondRoot(long b, long r) {
        int shift = exponent(b) - 2 * exponent(r) + 1075;
        return (significand(b) << shift) - significand(r) * significand(r);
    }

    public static long squareRoot(FloatingPointScratch s, long b) {
        if (b > 0 && normal(b)) {
            long r = Double.doubleToRawLongBits(Math.sqrt(Double.longBitsToDouble(b)));
            return settle(s, r, beyondRoot(b, r));
        }
        Unpacking.binary64(s.a, b);
        WideArithmetic.squareRoot(s);
        return round(s);
    }

    /** The square root of b, rounded once to single precision. */
    public static long squareRootSingle(FloatingPointScratch s, long b) {
        if (b > 0 && normal(b)) {
            long r = Double.doubleToRawLongBits(Math.sqrt(Double.longBitsToDouble(b)));
            return settleSingle(s, r, beyondRoot(b, r));
        }
        Unpacking.binary64(s.a, b);
        WideArithmetic.squareRoot(s);
        return roundToSingle(s);
    }

    // Fused multiply-add

    /** a * c + b, rounded once. */
    public static long multiplyAdd(FloatingPointScratch s, long a, long c, long b) {
        return multiplyAdd(s, a, c, b, false);
    }

    /** a * c + b, rounded once to single precision. */
    public static long multiplyAddSingle(FloatingPointScratch s, long a, long c, long b) {
        return multiplyAdd(s, a, c, b, true);
    }

    /** a * c - b, rounded once. */
    public static long multiplySubtract(FloatingPointScratch s, long a, long c, long b) {
        return multiplyAdd(s, a, c, negateNumber(b), false);
    }

    /** The negative of a * c + b rounded, but for a NaN. */
    public static long negativeMultiplyAdd(FloatingPointScratch s, long a, long c, long b) {
        return negateNumber(multiplyAdd(s, a, c, b, false));
    }

    /** The negative of a * c - b rounded, but for a NaN. */
    public static long negativeMultiplySubtract(FloatingPointScratch s, long a, long c, long b) {
        return negateNumber(multiplyAdd(s, a, c, negateNumber(b), false));
    }

    public static long multiplySubtractSingle(FloatingPointScratch s, long a, long c, long b) {
        return multiplyAdd(s, a, c, negateNumber(b), true);
    }

    public static long negativeMultiplyAddSingle(FloatingPointScratch s, long a, long c, long b) {
        return negateNumber(multiplyAdd(s, a, c, b, true));
    }

    public static long negativeMultiplySubtractSingle(FloatingPointScratch s, long a, long c, long b) {
        return negateNumber(multiplyAdd(s, a, c, negateNumber(b), true));
    }

    private static long multiplyAdd(FloatingPointScratch s, long a, long c, long b, boolean single) {
        if (normal(a) && normal(c) && ((b & ~SIGN) == 0 || normal(b))) {
            return multiplyAddFinite(s, a, c, b, single);
        }
        Unpacking.binary64(s.a, a);
        Unpacking.binary64(s.b, b);
        Unpacking.binary64(s.c, c);
        WideArithmetic.multiplyAdd(s);
        return single ? roundToSingle(s) : round(s);
    }

    /** The product in 126 bits of two words, the addend brought to the same exponent in up to 126. */
    private static long multiplyAddFinite(FloatingPointScratch s, long a, long c, long b, boolean single) {
        long x = significand(a);
        long y = significand(c);
        long low = x * y;
        long high = Math.multiplyHigh(x, y) << 20 | low >>> 44;
        low <<= 20;
        int unit = exponent(a) + exponent(c) - 2170;
        boolean negative = (a ^ c) < 0;
        if ((b & ~SIGN) != 0) {
            long addendHigh;
            long addendLow;
            long z = significand(b);
            int shift = exponent(b) - 1075 - unit;
            if (shift > 73) {
                int right = shift - 73;
                addendHigh = z << 9;
                addendLow = 0;
                unit += right;
                // The last 20 bits of the product are zeros: where leading bits may cancel, none is lost here.
                if (right < 64) {
                    long lost = low << 64 - right;
                    low = high << 64 - right | low >>> right | (lost != 0 ? 1 : 0);
                    high >>>= right;
                } else if (right < 128) {
                    long lost = right == 64 ? low : low | high << 128 - right;
                    low = high >>> right - 64 | (lost != 0 ? 1 : 0);
                    high = 0;
                } else {
                    low = 1;
                    high = 0;
                }
            } else if (shift >= 64) {
                addendHigh = z << shift - 64;
                addendLow = 0;
            } else if (shift > 0) {
                addendHigh = z >>> 64 - shift;
                addendLow = z << shift;
            } else if (shift > -64) {
                addendHigh = 0;
                addendLow = z >>> -shift | (shift != 0 && z << 64 + shift != 0 ? 1 : 0);
            } else {
                addendHigh = 0;
                addendLow = 1;
            }
            if (negative == b < 0) {
                low += addendLow;
                high += addendHigh + (Long.compareUnsigned(low, addendLow) < 0 ? 1 : 0);
            } else {
                high -= addendHigh + (Long.compareUnsigned(low, addendLow) < 0 ? 1 : 0);
                low -= addendLow;
                if (high < 0) {
                    low = -low;
                    high = ~high + (low == 0 ? 1 : 0);
                    negative = !negative;
                }
                if ((high | low) == 0) {
                    return s.rounding == FloatingPointScratch.DOWNWARD ? SIGN : 0;
                }
            }
        }
        int top;
        long significand;
        if (high != 0) {
            int zeros = Long.numberOfLeadingZeros(high);
            top = 127 - zeros;
            significand = high << zeros;
            if (zeros != 0) {
                significand |= low >>> 64 - zeros;
                low <<= zeros;
            }
            if (low != 0) {
                significand |= 1;
            }
        } else {
            int zeros = Long.numberOfLeadingZeros(low);
            top = 63 - zeros;
            significand = low << zeros;
        }
        return round(s, negative, unit + top, significand, single);
    }

    // Estimates: the correctly rounded quotient, which is precise enough for any of them

    /** 1 / b. */
    public static long reciprocal(FloatingPointScratch s, long b) {
        return divide(s, ONE, b);
    }

    /** 1 / b, rounded to single precision. */
    public static long reciprocalSingle(FloatingPointScratch s, long b) {
        return divideSingle(s, ONE, b);
    }

    /** 1 / sqrt(b). */
    public static long reciprocalRoot(FloatingPointScratch s, long b) {
        long root = squareRoot(s, b);
        return isNaN(root) ? root : divide(s, ONE, root);
    }

    /** 1 / sqrt(b), rounded to single precision. */
    public static long reciprocalRootSingle(FloatingPointScratch s, long b) {
        long root = squareRoot(s, b);
        return isNaN(root) ? toSinglePrecision(s, root) : divideSingle(s, ONE, root);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.processor.FloatingPointScratch.Number;

/**
 * Rounding of an unpacked intermediate result to a format, with the overflow, underflow and inexact exceptions (Power
 * ISA 3.0B, Book I, 4.4.3 to 4.4.5, 4.5.1, 7.4.3 to 7.4.5).
 */
public final class Rounding {
    private Rounding() {}

    /**
     * Whether an inexact result is rounded away from zero.
     *
     * @param odd whether the result truncated is odd
     * @param half how what is cut off compares with one half of the last place: negative, 0 or positive
     */
    static boolean increments(int mode, boolean negative, boolean odd, int half) {
        return switch (mode) {
            case FloatingPointScratch.NEAREST_EVEN -> half > 0 || half == 0 && odd;
            case FloatingPointScratch.TOWARD_ZERO -> false;
            case FloatingPointScratch.UPWARD -> !negative;
            case FloatingPointScratch.DOWNWARD -> negative;
            case FloatingPointScratch.TO_ODD -> !odd;
            default -> half >= 0;
        };
    }

    /** Shifts the significand of a number right; bits that fall off remain visible in the last one. */
    static void shiftRightSticky(Number n, int shift) {
        if (shift == 0) {
            return;
        }
        long lost;
        if (shift < 64) {
            lost = n.low << 64 - shift;
            n.low = n.high << 64 - shift | n.low >>> shift;
            n.high >>>= shift;
        } else if (shift < 128) {
            lost = shift == 64 ? n.low : n.low | n.high << 128 - shift;
            n.low = n.high >>> shift - 64;
            n.high = 0;
        } else {
            lost = n.high | n.low;
            n.low = 0;
            n.high = 0;
        }
        if (lost != 0) {
            n.low |= 1;
        }
    }

    /**
     * Rounds the significand of a finite number to its leftmost bits.
     *
     * @param drop how many of the 128 bits to cut off, 1 to 127
     * @return whether the number was inexact; FI, FR and XX are set then
     */
    private static boolean roundSignificand(FloatingPointScratch s, Number n, int drop) {
        boolean up;
        boolean carry = false;
        if (drop > 64) {
            long unit = 1L << drop - 64;
            long rest = n.high & unit - 1;
            if ((rest | n.low) == 0) {
                return false;
            }
            int half = Long.compare(rest, unit >>> 1);
            up = increments(s.rounding, n.negative, (n.high & unit) != 0, half != 0 || n.low == 0 ? half : 1);
            n.high &= -unit;
            n.low = 0;
            if (up) {
                n.high += unit;
                carry = n.high == 0;
            }
        } else {
            long rest = drop == 64 ? n.low : n.low & (1L << drop) - 1;
            if (rest == 0) {
                return false;
            }
            boolean odd = ((drop == 64 ? n.high : n.low >>> drop) & 1) != 0;
            up = increments(s.rounding, n.negative, odd, Long.compareUnsigned(rest, 1L << drop - 1));
            n.low ^= rest;
            if (up) {
                n.low += drop == 64 ? 0 : 1L << drop;
                // With a drop of 64 the unit is the last place of the left half.
                if (n.low == 0) {
                    n.high++;
                    carry = n.high == 0;
                }
            }
        }
        if (carry) {
            n.high = Long.MIN_VALUE;
            n.exponent++;
        }
        s.flags |= up ? Fpscr.XX | Fpscr.FI | Fpscr.FR : Fpscr.XX | Fpscr.FI;
        return true;
    }

    /**
     * Rounds {@code s.r} to a format.
     *
     * @return the result in that format, right-justified; of a quad-precision result the left half, the right one is in
     *     {@code s.low}
     */
    public static long round(FloatingPointScratch s, Format f) {
        Number r = s.r;
        switch (r.kind) {
            case Number.ZERO -> {
                return pack(s, f, r.negative, 0, 0, 0);
            }
            case Number.FINITE -> {
                return roundFinite(s, f, f.precision);
            }
            case Number.INFINITE -> {
                return pack(s, f, r.negative, 2 * f.emax + 1, 0, 0);
            }
            default -> {
                return pack(s, f, r.negative, 2 * f.emax + 1, r.high, r.low);
            }
        }
    }

    private static long roundFinite(FloatingPointScratch s, Format f, int precision) {
        Number r = s.r;
        int emin = f.emin();
        boolean tiny = r.exponent < emin;
        if (tiny) {
            if (s.underflowEnabled) {
                s.flags |= Fpscr.UX;
                r.exponent += f.adjustment;
            }
            if (r.exponent < emin) {
                shiftRightSticky(r, emin - r.exponent);
                r.exponent = emin;
            }
        }
        boolean inexact = roundSignificand(s, r, 128 - precision);
        if (inexact && tiny) {
            s.flags |= Fpscr.UX;
        }
        if (r.exponent > f.emax) {
            s.flags |= Fpscr.OX;
            if (s.overflowEnabled && r.exponent - f.adjustment <= f.emax) {
                r.exponent -= f.adjustment;
            } else {
                return overflowed(s, f);
            }
        }
        return pack(s, f, r.negative, r.high < 0 ? r.exponent + f.emax : 0, r.high, r.low);
    }

    private static long overflowed(FloatingPointScratch s, Format f) {
        boolean negative = s.r.negative;
        boolean infinite = s.rounding != FloatingPointScratch.TO_ODD && increments(s.rounding, negative, true, 1);
        s.flags = s.flags & ~Fpscr.FR | Fpscr.XX | Fpscr.FI | (infinite ? Fpscr.FR : 0);
        return infinite ? pack(s, f, negative, 2 * f.emax + 1, 0, 0) : pack(s, f, negative, 2 * f.emax, -1, -1);
    }

    /** Packs a sign, a biased exponent and a significand whose leftmost bit is the hidden one. */
    private static long pack(FloatingPointScratch s, Format f, boolean negative, int biased, long high, long low) {
        int fraction = f.precision - 1;
        if (f == Format.BINARY128) {
            s.low = low >>> 15 | high << 49;
            s.high = (long) biased << 48 | high << 1 >>> 16 | (negative ? Long.MIN_VALUE : 0);
            return s.high;
        }
        long result = (long) biased << fraction | high << 1 >>> 64 - fraction;
        if (negative) {
            // The sign follows an exponent of as many bits as the bias, and one.
            result |= 1L << fraction + 33 - Integer.numberOfLeadingZeros(f.emax);
        }
        s.high = result;
        return result;
    }

    /**
     * Rounds {@code s.r} to the 64-bit significand of double-extended precision, as {@code xsrqpxp} does, and packs it
     * as quad precision.
     *
     * @return the left half of the result; the right one is in {@code s.low}
     */
    public static long roundToExtended(FloatingPointScratch s) {
        return s.r.kind == Number.FINITE ? roundFinite(s, Format.BINARY128, 64) : round(s, Format.BINARY128);
    }

    /**
     * Rounds a finite number to an integer; XX, FI and FR tell whether that was inexact.
     *
     * @param n becomes the magnitude: the integer in (high, low), the binary point behind the last bit; its exponent
     * must     be below 128
     */
    static void toInteger(FloatingPointScratch s, Number n) {
        int shift = 127 - n.exponent;
        if (shift == 0) {
            return;
        }
        long rest;
        int half;
        if (shift < 64) {
            rest = n.low << 64 - shift;
            half = rest == 0 ? 0 : Long.compareUnsigned(rest, Long.MIN_VALUE);
            n.low = n.high << 64 - shift | n.low >>> shift;
            n.high >>>= shift;
        } else if (shift <= 128) {
            int above = shift - 64;
            long cut = above == 0 ? n.low : above == 64 ? n.high : n.high << 64 - above;
            long below = above == 0 ? 0 : n.low;
            rest = cut | below;
            half = Long.compareUnsigned(cut, Long.MIN_VALUE);
            if (half == 0 && below != 0) {
                half = 1;
            }
            n.low = above == 0 ? n.high : above == 64 ? 0 : n.high >>> above;
            n.high = 0;
        } else {
            rest = 1;
            half = -1;
            n.low = 0;
            n.high = 0;
        }
        if (rest == 0) {
            return;
        }
        boolean up = increments(s.rounding, n.negative, (n.low & 1) != 0, half);
        if (up && ++n.low == 0) {
            n.high++;
        }
        s.flags |= up ? Fpscr.XX | Fpscr.FI | Fpscr.FR : Fpscr.XX | Fpscr.FI;
    }
}

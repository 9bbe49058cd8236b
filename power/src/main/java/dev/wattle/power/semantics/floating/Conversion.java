// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.processor.FloatingPointScratch.Number;

/** Conversions between numbers and integers, and among half, single and double precision. */
public final class Conversion {
    private static final long ONE = 0x3ff0_0000_0000_0000L;

    private Conversion() {}

    // To integers: what is out of range, or a NaN, is VXCVI and the nearest integer, or the least one for a NaN

    /** Converts the unpacked number {@code s.a} in the rounding mode. */
    private static long toInteger(FloatingPointScratch s, int width, boolean signed) {
        Number n = s.a;
        if (n.kind == Number.ZERO) {
            return 0;
        }
        if (n.isNaN()) {
            s.flags |= n.kind == Number.SIGNALING ? Fpscr.VXCVI | Fpscr.VXSNAN : Fpscr.VXCVI;
            return signed ? -1L << width - 1 : 0;
        }
        int before = s.flags;
        boolean negative = n.negative;
        if (n.kind == Number.FINITE && n.exponent < 64) {
            Rounding.toInteger(s, n);
            long magnitude = n.low;
            long limit = signed ? (1L << width - 1) - (negative ? 0 : 1) : negative ? 0 : -1L >>> 64 - width;
            if (n.high == 0 && Long.compareUnsigned(magnitude, limit) <= 0) {
                return negative ? -magnitude : magnitude;
            }
        }
        s.flags = before | Fpscr.VXCVI;
        long least = signed ? -1L << width - 1 : 0;
        return negative ? least : signed ? ~least : -1L >>> 64 - width;
    }

    /**
     * Converts a double-precision number to an integer of 32 or 64 bits.
     *
     * @return the integer, sign-extended or zero-extended
     */
    public static long toInteger(FloatingPointScratch s, long bits, int width, boolean signed) {
        Unpacking.binary64(s.a, bits);
        return toInteger(s, width, signed);
    }

    /** As {@link #toInteger(FloatingPointScratch, long, int, boolean)}, toward zero whatever the rounding mode. */
    public static long truncate(FloatingPointScratch s, long bits, int width, boolean signed) {
        if (signed && Binary64.exponent(bits) < 1023 + width - 1) {
            double value = Double.longBitsToDouble(bits);
            long integer = (long) value;
            if (integer != value) {
                s.flags |= Fpscr.XX | Fpscr.FI;
            }
            return integer;
        }
        s.rounding = FloatingPointScratch.TOWARD_ZERO;
        return toInteger(s, bits, width, signed);
    }

    /** As {@link #truncate}, of a quad-precision number. */
    public static long truncate128(FloatingPointScratch s, long high, long low, int width, boolean signed) {
        s.rounding = FloatingPointScratch.TOWARD_ZERO;
        Unpacking.binary128(s.a, high, low);
        return toInteger(s, width, signed);
    }

    // From integers

    private static long fromInteger(FloatingPointScratch s, long value, boolean signed, boolean single) {
        if (value == 0) {
            return 0;
        }
        boolean negative = signed && value < 0;
        long magnitude = negative ? -value : value;
        int zeros = Long.numberOfLeadingZeros(magnitude);
        return Binary64.round(s, negative, 63 - zeros, magnitude << zeros, single);
    }

    /** A 64-bit integer as a double-precision number. */
    public static long fromInteger(FloatingPointScratch s, long value, boolean signed) {
        return fromInteger(s, value, signed, false);
    }

    /** A 64-bit integer rounded to single precision, in double format. */
    public static long fromIntegerSingle(FloatingPointScratch s, long value, boolean signed) {
        return fromInteger(s, value, signed, true);
    }

    // To integers in floating-point format

    /**
     * Rounds a double-precision number to an integer in double format; XX, FI and FR tell whether that was inexact.
     */
    public static long toIntegral(FloatingPointScratch s, long bits) {
        int biased = Binary64.exponent(bits);
        if (biased >= 1075) {
            if (Binary64.isSignaling(bits)) {
                s.flags |= Fpscr.VXSNAN;
                return bits | Binary64.HIDDEN >>> 1;
            }
            return bits;
        }
        long sign = bits & Binary64.SIGN;
        if (bits == sign) {
            return bits;
        }
        long truncated;
        long unit;
        boolean odd;
        int half;
        if (biased < 1023) {
            truncated = sign;
            unit = ONE;
            odd = false;
            half = biased < 1022 ? -1 : (bits & Binary64.FRACTION) == 0 ? 0 : 1;
        } else {
            unit = 1L << 1075 - biased;
            long rest = bits & unit - 1;
            if (rest == 0) {
                return bits;
            }
            truncated = bits & -unit;
            odd = biased == 1023 || (bits & unit) != 0;
            half = Long.compare(rest, unit >>> 1);
        }
        boolean up = Rounding.increments(s.rounding, sign != 0, odd, half);
        s.flags |= up ? Fpscr.XX | Fpscr.FI | Fpscr.FR : Fpscr.XX | Fpscr.FI;
        return up ? truncated + unit : truncated;
    }

    /** As {@link #toIntegral(FloatingPointScratch, long)}, of a number in single format. */
    public static int toIntegral(FloatingPointScratch s, int bits) {
        return Binary32.fromDouble(toIntegral(s, Binary32.toDouble(bits)));
    }

    // Among formats, where a signaling NaN is invalid and becomes quiet

    /** Rounds a double-precision number to single format. */
    public static int toBinary32(FloatingPointScratch s, long bits) {
        return Binary32.fromDouble(Binary64.toSinglePrecision(s, bits));
    }

    /** Converts a number in single format to double format. */
    public static long fromBinary32(FloatingPointScratch s, int bits) {
        if (Binary32.isSignaling(bits)) {
            s.flags |= Fpscr.VXSNAN;
            return Binary32.toDouble(bits) | Binary64.HIDDEN >>> 1;
        }
        return Binary32.toDouble(bits);
    }

    /** Rounds a double-precision number to half precision, in the low 16 bits. */
    public static int toBinary16(FloatingPointScratch s, long bits) {
        Unpacking.binary64(s.a, bits);
        WideArithmetic.copy(s);
        return (int) Rounding.round(s, Format.BINARY16);
    }

    /** Converts a half-precision number, in the low 16 bits, to double format. */
    public static long fromBinary16(FloatingPointScratch s, int bits) {
        Unpacking.binary16(s.a, bits);
        WideArithmetic.copy(s);
        return Rounding.round(s, Format.BINARY64);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

import dev.wattle.power.processor.FloatingPointScratch.Number;

/** From interchange formats to unpacked numbers. */
public final class Unpacking {
    private Unpacking() {}

    /** Unpacks a half-precision number from the low 16 bits. */
    public static void binary16(Number n, int bits) {
        unpack(n, (bits & 0x8000) != 0, bits >>> 10 & 0x1f, 0x1f, 15, (long) bits << 54, 0);
    }

    public static void binary32(Number n, int bits) {
        unpack(n, bits < 0, bits >>> 23 & 0xff, 0xff, 127, (long) bits << 41, 0);
    }

    public static void binary64(Number n, long bits) {
        unpack(n, bits < 0, (int) (bits >>> 52) & 0x7ff, 0x7ff, 1023, bits << 12, 0);
    }

    public static void binary128(Number n, long high, long low) {
        unpack(n, high < 0, (int) (high >>> 48) & 0x7fff, 0x7fff, 16383, high << 16 | low >>> 48, low << 16);
    }

    /** @param high fraction, left-justified; @param low its continuation */
    private static void unpack(Number n, boolean negative, int biased, int maximum, int bias, long high, long low) {
        n.negative = negative;
        if (biased == maximum) {
            n.high = high >>> 1;
            n.low = high << 63 | low >>> 1;
            n.kind = (high | low) == 0 ? Number.INFINITE : high < 0 ? Number.QUIET : Number.SIGNALING;
        } else if (biased != 0) {
            n.kind = Number.FINITE;
            n.exponent = biased - bias;
            n.high = high >>> 1 | Long.MIN_VALUE;
            n.low = high << 63 | low >>> 1;
        } else if ((high | low) == 0) {
            n.kind = Number.ZERO;
        } else {
            n.kind = Number.FINITE;
            n.exponent = -bias;
            n.high = high;
            n.low = low;
            normalize(n);
        }
    }

    /** Shifts a nonzero significand left until its most significant bit is set. */
    static void normalize(Number n) {
        if (n.high == 0) {
            n.high = n.low;
            n.low = 0;
            n.exponent -= 64;
        }
        int shift = Long.numberOfLeadingZeros(n.high);
        if (shift != 0) {
            n.high = n.high << shift | n.low >>> 64 - shift;
            n.low <<= shift;
            n.exponent -= shift;
        }
    }

    /** Unpacks a 64-bit integer, taken as unsigned unless {@code signed}. */
    public static void integer(Number n, long value, boolean signed) {
        n.negative = signed && value < 0;
        if (value == 0) {
            n.kind = Number.ZERO;
            return;
        }
        n.kind = Number.FINITE;
        n.high = n.negative ? -value : value;
        n.low = 0;
        n.exponent = 63;
        normalize(n);
    }
}

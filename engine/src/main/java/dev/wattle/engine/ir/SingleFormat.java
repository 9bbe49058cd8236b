// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.ir;

/** Numbers in IEEE 754 single format as bits, and the same in double format; no rounding, no exceptions. */
public final class SingleFormat {
    private static final int SIGN = Integer.MIN_VALUE;
    private static final long INFINITY = 0x7ff0_0000_0000_0000L;
    private static final long FRACTION = 0x000f_ffff_ffff_ffffL;
    private static final long HIDDEN = 0x0010_0000_0000_0000L;

    private SingleFormat() {}

    /** The same number, or NaN with the same payload, in double format. */
    public static long widen(int bits) {
        long sign = (long) (bits & SIGN) << 32;
        int magnitude = bits & ~SIGN;
        int biased = magnitude >>> 23;
        if (biased == 0xff) {
            return sign | INFINITY | ((long) magnitude & 0x7f_ffff) << 29;
        }
        if (biased != 0) {
            return sign | ((long) magnitude << 29) + (896L << 52);
        }
        if (magnitude == 0) {
            return sign;
        }
        int shift = Integer.numberOfLeadingZeros(magnitude) - 8;
        return sign | ((long) magnitude << shift + 29) + (896L - shift << 52);
    }

    /**
     * A number in double format cut down to single format. Where it has none, the result is what comes of cutting bits
     * off.
     */
    public static int narrow(long bits) {
        int biased = (int) (bits >>> 52) & 0x7ff;
        if (biased > 896 || bits << 1 == 0) {
            return (int) (bits >>> 32) & 0xc000_0000 | (int) (bits >>> 29) & 0x3fff_ffff;
        }
        int sign = (int) (bits >>> 32) & SIGN;
        if (biased < 874) {
            return sign;
        }
        return sign | (int) ((bits & FRACTION | HIDDEN) >>> 926 - biased);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

/**
 * What one floating-point operation works with: rounding mode and enables on the way in, exception flags on the way
 * out, and unpacked numbers in between. One per processor, so that no operation allocates; it holds nothing between two
 * instructions.
 */
public final class FloatingPointScratch {
    /** Rounding modes; the first four are the encodings of FPSCR[RN]. */
    public static final int NEAREST_EVEN = 0;

    public static final int TOWARD_ZERO = 1;
    public static final int UPWARD = 2;
    public static final int DOWNWARD = 3;
    /** Round to odd: an inexact result gets an odd significand. */
    public static final int TO_ODD = 4;
    /** Round to nearest, ties away from zero. */
    public static final int NEAREST_AWAY = 5;

    /** The FPSCR before the operation. */
    public long fpscr;
    /** Rounding mode of the operation. */
    public int rounding;
    /** FPSCR[OE]: overflow gives a result with an adjusted exponent. */
    public boolean overflowEnabled;
    /** FPSCR[UE]: a tiny result is an exception, and gets an adjusted exponent. */
    public boolean underflowEnabled;
    /** What happened, as bits of the FPSCR: exception bits, FI and FR. Operations add to it. */
    public int flags;
    /** A 128-bit result, left half; narrower results are in its low end. */
    public long high;
    /** Right half of a 128-bit result. */
    public long low;
    /** Right half of an exact 256-bit product. */
    public long tailHigh;

    public long tailLow;

    public final Number a = new Number();
    public final Number b = new Number();
    public final Number c = new Number();
    public final Number r = new Number();

    /**
     * An unpacked floating-point number. A finite one has the value {@code significand * 2^(exponent - 127)}, its
     * 128-bit significand having the most significant bit set; the least significant bit of an inexact intermediate
     * result stands for itself and everything to the right of it. A NaN has its fraction from bit 126 downward.
     */
    public static final class Number {
        public static final int ZERO = 0;
        public static final int FINITE = 1;
        public static final int INFINITE = 2;
        public static final int QUIET = 3;
        public static final int SIGNALING = 4;

        /** One of the constants above. */
        public int kind;

        public boolean negative;
        public int exponent;
        public long high;
        public long low;

        public boolean isNaN() {
            return kind >= QUIET;
        }

        /** Takes over another number. */
        public void set(Number other) {
            kind = other.kind;
            negative = other.negative;
            exponent = other.exponent;
            high = other.high;
            low = other.low;
        }
    }

    /** Starts an operation under the control bits of an FPSCR. */
    public void begin(long fpscr) {
        this.fpscr = fpscr;
        rounding = (int) fpscr & 3;
        overflowEnabled = (fpscr & 0x40) != 0;
        underflowEnabled = (fpscr & 0x20) != 0;
        flags = 0;
    }
}

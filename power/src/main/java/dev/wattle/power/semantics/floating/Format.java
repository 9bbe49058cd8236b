// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

/** A binary interchange format of IEEE 754-2008, 3.4. Immutable. */
public final class Format {
    public static final Format BINARY16 = new Format(11, 15, 24);
    public static final Format BINARY32 = new Format(24, 127, 192);
    public static final Format BINARY64 = new Format(53, 1023, 1536);
    public static final Format BINARY128 = new Format(113, 16383, 24576);

    /** Bits of the significand, the hidden one included. */
    final int precision;
    /** Greatest exponent, and exponent bias. */
    final int emax;
    /** What enabled overflow and underflow add to the exponent (Power ISA 3.0B, Book I, 7.4.3 and 7.4.4). */
    final int adjustment;

    private Format(int precision, int emax, int adjustment) {
        this.precision = precision;
        this.emax = emax;
        this.adjustment = adjustment;
    }

    /** Least exponent of a normal number. */
    int emin() {
        return 1 - emax;
    }
}

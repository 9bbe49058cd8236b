// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.decimal;

/**
 * What a decimal operation gives: the value for the target and what happened.
 *
 * @param value the value delivered if no exception that withholds it is enabled
 * @param exceptions exception bits, in the positions of the FPSCR
 * @param inexact FPSCR[FI]
 * @param incremented FPSCR[FR]
 */
public record Outcome(Decimal value, long exceptions, boolean inexact, boolean incremented) {
    /** The exception bits, named as in the book. */
    public static final long OX = 0x1000_0000;

    public static final long UX = 0x0800_0000;
    public static final long ZX = 0x0400_0000;
    public static final long XX = 0x0200_0000;
    public static final long VXSNAN = 0x0100_0000;
    public static final long VXISI = 0x0080_0000;
    public static final long VXIDI = 0x0040_0000;
    public static final long VXZDZ = 0x0020_0000;
    public static final long VXIMZ = 0x0010_0000;
    public static final long VXVC = 0x0008_0000;
    public static final long VXCVI = 0x0000_0100;
    /** All invalid operations, those of binary floating point (VXSOFT, VXSQRT) included. */
    public static final long ALL_VX = 0x01f8_0700;

    /** A value without anything to report. */
    static Outcome exact(Decimal value) {
        return new Outcome(value, 0, false, false);
    }

    /** An invalid operation, with the default NaN. */
    static Outcome invalid(long exception) {
        return new Outcome(Decimal.defaultNan(), exception, false, false);
    }

    /** Whether an invalid operation is among the exceptions. */
    public boolean isInvalid() {
        return (exceptions & ALL_VX) != 0;
    }
}

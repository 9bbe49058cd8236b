// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

/** Bits of the floating-point status and control register (Power ISA 3.0B, Book I, 4.2.2), right half but for DRN. */
public final class Fpscr {
    /** Exception summary: some exception bit went from 0 to 1. */
    public static final int FX = 0x8000_0000;
    /** Enabled exception summary. */
    public static final int FEX = 0x4000_0000;
    /** Invalid operation summary. */
    public static final int VX = 0x2000_0000;

    public static final int OX = 0x1000_0000;
    public static final int UX = 0x0800_0000;
    public static final int ZX = 0x0400_0000;
    public static final int XX = 0x0200_0000;
    public static final int VXSNAN = 0x0100_0000;
    public static final int VXISI = 0x0080_0000;
    public static final int VXIDI = 0x0040_0000;
    public static final int VXZDZ = 0x0020_0000;
    public static final int VXIMZ = 0x0010_0000;
    public static final int VXVC = 0x0008_0000;
    public static final int FR = 0x0004_0000;
    public static final int FI = 0x0002_0000;
    /** C and FPCC: the class of the result. */
    public static final int FPRF = 0x0001_f000;

    public static final int FPRF_SHIFT = 12;
    /** FL, FG, FE, FU: the condition code. */
    public static final int FPCC = 0x0000_f000;

    public static final int VXSOFT = 0x0000_0400;
    public static final int VXSQRT = 0x0000_0200;
    public static final int VXCVI = 0x0000_0100;
    public static final int VE = 0x80;
    public static final int OE = 0x40;
    public static final int UE = 0x20;
    public static final int ZE = 0x10;
    public static final int XE = 0x08;
    public static final int NI = 0x04;
    public static final int RN = 0x03;
    /** VE, OE, UE, ZE and XE. */
    public static final int ENABLES = VE | OE | UE | ZE | XE;
    /** Rounding mode of decimal floating point. */
    public static final long DRN = 7L << 32;

    /** The invalid operation exceptions, of which VX is the summary. */
    public static final int INVALID = VXSNAN | VXISI | VXIDI | VXZDZ | VXIMZ | VXVC | VXSOFT | VXSQRT | VXCVI;
    /** The exception bits that FX watches. */
    public static final int EXCEPTIONS = OX | UX | ZX | XX | INVALID;
    /** Bits that exist and are not summaries of others. */
    public static final long WRITABLE = DRN | 0xffff_ffffL & ~(FEX | VX | 0x800);
    /** From an exception bit VX, OX, UX, ZX or XX to its enable. */
    private static final int ENABLE_DISTANCE = 22;

    private Fpscr() {}

    /** An FPSCR with VX and FEX as the other bits have them. */
    public static long summarized(long fpscr) {
        long plain = fpscr & ~(long) (FEX | VX) & (DRN | 0xffff_ffffL);
        if ((plain & INVALID) != 0) {
            plain |= VX;
        }
        return enabled((int) plain, (int) plain) ? plain | FEX : plain;
    }

    /**
     * Whether any of the exceptions VX (standing for all invalid operations), OX, UX, ZX and XX among {@code
     * exceptions} is enabled by an FPSCR.
     */
    public static boolean enabled(int exceptions, int fpscr) {
        int all = (exceptions & INVALID) != 0 ? exceptions | VX : exceptions;
        return (all >>> ENABLE_DISTANCE & fpscr & ENABLES) != 0;
    }

    // Class of a result, in place (Power ISA 3.0B, Book I, figure "Floating-Point Result Flags")

    /** FPRF of a number of a class. */
    private static int result(boolean negative, int ifPositive, int ifNegative) {
        return (negative ? ifNegative : ifPositive) << FPRF_SHIFT;
    }

    /** FPRF of a quiet NaN. */
    public static final int FPRF_NAN = 0x11 << FPRF_SHIFT;

    /** FPRF of a double-precision result. */
    public static int fprf64(long bits) {
        boolean negative = bits < 0;
        int exponent = (int) (bits >>> 52) & 0x7ff;
        if (exponent != 0 && exponent != 0x7ff) {
            return result(negative, 0x04, 0x08);
        }
        boolean fraction = bits << 12 != 0;
        if (exponent == 0) {
            return fraction ? result(negative, 0x14, 0x18) : result(negative, 0x02, 0x12);
        }
        return fraction ? FPRF_NAN : result(negative, 0x05, 0x09);
    }

    /** FPRF of a single-precision result that is held in double format. */
    public static int fprfSingle(long bits) {
        int exponent = (int) (bits >>> 52) & 0x7ff;
        if (exponent < 897 && exponent != 0) {
            return result(bits < 0, 0x14, 0x18);
        }
        return fprf64(bits);
    }

    /** FPRF of a single-precision result in single format. */
    public static int fprf32(int bits) {
        return fprfSingle(Binary32.toDouble(bits));
    }

    /** FPRF of a half-precision result, in the low 16 bits. */
    public static int fprf16(int bits) {
        boolean negative = (bits & 0x8000) != 0;
        int exponent = bits >>> 10 & 0x1f;
        boolean fraction = (bits & 0x3ff) != 0;
        if (exponent == 0) {
            return fraction ? result(negative, 0x14, 0x18) : result(negative, 0x02, 0x12);
        }
        if (exponent == 0x1f) {
            return fraction ? FPRF_NAN : result(negative, 0x05, 0x09);
        }
        return result(negative, 0x04, 0x08);
    }

    /** FPRF of a quad-precision result. */
    public static int fprf128(long high, long low) {
        boolean negative = high < 0;
        int exponent = (int) (high >>> 48) & 0x7fff;
        boolean fraction = (high << 16 | low) != 0;
        if (exponent == 0) {
            return fraction ? result(negative, 0x14, 0x18) : result(negative, 0x02, 0x12);
        }
        if (exponent == 0x7fff) {
            return fraction ? FPRF_NAN : result(negative, 0x05, 0x09);
        }
        return result(negative, 0x04, 0x08);
    }
}

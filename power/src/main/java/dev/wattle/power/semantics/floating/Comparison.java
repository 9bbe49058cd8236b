// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

import dev.wattle.power.processor.FloatingPointScratch;

/** Comparison, maximum and minimum. */
public final class Comparison {
    /** Results, as a CR field and FPCC have them. */
    public static final int LESS = 8;

    public static final int GREATER = 4;
    public static final int EQUAL = 2;
    public static final int UNORDERED = 1;

    private Comparison() {}

    /** Compares two double-precision numbers. */
    public static int compare(long a, long b) {
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        return x < y ? LESS : x > y ? GREATER : x == y ? EQUAL : UNORDERED;
    }

    /**
     * Adds the exceptions of a comparison to {@code s.flags}.
     *
     * @param result what the comparison gave
     * @param signaling whether an operand is a signaling NaN
     * @param ordered whether quiet NaNs are invalid too
     * @param invalidEnabled FPSCR[VE]
     */
    public static void signal(
            FloatingPointScratch s, int result, boolean signaling, boolean ordered, boolean invalidEnabled) {
        if (result != UNORDERED) {
            return;
        }
        if (signaling) {
            s.flags |= ordered && !invalidEnabled ? Fpscr.VXSNAN | Fpscr.VXVC : Fpscr.VXSNAN;
        } else if (ordered) {
            s.flags |= Fpscr.VXVC;
        }
    }

    /** Maximum or minimum of the IEEE kind: a number wins over a quiet NaN; +0 is above -0. */
    public static long extreme(FloatingPointScratch s, long a, long b, boolean maximum) {
        if (Binary64.isNaN(a) || Binary64.isNaN(b)) {
            if (Binary64.isSignaling(a) || Binary64.isSignaling(b)) {
                s.flags |= Fpscr.VXSNAN;
                return (Binary64.isNaN(a) ? a : b) | Binary64.HIDDEN >>> 1;
            }
            return Binary64.isNaN(b) ? a : b;
        }
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        return Double.doubleToRawLongBits(maximum ? Math.max(x, y) : Math.min(x, y));
    }

    /** As C writes it, {@code a > b ? a : b} or {@code a < b ? a : b}. */
    public static long extremeTypeC(FloatingPointScratch s, long a, long b, boolean maximum) {
        if (Binary64.isSignaling(a) || Binary64.isSignaling(b)) {
            s.flags |= Fpscr.VXSNAN;
        }
        return compare(a, b) == (maximum ? GREATER : LESS) ? a : b;
    }

    /** As Java's Math.max and Math.min, but for the payload of NaNs: the first NaN, as it is. */
    public static long extremeTypeJ(FloatingPointScratch s, long a, long b, boolean maximum) {
        if (Binary64.isNaN(a) || Binary64.isNaN(b)) {
            long nan = Binary64.isNaN(a) ? a : b;
            if (Binary64.isSignaling(nan)) {
                s.flags |= Fpscr.VXSNAN;
            }
            return nan;
        }
        return extreme(s, a, b, maximum);
    }

    /** As {@link #extreme}, of numbers in single format. */
    public static int extreme(FloatingPointScratch s, int a, int b, boolean maximum) {
        return Binary32.fromDouble(extreme(s, Binary32.toDouble(a), Binary32.toDouble(b), maximum));
    }
}

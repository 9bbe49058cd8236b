// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

import dev.wattle.engine.ir.SingleFormat;
import dev.wattle.power.processor.FloatingPointScratch;

/**
 * Single-precision numbers in single format: storage conversion (Power ISA 3.0B, Book I, 4.6.2 and 4.6.3) and
 * arithmetic by way of {@link Binary64}, whose single-precision operations round once.
 */
public final class Binary32 {
    private static final int SIGN = Integer.MIN_VALUE;
    private static final int INFINITY = 0x7f80_0000;

    private Binary32() {}

    public static boolean isNaN(int bits) {
        return (bits & ~SIGN) > INFINITY;
    }

    public static boolean isSignaling(int bits) {
        return isNaN(bits) && (bits & 0x0040_0000) == 0;
    }

    /** The same number, or NaN with the same payload, in double format: what a load does. */
    public static long toDouble(int bits) {
        return SingleFormat.widen(bits);
    }

    /**
     * A number in double format cut down to single format without rounding or exceptions: what a store does. Where the
     * number has no single format, the book leaves the result undefined.
     */
    public static int fromDouble(long bits) {
        return SingleFormat.narrow(bits);
    }

    public static int add(FloatingPointScratch s, int a, int b) {
        return fromDouble(Binary64.addSingle(s, toDouble(a), toDouble(b)));
    }

    public static int subtract(FloatingPointScratch s, int a, int b) {
        return fromDouble(Binary64.subtractSingle(s, toDouble(a), toDouble(b)));
    }

    public static int multiply(FloatingPointScratch s, int a, int b) {
        return fromDouble(Binary64.multiplySingle(s, toDouble(a), toDouble(b)));
    }

    public static int divide(FloatingPointScratch s, int a, int b) {
        return fromDouble(Binary64.divideSingle(s, toDouble(a), toDouble(b)));
    }

    public static int squareRoot(FloatingPointScratch s, int b) {
        return fromDouble(Binary64.squareRootSingle(s, toDouble(b)));
    }

    /** a * c + b, rounded once. */
    public static int multiplyAdd(FloatingPointScratch s, int a, int c, int b) {
        return fromDouble(Binary64.multiplyAddSingle(s, toDouble(a), toDouble(c), toDouble(b)));
    }

    /** a * c - b, rounded once. */
    public static int multiplySubtract(FloatingPointScratch s, int a, int c, int b) {
        return multiplyAdd(s, a, c, negateNumber(b));
    }

    /** The negative of a * c + b rounded, but for a NaN. */
    public static int negativeMultiplyAdd(FloatingPointScratch s, int a, int c, int b) {
        return negateNumber(multiplyAdd(s, a, c, b));
    }

    /** The negative of a * c - b rounded, but for a NaN. */
    public static int negativeMultiplySubtract(FloatingPointScratch s, int a, int c, int b) {
        return negateNumber(multiplyAdd(s, a, c, negateNumber(b)));
    }

    /** An estimate of 1 / b. */
    public static int reciprocal(FloatingPointScratch s, int b) {
        return fromDouble(Binary64.reciprocalSingle(s, toDouble(b)));
    }

    /** An estimate of 1 / sqrt(b). */
    public static int reciprocalRoot(FloatingPointScratch s, int b) {
        int root = squareRoot(s, b);
        return isNaN(root) ? root : divide(s, 0x3f80_0000, root);
    }

    /** Changes the sign of anything but a NaN. */
    public static int negateNumber(int bits) {
        return isNaN(bits) ? bits : bits ^ SIGN;
    }
}

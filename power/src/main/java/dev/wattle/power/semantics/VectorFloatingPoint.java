// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.Routine;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.semantics.VsxVectorArithmetic.BinaryWord;
import dev.wattle.power.semantics.VsxVectorArithmetic.TernaryWord;
import dev.wattle.power.semantics.VsxVectorArithmetic.UnaryWord;
import dev.wattle.power.semantics.floating.Binary32;
import dev.wattle.power.semantics.floating.Comparison;
import dev.wattle.power.semantics.floating.Conversion;
import dev.wattle.power.semantics.floating.Fpscr;

/**
 * Vector floating-point instructions of the vector facility (Power ISA 3.0B, Book I, 6.6 and 6.11): four
 * single-precision elements, rounded to nearest, without the FPSCR. While VSCR[NJ] is 1, denormal operands and results
 * become zeros.
 */
final class VectorFloatingPoint {
    private static final int NJ = 0x10000;
    private static final int SIGN = Integer.MIN_VALUE;
    private static final int MAGNITUDE = Integer.MAX_VALUE;
    private static final int SMALLEST_NORMAL = 0x0080_0000;
    private static final int QUIET_NAN = 0x7fc0_0000;
    private static final int INFINITY = 0x7f80_0000;

    private VectorFloatingPoint() {}

    static void bind(Meanings m) {
        m.routine("vaddfp", ab(Binary32::add));
        m.routine("vsubfp", ab(Binary32::subtract));
        m.routine("vmaddfp", acb(Binary32::multiplyAdd));
        m.routine("vnmsubfp", acb(Binary32::negativeMultiplySubtract));
        m.routine("vmaxfp", ab((s, a, b) -> extreme(a, b, true)));
        m.routine("vminfp", ab((s, a, b) -> extreme(a, b, false)));
        m.routine("vrefp", b(Binary32::reciprocal));
        m.routine("vrsqrtefp", b(Binary32::reciprocalRoot));
        m.routine("vexptefp", b((s, b) -> power(b)));
        m.routine("vlogefp", b((s, b) -> logarithm(b)));
        m.routine("vrfin", toIntegral(FloatingPointScratch.NEAREST_EVEN));
        m.routine("vrfiz", toIntegral(FloatingPointScratch.TOWARD_ZERO));
        m.routine("vrfip", toIntegral(FloatingPointScratch.UPWARD));
        m.routine("vrfim", toIntegral(FloatingPointScratch.DOWNWARD));
        m.routine("vcfsx", (p, w) -> fromInteger(p, w, true));
        m.routine("vcfux", (p, w) -> fromInteger(p, w, false));
        m.routine("vctsxs", (p, w) -> toInteger(p, w, true));
        m.routine("vctuxs", (p, w) -> toInteger(p, w, false));
        m.routine("vcmpeqfp", compare(Comparison.EQUAL));
        m.routine("vcmpgtfp", compare(Comparison.GREATER));
        m.routine("vcmpgefp", compare(Comparison.GREATER | Comparison.EQUAL));
        m.routine("vcmpbfp", VectorFloatingPoint::vcmpbfp);
    }

    private static FloatingPointScratch begin(PowerProcessor p) {
        FloatingPointScratch s = p.floatingPoint;
        s.begin(0);
        return s;
    }

    // Elements, with denormals flushed if the mode is non-Java

    private static boolean flushes(PowerProcessor p) {
        return (p.vscr() & NJ) != 0;
    }

    private static int flush(int bits) {
        return (bits & MAGNITUDE) < SMALLEST_NORMAL ? bits & SIGN : bits;
    }

    private static long flush(long words, boolean flush) {
        return flush
                ? VsxVectorArithmetic.words(
                        flush(VsxVectorArithmetic.left(words)), flush(VsxVectorArithmetic.right(words)))
                : words;
    }

    private static Routine<PowerProcessor> ab(BinaryWord operation) {
        return (p, w) -> {
            FloatingPointScratch s = begin(p);
            boolean flush = flushes(p);
            long high = ab(operation, s, VectorForm.aHigh(p, w), VectorForm.bHigh(p, w), flush);
            long low = ab(operation, s, VectorForm.aLow(p, w), VectorForm.bLow(p, w), flush);
            VectorForm.set(p, w, high, low);
        };
    }

    private static long ab(BinaryWord operation, FloatingPointScratch s, long a, long b, boolean flush) {
        long x = flush(a, flush);
        long y = flush(b, flush);
        int left = operation.apply(s, VsxVectorArithmetic.left(x), VsxVectorArithmetic.left(y));
        int right = operation.apply(s, VsxVectorArithmetic.right(x), VsxVectorArithmetic.right(y));
        return flush(VsxVectorArithmetic.words(left, right), flush);
    }

    private static Routine<PowerProcessor> acb(TernaryWord operation) {
        return (p, w) -> {
            FloatingPointScratch s = begin(p);
            boolean flush = flushes(p);
            long high =
                    acb(operation, s, VectorForm.aHigh(p, w), VectorForm.cHigh(p, w), VectorForm.bHigh(p, w), flush);
            long low = acb(operation, s, VectorForm.aLow(p, w), VectorForm.cLow(p, w), VectorForm.bLow(p, w), flush);
            VectorForm.set(p, w, high, low);
        };
    }

    private static long acb(TernaryWord operation, FloatingPointScratch s, long a, long c, long b, boolean flush) {
        long x = flush(a, flush);
        long y = flush(c, flush);
        long z = flush(b, flush);
        int left = operation.apply(
                s, VsxVectorArithmetic.left(x), VsxVectorArithmetic.left(y), VsxVectorArithmetic.left(z));
        int right = operation.apply(
                s, VsxVectorArithmetic.right(x), VsxVectorArithmetic.right(y), VsxVectorArithmetic.right(z));
        return flush(VsxVectorArithmetic.words(left, right), flush);
    }

    private static Routine<PowerProcessor> b(UnaryWord operation) {
        return (p, w) -> each(p, w, operation, FloatingPointScratch.NEAREST_EVEN);
    }

    private static Routine<PowerProcessor> toIntegral(int rounding) {
        UnaryWord operation = Conversion::toIntegral;
        return (p, w) -> each(p, w, operation, rounding);
    }

    private static void each(PowerProcessor p, int w, UnaryWord operation, int rounding) {
        FloatingPointScratch s = begin(p);
        s.rounding = rounding;
        boolean flush = flushes(p);
        long high = VsxVectorArithmetic.apply(operation, s, flush(VectorForm.bHigh(p, w), flush));
        long low = VsxVectorArithmetic.apply(operation, s, flush(VectorForm.bLow(p, w), flush));
        VectorForm.set(p, w, flush(high, flush), flush(low, flush));
    }

    // Operations that the scalar facilities do not have

    /** The greater or the smaller; a NaN, the first one, if there is one. */
    private static int extreme(int a, int b, boolean maximum) {
        if (Binary32.isNaN(a) || Binary32.isNaN(b)) {
            return (Binary32.isNaN(a) ? a : b) | QUIET_NAN & ~INFINITY;
        }
        float x = Float.intBitsToFloat(a);
        float y = Float.intBitsToFloat(b);
        return Float.floatToRawIntBits(maximum ? Math.max(x, y) : Math.min(x, y));
    }

    /** 2 to the power b. */
    private static int power(int b) {
        if (Binary32.isNaN(b)) {
            return b | QUIET_NAN;
        }
        return Float.floatToRawIntBits((float) StrictMath.pow(2, Float.intBitsToFloat(b)));
    }

    /** The logarithm of b to the base 2. */
    private static int logarithm(int b) {
        if (Binary32.isNaN(b)) {
            return b | QUIET_NAN;
        }
        if ((b & MAGNITUDE) == 0) {
            return SIGN | INFINITY;
        }
        if (b < 0) {
            return QUIET_NAN;
        }
        double value = Float.intBitsToFloat(b);
        int exponent = Math.getExponent(value);
        if (exponent > Float.MAX_EXPONENT) {
            return INFINITY;
        }
        // Apart from the exponent the logarithm is exact for powers of two.
        double fraction = StrictMath.log(Math.scalb(value, -exponent)) / StrictMath.log(2);
        return Float.floatToRawIntBits((float) (exponent + fraction));
    }

    // Conversions, scaled by 2 to the power UIM

    private static int fromInteger(FloatingPointScratch s, long integer, boolean signed, int scale) {
        if (integer == 0) {
            return 0;
        }
        int rounded = Binary32.fromDouble(Conversion.fromIntegerSingle(s, integer, signed));
        // The smallest is 1 / 2^31, far from denormal.
        return rounded - (scale << 23);
    }

    private static long fromIntegers(FloatingPointScratch s, long b, boolean signed, int scale) {
        int left = VsxVectorArithmetic.left(b);
        int right = VsxVectorArithmetic.right(b);
        return VsxVectorArithmetic.words(
                fromInteger(s, signed ? left : left & 0xffff_ffffL, signed, scale),
                fromInteger(s, signed ? right : right & 0xffff_ffffL, signed, scale));
    }

    private static void fromInteger(PowerProcessor p, int w, boolean signed) {
        FloatingPointScratch s = begin(p);
        int scale = Fields.uim5(w);
        long high = fromIntegers(s, VectorForm.bHigh(p, w), signed, scale);
        long low = fromIntegers(s, VectorForm.bLow(p, w), signed, scale);
        VectorForm.set(p, w, high, low);
    }

    /** Toward zero, saturating; 0 for a NaN. */
    private static int toInteger(FloatingPointScratch s, int b, boolean signed, int scale) {
        if (Binary32.isNaN(b)) {
            return 0;
        }
        double scaled = Math.scalb((double) Float.intBitsToFloat(b), scale);
        return (int) Conversion.truncate(s, Double.doubleToRawLongBits(scaled), 32, signed);
    }

    private static long toIntegers(FloatingPointScratch s, long b, boolean signed, int scale) {
        int left = toInteger(s, VsxVectorArithmetic.left(b), signed, scale);
        return VsxVectorArithmetic.words(left, toInteger(s, VsxVectorArithmetic.right(b), signed, scale));
    }

    private static void toInteger(PowerProcessor p, int w, boolean signed) {
        FloatingPointScratch s = begin(p);
        boolean flush = flushes(p);
        int scale = Fields.uim5(w);
        long high = toIntegers(s, flush(VectorForm.bHigh(p, w), flush), signed, scale);
        long low = toIntegers(s, flush(VectorForm.bLow(p, w), flush), signed, scale);
        VectorForm.set(p, w, high, low);
        if ((s.flags & Fpscr.VXCVI) != 0) {
            VectorForm.saturate(p);
        }
    }

    // Comparisons

    private static int compare(int a, int b) {
        return Comparison.compare(Binary32.toDouble(a), Binary32.toDouble(b));
    }

    private static long compare(long a, long b, int conditions) {
        int left = compare(VsxVectorArithmetic.left(a), VsxVectorArithmetic.left(b));
        int right = compare(VsxVectorArithmetic.right(a), VsxVectorArithmetic.right(b));
        return VsxVectorArithmetic.words((left & conditions) != 0 ? -1 : 0, (right & conditions) != 0 ? -1 : 0);
    }

    private static Routine<PowerProcessor> compare(int conditions) {
        return (p, w) -> {
            boolean flush = flushes(p);
            long aHigh = flush(VectorForm.aHigh(p, w), flush);
            long aLow = flush(VectorForm.aLow(p, w), flush);
            long high = compare(aHigh, flush(VectorForm.bHigh(p, w), flush), conditions);
            long low = compare(aLow, flush(VectorForm.bLow(p, w), flush), conditions);
            VectorForm.set(p, w, high, low);
            if (Fields.rcBitXx3(w)) {
                VectorForm.setCr6(p, (high & low) == -1 ? 8 : (high | low) == 0 ? 2 : 0);
            }
        };
    }

    /** Bit 0 is set unless a is at most b, bit 1 unless a is at least -b. */
    private static int bounds(int a, int b) {
        int above = compare(a, b) & (Comparison.GREATER | Comparison.UNORDERED);
        int below = compare(a, b ^ SIGN) & (Comparison.LESS | Comparison.UNORDERED);
        return (above != 0 ? SIGN : 0) | (below != 0 ? 0x4000_0000 : 0);
    }

    private static long bounds(long a, long b) {
        return VsxVectorArithmetic.words(
                bounds(VsxVectorArithmetic.left(a), VsxVectorArithmetic.left(b)),
                bounds(VsxVectorArithmetic.right(a), VsxVectorArithmetic.right(b)));
    }

    private static void vcmpbfp(PowerProcessor p, int w) {
        boolean flush = flushes(p);
        long high = bounds(flush(VectorForm.aHigh(p, w), flush), flush(VectorForm.bHigh(p, w), flush));
        long low = bounds(flush(VectorForm.aLow(p, w), flush), flush(VectorForm.bLow(p, w), flush));
        VectorForm.set(p, w, high, low);
        if (Fields.rcBitXx3(w)) {
            VectorForm.setCr6(p, (high | low) == 0 ? 2 : 0);
        }
    }
}

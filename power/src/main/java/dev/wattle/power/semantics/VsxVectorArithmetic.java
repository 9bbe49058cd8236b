// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.Routine;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.semantics.FloatingPointStatus.Binary;
import dev.wattle.power.semantics.FloatingPointStatus.Ternary;
import dev.wattle.power.semantics.FloatingPointStatus.Unary;
import dev.wattle.power.semantics.floating.Binary32;
import dev.wattle.power.semantics.floating.Binary64;
import dev.wattle.power.semantics.floating.Comparison;
import dev.wattle.power.semantics.floating.TestBits;

/**
 * VSX vector floating-point arithmetic, maxima and minima (Power ISA 3.0B, Book I, 7.6.3): of two doublewords or four
 * words. FPRF, FR and FI stay as they are.
 */
final class VsxVectorArithmetic {
    private VsxVectorArithmetic() {}

    @FunctionalInterface
    interface BinaryWord {
        int apply(FloatingPointScratch s, int a, int b);
    }

    @FunctionalInterface
    interface UnaryWord {
        int apply(FloatingPointScratch s, int b);
    }

    @FunctionalInterface
    interface TernaryWord {
        int apply(FloatingPointScratch s, int a, int c, int b);
    }

    static void bind(Meanings m) {
        m.routine("xvadddp", ab(Binary64::add));
        m.routine("xvsubdp", ab(Binary64::subtract));
        m.routine("xvmuldp", ab(Binary64::multiply));
        m.routine("xvdivdp", ab(Binary64::divide));
        m.routine("xvsqrtdp", b(Binary64::squareRoot));
        m.routine("xvredp", estimate(Binary64::reciprocal));
        m.routine("xvrsqrtedp", estimate(Binary64::reciprocalRoot));
        m.routine("xvmaxdp", ab((s, a, b) -> Comparison.extreme(s, a, b, true)));
        m.routine("xvmindp", ab((s, a, b) -> Comparison.extreme(s, a, b, false)));
        multiplyAdd(m, "xvmadd", Binary64::multiplyAdd);
        multiplyAdd(m, "xvmsub", Binary64::multiplySubtract);
        multiplyAdd(m, "xvnmadd", Binary64::negativeMultiplyAdd);
        multiplyAdd(m, "xvnmsub", Binary64::negativeMultiplySubtract);

        m.routine("xvaddsp", abWords(Binary32::add));
        m.routine("xvsubsp", abWords(Binary32::subtract));
        m.routine("xvmulsp", abWords(Binary32::multiply));
        m.routine("xvdivsp", abWords(Binary32::divide));
        m.routine("xvsqrtsp", bWords(Binary32::squareRoot));
        m.routine("xvresp", estimateWords(Binary32::reciprocal));
        m.routine("xvrsqrtesp", estimateWords(Binary32::reciprocalRoot));
        m.routine("xvmaxsp", abWords((s, a, b) -> Comparison.extreme(s, a, b, true)));
        m.routine("xvminsp", abWords((s, a, b) -> Comparison.extreme(s, a, b, false)));
        multiplyAddWords(m, "xvmadd", Binary32::multiplyAdd);
        multiplyAddWords(m, "xvmsub", Binary32::multiplySubtract);
        multiplyAddWords(m, "xvnmadd", Binary32::negativeMultiplyAdd);
        multiplyAddWords(m, "xvnmsub", Binary32::negativeMultiplySubtract);

        m.routine("xvtdivdp", VsxVectorArithmetic::xvtdivdp);
        m.routine("xvtdivsp", VsxVectorArithmetic::xvtdivsp);
        m.routine("xvtsqrtdp", VsxVectorArithmetic::xvtsqrtdp);
        m.routine("xvtsqrtsp", VsxVectorArithmetic::xvtsqrtsp);
    }

    // Doublewords

    private static Routine<PowerProcessor> ab(Binary operation) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            int a = Fields.xa(w);
            int b = Fields.xb(w);
            long high = operation.apply(s, p.vsrHigh(a), p.vsrHigh(b));
            long low = operation.apply(s, p.vsrLow(a), p.vsrLow(b));
            FloatingPointStatus.finishVector(p, s, Fields.xt(w), high, low);
        };
    }

    private static Routine<PowerProcessor> b(Unary operation) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            int b = Fields.xb(w);
            long high = operation.apply(s, p.vsrHigh(b));
            long low = operation.apply(s, p.vsrLow(b));
            FloatingPointStatus.finishVector(p, s, Fields.xt(w), high, low);
        };
    }

    private static Routine<PowerProcessor> estimate(Unary operation) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            int b = Fields.xb(w);
            long high = operation.apply(s, p.vsrHigh(b));
            long low = operation.apply(s, p.vsrLow(b));
            FloatingPointStatus.ignoreInexact(s);
            FloatingPointStatus.finishVector(p, s, Fields.xt(w), high, low);
        };
    }

    /** The A form adds XT to XA times XB, the M form adds XB to XA times XT. */
    private static void multiplyAdd(Meanings m, String name, Ternary operation) {
        m.routine(name + "adp", (p, w) -> multiplyAdd(p, w, Fields.xb(w), Fields.xt(w), operation));
        m.routine(name + "mdp", (p, w) -> multiplyAdd(p, w, Fields.xt(w), Fields.xb(w), operation));
    }

    private static void multiplyAdd(PowerProcessor p, int w, int factor, int addend, Ternary operation) {
        FloatingPointScratch s = FloatingPointStatus.begin(p);
        int a = Fields.xa(w);
        long high = operation.apply(s, p.vsrHigh(a), p.vsrHigh(factor), p.vsrHigh(addend));
        long low = operation.apply(s, p.vsrLow(a), p.vsrLow(factor), p.vsrLow(addend));
        FloatingPointStatus.finishVector(p, s, Fields.xt(w), high, low);
    }

    // Words

    static int left(long doubleword) {
        return (int) (doubleword >>> 32);
    }

    static int right(long doubleword) {
        return (int) doubleword;
    }

    static long words(int left, int right) {
        return (long) left << 32 | right & 0xffff_ffffL;
    }

    private static long apply(BinaryWord operation, FloatingPointScratch s, long a, long b) {
        int left = operation.apply(s, left(a), left(b));
        return words(left, operation.apply(s, right(a), right(b)));
    }

    static long apply(UnaryWord operation, FloatingPointScratch s, long b) {
        int left = operation.apply(s, left(b));
        return words(left, operation.apply(s, right(b)));
    }

    private static long apply(TernaryWord operation, FloatingPointScratch s, long a, long c, long b) {
        int left = operation.apply(s, left(a), left(c), left(b));
        return words(left, operation.apply(s, right(a), right(c), right(b)));
    }

    private static Routine<PowerProcessor> abWords(BinaryWord operation) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            int a = Fields.xa(w);
            int b = Fields.xb(w);
            long high = apply(operation, s, p.vsrHigh(a), p.vsrHigh(b));
            long low = apply(operation, s, p.vsrLow(a), p.vsrLow(b));
            FloatingPointStatus.finishVector(p, s, Fields.xt(w), high, low);
        };
    }

    private static Routine<PowerProcessor> bWords(UnaryWord operation) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            int b = Fields.xb(w);
            long high = apply(operation, s, p.vsrHigh(b));
            long low = apply(operation, s, p.vsrLow(b));
            FloatingPointStatus.finishVector(p, s, Fields.xt(w), high, low);
        };
    }

    private static Routine<PowerProcessor> estimateWords(UnaryWord operation) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            int b = Fields.xb(w);
            long high = apply(operation, s, p.vsrHigh(b));
            long low = apply(operation, s, p.vsrLow(b));
            FloatingPointStatus.ignoreInexact(s);
            FloatingPointStatus.finishVector(p, s, Fields.xt(w), high, low);
        };
    }

    private static void multiplyAddWords(Meanings m, String name, TernaryWord operation) {
        m.routine(name + "asp", (p, w) -> multiplyAddWords(p, w, Fields.xb(w), Fields.xt(w), operation));
        m.routine(name + "msp", (p, w) -> multiplyAddWords(p, w, Fields.xt(w), Fields.xb(w), operation));
    }

    private static void multiplyAddWords(PowerProcessor p, int w, int factor, int addend, TernaryWord operation) {
        FloatingPointScratch s = FloatingPointStatus.begin(p);
        int a = Fields.xa(w);
        long high = apply(operation, s, p.vsrHigh(a), p.vsrHigh(factor), p.vsrHigh(addend));
        long low = apply(operation, s, p.vsrLow(a), p.vsrLow(factor), p.vsrLow(addend));
        FloatingPointStatus.finishVector(p, s, Fields.xt(w), high, low);
    }

    // Tests: what holds for one element holds for the vector

    private static void xvtdivdp(PowerProcessor p, int w) {
        int a = Fields.xa(w);
        int b = Fields.xb(w);
        int high = TestBits.divide64(p.vsrHigh(a), p.vsrHigh(b));
        p.setCr(Fields.bf(w), high | TestBits.divide64(p.vsrLow(a), p.vsrLow(b)));
    }

    private static void xvtdivsp(PowerProcessor p, int w) {
        int a = Fields.xa(w);
        int b = Fields.xb(w);
        int high = divideWords(p.vsrHigh(a), p.vsrHigh(b));
        p.setCr(Fields.bf(w), high | divideWords(p.vsrLow(a), p.vsrLow(b)));
    }

    private static int divideWords(long a, long b) {
        return TestBits.divide32(left(a), left(b)) | TestBits.divide32(right(a), right(b));
    }

    private static void xvtsqrtdp(PowerProcessor p, int w) {
        int b = Fields.xb(w);
        p.setCr(Fields.bf(w), TestBits.squareRoot64(p.vsrHigh(b)) | TestBits.squareRoot64(p.vsrLow(b)));
    }

    private static void xvtsqrtsp(PowerProcessor p, int w) {
        int b = Fields.xb(w);
        p.setCr(Fields.bf(w), rootWords(p.vsrHigh(b)) | rootWords(p.vsrLow(b)));
    }

    private static int rootWords(long b) {
        return TestBits.squareRoot32(left(b)) | TestBits.squareRoot32(right(b));
    }
}

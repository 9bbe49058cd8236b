// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.Routine;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.semantics.floating.Binary128;
import dev.wattle.power.semantics.floating.Comparison;
import dev.wattle.power.semantics.floating.Conversion;
import dev.wattle.power.semantics.floating.Fpscr;
import dev.wattle.power.semantics.floating.TestBits;

/** VSX scalar quad-precision instructions (Power ISA 3.0B, Book I, 7.6.3). */
final class VsxQuadPrecision {
    private static final long EXPONENT = 0x7fff_0000_0000_0000L;
    private static final long FRACTION = 0x0000_ffff_ffff_ffffL;
    private static final long HIDDEN = 0x0001_0000_0000_0000L;

    private VsxQuadPrecision() {}

    /** Computes with the operands in the scratch; the result is in its high and low. */
    @FunctionalInterface
    private interface Operation {
        void run(FloatingPointScratch s);
    }

    /** Computes with a doubleword. */
    @FunctionalInterface
    private interface Extension {
        void run(FloatingPointScratch s, long b);
    }

    static void bind(Meanings m) {
        ab(m, "xsaddqp", Binary128::add);
        ab(m, "xssubqp", Binary128::subtract);
        ab(m, "xsmulqp", Binary128::multiply);
        ab(m, "xsdivqp", Binary128::divide);
        multiplyAdd(m, "xsmaddqp", s -> Binary128.multiplyAdd(s, false, false));
        multiplyAdd(m, "xsmsubqp", s -> Binary128.multiplyAdd(s, true, false));
        multiplyAdd(m, "xsnmaddqp", s -> Binary128.multiplyAdd(s, false, true));
        multiplyAdd(m, "xsnmsubqp", s -> Binary128.multiplyAdd(s, true, true));
        m.routine("xssqrtqp", b(Binary128::squareRoot, false));
        m.routine("xssqrtqpo", b(Binary128::squareRoot, true));
        m.routine("xscvqpdp", (p, w) -> toDouble(p, w, false));
        m.routine("xscvqpdpo", (p, w) -> toDouble(p, w, true));
        m.routine("xscvdpqp", extend(Binary128::fromDouble));
        m.routine("xscvsdqp", extend((s, b) -> Binary128.fromInteger(s, b, true)));
        m.routine("xscvudqp", extend((s, b) -> Binary128.fromInteger(s, b, false)));
        m.routine("xscvqpsdz", toInteger(64, true));
        m.routine("xscvqpudz", toInteger(64, false));
        m.routine("xscvqpswz", toInteger(32, true));
        m.routine("xscvqpuwz", toInteger(32, false));
        m.routine("xsrqpi", (p, w) -> toIntegral(p, w, false));
        m.routine("xsrqpix", (p, w) -> toIntegral(p, w, true));
        m.routine("xsrqpxp", VsxQuadPrecision::xsrqpxp);
        m.routine("xscmpoqp", (p, w) -> compare(p, w, true));
        m.routine("xscmpuqp", (p, w) -> compare(p, w, false));
        m.routine("xscmpexpqp", VsxQuadPrecision::xscmpexpqp);
        m.routine("xststdcqp", VsxQuadPrecision::xststdcqp);
        m.routine("xsiexpqp", VsxQuadPrecision::xsiexpqp);
        m.routine("xsxexpqp", (p, w) -> p.setVr(Fields.vrt(w), (p.vrHigh(Fields.vrb(w)) & EXPONENT) >>> 48, 0));
        m.routine("xsxsigqp", VsxQuadPrecision::xsxsigqp);
    }

    private static FloatingPointScratch begin(PowerProcessor p, boolean toOdd) {
        FloatingPointScratch s = FloatingPointStatus.begin(p);
        if (toOdd) {
            s.rounding = FloatingPointScratch.TO_ODD;
        }
        return s;
    }

    private static void finish(PowerProcessor p, FloatingPointScratch s, int w) {
        int fprf = Fpscr.fprf128(s.high, s.low);
        FloatingPointStatus.finish(p, s, 32 + Fields.vrt(w), s.high, s.low, fprf);
    }

    private static void loadA(PowerProcessor p, FloatingPointScratch s, int vr) {
        Binary128.a(s, p.vrHigh(vr), p.vrLow(vr));
    }

    private static void loadB(PowerProcessor p, FloatingPointScratch s, int vr) {
        Binary128.b(s, p.vrHigh(vr), p.vrLow(vr));
    }

    /** The two forms of an operation: in the rounding mode, and to odd. */
    private static void ab(Meanings m, String name, Operation operation) {
        m.routine(name, ab(operation, false));
        m.routine(name + "o", ab(operation, true));
    }

    private static Routine<PowerProcessor> ab(Operation operation, boolean toOdd) {
        return (p, w) -> {
            FloatingPointScratch s = begin(p, toOdd);
            loadA(p, s, Fields.vra(w));
            loadB(p, s, Fields.vrb(w));
            operation.run(s);
            finish(p, s, w);
        };
    }

    private static Routine<PowerProcessor> b(Operation operation, boolean toOdd) {
        return (p, w) -> {
            FloatingPointScratch s = begin(p, toOdd);
            loadA(p, s, Fields.vrb(w));
            operation.run(s);
            finish(p, s, w);
        };
    }

    private static void multiplyAdd(Meanings m, String name, Operation operation) {
        m.routine(name, multiplyAdd(operation, false));
        m.routine(name + "o", multiplyAdd(operation, true));
    }

    /** VRA times VRB, plus or minus VRT. */
    private static Routine<PowerProcessor> multiplyAdd(Operation operation, boolean toOdd) {
        return (p, w) -> {
            FloatingPointScratch s = begin(p, toOdd);
            loadA(p, s, Fields.vra(w));
            Binary128.c(s, p.vrHigh(Fields.vrb(w)), p.vrLow(Fields.vrb(w)));
            loadB(p, s, Fields.vrt(w));
            operation.run(s);
            finish(p, s, w);
        };
    }

    // Conversions

    private static void toDouble(PowerProcessor p, int w, boolean toOdd) {
        FloatingPointScratch s = begin(p, toOdd);
        loadA(p, s, Fields.vrb(w));
        long value = Binary128.toDouble(s);
        FloatingPointStatus.finish(p, s, 32 + Fields.vrt(w), value, 0, Fpscr.fprf64(value));
    }

    private static Routine<PowerProcessor> extend(Extension operation) {
        return (p, w) -> {
            FloatingPointScratch s = begin(p, false);
            operation.run(s, p.vrHigh(Fields.vrb(w)));
            finish(p, s, w);
        };
    }

    private static Routine<PowerProcessor> toInteger(int width, boolean signed) {
        return (p, w) -> {
            FloatingPointScratch s = begin(p, false);
            int b = Fields.vrb(w);
            long value = Conversion.truncate128(s, p.vrHigh(b), p.vrLow(b), width, signed);
            FloatingPointStatus.finish(p, s, 32 + Fields.vrt(w), value, 0, FloatingPointStatus.UNCHANGED);
        };
    }

    /** Sets the rounding mode that R and RMC select. */
    private static void selectRounding(FloatingPointScratch s, int w) {
        int control = Fields.rmcQuad(w);
        if (Fields.r(w) != 0) {
            s.rounding = control;
        } else if (control == 0) {
            s.rounding = FloatingPointScratch.NEAREST_AWAY;
        }
    }

    private static void toIntegral(PowerProcessor p, int w, boolean inexact) {
        FloatingPointScratch s = begin(p, false);
        selectRounding(s, w);
        loadA(p, s, Fields.vrb(w));
        Binary128.toIntegral(s);
        if (!inexact) {
            FloatingPointStatus.ignoreInexact(s);
        }
        finish(p, s, w);
    }

    private static void xsrqpxp(PowerProcessor p, int w) {
        FloatingPointScratch s = begin(p, false);
        selectRounding(s, w);
        loadA(p, s, Fields.vrb(w));
        Binary128.toExtended(s);
        finish(p, s, w);
    }

    // Comparisons and parts of numbers

    private static void compare(PowerProcessor p, int w, boolean ordered) {
        FloatingPointScratch s = begin(p, false);
        int a = Fields.vra(w);
        int b = Fields.vrb(w);
        int condition = Binary128.compare(p.vrHigh(a), p.vrLow(a), p.vrHigh(b), p.vrLow(b));
        boolean signaling =
                Binary128.isSignaling(p.vrHigh(a), p.vrLow(a)) || Binary128.isSignaling(p.vrHigh(b), p.vrLow(b));
        Comparison.signal(s, condition, signaling, ordered, (s.fpscr & Fpscr.VE) != 0);
        FloatingPointStatus.finishCompare(p, s, Fields.bf(w), condition);
    }

    private static void xscmpexpqp(PowerProcessor p, int w) {
        int a = Fields.vra(w);
        int b = Fields.vrb(w);
        boolean unordered = Binary128.isNaN(p.vrHigh(a), p.vrLow(a)) || Binary128.isNaN(p.vrHigh(b), p.vrLow(b));
        int condition = unordered
                ? Comparison.UNORDERED
                : VsxScalarCompare.order(p.vrHigh(a) & EXPONENT, p.vrHigh(b) & EXPONENT);
        FloatingPointStatus.finishCompare(p, begin(p, false), Fields.bf(w), condition);
    }

    private static void xststdcqp(PowerProcessor p, int w) {
        int b = Fields.vrb(w);
        boolean match = TestBits.match128(Fields.dcmx(w), p.vrHigh(b), p.vrLow(b));
        VsxScalarCompare.finishTest(p, w, p.vrHigh(b) < 0, match, false);
    }

    private static void xsiexpqp(PowerProcessor p, int w) {
        int a = Fields.vra(w);
        long high = p.vrHigh(a) & ~EXPONENT | p.vrHigh(Fields.vrb(w)) << 48 & EXPONENT;
        p.setVr(Fields.vrt(w), high, p.vrLow(a));
    }

    private static void xsxsigqp(PowerProcessor p, int w) {
        int b = Fields.vrb(w);
        long exponent = p.vrHigh(b) & EXPONENT;
        long hidden = exponent == 0 || exponent == EXPONENT ? 0 : HIDDEN;
        p.setVr(Fields.vrt(w), p.vrHigh(b) & FRACTION | hidden, p.vrLow(b));
    }
}

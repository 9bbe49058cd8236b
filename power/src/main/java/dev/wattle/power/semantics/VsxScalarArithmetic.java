// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.Routine;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.semantics.FloatingPointStatus.Binary;
import dev.wattle.power.semantics.FloatingPointStatus.ResultClass;
import dev.wattle.power.semantics.FloatingPointStatus.Ternary;
import dev.wattle.power.semantics.FloatingPointStatus.Unary;
import dev.wattle.power.semantics.floating.Binary64;
import dev.wattle.power.semantics.floating.Fpscr;
import dev.wattle.power.semantics.floating.TestBits;

/**
 * VSX scalar arithmetic (Power ISA 3.0B, Book I, 7.6.1.3 and 7.6.3). Doubleword 1 of the target becomes 0, as real
 * processors have it.
 */
final class VsxScalarArithmetic {
    private VsxScalarArithmetic() {}

    static void bind(Meanings m) {
        m.routine("xsadddp", ab(Binary64::add, Fpscr::fprf64));
        m.routine("xssubdp", ab(Binary64::subtract, Fpscr::fprf64));
        m.routine("xsmuldp", ab(Binary64::multiply, Fpscr::fprf64));
        m.routine("xsdivdp", ab(Binary64::divide, Fpscr::fprf64));
        m.routine("xssqrtdp", b(Binary64::squareRoot, Fpscr::fprf64));
        m.routine("xsredp", estimate(Binary64::reciprocal, Fpscr::fprf64));
        m.routine("xsrsqrtedp", estimate(Binary64::reciprocalRoot, Fpscr::fprf64));
        m.routine("xsaddsp", ab(Binary64::addSingle, Fpscr::fprfSingle));
        m.routine("xssubsp", ab(Binary64::subtractSingle, Fpscr::fprfSingle));
        m.routine("xsmulsp", ab(Binary64::multiplySingle, Fpscr::fprfSingle));
        m.routine("xsdivsp", ab(Binary64::divideSingle, Fpscr::fprfSingle));
        m.routine("xssqrtsp", b(Binary64::squareRootSingle, Fpscr::fprfSingle));
        m.routine("xsresp", estimate(Binary64::reciprocalSingle, Fpscr::fprfSingle));
        m.routine("xsrsqrtesp", estimate(Binary64::reciprocalRootSingle, Fpscr::fprfSingle));
        multiplyAdd(m, "xsmadd", "dp", Binary64::multiplyAdd, Fpscr::fprf64);
        multiplyAdd(m, "xsmsub", "dp", Binary64::multiplySubtract, Fpscr::fprf64);
        multiplyAdd(m, "xsnmadd", "dp", Binary64::negativeMultiplyAdd, Fpscr::fprf64);
        multiplyAdd(m, "xsnmsub", "dp", Binary64::negativeMultiplySubtract, Fpscr::fprf64);
        multiplyAdd(m, "xsmadd", "sp", Binary64::multiplyAddSingle, Fpscr::fprfSingle);
        multiplyAdd(m, "xsmsub", "sp", Binary64::multiplySubtractSingle, Fpscr::fprfSingle);
        multiplyAdd(m, "xsnmadd", "sp", Binary64::negativeMultiplyAddSingle, Fpscr::fprfSingle);
        multiplyAdd(m, "xsnmsub", "sp", Binary64::negativeMultiplySubtractSingle, Fpscr::fprfSingle);
        m.routine("xstdivdp", VsxScalarArithmetic::xstdivdp);
        m.routine("xstsqrtdp", VsxScalarArithmetic::xstsqrtdp);
    }

    /** The A form adds XT to XA times XB, the M form adds XB to XA times XT. */
    private static void multiplyAdd(Meanings m, String name, String suffix, Ternary operation, ResultClass fprf) {
        m.routine(name + "a" + suffix, (p, w) -> {
            int t = Fields.xt(w);
            multiplyAdd(p, t, p.vsrHigh(Fields.xb(w)), p.vsrHigh(t), w, operation, fprf);
        });
        m.routine(name + "m" + suffix, (p, w) -> {
            int t = Fields.xt(w);
            multiplyAdd(p, t, p.vsrHigh(t), p.vsrHigh(Fields.xb(w)), w, operation, fprf);
        });
    }

    private static void multiplyAdd(
            PowerProcessor p, int t, long factor, long addend, int w, Ternary operation, ResultClass fprf) {
        FloatingPointScratch s = FloatingPointStatus.begin(p);
        long value = operation.apply(s, p.vsrHigh(Fields.xa(w)), factor, addend);
        FloatingPointStatus.finish(p, s, t, value, 0, fprf.of(value));
    }

    private static Routine<PowerProcessor> ab(Binary operation, ResultClass fprf) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            long value = operation.apply(s, p.vsrHigh(Fields.xa(w)), p.vsrHigh(Fields.xb(w)));
            FloatingPointStatus.finish(p, s, Fields.xt(w), value, 0, fprf.of(value));
        };
    }

    private static Routine<PowerProcessor> b(Unary operation, ResultClass fprf) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            long value = operation.apply(s, p.vsrHigh(Fields.xb(w)));
            FloatingPointStatus.finish(p, s, Fields.xt(w), value, 0, fprf.of(value));
        };
    }

    private static Routine<PowerProcessor> estimate(Unary operation, ResultClass fprf) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            long value = operation.apply(s, p.vsrHigh(Fields.xb(w)));
            FloatingPointStatus.ignoreInexact(s);
            FloatingPointStatus.finish(p, s, Fields.xt(w), value, 0, fprf.of(value));
        };
    }

    private static void xstdivdp(PowerProcessor p, int w) {
        p.setCr(Fields.bf(w), TestBits.divide64(p.vsrHigh(Fields.xa(w)), p.vsrHigh(Fields.xb(w))));
    }

    private static void xstsqrtdp(PowerProcessor p, int w) {
        p.setCr(Fields.bf(w), TestBits.squareRoot64(p.vsrHigh(Fields.xb(w))));
    }
}

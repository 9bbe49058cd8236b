// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.Routine;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.semantics.floating.Binary32;
import dev.wattle.power.semantics.floating.Binary64;
import dev.wattle.power.semantics.floating.Comparison;
import dev.wattle.power.semantics.floating.Fpscr;
import dev.wattle.power.semantics.floating.TestBits;

/**
 * VSX vector comparisons, data class tests, and access to exponents and significands (Power ISA 3.0B, Book I, 7.6.3).
 */
final class VsxVectorCompare {
    private static final int EXPONENT32 = 0x7f80_0000;
    private static final int FRACTION32 = 0x007f_ffff;
    private static final int HIDDEN32 = 0x0080_0000;
    private static final long EXPONENTS32 = 0x7f80_0000_7f80_0000L;
    private static final long EXPONENT64 = 0x7ff0_0000_0000_0000L;

    private VsxVectorCompare() {}

    static void bind(Meanings m) {
        m.routine("xvcmpeqdp", doublewords(Comparison.EQUAL, false));
        m.routine("xvcmpgtdp", doublewords(Comparison.GREATER, true));
        m.routine("xvcmpgedp", doublewords(Comparison.GREATER | Comparison.EQUAL, true));
        m.routine("xvcmpeqsp", words(Comparison.EQUAL, false));
        m.routine("xvcmpgtsp", words(Comparison.GREATER, true));
        m.routine("xvcmpgesp", words(Comparison.GREATER | Comparison.EQUAL, true));
        m.routine("xvtstdcdp", VsxVectorCompare::xvtstdcdp);
        m.routine("xvtstdcsp", VsxVectorCompare::xvtstdcsp);
        m.routine("xviexpdp", VsxVectorCompare::xviexpdp);
        m.routine("xviexpsp", VsxVectorCompare::xviexpsp);
        m.routine("xvxexpdp", VsxVectorCompare::xvxexpdp);
        m.routine("xvxexpsp", VsxVectorCompare::xvxexpsp);
        m.routine("xvxsigdp", VsxVectorCompare::xvxsigdp);
        m.routine("xvxsigsp", VsxVectorCompare::xvxsigsp);
    }

    /** All ones if a comparison gives one of some conditions, else 0. */
    private static long predicate(
            FloatingPointScratch s, long a, long b, int conditions, boolean ordered, boolean invalidEnabled) {
        int condition = Comparison.compare(a, b);
        if (condition == Comparison.UNORDERED) {
            boolean signaling = Binary64.isSignaling(a) || Binary64.isSignaling(b);
            Comparison.signal(s, condition, signaling, ordered, invalidEnabled);
        }
        return (condition & conditions) != 0 ? -1 : 0;
    }

    private static Routine<PowerProcessor> doublewords(int conditions, boolean ordered) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            boolean enabled = (s.fpscr & Fpscr.VE) != 0;
            int a = Fields.xa(w);
            int b = Fields.xb(w);
            long high = predicate(s, p.vsrHigh(a), p.vsrHigh(b), conditions, ordered, enabled);
            long low = predicate(s, p.vsrLow(a), p.vsrLow(b), conditions, ordered, enabled);
            finish(p, s, w, high, low);
        };
    }

    private static long pair(FloatingPointScratch s, long a, long b, int conditions, boolean ordered, boolean enabled) {
        long left = predicate(
                s,
                Binary32.toDouble(VsxVectorArithmetic.left(a)),
                Binary32.toDouble(VsxVectorArithmetic.left(b)),
                conditions,
                ordered,
                enabled);
        long right = predicate(
                s,
                Binary32.toDouble(VsxVectorArithmetic.right(a)),
                Binary32.toDouble(VsxVectorArithmetic.right(b)),
                conditions,
                ordered,
                enabled);
        return VsxVectorArithmetic.words((int) left, (int) right);
    }

    private static Routine<PowerProcessor> words(int conditions, boolean ordered) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            boolean enabled = (s.fpscr & Fpscr.VE) != 0;
            int a = Fields.xa(w);
            int b = Fields.xb(w);
            long high = pair(s, p.vsrHigh(a), p.vsrHigh(b), conditions, ordered, enabled);
            long low = pair(s, p.vsrLow(a), p.vsrLow(b), conditions, ordered, enabled);
            finish(p, s, w, high, low);
        };
    }

    private static void finish(PowerProcessor p, FloatingPointScratch s, int w, long high, long low) {
        if (FloatingPointStatus.writesVector(s)) {
            p.setVsr(Fields.xt(w), high, low);
        }
        if (Fields.rcBitXx3(w)) {
            VectorForm.setCr6(p, (high & low) == -1 ? 8 : (high | low) == 0 ? 2 : 0);
        }
        FloatingPointStatus.finishVectorStatus(p, s);
    }

    private static void xvtstdcdp(PowerProcessor p, int w) {
        int b = Fields.xb(w);
        int dcmx = Fields.dcmxVector(w);
        long high = TestBits.match64(dcmx, p.vsrHigh(b)) ? -1 : 0;
        long low = TestBits.match64(dcmx, p.vsrLow(b)) ? -1 : 0;
        p.setVsr(Fields.xt(w), high, low);
    }

    private static long matchWords(int dcmx, long b) {
        return VsxVectorArithmetic.words(
                TestBits.match32(dcmx, VsxVectorArithmetic.left(b)) ? -1 : 0,
                TestBits.match32(dcmx, VsxVectorArithmetic.right(b)) ? -1 : 0);
    }

    private static void xvtstdcsp(PowerProcessor p, int w) {
        int b = Fields.xb(w);
        int dcmx = Fields.dcmxVector(w);
        p.setVsr(Fields.xt(w), matchWords(dcmx, p.vsrHigh(b)), matchWords(dcmx, p.vsrLow(b)));
    }

    private static void xviexpdp(PowerProcessor p, int w) {
        int a = Fields.xa(w);
        int b = Fields.xb(w);
        p.setVsr(
                Fields.xt(w),
                p.vsrHigh(a) & ~EXPONENT64 | p.vsrHigh(b) << 52 & EXPONENT64,
                p.vsrLow(a) & ~EXPONENT64 | p.vsrLow(b) << 52 & EXPONENT64);
    }

    private static void xviexpsp(PowerProcessor p, int w) {
        int a = Fields.xa(w);
        int b = Fields.xb(w);
        p.setVsr(
                Fields.xt(w),
                p.vsrHigh(a) & ~EXPONENTS32 | p.vsrHigh(b) << 23 & EXPONENTS32,
                p.vsrLow(a) & ~EXPONENTS32 | p.vsrLow(b) << 23 & EXPONENTS32);
    }

    private static void xvxexpdp(PowerProcessor p, int w) {
        int b = Fields.xb(w);
        p.setVsr(Fields.xt(w), p.vsrHigh(b) >>> 52 & 0x7ff, p.vsrLow(b) >>> 52 & 0x7ff);
    }

    private static void xvxexpsp(PowerProcessor p, int w) {
        int b = Fields.xb(w);
        p.setVsr(Fields.xt(w), (p.vsrHigh(b) & EXPONENTS32) >>> 23, (p.vsrLow(b) & EXPONENTS32) >>> 23);
    }

    private static void xvxsigdp(PowerProcessor p, int w) {
        int b = Fields.xb(w);
        long high = VsxScalarCompare.significand(p.vsrHigh(b));
        p.setVsr(Fields.xt(w), high, VsxScalarCompare.significand(p.vsrLow(b)));
    }

    private static int significand(int bits) {
        int exponent = bits & EXPONENT32;
        return exponent == 0 || exponent == EXPONENT32 ? bits & FRACTION32 : bits & FRACTION32 | HIDDEN32;
    }

    private static long significands(long b) {
        return VsxVectorArithmetic.words(
                significand(VsxVectorArithmetic.left(b)), significand(VsxVectorArithmetic.right(b)));
    }

    private static void xvxsigsp(PowerProcessor p, int w) {
        int b = Fields.xb(w);
        p.setVsr(Fields.xt(w), significands(p.vsrHigh(b)), significands(p.vsrLow(b)));
    }
}

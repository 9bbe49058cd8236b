// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.Routine;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.semantics.FloatingPointStatus.Binary;
import dev.wattle.power.semantics.floating.Binary64;
import dev.wattle.power.semantics.floating.Comparison;
import dev.wattle.power.semantics.floating.Fpscr;
import dev.wattle.power.semantics.floating.TestBits;

/**
 * VSX scalar comparisons, maxima and minima, data class tests, and access to exponent and significand, in double and
 * single precision (Power ISA 3.0B, Book I, 7.6.3).
 */
final class VsxScalarCompare {
    private static final long EXPONENT = 0x7ff0_0000_0000_0000L;
    private static final long FRACTION = 0x000f_ffff_ffff_ffffL;
    private static final long HIDDEN = 0x0010_0000_0000_0000L;

    private VsxScalarCompare() {}

    static void bind(Meanings m) {
        m.routine("xscmpodp", (p, w) -> compare(p, w, true));
        m.routine("xscmpudp", (p, w) -> compare(p, w, false));
        m.routine("xscmpexpdp", VsxScalarCompare::xscmpexpdp);
        m.routine("xscmpeqdp", predicate(Comparison.EQUAL, false));
        m.routine("xscmpgtdp", predicate(Comparison.GREATER, true));
        m.routine("xscmpgedp", predicate(Comparison.GREATER | Comparison.EQUAL, true));
        m.routine("xsmaxdp", extreme((s, a, b) -> Comparison.extreme(s, a, b, true)));
        m.routine("xsmindp", extreme((s, a, b) -> Comparison.extreme(s, a, b, false)));
        m.routine("xsmaxcdp", extreme((s, a, b) -> Comparison.extremeTypeC(s, a, b, true)));
        m.routine("xsmincdp", extreme((s, a, b) -> Comparison.extremeTypeC(s, a, b, false)));
        m.routine("xsmaxjdp", extreme((s, a, b) -> Comparison.extremeTypeJ(s, a, b, true)));
        m.routine("xsminjdp", extreme((s, a, b) -> Comparison.extremeTypeJ(s, a, b, false)));
        m.routine("xststdcdp", VsxScalarCompare::xststdcdp);
        m.routine("xststdcsp", VsxScalarCompare::xststdcsp);
        m.routine("xsiexpdp", VsxScalarCompare::xsiexpdp);
        m.routine("xsxexpdp", (p, w) -> p.setGpr(Fields.rt(w), p.vsrHigh(Fields.xb(w)) >>> 52 & 0x7ff));
        m.routine("xsxsigdp", (p, w) -> p.setGpr(Fields.rt(w), significand(p.vsrHigh(Fields.xb(w)))));
    }

    private static void compare(PowerProcessor p, int w, boolean ordered) {
        FloatingPointConversion.compare(p, Fields.bf(w), p.vsrHigh(Fields.xa(w)), p.vsrHigh(Fields.xb(w)), ordered);
    }

    private static void xscmpexpdp(PowerProcessor p, int w) {
        long a = p.vsrHigh(Fields.xa(w));
        long b = p.vsrHigh(Fields.xb(w));
        int condition =
                Binary64.isNaN(a) || Binary64.isNaN(b) ? Comparison.UNORDERED : order(a & EXPONENT, b & EXPONENT);
        FloatingPointStatus.finishCompare(p, FloatingPointStatus.begin(p), Fields.bf(w), condition);
    }

    /** The condition that two exponents compare with. */
    static int order(long a, long b) {
        return a < b ? Comparison.LESS : a > b ? Comparison.GREATER : Comparison.EQUAL;
    }

    /** All ones in doubleword 0 if the comparison gives one of some conditions. */
    private static Routine<PowerProcessor> predicate(int conditions, boolean ordered) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            long a = p.vsrHigh(Fields.xa(w));
            long b = p.vsrHigh(Fields.xb(w));
            int condition = Comparison.compare(a, b);
            boolean signaling = Binary64.isSignaling(a) || Binary64.isSignaling(b);
            Comparison.signal(s, condition, signaling, ordered, (s.fpscr & Fpscr.VE) != 0);
            FloatingPointStatus.finishQuietly(p, s, Fields.xt(w), (condition & conditions) != 0 ? -1 : 0, 0);
        };
    }

    private static Routine<PowerProcessor> extreme(Binary operation) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            long value = operation.apply(s, p.vsrHigh(Fields.xa(w)), p.vsrHigh(Fields.xb(w)));
            FloatingPointStatus.finishQuietly(p, s, Fields.xt(w), value, 0);
        };
    }

    /** Ends a data class test: the sign, whether the class matched, and whether the number is not of the precision. */
    static void finishTest(PowerProcessor p, int w, boolean negative, boolean match, boolean foreign) {
        int condition = (negative ? 8 : 0) | (match ? 2 : 0) | (foreign ? 1 : 0);
        FloatingPointStatus.finishCompare(p, FloatingPointStatus.begin(p), Fields.bf(w), condition);
    }

    private static void xststdcdp(PowerProcessor p, int w) {
        long b = p.vsrHigh(Fields.xb(w));
        finishTest(p, w, b < 0, TestBits.match64(Fields.dcmx(w), b), false);
    }

    private static void xststdcsp(PowerProcessor p, int w) {
        long b = p.vsrHigh(Fields.xb(w));
        finishTest(p, w, b < 0, TestBits.matchSingle(Fields.dcmx(w), b), !TestBits.isSingle(b));
    }

    private static void xsiexpdp(PowerProcessor p, int w) {
        long value = p.gpr(Fields.ra(w)) & ~EXPONENT | p.gpr(Fields.rb(w)) << 52 & EXPONENT;
        p.setVsr(Fields.xt(w), value, 0);
    }

    /** The significand with its hidden bit. */
    static long significand(long bits) {
        long exponent = bits & EXPONENT;
        return exponent == 0 || exponent == EXPONENT ? bits & FRACTION : bits & FRACTION | HIDDEN;
    }
}

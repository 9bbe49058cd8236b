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

/** Floating-point arithmetic and multiply-add instructions (Power ISA 3.0B, Book I, 4.6.6). */
final class FloatingPointArithmetic {
    private FloatingPointArithmetic() {}

    static void bind(Meanings m) {
        m.routine("fadd", ab(Binary64::add, Fpscr::fprf64));
        m.routine("fsub", ab(Binary64::subtract, Fpscr::fprf64));
        m.routine("fmul", ac(Binary64::multiply, Fpscr::fprf64));
        m.routine("fdiv", ab(Binary64::divide, Fpscr::fprf64));
        m.routine("fsqrt", b(Binary64::squareRoot, Fpscr::fprf64));
        m.routine("fre", estimate(Binary64::reciprocal, Fpscr::fprf64));
        m.routine("frsqrte", estimate(Binary64::reciprocalRoot, Fpscr::fprf64));
        m.routine("fmadd", acb(Binary64::multiplyAdd, Fpscr::fprf64));
        m.routine("fmsub", acb(Binary64::multiplySubtract, Fpscr::fprf64));
        m.routine("fnmadd", acb(Binary64::negativeMultiplyAdd, Fpscr::fprf64));
        m.routine("fnmsub", acb(Binary64::negativeMultiplySubtract, Fpscr::fprf64));

        m.routine("fadds", ab(Binary64::addSingle, Fpscr::fprfSingle));
        m.routine("fsubs", ab(Binary64::subtractSingle, Fpscr::fprfSingle));
        m.routine("fmuls", ac(Binary64::multiplySingle, Fpscr::fprfSingle));
        m.routine("fdivs", ab(Binary64::divideSingle, Fpscr::fprfSingle));
        m.routine("fsqrts", b(Binary64::squareRootSingle, Fpscr::fprfSingle));
        m.routine("fres", estimate(Binary64::reciprocalSingle, Fpscr::fprfSingle));
        m.routine("frsqrtes", estimate(Binary64::reciprocalRootSingle, Fpscr::fprfSingle));
        m.routine("fmadds", acb(Binary64::multiplyAddSingle, Fpscr::fprfSingle));
        m.routine("fmsubs", acb(Binary64::multiplySubtractSingle, Fpscr::fprfSingle));
        m.routine("fnmadds", acb(Binary64::negativeMultiplyAddSingle, Fpscr::fprfSingle));
        m.routine("fnmsubs", acb(Binary64::negativeMultiplySubtractSingle, Fpscr::fprfSingle));

        m.routine("ftdiv", FloatingPointArithmetic::ftdiv);
        m.routine("ftsqrt", FloatingPointArithmetic::ftsqrt);
    }

    private static Routine<PowerProcessor> ab(Binary operation, ResultClass fprf) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            long value = operation.apply(s, p.fpr(Fields.fra(w)), p.fpr(Fields.frb(w)));
            FloatingPointStatus.finish(p, s, w, value, fprf.of(value));
        };
    }

    private static Routine<PowerProcessor> ac(Binary operation, ResultClass fprf) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            long value = operation.apply(s, p.fpr(Fields.fra(w)), p.fpr(Fields.frc(w)));
            FloatingPointStatus.finish(p, s, w, value, fprf.of(value));
        };
    }

    private static Routine<PowerProcessor> b(Unary operation, ResultClass fprf) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            long value = operation.apply(s, p.fpr(Fields.frb(w)));
            FloatingPointStatus.finish(p, s, w, value, fprf.of(value));
        };
    }

    /** FR and FI are undefined after an estimate, and XX is not touched. */
    private static Routine<PowerProcessor> estimate(Unary operation, ResultClass fprf) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            long value = operation.apply(s, p.fpr(Fields.frb(w)));
            FloatingPointStatus.ignoreInexact(s);
            FloatingPointStatus.finish(p, s, w, value, fprf.of(value));
        };
    }

    private static Routine<PowerProcessor> acb(Ternary operation, ResultClass fprf) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            long value = operation.apply(s, p.fpr(Fields.fra(w)), p.fpr(Fields.frc(w)), p.fpr(Fields.frb(w)));
            FloatingPointStatus.finish(p, s, w, value, fprf.of(value));
        };
    }

    static void ftdiv(PowerProcessor p, int w) {
        p.setCr(Fields.bf(w), TestBits.divide64(p.fpr(Fields.fra(w)), p.fpr(Fields.frb(w))));
    }

    static void ftsqrt(PowerProcessor p, int w) {
        p.setCr(Fields.bf(w), TestBits.squareRoot64(p.fpr(Fields.frb(w))));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.semantics.floating.Fpscr;

/**
 * How binary floating-point instructions end: the target register, the FPSCR, CR field 1 and the program interrupt
 * (Power ISA 3.0B, Book I, 4.4 and 7.4).
 *
 * <p>An enabled invalid operation or zero divide leaves the target and FPRF unchanged; the other enabled exceptions
 * have given an adjusted result by then. Vector instructions leave the target unchanged for any enabled exception.
 */
final class FloatingPointStatus {
    /** For FPRF: leave it as it is. */
    static final int UNCHANGED = -1;

    /** What a rounding to an integer, or an estimate, does not report. */
    private static final int INEXACT = Fpscr.XX | Fpscr.FI | Fpscr.FR;

    private FloatingPointStatus() {}

    /** An operation on a pair of numbers given by their bits. */
    @FunctionalInterface
    interface Binary {
        long apply(FloatingPointScratch s, long a, long b);
    }

    @FunctionalInterface
    interface Unary {
        long apply(FloatingPointScratch s, long b);
    }

    /** A multiply-add: a * c + b. */
    @FunctionalInterface
    interface Ternary {
        long apply(FloatingPointScratch s, long a, long c, long b);
    }

    /** FPRF of a result. */
    @FunctionalInterface
    interface ResultClass {
        int of(long result);
    }

    /** The scratch of a processor, set up from its FPSCR. */
    static FloatingPointScratch begin(PowerProcessor p) {
        FloatingPointScratch s = p.floatingPoint;
        s.begin(p.fpscr());
        return s;
    }

    /** Forgets that a result is inexact, but not that it is tiny or too great. */
    static void ignoreInexact(FloatingPointScratch s) {
        s.flags &= ~INEXACT;
    }

    /** Whether exceptions let a scalar target change. */
    private static boolean writes(FloatingPointScratch s) {
        int flags = s.flags & (Fpscr.INVALID | Fpscr.ZX);
        return flags == 0 || !Fpscr.enabled(flags, (int) s.fpscr);
    }

    /** Sets the FPSCR of exceptions that have happened; {@code clear} are bits that the instruction sets anew. */
    private static void update(PowerProcessor p, FloatingPointScratch s, int flags, int clear, int set) {
        long next = s.fpscr & ~(long) clear | set | flags;
        if ((flags & Fpscr.EXCEPTIONS) != 0) {
            if ((flags & ~(int) s.fpscr & Fpscr.EXCEPTIONS) != 0) {
                next |= Fpscr.FX & 0xffff_ffffL;
            }
            next = Fpscr.summarized(next);
        }
        p.setFpscr(next);
        s.fpscr = next;
    }

    /** Interrupts if an enabled exception is pending and the MSR lets it. */
    static void interrupt(PowerProcessor p, long fpscr) {
        if ((fpscr & Fpscr.FEX) != 0 && (p.msr() & (Msr.FE0 | Msr.FE1)) != 0) {
            throw p.interrupts().floatingPointEnabled();
        }
    }

    private static void updateScalar(PowerProcessor p, FloatingPointScratch s, boolean written, int fprf) {
        if (written && fprf != UNCHANGED) {
            update(p, s, s.flags, Fpscr.FR | Fpscr.FI | Fpscr.FPRF, fprf);
        } else {
            update(p, s, s.flags, Fpscr.FR | Fpscr.FI, 0);
        }
    }

    /** Ends an instruction whose target is FRT, with Rc. */
    static void finish(PowerProcessor p, FloatingPointScratch s, int w, long value, int fprf) {
        boolean written = writes(s);
        if (written) {
            p.setFpr(Fields.frt(w), value);
        }
        updateScalar(p, s, written, fprf);
        if ((w & 1) != 0) {
            p.recordCr1();
        }
        interrupt(p, s.fpscr);
    }

    /** Ends a scalar instruction whose target is VSR {@code t}. */
    static void finish(PowerProcessor p, FloatingPointScratch s, int t, long high, long low, int fprf) {
        boolean written = writes(s);
        if (written) {
            p.setVsr(t, high, low);
        }
        updateScalar(p, s, written, fprf);
        interrupt(p, s.fpscr);
    }

    /** Ends a scalar instruction that sets neither FPRF nor FR and FI, such as a maximum. */
    static void finishQuietly(PowerProcessor p, FloatingPointScratch s, int t, long high, long low) {
        if (writes(s)) {
            p.setVsr(t, high, low);
        }
        update(p, s, s.flags, 0, 0);
        interrupt(p, s.fpscr);
    }

    /** Whether exceptions let a vector target change. */
    static boolean writesVector(FloatingPointScratch s) {
        return !Fpscr.enabled(s.flags & Fpscr.EXCEPTIONS, (int) s.fpscr);
    }

    /** Ends a vector instruction. */
    static void finishVector(PowerProcessor p, FloatingPointScratch s, int t, long high, long low) {
        if (writesVector(s)) {
            p.setVsr(t, high, low);
        }
        finishVectorStatus(p, s);
    }

    /** Ends a vector instruction that has written its targets. */
    static void finishVectorStatus(PowerProcessor p, FloatingPointScratch s) {
        update(p, s, s.flags & Fpscr.EXCEPTIONS, 0, 0);
        interrupt(p, s.fpscr);
    }

    /** Ends a comparison: FPCC and a CR field. */
    static void finishCompare(PowerProcessor p, FloatingPointScratch s, int field, int condition) {
        p.setCr(field, condition);
        update(p, s, s.flags, Fpscr.FPCC, condition << Fpscr.FPRF_SHIFT);
        interrupt(p, s.fpscr);
    }
}

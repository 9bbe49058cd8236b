// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.semantics.floating.Fpscr;

/**
 * Floating-point status and control register instructions (Power ISA 3.0B, Book I, 4.6.10). Whatever they write, FEX
 * and VX remain the summaries of the other bits.
 */
final class FloatingPointControl {
    /** What {@code mffscdrn} and its kin return. */
    private static final long CONTROL = Fpscr.DRN | Fpscr.ENABLES | Fpscr.NI | Fpscr.RN;
    /** What {@code mffsl} returns: all but the sticky bits and the summaries. */
    private static final long NOT_STICKY = CONTROL | Fpscr.FR | Fpscr.FI | Fpscr.FPRF;
    /** What {@code mcrfs} resets. */
    private static final long RESETTABLE = (Fpscr.FX | Fpscr.EXCEPTIONS) & 0xffff_ffffL;

    private FloatingPointControl() {}

    static void bind(Meanings m) {
        m.routine("mffs", FloatingPointControl::mffs);
        m.routine("mffsce", FloatingPointControl::mffsce);
        m.routine("mffscdrn", (p, w) -> mffsControl(p, w, Fpscr.DRN, p.fpr(Fields.frb(w))));
        m.routine("mffscdrni", (p, w) -> mffsControl(p, w, Fpscr.DRN, (long) Fields.drm(w) << 32));
        m.routine("mffscrn", (p, w) -> mffsControl(p, w, Fpscr.RN, p.fpr(Fields.frb(w))));
        m.routine("mffscrni", (p, w) -> mffsControl(p, w, Fpscr.RN, Fields.rm(w)));
        m.routine("mffsl", (p, w) -> p.setFpr(Fields.frt(w), p.fpscr() & NOT_STICKY));
        m.routine("mcrfs", FloatingPointControl::mcrfs);
        m.routine("mtfsfi", FloatingPointControl::mtfsfi);
        m.routine("mtfsf", FloatingPointControl::mtfsf);
        m.routine("mtfsb0", FloatingPointControl::mtfsb0);
        m.routine("mtfsb1", FloatingPointControl::mtfsb1);
    }

    private static void mffs(PowerProcessor p, int w) {
        p.setFpr(Fields.frt(w), p.fpscr());
        if ((w & 1) != 0) {
            p.recordCr1();
        }
    }

    private static void mffsce(PowerProcessor p, int w) {
        long old = p.fpscr();
        p.setFpr(Fields.frt(w), old);
        p.setFpscr(Fpscr.summarized(old & ~(long) Fpscr.ENABLES));
    }

    private static void mffsControl(PowerProcessor p, int w, long mask, long value) {
        long old = p.fpscr();
        p.setFpr(Fields.frt(w), old & CONTROL);
        p.setFpscr(old & ~mask | value & mask);
    }

    private static void mcrfs(PowerProcessor p, int w) {
        int shift = 28 - 4 * Fields.bfa(w);
        long old = p.fpscr();
        p.setCr(Fields.bf(w), (int) (old >>> shift) & 15);
        p.setFpscr(Fpscr.summarized(old & ~(15L << shift & RESETTABLE)));
    }

    /** Replaces the bits under a mask, and ends the instruction. */
    private static void replace(PowerProcessor p, int w, long mask, long value) {
        long replaced = mask & Fpscr.WRITABLE;
        long next = Fpscr.summarized(p.fpscr() & ~replaced | value & replaced);
        p.setFpscr(next);
        if ((w & 1) != 0) {
            p.recordCr1();
        }
        FloatingPointStatus.interrupt(p, next);
    }

    private static void mtfsfi(PowerProcessor p, int w) {
        int shift = 28 - 4 * Fields.bf(w) + 32 * Fields.w(w);
        replace(p, w, 15L << shift, (long) Fields.u(w) << shift);
    }

    private static void mtfsf(PowerProcessor p, int w) {
        long value = p.fpr(Fields.frb(w));
        if (Fields.lMtfsf(w) != 0) {
            replace(p, w, -1, value);
            return;
        }
        long mask = 0;
        for (int field = 0; field < 8; field++) {
            if ((Fields.flm(w) & 0x80 >> field) != 0) {
                mask |= 15L << 28 - 4 * field;
            }
        }
        replace(p, w, Fields.w(w) == 0 ? mask : mask << 32, value);
    }

    private static void mtfsb0(PowerProcessor p, int w) {
        replace(p, w, 1L << 31 - Fields.bt(w), 0);
    }

    private static void mtfsb1(PowerProcessor p, int w) {
        long bit = 1L << 31 - Fields.bt(w);
        boolean raised = (bit & Fpscr.EXCEPTIONS & ~p.fpscr()) != 0;
        long bits = raised ? bit | Fpscr.FX & 0xffff_ffffL : bit;
        replace(p, w, bits, bits);
    }
}

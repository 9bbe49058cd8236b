// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.mmu.PageSizes;
import dev.wattle.power.mmu.Slb;
import dev.wattle.power.processor.Interrupts;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.State;

/**
 * Segment lookaside buffer instructions (Power ISA 3.0B, Book III, 5.9.3.2; 2.07B, Book III-S, 5.9.3.1), and those of the
 * bridge from segment registers (2.07B, Book III-S, 5.9.3.2).
 *
 * <p>What the book leaves undefined, an entry that does not exist or a size that no page has, is an illegal instruction.
 */
final class SegmentLookaside {
    private static final long INDEX = 0xfff;
    /** Of RB of slbie: B, above which is the class. */
    private static final int SLBIE_B_SHIFT = 25;

    private static final int FIRST_ENTRY_KEPT = 1;
    /** IH of slbia, from 3.0 on: entries of class 1, also entry 0; all, also entry 0; none. */
    private static final int IH_CLASS_1 = 3;

    private static final int IH_ALL = 4;
    private static final int IH_NONE = 7;

    /** Of RS of mtsr: Ks, Kp, N and L side by side, and the VSID. */
    private static final int SEGMENT_REGISTER_FLAGS = 27;

    private static final long SEGMENT_REGISTER_VSID = 0x7ff_ffffL;
    private static final int VSID_SHIFT = 12;
    private static final int FLAGS_SHIFT = 8;

    private SegmentLookaside() {}

    static void bind(Meanings m) {
        m.routine("slbmte", SegmentLookaside::slbmte);
        m.routine("slbie", (p, w) -> slbie(p, p.gpr(Fields.rb(w))));
        m.routine("slbieg", (p, w) -> slbie(p, p.gpr(Fields.rb(w))));
        m.routine("slbia", (p, w) -> slbia(p, p.model().isa() >= 300 ? w >>> 21 & 7 : 0));
        m.routine("slbiag", (p, w) -> slbia(p, IH_ALL));
        m.routine("slbmfee", (p, w) -> {
            int entry = entry(p, w);
            p.setGpr(
                    Fields.rt(w), p.hash().slb().isValid(entry) ? p.hash().slb().esid(entry) : 0);
        });
        m.routine("slbmfev", (p, w) -> {
            int entry = entry(p, w);
            p.setGpr(
                    Fields.rt(w), p.hash().slb().isValid(entry) ? p.hash().slb().vsid(entry) : 0);
        });
        m.routine("slbfee.", SegmentLookaside::slbfee);
        m.routine("mtsr", (p, w) -> moveToSegment(p, w >>> 16 & 15, p.gpr(Fields.rs(w))));
        m.routine("mtsrin", (p, w) -> moveToSegment(p, (int) (p.gpr(Fields.rb(w)) >>> 28) & 15, p.gpr(Fields.rs(w))));
        m.routine("mfsr", (p, w) -> p.setGpr(Fields.rt(w), segment(p, w >>> 16 & 15)));
        m.routine("mfsrin", (p, w) -> p.setGpr(Fields.rt(w), segment(p, (int) (p.gpr(Fields.rb(w)) >>> 28) & 15)));
    }

    private static int entry(PowerProcessor p, int w) {
        long index = p.gpr(Fields.rb(w)) & INDEX;
        if (index >= Slb.ENTRIES) {
            throw p.interrupts().program(Interrupts.ILLEGAL);
        }
        return (int) index;
    }

    private static void slbmte(PowerProcessor p, int w) {
        int entry = entry(p, w);
        long second = p.gpr(Fields.rs(w));
        if ((second & Slb.B & ~Slb.B_1T) != 0 || PageSizes.baseOf(second) == 0) {
            throw p.interrupts().program(Interrupts.ILLEGAL);
        }
        long first = p.gpr(Fields.rb(w)) & (Slb.ESID | Slb.VALID);
        long fields = Slb.B | Slb.VSID | Slb.KS | Slb.KP | Slb.N | Slb.CLASS | PageSizes.SLB_L_LP;
        p.setSegment(entry, first, second & fields);
    }

    private static void slbie(PowerProcessor p, long rb) {
        Slb slb = p.hash().slb();
        long ea = p.ea(rb & Slb.ESID);
        long size = rb >>> SLBIE_B_SHIFT << 62;
        for (int i = 0; i < Slb.ENTRIES; i++) {
            boolean matches =
                    (slb.vsid(i) & Slb.B) == size && (slb.esid(i) ^ ea) >>> Slb.segmentShift(slb.vsid(i)) == 0;
            if (matches) {
                p.invalidateSegment(i);
            }
        }
    }

    private static void slbia(PowerProcessor p, int ih) {
        if (ih == IH_NONE) {
            // Lookaside information alone, of which nothing is kept that is not in the buffer too.
            return;
        }
        for (int i = ih == IH_CLASS_1 || ih == IH_ALL ? 0 : FIRST_ENTRY_KEPT; i < Slb.ENTRIES; i++) {
            if (ih != IH_CLASS_1 || (p.hash().slb().vsid(i) & Slb.CLASS) != 0) {
                p.invalidateSegment(i);
            }
        }
    }

    private static void slbfee(PowerProcessor p, int w) {
        Slb slb = p.hash().slb();
        int entry = slb.find(p.ea(p.gpr(Fields.rb(w))));
        p.setGpr(Fields.rt(w), entry == Slb.NONE ? 0 : slb.vsid(entry));
        p.setCr(0, (entry == Slb.NONE ? 0 : 2) | (int) p.slot(State.SO));
    }

    private static void moveToSegment(PowerProcessor p, int register, long rs) {
        long flags = rs >>> SEGMENT_REGISTER_FLAGS & 15;
        long second = (rs & SEGMENT_REGISTER_VSID) << VSID_SHIFT | flags << FLAGS_SHIFT;
        p.setSegment(register, (long) register << Slb.SHIFT_256M | Slb.VALID, second);
    }

    private static long segment(PowerProcessor p, int register) {
        long second = p.hash().slb().vsid(register);
        return second >>> VSID_SHIFT & SEGMENT_REGISTER_VSID | (second >>> FLAGS_SHIFT & 15) << SEGMENT_REGISTER_FLAGS;
    }
}

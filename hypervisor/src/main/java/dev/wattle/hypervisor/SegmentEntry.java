// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.power.mmu.PageSizes;
import dev.wattle.power.mmu.Slb;
import dev.wattle.power.processor.PowerProcessor;
import java.util.ArrayList;
import java.util.List;

/**
 * A valid entry of the segment lookaside buffer, as in {@code struct kvm_sregs}: see {@link Vcpu#segments}.
 *
 * @param slbe effective segment, valid bit, and the entry's number in the last 12 bits: what {@code slbmte} takes in RB
 *     (Power ISA 3.0B, Book III, 5.9.3.2)
 * @param slbv B, virtual segment, Ks, Kp, N, L, C and LP: what {@code slbmte} takes in RS
 */
public record SegmentEntry(long slbe, long slbv) {
    private static final long NUMBER = 0xfff;
    private static final long FIELDS = Slb.B_1T | Slb.VSID | Slb.KS | Slb.KP | Slb.N | Slb.CLASS | PageSizes.SLB_L_LP;

    private int number() {
        return (int) (slbe & NUMBER);
    }

    private boolean isPossible() {
        return number() < Slb.ENTRIES
                && (slbe & ~Slb.ESID & ~NUMBER) == Slb.VALID
                && (slbv & ~FIELDS) == 0
                && PageSizes.baseOf(slbv) != 0;
    }

    static List<SegmentEntry> read(PowerProcessor processor) {
        List<SegmentEntry> entries = new ArrayList<>();
        Slb slb = processor.hash().slb();
        for (int i = 0; i < Slb.ENTRIES; i++) {
            if (slb.isValid(i)) {
                entries.add(new SegmentEntry(slb.esid(i) | i, slb.vsid(i)));
            }
        }
        return entries;
    }

    static void write(PowerProcessor processor, List<SegmentEntry> entries) {
        int seen = 0;
        for (SegmentEntry entry : entries) {
            if (!entry.isPossible() || (seen >>> entry.number() & 1) != 0) {
                throw new IllegalArgumentException(entry + ": no valid entry of a segment lookaside buffer of "
                        + Slb.ENTRIES + ", or one more of that number");
            }
            seen |= 1 << entry.number();
        }
        for (int i = 0; i < Slb.ENTRIES; i++) {
            if ((seen >>> i & 1) == 0) {
                processor.invalidateSegment(i);
            }
        }
        for (SegmentEntry entry : entries) {
            processor.setSegment(entry.number(), entry.slbe & ~NUMBER, entry.slbv);
        }
    }

    @Override
    public String toString() {
        return "SegmentEntry[slbe=0x%x, slbv=0x%x]".formatted(slbe, slbv);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

/**
 * A valid entry of the segment lookaside buffer, as in {@code struct kvm_sregs}: see {@link Vcpu#segments}.
 *
 * @param slbe effective segment, valid bit, and the entry's number in the last 12 bits: what {@code slbmte} takes in RB
 *     (Power ISA 3.0B, Book III, 5.9.3.2)
 * @param slbv B, virtual segment, Ks, Kp, N, L, C and LP: what {@code slbmte} takes in RS
 */
public record SegmentEntry(long slbe, long slbv) {
    @Override
    public String toString() {
        return "SegmentEntry[slbe=0x%x, slbv=0x%x]".formatted(slbe, slbv);
    }
}

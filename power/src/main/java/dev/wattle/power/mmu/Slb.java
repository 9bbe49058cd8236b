// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.mmu;

/**
 * The segment lookaside buffer: 32 entries that software writes (Power ISA 2.07B, Book III-S, 5.7.6; 3.0B, Book III,
 * 5.7.8).
 *
 * <p>An entry has two doublewords, as {@code slbmte} takes them but for the index: the effective segment with the valid
 * bit, and the virtual segment with B, Ks, Kp, N, L, C and LP.
 */
public final class Slb {
    public static final int ENTRIES = 32;
    /** The answer of {@link #find} if there is no entry. */
    public static final int NONE = -1;

    /** Of the first doubleword: ESID and V. */
    public static final long ESID = -1L << 28;

    public static final long VALID = 1L << 27;

    /** Of the second one: B, all of which but the lower bit must be 0, and the others. */
    public static final long B = 3L << 62;

    public static final long B_1T = 1L << 62;
    public static final long VSID = 0x3fff_ffff_ffff_f000L;
    public static final long KS = 0x800;
    public static final long KP = 0x400;
    public static final long N = 0x200;
    public static final long CLASS = 0x80;

    /** Logarithms of the sizes of segments. */
    public static final int SHIFT_256M = 28;

    public static final int SHIFT_1T = 40;
    /** Where the VSID ends in the second doubleword, for each size. */
    private static final int VSID_SHIFT_256M = 12;

    private static final int VSID_SHIFT_1T = 24;

    private final long[] esid = new long[ENTRIES];
    private final long[] vsid = new long[ENTRIES];
    private int last;

    /** The first doubleword of an entry, with the valid bit. */
    public long esid(int entry) {
        return esid[entry];
    }

    /** The second doubleword of an entry. */
    public long vsid(int entry) {
        return vsid[entry];
    }

    public boolean isValid(int entry) {
        return (esid[entry] & VALID) != 0;
    }

    /**
     * Sets an entry.
     *
     * @param first ESID and V, other bits 0
     * @param second as {@code slbmte} takes it in RS
     */
    public void set(int entry, long first, long second) {
        esid[entry] = first;
        vsid[entry] = second;
    }

    /** Makes an entry invalid. */
    public void invalidate(int entry) {
        esid[entry] &= ~VALID;
    }

    /** The valid entry for an effective address, or {@link #NONE}. */
    public int find(long ea) {
        if (matches(last, ea)) {
            return last;
        }
        for (int i = 0; i < ENTRIES; i++) {
            if (matches(i, ea)) {
                last = i;
                return i;
            }
        }
        return NONE;
    }

    private boolean matches(int entry, long ea) {
        return (esid[entry] & VALID) != 0 && (esid[entry] ^ ea) >>> segmentShift(vsid[entry]) == 0;
    }

    /** Logarithm of the size of the segment that a virtual segment doubleword describes. */
    public static int segmentShift(long vsid) {
        return (vsid & B) == 0 ? SHIFT_256M : SHIFT_1T;
    }

    /** The number of its virtual segment. */
    public static long segment(long vsid) {
        return (vsid & VSID) >>> ((vsid & B) == 0 ? VSID_SHIFT_256M : VSID_SHIFT_1T);
    }

    /** First effective address of the segment of an entry. */
    public long start(int entry) {
        return esid[entry] & -1L << segmentShift(vsid[entry]);
    }

    /** Bytes of the segment of an entry. */
    public long bytes(int entry) {
        return 1L << segmentShift(vsid[entry]);
    }

    /** Where this and another one differ, for people; empty if they do not. */
    public String difference(Slb other) {
        for (int i = 0; i < ENTRIES; i++) {
            if (esid[i] != other.esid[i] || vsid[i] != other.vsid[i]) {
                return "SLB %d %x %x or %x %x".formatted(i, esid[i], vsid[i], other.esid[i], other.vsid[i]);
            }
        }
        return "";
    }
}

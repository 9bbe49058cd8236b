// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.mmu;

/**
 * The page sizes of hash translation: which base page sizes a segment may have, which actual sizes the pages in it, and
 * how segment and page table entries say so (Power ISA 2.07B, Book III-S, 5.7.7 and 5.7.8.1; the encodings are those of
 * POWER7 to POWER9). Sizes are logarithms.
 */
public final class PageSizes {
    /** Logarithms of the sizes. */
    public static final int SHIFT_4K = 12;

    public static final int SHIFT_64K = 16;
    public static final int SHIFT_16M = 24;

    /** L and LP of a segment lookaside buffer entry, in place in its virtual segment doubleword. */
    public static final long SLB_L_LP = 0x130;

    private static final long SLB_4K = 0;
    private static final long SLB_64K = 0x110;
    private static final long SLB_16M = 0x100;

    /** LP of a page table entry, which for larger pages are bits of the real page number that are not needed. */
    private static final int LP_64K_IN_4K = 0x7;

    private static final int LP_16M_IN_4K = 0x38;
    private static final int LP_64K_IN_64K = 0x1;
    private static final int LP_16M_IN_64K = 0x8;
    private static final int LP_16M_IN_16M = 0;

    private static final int LP_SHIFT = 12;
    /** LP, where a page has 64 KiB, and where it has 16 MiB: with the bits of the real page number that must be 0. */
    private static final int LP_OF_64K = 0xf;

    private static final int LP_OF_16M = 0xfff;

    private PageSizes() {}

    /**
     * The base page size of a segment.
     *
     * @param slbv virtual segment doubleword of the segment lookaside buffer entry
     * @return 0 if there is no such encoding
     */
    public static int baseOf(long slbv) {
        long encoding = slbv & SLB_L_LP;
        return encoding == SLB_4K ? SHIFT_4K : encoding == SLB_64K ? SHIFT_64K : encoding == SLB_16M ? SHIFT_16M : 0;
    }

    /** L and LP for a segment of a base page size. */
    public static long slbEncoding(int base) {
        return base == SHIFT_16M ? SLB_16M : base == SHIFT_64K ? SLB_64K : SLB_4K;
    }

    /**
     * The actual page size of an entry, in a segment of a base page size.
     *
     * @return 0 if the entry is for segments of another base page size, or for none
     */
    public static int actualIn(int base, long v, long r) {
        if ((v & HashPageTable.V_LARGE) == 0) {
            return base == SHIFT_4K ? SHIFT_4K : 0;
        }
        int of64k = (int) (r >>> LP_SHIFT) & LP_OF_64K;
        int of16m = (int) (r >>> LP_SHIFT) & LP_OF_16M;
        return switch (base) {
            case SHIFT_4K -> of64k == LP_64K_IN_4K ? SHIFT_64K : of16m == LP_16M_IN_4K ? SHIFT_16M : 0;
            case SHIFT_64K -> of64k == LP_64K_IN_64K ? SHIFT_64K : of16m == LP_16M_IN_64K ? SHIFT_16M : 0;
            case SHIFT_16M -> of16m == LP_16M_IN_16M ? SHIFT_16M : 0;
            default -> 0;
        };
    }

    /**
     * The base page size of the segments that an entry is for.
     *
     * @return 0 if there are none: the entry's encoding is not one of these
     */
    public static int baseOf(long v, long r) {
        for (int base = SHIFT_4K; base <= SHIFT_16M; base += base == SHIFT_4K ? 4 : 8) {
            if (actualIn(base, v, r) != 0) {
                return base;
            }
        }
        return 0;
    }

    /** L of an entry for a page, in place in its first doubleword. */
    public static long large(int actual) {
        return actual == SHIFT_4K ? 0 : HashPageTable.V_LARGE;
    }

    /**
     * LP of an entry, in place in its second doubleword.
     *
     * @throws IllegalArgumentException if a segment of that base page size has no pages of that size
     */
    public static long encoding(int base, int actual) {
        if (base == actual) {
            return (base == SHIFT_64K ? LP_64K_IN_64K : 0) << LP_SHIFT;
        }
        if (base == SHIFT_4K && (actual == SHIFT_64K || actual == SHIFT_16M)) {
            return (actual == SHIFT_64K ? LP_64K_IN_4K : LP_16M_IN_4K) << LP_SHIFT;
        }
        if (base == SHIFT_64K && actual == SHIFT_16M) {
            return LP_16M_IN_64K << LP_SHIFT;
        }
        throw new IllegalArgumentException("no pages of 2^" + actual + " bytes in segments of pages of 2^" + base);
    }

    /** LP alone, as the property {@code ibm,segment-page-sizes} has it. */
    public static int lp(int base, int actual) {
        return (int) (encoding(base, actual) >>> LP_SHIFT);
    }
}

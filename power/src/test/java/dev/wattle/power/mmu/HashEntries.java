// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.mmu;

/** Puts entries into a hash page table, for tests. */
public final class HashEntries {
    /** Memory that is read and written by everybody, coherent. */
    public static final long OPEN = HashPageTable.R_M | 2;

    private final HashPageTable table;

    public HashEntries(HashPageTable table) {
        this.table = table;
    }

    /** A page, where it is mapped, and in which segment. */
    public record Page(boolean isTerabyte, long segment, long offset, int base, int actual) {
        /** A page of 4 KiB in a segment of 256 MiB. */
        public static Page small(long segment, long offset) {
            return new Page(false, segment, offset, 12, 12);
        }
    }

    /**
     * Maps the base page at an offset in a segment, in its primary group.
     *
     * @param real real address of the actual page's first byte
     * @param flags of the second doubleword, beside LP
     * @return the entry's number
     */
    public long map(Page page, long real, long flags) {
        return map(page, real, flags, false);
    }

    /** The same in the primary or secondary group. */
    public long map(Page page, long real, long flags, boolean isSecondary) {
        // The book, 5.7.7.3: the hash of the low-order bits of VSID and page number.
        long low = page.offset >>> page.base;
        long hash = page.isTerabyte ? page.segment ^ page.segment << 25 ^ low : page.segment ^ low;
        long groups = (1L << table.shift()) / 128;
        long group = (isSecondary ? ~hash : hash) & groups - 1;
        // Virtual addresses have 78 bits: without the last 23.
        long virtual = page.segment << (page.isTerabyte ? 17 : 5) | (page.offset & -1L << page.base) >>> 23;
        long v = (page.isTerabyte ? 1L << 62 : 0)
                | virtual << 7
                | (page.actual == 12 ? 0 : 4)
                | (isSecondary ? 2 : 0)
                | 1;
        long r = real | PageSizes.encoding(page.base, page.actual) | flags;
        for (long index = group * 8; index < group * 8 + 8; index++) {
            if ((table.v(index) & 1) == 0) {
                table.set(index, v, r);
                return index;
            }
        }
        throw new IllegalStateException("the group is full");
    }

    /** Maps memory from 0 up to 16 MiB for real mode. */
    public long mapRealMode() {
        return map(new Page(true, 0x1ff_ffff, 0, 24, 24), 0, HashPageTable.R_M | HashPageTable.R_R | HashPageTable.R_C);
    }

    /** The virtual segment doubleword for a segment whose pages have a base size. */
    public static long slbv(boolean isTerabyte, long segment, int base, long flags) {
        long size = isTerabyte ? 1L << 62 | segment << 24 : segment << 12;
        return size | (base == 12 ? 0 : base == 16 ? 0x110 : 0x100) | flags;
    }
}

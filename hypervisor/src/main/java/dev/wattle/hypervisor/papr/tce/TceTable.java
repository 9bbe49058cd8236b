// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.tce;

import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * One window of I/O bus addresses and its translation control entries (LoPAR, "Translation and DMA"): for each page, the
 * real address of guest memory that a device reaches there, and whether it may read and write it.
 *
 * <p>Thread-safe: devices translate while the guest changes entries.
 */
public final class TceTable {
    /** Bit of an entry: the device may read. */
    public static final long READ = 1;
    /** Bit of an entry: the device may write. */
    public static final long WRITE = 2;

    private final long start;
    private final int pageShift;
    private final AtomicLongArray entries;

    /**
     * @param start first I/O bus address, a multiple of the page size
     * @param pageShift log2 of the page size, 12 or more
     * @param pages number of entries
     */
    public TceTable(long start, int pageShift, int pages) {
        if (start < 0 || pageShift < 12 || pageShift > 34 || pages < 1 || (start & (1L << pageShift) - 1) != 0) {
            throw new IllegalArgumentException("TCE window at 0x" + Long.toHexString(start) + ", " + pages
                    + " pages of 2^" + pageShift + " bytes");
        }
        this.start = start;
        this.pageShift = pageShift;
        entries = new AtomicLongArray(pages);
    }

    /** First I/O bus address. */
    public long start() {
        return start;
    }

    /** Bytes of a page. */
    public long pageBytes() {
        return 1L << pageShift;
    }

    /** Number of entries. */
    public int pages() {
        return entries.length();
    }

    /** Whether all of {@code count} pages from that of an I/O bus address on are in the window. */
    public boolean contains(long ioba, long count) {
        long index = index(ioba);
        return index >= 0 && count >= 0 && count <= entries.length() - index;
    }

    /** Index of the page of an address, or -1. */
    private long index(long ioba) {
        long index = ioba - start >>> pageShift;
        return index < entries.length() ? index : -1;
    }

    /**
     * The entry of a page.
     *
     * @throws IndexOutOfBoundsException if the window does not have it; ask {@link #contains} first
     */
    public long get(long ioba) {
        return entries.get(Math.toIntExact(index(ioba)));
    }

    /**
     * Sets the entry of a page.
     *
     * @param ioba I/O bus address; its offset in the page means nothing
     * @param tce real address of the page, with {@link #READ} and {@link #WRITE}
     * @throws IndexOutOfBoundsException if the window does not have it; ask {@link #contains} first
     */
    public void put(long ioba, long tce) {
        entries.set(Math.toIntExact(index(ioba)), tce);
    }

    /**
     * Translates an I/O bus address.
     *
     * @param access {@link #READ}, {@link #WRITE}, or both of them to be allowed
     * @return the guest real address; empty if the device may not access it so
     */
    public OptionalLong translate(long ioba, long access) {
        long index = index(ioba);
        if (index < 0) {
            return OptionalLong.empty();
        }
        long tce = entries.get((int) index);
        if ((tce & access) != access) {
            return OptionalLong.empty();
        }
        long offset = pageBytes() - 1;
        return OptionalLong.of(tce & ~offset | ioba & offset);
    }

    /** Forgets all translations. */
    public void clear() {
        for (int i = 0; i < entries.length(); i++) {
            entries.set(i, 0);
        }
    }
}

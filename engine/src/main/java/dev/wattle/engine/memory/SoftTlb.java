// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.memory;

import java.lang.foreign.Arena;

/**
 * Software TLBs for data accesses: direct-mapped tables from effective to host addresses.
 *
 * <p>An entry covers up to 64 KiB and has four host-order longs: {@code tag} (first effective address), {@code
 * readLimit} and {@code writeLimit} (bytes that may be accessed from the tag on, 0 for none) and {@code addend} (host
 * minus effective address). An access of {@code n} bytes hits if {@code (ea ^ tag) + n - 1 <u limit}: one comparison
 * answers tag, permission and page crossing. The sum cannot wrap, since an entry's tag shares index bits with {@code
 * ea}.
 *
 * <p>A processor owns several tables, one for each context under which the same effective address may translate or be
 * protected differently (real mode, problem state, ...). The halves of a table are chosen by the address's top bit, so
 * that the lower half can be emptied alone.
 */
public final class SoftTlb {
    /** Bytes that one entry may cover at most. */
    public static final long GRANULE = 1 << 16;

    private static final int HALF_ENTRIES = 2048;
    private static final int ENTRY_BYTES = 32;
    private static final long HALF_BYTES = (long) HALF_ENTRIES * ENTRY_BYTES;
    /** Bytes of one table. */
    private static final long TABLE_BYTES = 2 * HALF_BYTES;

    /** Byte offsets within an entry. */
    public static final int TAG = 0;

    public static final int READ_LIMIT = 8;
    public static final int WRITE_LIMIT = 16;
    public static final int ADDEND = 24;

    private final long base;
    private final int tables;
    private final long[] used;

    /**
     * Makes empty tables.
     *
     * @param arena who frees them
     * @param tables how many contexts
     */
    public SoftTlb(Arena arena, int tables) {
        this.tables = tables;
        this.base = arena.allocate(tables * TABLE_BYTES, 4096).address();
        this.used = new long[tables];
        flush();
    }

    /** Host address of a table. */
    public long table(int context) {
        return base + context * TABLE_BYTES;
    }

    /** Host address of the entry for an effective address in the table at {@code table}. */
    public static long entry(long table, long ea) {
        return table + (ea >>> 11 & (2 * HALF_ENTRIES - 1) * (long) ENTRY_BYTES);
    }

    /**
     * Enters a translation.
     *
     * @param context which table
     * @param ea first effective address of the page
     * @param bytes page size, at most {@link #GRANULE}
     * @param host host address of the page
     * @param readable whether loads hit
     * @param writable whether stores hit
     */
    public void put(int context, long ea, long bytes, long host, boolean readable, boolean writable) {
        long entry = entry(table(context), ea);
        HostMemory.putLong(entry + TAG, ea);
        HostMemory.putLong(entry + READ_LIMIT, readable ? bytes - 7 : 0);
        HostMemory.putLong(entry + WRITE_LIMIT, writable ? bytes - 7 : 0);
        HostMemory.putLong(entry + ADDEND, host - ea);
        used[context] |= 3;
    }

    /** Empties every table. */
    public void flush() {
        for (int i = 0; i < tables; i++) {
            flushHalf(i, true);
            flushHalf(i, false);
        }
    }

    /** Empties half a table: that of effective addresses with the top bit set, or clear. */
    public void flushHalf(int context, boolean upper) {
        long bit = upper ? 2 : 1;
        if ((used[context] & bit) != 0) {
            used[context] = 0;
            HostMemory.fill(table(context), TABLE_BYTES, (byte) 0);
        }
    }

    /** Empties the entries of all contexts that may translate an address in {@code [ea, ea + bytes)}. */
    public void flushRange(long ea, long bytes) {
        if (bytes > GRANULE * HALF_ENTRIES / 4) {
            for (int i = 0; i < tables; i++) {
                flushHalf(i, ea < 0);
            }
            return;
        }
        for (int i = 0; i < tables; i++) {
            if (used[i] == 0) {
                continue;
            }
            for (long at = ea & -GRANULE; at - ea < bytes; at += GRANULE) {
                long entry = entry(table(i), at);
                HostMemory.putLong(entry + READ_LIMIT, 0);
                HostMemory.putLong(entry + WRITE_LIMIT, 0);
            }
        }
    }

    /** Withdraws the permission to write without a look from every entry that covers a byte of a host range. */
    public void protect(long host, long bytes) {
        for (int i = 0; i < tables; i++) {
            long table = table(i);
            for (int half = 0; half < 2; half++) {
                if ((used[i] & (half == 0 ? 1 : 2)) == 0) {
                    continue;
                }
                long end = table + (half + 1) * HALF_BYTES;
                for (long entry = table + half * HALF_BYTES; entry < end; entry += ENTRY_BYTES) {
                    long limit = HostMemory.getLong(entry + WRITE_LIMIT);
                    if (limit != 0) {
                        long first = HostMemory.getLong(entry + TAG) + HostMemory.getLong(entry + ADDEND);
                        if (first < host + bytes && host < first + limit + 7) {
                            HostMemory.putLong(entry + WRITE_LIMIT, 0);
                        }
                    }
                }
            }
        }
    }
}

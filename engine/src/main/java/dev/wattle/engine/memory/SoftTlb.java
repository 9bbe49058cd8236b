// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.memory;

import dev.wattle.engine.ir.Slots;
import java.lang.foreign.Arena;
import java.util.Arrays;

/**
 * Software TLBs for data accesses: direct-mapped tables from effective to host addresses.
 *
 * <p>An entry covers up to 64 KiB and has four host-order longs: {@code tag} (first effective address), {@code
 * readLimit} and {@code writeLimit} (7 less than the bytes that may be accessed from the tag on, or 0 for none) and
 * {@code addend} (host minus effective address). Generated code takes an access of up to 8 bytes for a hit if {@code ea ^
 * tag <u limit}: one comparison answers tag, permission and page crossing. That it misses for some narrow accesses at
 * the end of a page is for the slow way to know, see {@link #allows}.
 *
 * <p>There is a table for each context under which the same effective address may translate or be protected differently
 * (real mode, problem state of one process, ...), so that changing between contexts empties nothing. A table starts
 * small and grows when its entries displace each other. The least recently wanted one is taken when there are too many.
 *
 * <p>Before a table's first entry are copies of some of its entries, one for each of a few base registers, the first one
 * nearest: what the register's accesses found last, where no index is needed to look. They stay with the table.
 *
 * <p>Generated code may keep copies of entries of the current table in the slots from {@link Slots#RECENT} on, to find
 * them without an index. Whatever could make one wrong makes all of them be forgotten.
 */
public final class SoftTlb {
    /** Bytes that one entry may cover at most. */
    public static final long GRANULE = 1 << 16;

    /** Byte offsets within an entry. */
    public static final int TAG = 0;

    public static final int READ_LIMIT = 8;
    public static final int WRITE_LIMIT = 16;
    public static final int ADDEND = 24;
    private static final int ENTRY_BYTES = 32;
    /** How many copies for base registers a table has before it. */
    public static final int BASES = 4;

    private static final int BASES_BYTES = BASES * ENTRY_BYTES;

    private static final int MARGIN = 7;
    private static final int FIRST_ENTRIES = 512;
    private static final int MOST_ENTRIES = 16384;
    /** Tables at a time. */
    private static final int CAPACITY = 64;
    /** Words of a table's filter: a bit for each granule of host memory, modulo their number. */
    private static final int FILTER_WORDS = 16;

    private final Arena arena;
    private final long recents;
    private final long recentUsed;
    private final long[] keys = new long[CAPACITY];
    private final long[] addresses = new long[CAPACITY];
    private final long[] masks = new long[CAPACITY];
    private final long[] wanted = new long[CAPACITY];
    private final int[] displaced = new int[CAPACITY];
    private final boolean[] used = new boolean[CAPACITY];
    /** Which host granules a table may have writable entries for. */
    private final long[] filters = new long[CAPACITY * FILTER_WORDS];

    private int count;
    private long clock;

    // Statistics.
    private long filled;
    private long grown;
    private long reused;

    /**
     * Makes tables as they are wanted.
     *
     * @param arena who frees them
     * @param state host address of the processor's state block
     */
    public SoftTlb(Arena arena, long state) {
        this.arena = arena;
        recents = state + Slots.RECENT * 8L;
        recentUsed = state + Slots.RECENT_USED * 8L;
    }

    /** Takes all permissions from the copies of entries: another table becomes current, or an entry allows less. */
    public void forgetRecent() {
        if (HostMemory.getLong(recentUsed) != 0) {
            HostMemory.putLong(recentUsed, 0);
            HostMemory.fill(recents, Slots.RECENTS * (long) ENTRY_BYTES, (byte) 0);
        }
    }

    /** Offset from a table's address of the copy of an entry for a base register. */
    public static int base(int number) {
        return -ENTRY_BYTES * (number + 1);
    }

    /** As {@link #forgetRecent}, of the copies that stay with a table. */
    private void forgetBases(int table) {
        HostMemory.fill(addresses[table] - BASES_BYTES, BASES_BYTES, (byte) 0);
    }

    /**
     * The table of a context; it may be one that another context has had, emptied.
     *
     * @param key names the context
     * @return its number
     */
    public int table(long key) {
        int oldest = 0;
        for (int i = 0; i < count; i++) {
            if (keys[i] == key) {
                wanted[i] = ++clock;
                return i;
            }
            if (wanted[i] < wanted[oldest]) {
                oldest = i;
            }
        }
        int i = oldest;
        if (count < CAPACITY) {
            i = count++;
            allocate(i, FIRST_ENTRIES);
        } else {
            reused++;
            flush(i);
        }
        keys[i] = key;
        wanted[i] = ++clock;
        return i;
    }

    /** Counts how often the address of a table has changed, or the context that it belongs to. */
    public long changes() {
        return grown + reused;
    }

    /** Has a table kept for longer. */
    public void keep(int table) {
        wanted[table] = ++clock;
    }

    /** How many tables there are; their numbers are below. */
    public int tables() {
        return count;
    }

    /** The context that a table belongs to. */
    public long key(int table) {
        return keys[table];
    }

    /** Host address of a table. It changes when the table grows, that is at {@link #put} only. */
    public long address(int table) {
        return addresses[table];
    }

    /** Byte mask of an entry's offset in a table: {@code ea >>> 11 & mask}. */
    public long mask(int table) {
        return masks[table];
    }

    private void allocate(int i, int entries) {
        addresses[i] =
                arena.allocate(BASES_BYTES + (long) entries * ENTRY_BYTES, 64).address() + BASES_BYTES;
        masks[i] = (entries - 1) * (long) ENTRY_BYTES;
        displaced[i] = 0;
    }

    /** Whether an entry allows an access, exactly. */
    public static boolean allows(long entry, long ea, int bytes, int limitOffset) {
        long limit = HostMemory.getLong(entry + limitOffset);
        return limit != 0
                && Long.compareUnsigned((ea ^ HostMemory.getLong(entry + TAG)) + bytes - 1, limit + MARGIN) < 0;
    }

    private static boolean isEmpty(long entry) {
        return (HostMemory.getLong(entry + READ_LIMIT) | HostMemory.getLong(entry + WRITE_LIMIT)) == 0;
    }

    /**
     * Enters a translation.
     *
     * @param table which table
     * @param ea first effective address of the page
     * @param bytes page size, at most {@link #GRANULE}
     * @param host host address of the page
     * @param readable whether loads hit
     * @param writable whether stores hit
     */
    public void put(int table, long ea, long bytes, long host, boolean readable, boolean writable) {
        filled++;
        long entry = addresses[table] + (ea >>> 11 & masks[table]);
        boolean isSame = HostMemory.getLong(entry + TAG) == ea;
        if (isSame) {
            forgetRecent();
            forgetBases(table);
        } else if (!isEmpty(entry)) {
            int entries = (int) (masks[table] / ENTRY_BYTES) + 1;
            if (++displaced[table] > 2 * entries && entries < MOST_ENTRIES) {
                grow(table, 2 * entries);
                entry = addresses[table] + (ea >>> 11 & masks[table]);
            }
        }
        HostMemory.putLong(entry + TAG, ea);
        HostMemory.putLong(entry + READ_LIMIT, readable ? bytes - MARGIN : 0);
        HostMemory.putLong(entry + WRITE_LIMIT, writable ? bytes - MARGIN : 0);
        HostMemory.putLong(entry + ADDEND, host - ea);
        used[table] = true;
        if (writable) {
            for (long at = host & -GRANULE; at < host + bytes; at += GRANULE) {
                filters[filterWord(table, at)] |= filterBit(at);
            }
        }
    }

    private static int filterWord(int table, long host) {
        return table * FILTER_WORDS + ((int) (host >>> 22) & FILTER_WORDS - 1);
    }

    private static long filterBit(long host) {
        return 1L << (host >>> 16 & 63);
    }

    private void grow(int table, int entries) {
        grown++;
        long old = addresses[table];
        long end = old + masks[table] + ENTRY_BYTES;
        allocate(table, entries);
        for (long entry = old; entry < end; entry += ENTRY_BYTES) {
            if (!isEmpty(entry)) {
                long ea = HostMemory.getLong(entry + TAG);
                HostMemory.copy(entry, addresses[table] + (ea >>> 11 & masks[table]), ENTRY_BYTES);
            }
        }
    }

    /** Empties every table. */
    public void flush() {
        for (int i = 0; i < count; i++) {
            flush(i);
        }
    }

    /** Empties a table. */
    public void flush(int table) {
        if (used[table]) {
            used[table] = false;
            forgetRecent();
            HostMemory.fill(addresses[table] - BASES_BYTES, BASES_BYTES + masks[table] + ENTRY_BYTES, (byte) 0);
            Arrays.fill(filters, table * FILTER_WORDS, (table + 1) * FILTER_WORDS, 0);
        }
    }

    /** Empties the entries of a table that may translate an address in {@code [ea, ea + bytes)}. */
    public void flushRange(int table, long ea, long bytes) {
        if (!used[table]) {
            return;
        }
        forgetRecent();
        forgetBases(table);
        long start = addresses[table];
        if (bytes >>> 16 < masks[table] / ENTRY_BYTES) {
            for (long at = ea & -GRANULE; at - ea < bytes; at += GRANULE) {
                long entry = start + (at >>> 11 & masks[table]);
                // A page may begin within its granule; all of them share this entry.
                if ((HostMemory.getLong(entry + TAG) ^ at) >>> 16 == 0) {
                    clear(entry);
                }
            }
            return;
        }
        for (long entry = start; entry <= start + masks[table]; entry += ENTRY_BYTES) {
            long tag = HostMemory.getLong(entry + TAG);
            if (Long.compareUnsigned(tag - (ea & -GRANULE), bytes + GRANULE) < 0) {
                clear(entry);
            }
        }
    }

    private static void clear(long entry) {
        HostMemory.putLong(entry + READ_LIMIT, 0);
        HostMemory.putLong(entry + WRITE_LIMIT, 0);
    }

    /**
     * Withdraws the permission to write without a look from every entry that covers a byte of a host range.
     *
     * @return whether there was one, or a copy of one
     */
    public boolean protect(long host, long bytes) {
        // Copies may be all that is left of an entry.
        boolean found = protect(recents, (Slots.RECENTS - 1) * (long) ENTRY_BYTES, host, bytes);
        forgetRecent();
        for (int i = 0; i < count; i++) {
            if (used[i] && mayWrite(i, host, bytes)) {
                found |= protect(addresses[i] - BASES_BYTES, BASES_BYTES + masks[i], host, bytes);
                forgetBases(i);
            }
        }
        return found;
    }

    private boolean mayWrite(int table, long host, long bytes) {
        for (long at = host & -GRANULE; at < host + bytes; at += GRANULE) {
            if ((filters[filterWord(table, at)] & filterBit(at)) != 0) {
                return true;
            }
        }
        return false;
    }

    private static boolean protect(long start, long mask, long host, long bytes) {
        boolean found = false;
        for (long entry = start; entry <= start + mask; entry += ENTRY_BYTES) {
            long limit = HostMemory.getLong(entry + WRITE_LIMIT);
            if (limit != 0) {
                long first = HostMemory.getLong(entry + TAG) + HostMemory.getLong(entry + ADDEND);
                if (first < host + bytes && host < first + limit + MARGIN) {
                    HostMemory.putLong(entry + WRITE_LIMIT, 0);
                    found = true;
                }
            }
        }
        return found;
    }

    /** Entries made. */
    public long filled() {
        return filled;
    }

    /** How often a table has grown. */
    public long grown() {
        return grown;
    }

    /** How often a table has been taken from one context for another. */
    public long reused() {
        return reused;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.mmu;

import dev.wattle.engine.memory.HostMemory;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The hash page table of a partition: groups of eight entries of two doublewords (Power ISA 2.07B, Book III-S, 5.7.7).
 *
 * <p>It is memory of the hypervisor's, which the guest reaches by hypercalls only. Entries have the format of version
 * 2.07 of the ISA on every processor, which is what PAPR's hypercalls speak: B in the first doubleword. They are stored
 * in the host's byte order.
 *
 * <p>Changes are made under {@link #lock}, except that a processor sets R and C on its own.
 */
public final class HashPageTable implements AutoCloseable {
    /** Logarithms of the smallest and the largest table, in bytes. */
    public static final int MINIMUM_SHIFT = 18;

    public static final int MAXIMUM_SHIFT = 46;

    /** Entries in a group. */
    public static final int GROUP = 8;

    /** First doubleword: B and the abbreviated virtual address, as one number that names the page. */
    public static final long V_B_AVPN = 0xffff_ffff_ffff_ff80L;

    public static final long V_1T = 1L << 62;
    public static final long V_B = 3L << 62;
    public static final long V_AVPN = 0x3fff_ffff_ffff_ff80L;
    public static final long V_BOLTED = 0x10;
    public static final long V_LARGE = 0x4;
    public static final long V_SECONDARY = 0x2;
    public static final long V_VALID = 0x1;

    /** Second doubleword. */
    public static final long R_PP0 = 1L << 63;

    public static final long R_KEY_HIGH = 3L << 60;
    public static final long R_RPN = 0x0fff_ffff_ffff_f000L;
    public static final long R_KEY_LOW = 0xe00;
    public static final long R_R = 0x100;
    public static final long R_C = 0x80;
    public static final long R_W = 0x40;
    public static final long R_I = 0x20;
    public static final long R_M = 0x10;
    public static final long R_G = 0x8;
    public static final long R_N = 0x4;
    public static final long R_PP = 0x3;

    /** The virtual segment, of 1 TiB, through which software accesses real memory with translation off. */
    public static final long VRMA_SEGMENT = 0x1ff_ffff;

    private static final int ENTRY_BYTES = 16;
    private static final int ENTRY_SHIFT = 4;
    private static final int GROUP_SHIFT = 7;
    private static final int LOW_BITS = 23;

    private final Arena arena = Arena.ofShared();
    private final ReentrantLock lock = new ReentrantLock();
    private boolean isClosed;
    private final int shift;
    private final long base;
    private final long groupMask;
    /** Who wants to know of changed entries: exports. */
    private final List<Changes> changes = new CopyOnWriteArrayList<>();

    /** Told of each entry that has changed in any way, after it has. */
    @FunctionalInterface
    public interface Changes {
        /** Called by whoever has changed it: a processor that sets R or C, or the holder of the lock. */
        void changed(long index);
    }

    /**
     * Makes an empty table.
     *
     * @param shift logarithm of its size in bytes, from {@link #MINIMUM_SHIFT} to {@link #MAXIMUM_SHIFT}
     * @throws OutOfMemoryError if the host cannot give that much memory
     */
    public HashPageTable(int shift) {
        if (shift < MINIMUM_SHIFT || shift > MAXIMUM_SHIFT) {
            throw new IllegalArgumentException(
                    "a hash page table of 2^" + shift + " bytes: give from " + MINIMUM_SHIFT + " to " + MAXIMUM_SHIFT);
        }
        this.shift = shift;
        groupMask = (1L << shift - GROUP_SHIFT) - 1;
        base = arena.allocate(1L << shift, 1L << MINIMUM_SHIFT).address();
    }

    /** The size that PAPR recommends for a memory: a 128th of it, as a logarithm. */
    public static int shiftForMemory(long bytes) {
        int log2 = 64 - Long.numberOfLeadingZeros(Math.max(bytes, 1) - 1);
        return Math.clamp(log2 - GROUP_SHIFT, MINIMUM_SHIFT, MAXIMUM_SHIFT);
    }

    /** Logarithm of the size in bytes. */
    public int shift() {
        return shift;
    }

    /** How many entries there are. */
    public long entries() {
        return 1L << shift - ENTRY_SHIFT;
    }

    /** Guards changes of entries. */
    public ReentrantLock lock() {
        return lock;
    }

    /** Whether there is an entry of a number. */
    public boolean contains(long index) {
        return index >= 0 && index < entries();
    }

    /** First doubleword of an entry. */
    public long v(long index) {
        return HostMemory.getLongVolatile(base + index * ENTRY_BYTES);
    }

    /** Second doubleword of an entry. */
    public long r(long index) {
        return HostMemory.getLongVolatile(base + index * ENTRY_BYTES + Long.BYTES);
    }

    /** Sets an entry. The caller holds the lock, and has processors forget what it was before. */
    public void set(long index, long v, long r) {
        long entry = base + index * ENTRY_BYTES;
        HostMemory.putLongVolatile(entry, v & ~V_VALID);
        HostMemory.putLongVolatile(entry + Long.BYTES, r);
        HostMemory.putLongVolatile(entry, v);
        changed(index);
    }

    /**
     * Sets bits of the second doubleword of an entry, if it is as it was when it was looked at.
     *
     * @return false if it has changed
     */
    boolean mark(long index, long r, long bits) {
        long entry = base + index * ENTRY_BYTES + Long.BYTES;
        if ((r & bits) != bits) {
            if (!HostMemory.compareAndSetLong(entry, r, r | bits)) {
                return false;
            }
            changed(index);
        }
        return true;
    }

    /** Takes bits from the second doubleword of an entry; answers what it was before. The caller holds the lock. */
    public long clear(long index, long bits) {
        long before = HostMemory.getAndAndLong(base + index * ENTRY_BYTES + Long.BYTES, ~bits);
        if ((before & bits) != 0) {
            changed(index);
        }
        return before;
    }

    private void changed(long index) {
        for (Changes listener : changes) {
            listener.changed(index);
        }
    }

    /** Has changes told to somebody from now on. */
    public void onChange(Changes listener) {
        changes.add(listener);
    }

    /** The end of {@link #onChange}. */
    public void forget(Changes listener) {
        changes.remove(listener);
    }

    // The hash

    /**
     * The primary hash of a virtual page.
     *
     * @param isTerabyte whether the segment has 1 TiB, and not 256 MiB
     * @param segment its virtual segment number
     * @param offset in the segment
     * @param base logarithm of the base page size
     */
    public static long hash(boolean isTerabyte, long segment, long offset, int base) {
        return segment ^ (isTerabyte ? segment << 25 : 0) ^ offset >>> base;
    }

    /** The number of the first entry of the group of a hash; the secondary group is that of its complement. */
    public long group(long hash) {
        return (hash & groupMask) * GROUP;
    }

    /**
     * The first doubleword of the entry for a virtual page in its primary group, with V alone of the lower bits.
     *
     * @param base logarithm of the base page size
     */
    static long pattern(boolean isTerabyte, long segment, long offset, int base) {
        int segmentShift = isTerabyte ? Slb.SHIFT_1T : Slb.SHIFT_256M;
        long page = offset & -1L << base;
        return (isTerabyte ? V_1T : 0) | (segment << segmentShift - 16 | page >>> 16) & V_AVPN | V_VALID;
    }

    /** The virtual segment number of an entry. */
    public static long segment(long v) {
        int segmentShift = isTerabyte(v) ? Slb.SHIFT_1T : Slb.SHIFT_256M;
        return (v & V_AVPN) >>> segmentShift - 16;
    }

    /** Whether an entry is of a segment of 1 TiB. */
    public static boolean isTerabyte(long v) {
        return (v & V_B) != 0;
    }

    /**
     * Where in its segment the base page of an entry begins. What the entry does not say of it, its place in the table
     * does.
     *
     * @param index the entry's number
     * @param base logarithm of its base page size
     */
    public long offset(long index, long v, int base) {
        boolean isTerabyte = isTerabyte(v);
        int segmentShift = isTerabyte ? Slb.SHIFT_1T : Slb.SHIFT_256M;
        long high = (v & V_AVPN) << 16 & (1L << segmentShift) - 1;
        if (base >= LOW_BITS) {
            return high & -1L << base;
        }
        long group = index / GROUP;
        long segment = segment(v);
        long hash = (v & V_SECONDARY) != 0 ? ~group : group;
        long low = (hash ^ segment ^ (isTerabyte ? segment << 25 : 0)) & groupMask;
        return high | low << base & (1L << LOW_BITS) - 1;
    }

    /** Whether the memory has been given back. To be asked under the lock by other threads than the processor's. */
    public boolean isClosed() {
        return isClosed;
    }

    /** Gives the memory back. No processor may be using the table. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (!isClosed) {
                isClosed = true;
                arena.close();
            }
        } finally {
            lock.unlock();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A range of guest real addresses with storage (KVM's memory slot).
 *
 * <p>Immutable but for its dirty bitmap: changing a slot of a {@link GuestMemory} replaces it.
 */
public final class MemorySlot {
    /** What a slot is like, beside where it is (KVM_MEM_READONLY, KVM_MEM_LOG_DIRTY_PAGES). */
    public enum Flag {
        /** Stores of the guest do not change it: they are the monitor's, as accesses without storage are. */
        READONLY,
        /** Pages that are written are remembered, see {@link GuestMemory#takeDirtyLog}. */
        LOG_DIRTY_PAGES
    }

    /** log2 of the bytes that a bit of the dirty bitmap stands for. */
    public static final int DIRTY_PAGE_SHIFT = 12;

    static final MemorySlot NONE = new MemorySlot(-1, 0, 0, 0, false, new long[0]);

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private final int number;
    private final long guestPhysAddr;
    private final long memorySize;
    private final long hostAddress;
    private final boolean readOnly;
    private final long[] dirty;

    private MemorySlot(
            int number, long guestPhysAddr, long memorySize, long hostAddress, boolean readOnly, long[] dirty) {
        this.number = number;
        this.guestPhysAddr = guestPhysAddr;
        this.memorySize = memorySize;
        this.hostAddress = hostAddress;
        this.readOnly = readOnly;
        this.dirty = dirty;
    }

    static MemorySlot of(
            int number, long guestPhysAddr, MemoryBacking backing, boolean readOnly, boolean logsDirtyPages) {
        return new MemorySlot(
                number,
                guestPhysAddr,
                backing.size(),
                backing.address(),
                readOnly,
                bitmap(backing.size(), logsDirtyPages));
    }

    MemorySlot movedTo(long address) {
        return new MemorySlot(number, address, memorySize, hostAddress, readOnly, bitmap(memorySize, logsDirtyPages()));
    }

    MemorySlot withDirtyLog(boolean wanted) {
        return new MemorySlot(
                number,
                guestPhysAddr,
                memorySize,
                hostAddress,
                readOnly,
                wanted && logsDirtyPages() ? dirty : bitmap(memorySize, wanted));
    }

    private static long[] bitmap(long size, boolean wanted) {
        return new long[wanted ? (int) ((size >> DIRTY_PAGE_SHIFT) + 63 >> 6) : 0];
    }

    /** Its number, by which it is changed and removed. */
    public int number() {
        return number;
    }

    /** Guest real address of its first byte. */
    public long guestPhysAddr() {
        return guestPhysAddr;
    }

    /** Bytes. */
    public long memorySize() {
        return memorySize;
    }

    public boolean isReadOnly() {
        return readOnly;
    }

    public boolean logsDirtyPages() {
        return dirty.length != 0;
    }

    boolean contains(long ra, long length) {
        return ra >= guestPhysAddr && length <= memorySize && ra - guestPhysAddr <= memorySize - length;
    }

    long hostAddress(long ra) {
        return hostAddress + (ra - guestPhysAddr);
    }

    void markDirty(long ra, long length) {
        if (dirty.length == 0 || length == 0) {
            return;
        }
        long last = ra - guestPhysAddr + length - 1 >> DIRTY_PAGE_SHIFT;
        for (long page = ra - guestPhysAddr >> DIRTY_PAGE_SHIFT; page <= last; page++) {
            WORD.getAndBitwiseOr(dirty, (int) (page >> 6), 1L << page);
        }
    }

    /** Whether every page that has a byte of a range is dirty. */
    boolean isDirty(long ra, long length) {
        long last = ra - guestPhysAddr + length - 1 >> DIRTY_PAGE_SHIFT;
        for (long page = ra - guestPhysAddr >> DIRTY_PAGE_SHIFT; page <= last; page++) {
            if (((long) WORD.getVolatile(dirty, (int) (page >> 6)) >>> page & 1) == 0) {
                return false;
            }
        }
        return true;
    }

    long[] takeDirty() {
        long[] taken = new long[dirty.length];
        for (int i = 0; i < taken.length; i++) {
            taken[i] = (long) WORD.getAndSet(dirty, i, 0L);
        }
        return taken;
    }
}

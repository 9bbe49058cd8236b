// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.memory;

import java.lang.foreign.Arena;
import java.util.Objects;

/**
 * Guest RAM: one slot from guest real address 0.
 *
 * <p>The typed accessors are big-endian, the byte order of every PAPR structure. They check the range and throw
 * {@link IndexOutOfBoundsException}; code that acts for a guest checks {@link #contains} first and answers the guest
 * with an error code.
 */
public final class GuestMemory implements AutoCloseable {
    private static final long ALIGNMENT = 2L << 20;

    private final Arena arena;
    private final long base;
    private final long size;
    private WriteWatch writeWatch = (ra, length) -> {};

    /** Told of writes by others than the guest's own stores. */
    @FunctionalInterface
    public interface WriteWatch {
        void written(long ra, long length);
    }

    private GuestMemory(Arena arena, long base, long size) {
        this.arena = arena;
        this.base = base;
        this.size = size;
    }

    /**
     * Reserves zeroed guest RAM. The host gives pages at their first touch.
     *
     * @param size bytes, a positive multiple of 4096
     * @throws IllegalArgumentException if the size is not such a multiple
     * @throws OutOfMemoryError if the host cannot reserve that much
     */
    public static GuestMemory allocate(long size) {
        if (size <= 0 || (size & 0xfff) != 0) {
            throw new IllegalArgumentException("guest memory size " + size + " is not a positive multiple of 4096");
        }
        return MappedMemory.map(size);
    }

    static GuestMemory of(Arena arena, long address, long size) {
        return new GuestMemory(arena, address, size);
    }

    static GuestMemory fromArena(Arena arena, long reserved, long size) {
        return new GuestMemory(arena, arena.allocate(reserved, ALIGNMENT).address(), size);
    }

    /** Size in bytes. */
    public long size() {
        return size;
    }

    /** Whether {@code length} bytes from guest real address {@code ra} are RAM. */
    public boolean contains(long ra, long length) {
        return ra >= 0 && length >= 0 && length <= size && ra <= size - length;
    }

    /** Host address of a guest real address that the caller has checked. */
    public long hostAddress(long ra) {
        return base + ra;
    }

    /** Has writes through this object reported, each before it is done. */
    public void onWrite(WriteWatch watch) {
        writeWatch = watch;
    }

    private long checked(long ra, long length) {
        Objects.checkFromIndexSize(ra, length, size);
        return base + ra;
    }

    private long checkedForWrite(long ra, long length) {
        long host = checked(ra, length);
        writeWatch.written(ra, length);
        return host;
    }

    public byte getByte(long ra) {
        return HostMemory.getByte(checked(ra, 1));
    }

    public short getShort(long ra) {
        return HostMemory.getShortBe(checked(ra, 2));
    }

    public int getInt(long ra) {
        return HostMemory.getIntBe(checked(ra, 4));
    }

    public long getLong(long ra) {
        return HostMemory.getLongBe(checked(ra, 8));
    }

    public void putByte(long ra, byte value) {
        HostMemory.putByte(checkedForWrite(ra, 1), value);
    }

    public void putShort(long ra, short value) {
        HostMemory.putShortBe(checkedForWrite(ra, 2), value);
    }

    public void putInt(long ra, int value) {
        HostMemory.putIntBe(checkedForWrite(ra, 4), value);
    }

    public void putLong(long ra, long value) {
        HostMemory.putLongBe(checkedForWrite(ra, 8), value);
    }

    /** Copies guest memory into an array. */
    public void read(long ra, byte[] destination, int offset, int length) {
        HostMemory.copyTo(checked(ra, length), destination, offset, length);
    }

    /** Copies an array into guest memory. */
    public void write(long ra, byte[] source, int offset, int length) {
        HostMemory.copyFrom(source, offset, checkedForWrite(ra, length), length);
    }

    /** Fills a range with one byte value. */
    public void fill(long ra, long length, byte value) {
        HostMemory.fill(checkedForWrite(ra, length), length, value);
    }

    /** Gives the memory back to the host. No vCPU may be running. */
    @Override
    public void close() {
        arena.close();
    }
}

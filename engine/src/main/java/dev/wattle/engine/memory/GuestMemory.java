// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.memory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Guest RAM: memory slots at guest real addresses.
 *
 * <p>The typed accessors are big-endian, the byte order of every PAPR structure. They check the range, which must lie in
 * one slot, and throw {@link IndexOutOfBoundsException}; code that acts for a guest checks {@link #contains} first and
 * answers the guest with an error code. What they write into a slot that may only be read is dropped, as by a ROM.
 *
 * <p>Slots are changed by one thread, while nobody else uses the memory: {@code Vm} stops its vCPUs for that.
 */
public final class GuestMemory implements AutoCloseable {
    /** Slots end below this guest real address. */
    public static final long ADDRESS_LIMIT = 1L << 47;

    private static final long PAGE = 4096;

    private final Optional<MemoryBacking> own;
    /** In the order of their addresses. */
    private volatile MemorySlot[] slots;
    /** The slot at address 0, or one that contains nothing. */
    private volatile MemorySlot low;
    /** Whether some slot may only be read, or logs dirty pages. */
    private volatile boolean isPlain = true;

    private WriteWatch writeWatch = (ra, length) -> {};

    /** Told of writes by others than the guest's own stores. */
    @FunctionalInterface
    public interface WriteWatch {
        void written(long ra, long length);
    }

    private GuestMemory(Optional<MemoryBacking> own) {
        this.own = own;
        slots = own.stream()
                .map(backing -> MemorySlot.of(0, 0, backing, false, false))
                .toArray(MemorySlot[]::new);
        low = slots.length == 0 ? MemorySlot.NONE : slots[0];
    }

    /**
     * Reserves zeroed guest RAM: slot 0, at address 0. The host gives pages at their first touch.
     *
     * @param size bytes, a positive multiple of 4096
     * @throws IllegalArgumentException if the size is not such a multiple
     * @throws OutOfMemoryError if the host cannot reserve that much
     */
    public static GuestMemory allocate(long size) {
        return of(MemoryBacking.anonymous(size));
    }

    /** Guest RAM whose slot 0, at address 0, shows some memory, which is closed with this. */
    public static GuestMemory of(MemoryBacking backing) {
        return new GuestMemory(Optional.of(backing));
    }

    /** Without a slot. */
    public static GuestMemory empty() {
        return new GuestMemory(Optional.empty());
    }

    /** The slots, in the order of their addresses. */
    public List<MemorySlot> slots() {
        return List.of(slots);
    }

    /** The slot of a number, if there is one. */
    public Optional<MemorySlot> slot(int number) {
        return Arrays.stream(slots).filter(slot -> slot.number() == number).findFirst();
    }

    /**
     * Adds a slot.
     *
     * @param number not that of another slot
     * @param guestPhysAddr its first guest real address, a multiple of 4096
     * @param backing what it shows; it stays the caller's to close
     * @throws IllegalArgumentException if the number or an address is taken, or the range is not one of guest real
     *     addresses; nothing has changed then
     */
    public void add(int number, long guestPhysAddr, MemoryBacking backing, Set<MemorySlot.Flag> flags) {
        if (slot(number).isPresent()) {
            throw new IllegalArgumentException("memory slot " + number + ": there is one of this number already");
        }
        place(MemorySlot.of(
                number,
                guestPhysAddr,
                backing,
                flags.contains(MemorySlot.Flag.READONLY),
                flags.contains(MemorySlot.Flag.LOG_DIRTY_PAGES)));
    }

    /**
     * Moves a slot with its contents to another address.
     *
     * @throws IllegalArgumentException as for {@link #add}, or if there is no such slot
     */
    public void move(int number, long guestPhysAddr) {
        place(required(number).movedTo(guestPhysAddr));
    }

    /** Removes a slot. */
    public void remove(int number) {
        required(number);
        publish(Arrays.stream(slots).filter(slot -> slot.number() != number).toArray(MemorySlot[]::new));
    }

    /** Begins or ends logging of the pages of a slot that are written. */
    public void logDirtyPages(int number, boolean wanted) {
        place(required(number).withDirtyLog(wanted));
    }

    /**
     * Takes the pages of a slot that have been written since the last time.
     *
     * @return a bit for each 4 KiB page, the first the least significant of the first word
     * @throws IllegalArgumentException if the slot does not log them
     */
    public long[] takeDirtyLog(int number) {
        MemorySlot slot = required(number);
        if (!slot.logsDirtyPages()) {
            throw new IllegalArgumentException("memory slot " + number + ": it does not log dirty pages");
        }
        return slot.takeDirty();
    }

    private MemorySlot required(int number) {
        return slot(number)
                .orElseThrow(() -> new IllegalArgumentException("memory slot " + number + ": there is none"));
    }

    private void place(MemorySlot slot) {
        long start = slot.guestPhysAddr();
        String name = "memory slot " + slot.number() + " at 0x" + Long.toHexString(start);
        if ((start & PAGE - 1) != 0) {
            throw new IllegalArgumentException(name + ": the address is not a multiple of 4096");
        }
        if (start < 0 || start > ADDRESS_LIMIT - slot.memorySize()) {
            throw new IllegalArgumentException(name + ": it would not end below 0x" + Long.toHexString(ADDRESS_LIMIT));
        }
        List<MemorySlot> changed = new ArrayList<>();
        for (MemorySlot other : slots) {
            if (other.number() == slot.number()) {
                continue;
            }
            if (start < other.guestPhysAddr() + other.memorySize()
                    && other.guestPhysAddr() < start + slot.memorySize()) {
                throw new IllegalArgumentException(name + ", 0x" + Long.toHexString(slot.memorySize())
                        + " bytes: overlaps slot " + other.number() + " at 0x"
                        + Long.toHexString(other.guestPhysAddr()));
            }
            changed.add(other);
        }
        changed.add(slot);
        changed.sort(Comparator.comparingLong(MemorySlot::guestPhysAddr));
        publish(changed.toArray(MemorySlot[]::new));
    }

    private void publish(MemorySlot[] changed) {
        slots = changed;
        low = changed.length != 0 && changed[0].guestPhysAddr() == 0 ? changed[0] : MemorySlot.NONE;
        isPlain = Arrays.stream(changed).noneMatch(slot -> slot.isReadOnly() || slot.logsDirtyPages());
    }

    private MemorySlot find(long ra, long length) {
        MemorySlot first = low;
        if (first.contains(ra, length)) {
            return first;
        }
        for (MemorySlot slot : slots) {
            if (slot.contains(ra, length)) {
                return slot;
            }
        }
        return MemorySlot.NONE;
    }

    /** Bytes of the slot at address 0, 0 if there is none. */
    public long size() {
        return low.memorySize();
    }

    /** Whether {@code length} bytes from guest real address {@code ra} are in one slot. */
    public boolean contains(long ra, long length) {
        return length >= 0 && find(ra, length) != MemorySlot.NONE;
    }

    /** Host address of a guest real address that the caller has checked. */
    public long hostAddress(long ra) {
        return find(ra, 1).hostAddress(ra);
    }

    /** Whether the guest's stores to a guest real address that the caller has checked change what is there. */
    public boolean isWritable(long ra) {
        return isPlain || !find(ra, 1).isReadOnly();
    }

    /**
     * Whether stores of the guest to some bytes, which the caller has checked, need not be told to {@link #markDirty}
     * first.
     */
    public boolean isDirty(long ra, long length) {
        if (isPlain) {
            return true;
        }
        MemorySlot slot = find(ra, length);
        return !slot.logsDirtyPages() || slot.isDirty(ra, length);
    }

    /**
     * Takes note of a write to some bytes, which the caller has checked. By another thread than a vCPU's to be called
     * behind the write: a log that is taken in between must not be the last that has it.
     */
    public void markDirty(long ra, long length) {
        if (!isPlain) {
            find(ra, length).markDirty(ra, length);
        }
    }

    /** Has writes through this object reported, each once it is done, by the thread that has done it. */
    public void onWrite(WriteWatch watch) {
        writeWatch = watch;
    }

    private long checked(long ra, long length) {
        if (length < 0) {
            throw new IndexOutOfBoundsException("length " + length);
        }
        MemorySlot slot = find(ra, length);
        if (slot == MemorySlot.NONE) {
            throw new IndexOutOfBoundsException("no guest memory of " + length + " bytes at 0x" + Long.toHexString(ra));
        }
        return slot.hostAddress(ra);
    }

    private void written(long ra, long length) {
        markDirty(ra, length);
        writeWatch.written(ra, length);
    }

    /** 0 if what is to be written must be dropped. */
    private long checkedForWrite(long ra, long length) {
        long host = checked(ra, length);
        if (!isPlain) {
            MemorySlot slot = find(ra, length);
            if (slot.isReadOnly()) {
                return 0;
            }
        }
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
        long host = checkedForWrite(ra, 1);
        if (host != 0) {
            HostMemory.putByte(host, value);
            written(ra, 1);
        }
    }

    public void putShort(long ra, short value) {
        long host = checkedForWrite(ra, 2);
        if (host != 0) {
            HostMemory.putShortBe(host, value);
            written(ra, 2);
        }
    }

    public void putInt(long ra, int value) {
        long host = checkedForWrite(ra, 4);
        if (host != 0) {
            HostMemory.putIntBe(host, value);
            written(ra, 4);
        }
    }

    public void putLong(long ra, long value) {
        long host = checkedForWrite(ra, 8);
        if (host != 0) {
            HostMemory.putLongBe(host, value);
            written(ra, 8);
        }
    }

    /** Copies guest memory into an array. */
    public void read(long ra, byte[] destination, int offset, int length) {
        HostMemory.copyTo(checked(ra, length), destination, offset, length);
    }

    /** Copies an array into guest memory. */
    public void write(long ra, byte[] source, int offset, int length) {
        long host = checkedForWrite(ra, length);
        if (host != 0) {
            HostMemory.copyFrom(source, offset, host, length);
            written(ra, length);
        }
    }

    /** Fills a range with one byte value. */
    public void fill(long ra, long length, byte value) {
        long host = checkedForWrite(ra, length);
        if (host != 0) {
            HostMemory.fill(host, length, value);
            written(ra, length);
        }
    }

    /** What the slot at address 0 has shown from the start, if this object has made it. */
    public Optional<MemoryBacking> ownBacking() {
        return own;
    }

    /** Gives the memory that this object owns back to the host. No vCPU may be running. */
    @Override
    public void close() {
        own.ifPresent(MemoryBacking::close);
    }
}

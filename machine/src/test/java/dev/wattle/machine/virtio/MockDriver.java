// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.machine.pci.Msix;
import dev.wattle.machine.pci.PciFunction;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A driver of a virtio device with one split virtqueue, written against the specification: it knows the device by what is
 * in configuration space, on the bus and in memory alone.
 */
public final class MockDriver {
    public static final int NEXT = 1;
    public static final int WRITE = 2;
    public static final int INDIRECT = 4;

    /** Where the rings are. Memory above {@link #FREE} is the test's. */
    private static final int DESCRIPTORS = 0x10000;

    public static final int FREE = 0x40000;

    private static final long SAFETY_NANOS = 60_000_000_000L;

    /** How the driver speaks to the device. */
    public enum Kind {
        MODERN,
        LEGACY_LITTLE,
        LEGACY_BIG
    }

    private final MockBoard board;
    private final GuestMemory memory;
    private final PciFunction function;
    private final Kind kind;
    private final boolean isBig;
    private long common;
    private long notify;
    private long isr;
    private long configuration;
    private long legacy;
    public int size;
    private long available;
    private long used;
    private int availableIndex;
    private int usedIndex;
    private long features;

    /** Finds the structures of the device. */
    public MockDriver(MockBoard board, PciFunction function, Kind kind) {
        this.board = board;
        this.function = function;
        this.kind = kind;
        memory = board.memory;
        isBig = kind == Kind.LEGACY_BIG;
        legacy = MockBoard.IO_BASE + (function.readConfig(PciFunction.BASE_ADDRESS, 4) & -4);
        int at = function.readConfig(PciFunction.CAPABILITIES, 1);
        while (at != 0) {
            if (function.readConfig(at, 1) == 9) {
                int bar = function.readConfig(at + 4, 1);
                long base = Integer.toUnsignedLong(function.readConfig(PciFunction.BASE_ADDRESS + 4 * bar, 4) & -16)
                        | (long) function.readConfig(PciFunction.BASE_ADDRESS + 4 * bar + 4, 4) << 32;
                long address = base + Integer.toUnsignedLong(function.readConfig(at + 8, 4));
                switch (function.readConfig(at + 3, 1)) {
                    case 1 -> common = address;
                    case 2 -> notify = address;
                    case 3 -> isr = address;
                    case 4 -> configuration = address;
                    default -> {
                        // Access through configuration space.
                    }
                }
            }
            at = function.readConfig(at + 1, 1);
        }
    }

    public long read(long address, int bytes) {
        return board.bus.read(address, bytes).orElseThrow();
    }

    public void write(long address, int bytes, long value) {
        if (!board.bus.write(address, bytes, value)) {
            throw new AssertionError("nobody is at 0x" + Long.toHexString(address));
        }
    }

    public int status() {
        return (int) (kind == Kind.MODERN ? read(common + 20, 1) : read(legacy + 18, 1));
    }

    public void setStatus(int status) {
        if (kind == Kind.MODERN) {
            write(common + 20, 1, status);
        } else {
            write(legacy + 18, 1, status);
        }
    }

    public long offered() {
        if (kind != Kind.MODERN) {
            return read(legacy, 4);
        }
        write(common, 4, 0);
        long low = read(common + 4, 4);
        write(common, 4, 1);
        return low | read(common + 4, 4) << 32;
    }

    public void accept(long wanted) {
        features = wanted;
        if (kind != Kind.MODERN) {
            write(legacy + 4, 4, wanted);
            return;
        }
        write(common + 8, 4, 0);
        write(common + 12, 4, wanted & 0xffff_ffffL);
        write(common + 8, 4, 1);
        write(common + 12, 4, wanted >>> 32);
    }

    /** Has queue 0 where this driver has its rings, and the driver ready. */
    public void start(long wanted) {
        setStatus(0);
        setStatus(1);
        setStatus(3);
        accept(wanted);
        if (kind == Kind.MODERN) {
            setStatus(11);
            if (status() != 11) {
                throw new AssertionError("features refused");
            }
        }
        setQueue();
        setStatus(kind == Kind.MODERN ? 15 : 7);
    }

    private void setQueue() {
        memory.fill(DESCRIPTORS, FREE - DESCRIPTORS, (byte) 0);
        availableIndex = 0;
        usedIndex = 0;
        if (kind == Kind.MODERN) {
            write(common + 22, 2, 0);
            size = (int) read(common + 24, 2);
            layOut();
            write(common + 32, 4, DESCRIPTORS);
            write(common + 36, 4, 0);
            write(common + 40, 8, available);
            write(common + 48, 8, used);
            write(common + 28, 2, 1);
        } else {
            write(legacy + 14, 2, 0);
            size = (int) read(legacy + 12, 2);
            layOut();
            write(legacy + 8, 4, DESCRIPTORS >> 12);
        }
    }

    private void layOut() {
        available = DESCRIPTORS + 16L * size;
        used = available + 6 + 2L * size + 4095 & -4096;
    }

    /** Sends interrupts of the configuration as vector 0 and of the queue as vector 1, with the vector as data. */
    public void enableMsix() {
        Msix msix = function.msix().orElseThrow();
        long table = Integer.toUnsignedLong(function.readConfig(PciFunction.BASE_ADDRESS + 4, 4) & -16);
        for (int vector = 0; vector < msix.vectors(); vector++) {
            write(table + 16L * vector, 8, 0xfee0_0000L);
            write(table + 16L * vector + 8, 4, vector);
            write(table + 16L * vector + 12, 4, 0);
        }
        function.writeConfig(function.capabilityOffset(Msix.ID) + 2, 2, 0x8000);
        if (kind == Kind.MODERN) {
            write(common + 16, 2, 0);
            write(common + 22, 2, 0);
            write(common + 26, 2, 1);
        } else {
            write(legacy + 20, 2, 0);
            write(legacy + 14, 2, 0);
            write(legacy + 22, 2, 1);
        }
    }

    /** Reads the interrupt status, which lowers the pin. */
    public int takeIsr() {
        return (int) (kind == Kind.MODERN ? read(isr, 1) : read(legacy + 19, 1));
    }

    /** Address of a field of the device's configuration. */
    public long configuration(int offset) {
        boolean hasVectors = function.msix().orElseThrow().isEnabled();
        return kind == Kind.MODERN ? configuration + offset : legacy + (hasVectors ? 24 : 20) + offset;
    }

    public ByteOrder order() {
        return isBig ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    }

    public void put(long address, int bytes, long value) {
        for (int i = 0; i < bytes; i++) {
            int shift = isBig ? 8 * (bytes - 1 - i) : 8 * i;
            memory.putByte(address + i, (byte) (value >>> shift));
        }
    }

    public long get(long address, int bytes) {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            int shift = isBig ? 8 * (bytes - 1 - i) : 8 * i;
            value |= (memory.getByte(address + i) & 0xffL) << shift;
        }
        return value;
    }

    /** Writes a descriptor of the table. */
    public void descriptor(int index, long address, long length, int flags, int next) {
        descriptor(DESCRIPTORS, index, address, length, flags, next);
    }

    public void descriptor(long table, int index, long address, long length, int flags, int next) {
        long at = table + 16L * index;
        put(at, 8, address);
        put(at + 8, 4, length);
        put(at + 12, 2, flags);
        put(at + 14, 2, next);
    }

    /** Makes a chain available without telling the device. */
    public void publish(int head) {
        put(available + 4 + 2L * (availableIndex % size), 2, head);
        availableIndex++;
        put(available + 2, 2, availableIndex & 0xffff);
    }

    /** Sets how many chains there seem to be. */
    public void setAvailableIndex(int index) {
        put(available + 2, 2, index & 0xffff);
    }

    /** Sets the flags of the available ring: 1 for no interrupts. */
    public void setFlags(int flags) {
        put(available, 2, flags);
    }

    /** With event indices: the interrupt is wanted when the used index passes this. */
    public void setUsedEvent(int index) {
        put(available + 4 + 2L * size, 2, index);
    }

    public int usedFlags() {
        return (int) get(used, 2);
    }

    /** Notifies the device of queue 0. */
    public void kick() {
        if (kind == Kind.MODERN) {
            write(notify, 2, 0);
        } else {
            write(legacy + 16, 2, 0);
        }
    }

    /** Whether a chain has been given back that was not taken. */
    public boolean hasUsed() {
        VarHandle.acquireFence();
        return get(used + 2, 2) != (usedIndex & 0xffff);
    }

    /** What was given back. */
    public record Used(int id, long length) {}

    /** Waits for the next chain to be given back. */
    public Used await() {
        long end = System.nanoTime() + SAFETY_NANOS;
        while (!hasUsed()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("no answer; status " + status());
            }
            Thread.onSpinWait();
        }
        long at = used + 4 + 8L * (usedIndex % size);
        usedIndex++;
        return new Used((int) get(at, 4), get(at + 4, 4));
    }

    /** Waits until the device has an answer of any kind: a chain, or that it needs a reset. */
    public void awaitAnyAnswer() {
        long end = System.nanoTime() + SAFETY_NANOS;
        while (!hasUsed() && (status() & DeviceStatus.NEEDS_RESET) == 0) {
            if (System.nanoTime() > end) {
                throw new AssertionError("no answer; status " + status());
            }
            Thread.onSpinWait();
        }
    }

    public void awaitReset() {
        long end = System.nanoTime() + SAFETY_NANOS;
        while ((status() & DeviceStatus.NEEDS_RESET) == 0) {
            if (System.nanoTime() > end) {
                throw new AssertionError("the device does not ask for a reset");
            }
            Thread.onSpinWait();
        }
    }

    public long features() {
        return features;
    }
}

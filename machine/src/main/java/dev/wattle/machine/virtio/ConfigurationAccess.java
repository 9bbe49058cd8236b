// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

import dev.wattle.hypervisor.io.IoDevice;
import dev.wattle.machine.pci.MaskedBytes;
import dev.wattle.machine.pci.PciCapability;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The capability by which the structures of the transport can be reached from configuration space alone (4.1.4.9): for
 * firmware that has no mapping of base address registers.
 */
final class ConfigurationAccess implements PciCapability {
    private static final int VENDOR_SPECIFIC = 9;
    private static final int TYPE = 5;
    private static final int LENGTH = 20;
    private static final int BAR = 4;
    private static final int OFFSET = 8;
    private static final int BYTES = 12;
    private static final int DATA = 16;

    /** Where a register of a function leads to. */
    @FunctionalInterface
    interface Registers {
        /** What is behind a base address register at an offset, if all of a range is there; else something inert. */
        IoDevice device(int bar, long offset, int size);
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final MaskedBytes bytes = VirtioCapability.header(LENGTH, TYPE, 0, 0, 0)
            .define(BAR, 1, 0, 0xff)
            .define(OFFSET, 4, 0, -1)
            .define(BYTES, 4, 0, -1)
            .define(DATA, 4, 0, -1);
    private final Registers registers;

    ConfigurationAccess(Registers registers) {
        this.registers = registers;
    }

    private record Window(int bar, long offset, int size) {
        /** Whether a driver may access so (4.1.4.9.1). */
        boolean isValid() {
            return (size == 1 || size == 2 || size == 4) && (offset & size - 1) == 0;
        }
    }

    private Window window() {
        lock.lock();
        try {
            return new Window(bytes.get(BAR, 1), Integer.toUnsignedLong(bytes.get(OFFSET, 4)), bytes.get(BYTES, 4));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int id() {
        return VENDOR_SPECIFIC;
    }

    @Override
    public int length() {
        return LENGTH;
    }

    @Override
    public int read(int offset, int size) {
        Window window = window();
        if (offset == DATA && window.isValid()) {
            long value =
                    registers.device(window.bar, window.offset, window.size).read(window.offset, window.size);
            put(DATA, window.size, (int) value);
        }
        lock.lock();
        try {
            return bytes.get(offset, size);
        } finally {
            lock.unlock();
        }
    }

    private void put(int offset, int size, int value) {
        lock.lock();
        try {
            bytes.write(offset, size, value);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void write(int offset, int size, int value) {
        put(offset, size, value);
        Window window = window();
        if (offset == DATA && window.isValid()) {
            long mask = (1L << 8 * window.size) - 1;
            registers.device(window.bar, window.offset, window.size).write(window.offset, window.size, value & mask);
        }
    }

    @Override
    public void reset() {
        lock.lock();
        try {
            bytes.reset();
        } finally {
            lock.unlock();
        }
    }
}

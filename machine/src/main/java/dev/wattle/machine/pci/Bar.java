// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pci;

import dev.wattle.hypervisor.io.IoDevice;
import java.util.List;
import java.util.OptionalLong;

/**
 * A base address register (PCI 3.0, 6.2.5.1) and what is behind it.
 *
 * @param index number of the register, 0 to 5; a 64-bit one takes the next, too
 * @param space what it decodes
 * @param size bytes, a power of two
 * @param device what answers, by offset from the base address
 * @param events stores that signal somebody instead of reaching the device, by offset
 */
public record Bar(int index, Space space, long size, IoDevice device, List<Event> events) {
    /** How many registers a function of header type 0 has. */
    public static final int COUNT = 6;

    private static final int SMALLEST_IO = 4;
    private static final int LARGEST_IO = 256;
    private static final int SMALLEST_MEMORY = 16;
    private static final long LARGEST_32_BIT = 1L << 31;

    /** The address spaces of PCI, by the low bits of a register. */
    public enum Space {
        IO(1, 0xffff_fffcL),
        MEMORY_32(0, 0xffff_fff0L),
        MEMORY_64(4, -16L),
        MEMORY_64_PREFETCHABLE(0xc, -16L);

        private final int flags;
        private final long addressMask;

        Space(int flags, long addressMask) {
            this.flags = flags;
            this.addressMask = addressMask;
        }

        /** The read-only low bits of the register. */
        public int flags() {
            return flags;
        }

        /** Whether two registers hold the address. */
        public boolean isWide() {
            return this == MEMORY_64 || this == MEMORY_64_PREFETCHABLE;
        }

        long addressMask() {
            return addressMask;
        }
    }

    /**
     * A store that signals somebody (an I/O event, relative to the base address).
     *
     * @param offset from the base address
     * @param length bytes: 1, 2, 4 or 8; 0 for any
     * @param datamatch the little-endian value that must be stored; any if empty
     * @param signal run on the vCPU's thread; it should wake another thread and return
     */
    public record Event(long offset, int length, OptionalLong datamatch, Runnable signal) {}

    /** Checks the size. */
    public Bar {
        long smallest = space == Space.IO ? SMALLEST_IO : SMALLEST_MEMORY;
        long largest = space == Space.IO ? LARGEST_IO : space.isWide() ? Long.MAX_VALUE : LARGEST_32_BIT;
        if (Long.bitCount(size) != 1 || size < smallest || size > largest) {
            throw new IllegalArgumentException("base address register " + index + ": " + size
                    + " bytes is no power of two" + " from " + smallest + " to " + largest);
        }
        if (index < 0 || index + (space.isWide() ? 1 : 0) >= COUNT) {
            throw new IllegalArgumentException("base address register " + index + ": there are " + COUNT);
        }
        events = List.copyOf(events);
    }

    /** A register without events. */
    public Bar(int index, Space space, long size, IoDevice device) {
        this(index, space, size, device, List.of());
    }
}

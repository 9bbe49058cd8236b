// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pci;

/**
 * A capability in the list of a function (PCI 3.0, 6.7). Offsets are from the start of the capability; its first two
 * bytes, id and next pointer, are the function's. Called by any thread, without the function's lock: what a write sets
 * off may end in a call of the function.
 */
public interface PciCapability {
    /** Capability ID. */
    int id();

    /** Bytes, the first two included. */
    int length();

    /**
     * Reads bytes, the one at {@code offset} least significant.
     *
     * @param offset 2 or more, and {@code offset + size} is no more than {@link #length}
     * @param size 1, 2 or 4
     */
    int read(int offset, int size);

    /** Writes bytes; parameters as of {@link #read}. */
    void write(int offset, int size, int value);

    /** Back to the state after power-on. */
    void reset();
}

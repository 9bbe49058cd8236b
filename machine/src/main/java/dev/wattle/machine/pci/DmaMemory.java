// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pci;

import dev.wattle.engine.memory.GuestMemory;
import java.lang.invoke.VarHandle;

/**
 * Guest memory as a device reaches it. Values are little-endian, as on PCI; an access outside of memory is an {@link
 * DmaException}, for the device to report. Thread-safe as memory is.
 */
public interface DmaMemory {
    /** Whether all of a range is memory. */
    boolean contains(long address, long length);

    /**
     * Copies from guest memory.
     *
     * @throws DmaException if not all of the range is memory; nothing is copied then
     */
    void read(long address, byte[] destination, int offset, int length) throws DmaException;

    /**
     * Copies to guest memory.
     *
     * @throws DmaException if not all of the range is memory; nothing is copied then
     */
    void write(long address, byte[] source, int offset, int length) throws DmaException;

    /**
     * Loads a value in one access, if it is aligned.
     *
     * @param size bytes: 1, 2, 4 or 8
     * @return the value, without sign
     * @throws DmaException if not all of it is memory
     */
    long load(long address, int size) throws DmaException;

    /**
     * Stores a value in one access, if it is aligned.
     *
     * @param size bytes: 1, 2, 4 or 8
     * @param value whose higher bytes do not count
     * @throws DmaException if not all of it is memory; nothing is stored then
     */
    void store(long address, int size, long value) throws DmaException;

    /** No later access of this thread is done before an earlier one. */
    default void barrier() {
        VarHandle.fullFence();
    }

    /** Memory of a VM, at its guest real addresses. */
    static DmaMemory of(GuestMemory memory) {
        return new GuestDmaMemory(memory);
    }

    /** No memory at all. */
    DmaMemory NONE = new NoMemory();
}

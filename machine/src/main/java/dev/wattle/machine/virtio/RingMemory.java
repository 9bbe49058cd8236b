// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

import dev.wattle.machine.pci.DmaException;
import dev.wattle.machine.pci.DmaMemory;
import java.nio.ByteOrder;

/** Fields of a ring in guest memory, in its byte order. */
final class RingMemory {
    private final DmaMemory memory;
    private final boolean swapped;

    RingMemory(DmaMemory memory, ByteOrder order) {
        this.memory = memory;
        swapped = order == ByteOrder.BIG_ENDIAN;
    }

    DmaMemory memory() {
        return memory;
    }

    /** Fails unless a range is aligned and is memory. */
    void require(String what, long address, long bytes, int alignment) throws VirtqueueException {
        if ((address & alignment - 1) != 0 || !memory.contains(address, bytes)) {
            throw new VirtqueueException(
                    what + " at 0x" + Long.toHexString(address) + ": it is not aligned, or is no memory");
        }
    }

    int u16(long address) throws VirtqueueException {
        return (int) load(address, Short.BYTES);
    }

    void putU16(long address, int value) throws VirtqueueException {
        store(address, Short.BYTES, value);
    }

    int u32(long address) throws VirtqueueException {
        return (int) load(address, Integer.BYTES);
    }

    void putU32(long address, int value) throws VirtqueueException {
        store(address, Integer.BYTES, value);
    }

    long u64(long address) throws VirtqueueException {
        return load(address, Long.BYTES);
    }

    private long load(long address, int size) throws VirtqueueException {
        try {
            return inOrder(memory.load(address, size), size);
        } catch (DmaException e) {
            throw new VirtqueueException(e);
        }
    }

    private void store(long address, int size, long value) throws VirtqueueException {
        try {
            memory.store(address, size, inOrder(value, size));
        } catch (DmaException e) {
            throw new VirtqueueException(e);
        }
    }

    /** Turns a little-endian value into one of the ring's order; its own inverse, but for what is above it. */
    private long inOrder(long value, int size) {
        return swapped ? Long.reverseBytes(value) >>> Long.SIZE - Byte.SIZE * size : value;
    }

    void barrier() {
        memory.barrier();
    }
}

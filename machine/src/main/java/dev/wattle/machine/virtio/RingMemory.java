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
        try {
            short value = memory.readShort(address);
            return (swapped ? Short.reverseBytes(value) : value) & 0xffff;
        } catch (DmaException e) {
            throw new VirtqueueException(e);
        }
    }

    void putU16(long address, int value) throws VirtqueueException {
        try {
            short data = (short) value;
            memory.writeShort(address, swapped ? Short.reverseBytes(data) : data);
        } catch (DmaException e) {
            throw new VirtqueueException(e);
        }
    }

    int u32(long address) throws VirtqueueException {
        try {
            int value = memory.readInt(address);
            return swapped ? Integer.reverseBytes(value) : value;
        } catch (DmaException e) {
            throw new VirtqueueException(e);
        }
    }

    void putU32(long address, int value) throws VirtqueueException {
        try {
            memory.writeInt(address, swapped ? Integer.reverseBytes(value) : value);
        } catch (DmaException e) {
            throw new VirtqueueException(e);
        }
    }

    long u64(long address) throws VirtqueueException {
        try {
            long value = memory.readLong(address);
            return swapped ? Long.reverseBytes(value) : value;
        } catch (DmaException e) {
            throw new VirtqueueException(e);
        }
    }

    void barrier() {
        memory.barrier();
    }
}

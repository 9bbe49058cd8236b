// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

import dev.wattle.machine.pci.DmaMemory;
import java.util.Optional;

/** A split virtqueue (2.7): a table of descriptors, a ring of those available, a ring of those used. */
public final class SplitVirtqueue implements Virtqueue {
    static final int DESCRIPTOR_BYTES = 16;
    static final int NEXT = 1;
    static final int WRITE = 2;
    static final int INDIRECT = 4;

    private static final int NO_INTERRUPT = 1;
    private static final int NO_NOTIFY = 1;
    private static final int USED_ENTRY_BYTES = 8;

    private final RingMemory ring;
    private final int size;
    private final long descriptors;
    private final long available;
    private final long used;
    private final boolean hasEvents;
    private final boolean hasIndirect;
    /** Numbers of requests, modulo 2^16: the next one to take, the next one to give back, and how far the driver knows. */
    private int nextAvailable;

    private int nextUsed;
    private int toldUsed;

    /**
     * @param memory that the addresses are of
     * @throws VirtqueueException if a ring does not lie in memory as it must
     */
    public SplitVirtqueue(DmaMemory memory, QueueSetup setup) throws VirtqueueException {
        ring = new RingMemory(memory, setup.order());
        size = setup.size();
        descriptors = setup.descriptors();
        available = setup.driver();
        used = setup.device();
        hasEvents = setup.has(VirtioFeatures.EVENT_IDX);
        hasIndirect = setup.has(VirtioFeatures.INDIRECT_DESC);
        if (Integer.bitCount(size) != 1) {
            throw new VirtqueueException("a queue of " + size + " entries");
        }
        int event = hasEvents ? 2 : 0;
        ring.require("a descriptor table", descriptors, (long) DESCRIPTOR_BYTES * size, 16);
        ring.require("an available ring", available, 4 + 2L * size + event, 2);
        ring.require("a used ring", used, 4 + (long) USED_ENTRY_BYTES * size + event, 4);
    }

    @Override
    public Optional<DescriptorChain> take() throws VirtqueueException {
        int waiting = ring.u16(available + 2) - nextAvailable & 0xffff;
        if (waiting == 0) {
            return Optional.empty();
        }
        if (waiting > size) {
            throw new VirtqueueException(waiting + " requests in a queue of " + size);
        }
        // The entry is read after the index that says it is there.
        ring.barrier();
        int head = ring.u16(available + 4 + 2L * (nextAvailable & size - 1));
        DescriptorChain chain = chain(head);
        nextAvailable = nextAvailable + 1 & 0xffff;
        return Optional.of(chain);
    }

    private DescriptorChain chain(int head) throws VirtqueueException {
        DescriptorChain chain = new DescriptorChain(ring.memory(), head, size);
        long table = descriptors;
        int entries = size;
        boolean isIndirect = false;
        int index = head;
        // An indirect table counts as one more: then it is followed by itself alone.
        for (int steps = 0; steps <= size; steps++) {
            if (index >= entries) {
                throw new VirtqueueException("descriptor " + index + " of " + entries);
            }
            long at = table + (long) DESCRIPTOR_BYTES * index;
            long address = ring.u64(at);
            int length = ring.u32(at + 8);
            int flags = ring.u16(at + 12);
            if ((flags & INDIRECT) != 0) {
                if (!hasIndirect || isIndirect || (flags & NEXT) != 0 || chain.buffers() != 0) {
                    throw new VirtqueueException("an indirect descriptor where there must be none");
                }
                long bytes = Integer.toUnsignedLong(length);
                if (bytes == 0 || bytes % DESCRIPTOR_BYTES != 0 || bytes / DESCRIPTOR_BYTES > 0x10000) {
                    throw new VirtqueueException("an indirect table of " + bytes + " bytes");
                }
                ring.require("an indirect table", address, bytes, 1);
                table = address;
                entries = (int) (bytes / DESCRIPTOR_BYTES);
                isIndirect = true;
                index = 0;
                continue;
            }
            chain.add(address, length, (flags & WRITE) != 0);
            if ((flags & NEXT) == 0) {
                return chain;
            }
            index = ring.u16(at + 14);
        }
        throw new VirtqueueException("a chain without end");
    }

    @Override
    public void give(DescriptorChain chain, long written) throws VirtqueueException {
        long entry = used + 4 + (long) USED_ENTRY_BYTES * (nextUsed & size - 1);
        ring.putU32(entry, chain.id());
        ring.putU32(entry + 4, (int) written);
        // The index says that the entry is there.
        ring.barrier();
        nextUsed = nextUsed + 1 & 0xffff;
        ring.putU16(used + 2, nextUsed);
    }

    @Override
    public boolean wantsInterrupt() throws VirtqueueException {
        // What the driver wants is read after it can see what is there: else both could wait for each other.
        ring.barrier();
        int told = toldUsed;
        toldUsed = nextUsed;
        if (told == nextUsed) {
            return false;
        }
        if (!hasEvents) {
            return (ring.u16(available) & NO_INTERRUPT) == 0;
        }
        int event = ring.u16(available + 4 + 2L * size);
        return (nextUsed - event - 1 & 0xffff) < (nextUsed - told & 0xffff);
    }

    @Override
    public void disableNotifications() throws VirtqueueException {
        if (!hasEvents) {
            ring.putU16(used, NO_NOTIFY);
        }
    }

    @Override
    public boolean enableNotifications() throws VirtqueueException {
        if (hasEvents) {
            ring.putU16(used + 4 + (long) USED_ENTRY_BYTES * size, nextAvailable);
        } else {
            ring.putU16(used, 0);
        }
        ring.barrier();
        return ring.u16(available + 2) != nextAvailable;
    }
}

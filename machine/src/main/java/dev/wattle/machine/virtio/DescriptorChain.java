// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

import dev.wattle.machine.pci.DmaException;
import dev.wattle.machine.pci.DmaMemory;
import java.util.Arrays;

/**
 * The buffers of one request: some that the device reads, then some that it writes (2.7.4.2). They are memory all, and
 * their lengths add up to no more than 2^32 bytes.
 */
public final class DescriptorChain {
    private static final long MOST_BYTES = 1L << 32;
    private static final int FEW = 8;

    private final DmaMemory memory;
    private final int id;
    private final int mostBuffers;
    private long[] addresses = new long[FEW];
    private int[] lengths = new int[FEW];
    private int buffers;
    private int readableBuffers;
    private long readableBytes;
    private long writableBytes;
    /** Descriptors in the ring itself that the chain takes: what a packed ring must know. */
    private int ringDescriptors;

    DescriptorChain(DmaMemory memory, int id, int mostBuffers) {
        this.memory = memory;
        this.id = id;
        this.mostBuffers = mostBuffers;
    }

    int id() {
        return id;
    }

    int ringDescriptors() {
        return ringDescriptors;
    }

    void takesRingDescriptors(int count) {
        ringDescriptors = count;
    }

    void add(long address, int length, boolean isWritable) throws VirtqueueException {
        long bytes = Integer.toUnsignedLong(length);
        if (buffers == mostBuffers) {
            throw new VirtqueueException("a chain of more than " + mostBuffers + " descriptors");
        }
        if (bytes == 0 || !memory.contains(address, bytes)) {
            throw new VirtqueueException(
                    "a buffer of " + bytes + " bytes at 0x" + Long.toHexString(address) + ", which is no memory");
        }
        if (!isWritable && writableBytes != 0) {
            throw new VirtqueueException("a buffer to be read behind one to be written");
        }
        if (readableBytes + writableBytes + bytes > MOST_BYTES) {
            throw new VirtqueueException("a chain of more than 2^32 bytes");
        }
        if (buffers == addresses.length) {
            addresses = Arrays.copyOf(addresses, 2 * buffers);
            lengths = Arrays.copyOf(lengths, 2 * buffers);
        }
        addresses[buffers] = address;
        lengths[buffers] = length;
        buffers++;
        if (isWritable) {
            writableBytes += bytes;
        } else {
            readableBytes += bytes;
            readableBuffers = buffers;
        }
    }

    /** Bytes that the device may read. */
    public long readableBytes() {
        return readableBytes;
    }

    /** Bytes that the device may write. */
    public long writableBytes() {
        return writableBytes;
    }

    /** Descriptors of the chain. */
    public int buffers() {
        return buffers;
    }

    /**
     * Copies from the readable part, which has all of the range.
     *
     * @param from offset in it
     * @throws VirtqueueException if the memory is gone meanwhile
     */
    public void read(long from, byte[] destination, int offset, int length) throws VirtqueueException {
        copy(0, readableBuffers, from, destination, offset, length, false);
    }

    /** Copies to the writable part; parameters as of {@link #read}. */
    public void write(long to, byte[] source, int offset, int length) throws VirtqueueException {
        copy(readableBuffers, buffers, to, source, offset, length, true);
    }

    private void copy(int first, int end, long from, byte[] array, int offset, int length, boolean isWrite)
            throws VirtqueueException {
        long skip = from;
        int at = offset;
        int rest = length;
        try {
            for (int i = first; i < end && rest > 0; i++) {
                long bytes = Integer.toUnsignedLong(lengths[i]);
                if (skip >= bytes) {
                    skip -= bytes;
                    continue;
                }
                int part = (int) Math.min(rest, bytes - skip);
                if (isWrite) {
                    memory.write(addresses[i] + skip, array, at, part);
                } else {
                    memory.read(addresses[i] + skip, array, at, part);
                }
                skip = 0;
                at += part;
                rest -= part;
            }
        } catch (DmaException e) {
            throw new VirtqueueException(e);
        }
        if (rest != 0) {
            throw new IllegalArgumentException(length + " bytes at " + from + ": the chain has not so many");
        }
    }
}

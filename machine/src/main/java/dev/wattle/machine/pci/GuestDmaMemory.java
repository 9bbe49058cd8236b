// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pci;

import dev.wattle.engine.memory.GuestMemory;

/** The memory of a VM. */
final class GuestDmaMemory implements DmaMemory {
    private final GuestMemory memory;

    GuestDmaMemory(GuestMemory memory) {
        this.memory = memory;
    }

    @Override
    public boolean contains(long address, long length) {
        return memory.contains(address, length);
    }

    private void check(long address, long length) throws DmaException {
        if (!memory.contains(address, length)) {
            throw new DmaException(address, length);
        }
    }

    @Override
    public void read(long address, byte[] destination, int offset, int length) throws DmaException {
        check(address, length);
        memory.read(address, destination, offset, length);
    }

    @Override
    public void write(long address, byte[] source, int offset, int length) throws DmaException {
        check(address, length);
        memory.write(address, source, offset, length);
    }

    @Override
    public byte readByte(long address) throws DmaException {
        check(address, Byte.BYTES);
        return memory.getByte(address);
    }

    @Override
    public short readShort(long address) throws DmaException {
        check(address, Short.BYTES);
        return Short.reverseBytes(memory.getShort(address));
    }

    @Override
    public int readInt(long address) throws DmaException {
        check(address, Integer.BYTES);
        return Integer.reverseBytes(memory.getInt(address));
    }

    @Override
    public long readLong(long address) throws DmaException {
        check(address, Long.BYTES);
        return Long.reverseBytes(memory.getLong(address));
    }

    @Override
    public void writeByte(long address, byte value) throws DmaException {
        check(address, Byte.BYTES);
        memory.putByte(address, value);
    }

    @Override
    public void writeShort(long address, short value) throws DmaException {
        check(address, Short.BYTES);
        memory.putShort(address, Short.reverseBytes(value));
    }

    @Override
    public void writeInt(long address, int value) throws DmaException {
        check(address, Integer.BYTES);
        memory.putInt(address, Integer.reverseBytes(value));
    }

    @Override
    public void writeLong(long address, long value) throws DmaException {
        check(address, Long.BYTES);
        memory.putLong(address, Long.reverseBytes(value));
    }
}

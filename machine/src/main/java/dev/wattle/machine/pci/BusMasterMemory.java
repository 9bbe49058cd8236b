// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pci;

import java.util.function.Supplier;

/** Memory as a function reaches it at each moment: none while the guest does not let it be a bus master. */
final class BusMasterMemory implements DmaMemory {
    private final Supplier<DmaMemory> now;

    BusMasterMemory(Supplier<DmaMemory> now) {
        this.now = now;
    }

    @Override
    public boolean contains(long address, long length) {
        return now.get().contains(address, length);
    }

    @Override
    public void read(long address, byte[] destination, int offset, int length) throws DmaException {
        now.get().read(address, destination, offset, length);
    }

    @Override
    public void write(long address, byte[] source, int offset, int length) throws DmaException {
        now.get().write(address, source, offset, length);
    }

    @Override
    public byte readByte(long address) throws DmaException {
        return now.get().readByte(address);
    }

    @Override
    public short readShort(long address) throws DmaException {
        return now.get().readShort(address);
    }

    @Override
    public int readInt(long address) throws DmaException {
        return now.get().readInt(address);
    }

    @Override
    public long readLong(long address) throws DmaException {
        return now.get().readLong(address);
    }

    @Override
    public void writeByte(long address, byte value) throws DmaException {
        now.get().writeByte(address, value);
    }

    @Override
    public void writeShort(long address, short value) throws DmaException {
        now.get().writeShort(address, value);
    }

    @Override
    public void writeInt(long address, int value) throws DmaException {
        now.get().writeInt(address, value);
    }

    @Override
    public void writeLong(long address, long value) throws DmaException {
        now.get().writeLong(address, value);
    }
}

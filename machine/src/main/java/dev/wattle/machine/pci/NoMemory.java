// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pci;

/** A bus that reaches no memory. */
final class NoMemory implements DmaMemory {
    @Override
    public boolean contains(long address, long length) {
        return false;
    }

    @Override
    public void read(long address, byte[] destination, int offset, int length) throws DmaException {
        throw new DmaException(address, length);
    }

    @Override
    public void write(long address, byte[] source, int offset, int length) throws DmaException {
        throw new DmaException(address, length);
    }

    @Override
    public byte readByte(long address) throws DmaException {
        throw new DmaException(address, Byte.BYTES);
    }

    @Override
    public short readShort(long address) throws DmaException {
        throw new DmaException(address, Short.BYTES);
    }

    @Override
    public int readInt(long address) throws DmaException {
        throw new DmaException(address, Integer.BYTES);
    }

    @Override
    public long readLong(long address) throws DmaException {
        throw new DmaException(address, Long.BYTES);
    }

    @Override
    public void writeByte(long address, byte value) throws DmaException {
        throw new DmaException(address, Byte.BYTES);
    }

    @Override
    public void writeShort(long address, short value) throws DmaException {
        throw new DmaException(address, Short.BYTES);
    }

    @Override
    public void writeInt(long address, int value) throws DmaException {
        throw new DmaException(address, Integer.BYTES);
    }

    @Override
    public void writeLong(long address, long value) throws DmaException {
        throw new DmaException(address, Long.BYTES);
    }
}

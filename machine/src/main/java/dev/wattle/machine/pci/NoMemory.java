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
    public long load(long address, int size) throws DmaException {
        throw new DmaException(address, size);
    }

    @Override
    public void store(long address, int size, long value) throws DmaException {
        throw new DmaException(address, size);
    }
}

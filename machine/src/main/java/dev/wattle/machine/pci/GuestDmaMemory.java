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
    public long load(long address, int size) throws DmaException {
        check(address, size);
        return switch (size) {
            case Byte.BYTES -> memory.getByte(address) & 0xffL;
            case Short.BYTES -> Short.reverseBytes(memory.getShort(address)) & 0xffffL;
            case Integer.BYTES -> Integer.reverseBytes(memory.getInt(address)) & 0xffff_ffffL;
            default -> Long.reverseBytes(memory.getLong(address));
        };
    }

    @Override
    public void store(long address, int size, long value) throws DmaException {
        check(address, size);
        switch (size) {
            case Byte.BYTES -> memory.putByte(address, (byte) value);
            case Short.BYTES -> memory.putShort(address, Short.reverseBytes((short) value));
            case Integer.BYTES -> memory.putInt(address, Integer.reverseBytes((int) value));
            default -> memory.putLong(address, Long.reverseBytes(value));
        }
    }
}

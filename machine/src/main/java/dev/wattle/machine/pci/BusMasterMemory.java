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
    public long load(long address, int size) throws DmaException {
        return now.get().load(address, size);
    }

    @Override
    public void store(long address, int size, long value) throws DmaException {
        now.get().store(address, size, value);
    }
}

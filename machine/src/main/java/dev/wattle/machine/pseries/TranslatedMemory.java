// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.hypervisor.papr.tce.TceTable;
import dev.wattle.machine.pci.DmaException;
import dev.wattle.machine.pci.DmaMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalLong;

/** Guest memory by the I/O bus addresses of a DMA window: each page is where its TCE says, if it allows the access. */
final class TranslatedMemory implements DmaMemory {
    private final TceTable window;
    private final DmaMemory memory;

    TranslatedMemory(TceTable window, DmaMemory memory) {
        this.window = window;
        this.memory = memory;
    }

    /** Whether every page may be accessed in one way at least, and is memory. */
    @Override
    public boolean contains(long address, long length) {
        return contains(address, length, TceTable.READ) || contains(address, length, TceTable.WRITE);
    }

    private boolean contains(long address, long length, long access) {
        if (length < 0 || address < 0 || length > (long) window.pages() * window.pageBytes()) {
            return false;
        }
        for (long done = 0; done < length; ) {
            long part = part(address + done, length - done);
            OptionalLong real = window.translate(address + done, access);
            if (real.isEmpty() || !memory.contains(real.getAsLong(), part)) {
                return false;
            }
            done += part;
        }
        return true;
    }

    /** Bytes to the end of the page, but no more than are wanted. */
    private long part(long address, long wanted) {
        return Math.min(wanted, window.pageBytes() - (address & window.pageBytes() - 1));
    }

    private long translate(long address, long length, long access) throws DmaException {
        return window.translate(address, access).orElseThrow(() -> new DmaException(address, length));
    }

    @Override
    public void read(long address, byte[] destination, int offset, int length) throws DmaException {
        if (!contains(address, length, TceTable.READ)) {
            throw new DmaException(address, length);
        }
        for (int done = 0; done < length; ) {
            int part = (int) part(address + done, length - done);
            memory.read(translate(address + done, part, TceTable.READ), destination, offset + done, part);
            done += part;
        }
    }

    @Override
    public void write(long address, byte[] source, int offset, int length) throws DmaException {
        if (!contains(address, length, TceTable.WRITE)) {
            throw new DmaException(address, length);
        }
        for (int done = 0; done < length; ) {
            int part = (int) part(address + done, length - done);
            memory.write(translate(address + done, part, TceTable.WRITE), source, offset + done, part);
            done += part;
        }
    }

    private boolean isInPage(long address, int size) {
        return part(address, size) == size;
    }

    @Override
    public long load(long address, int size) throws DmaException {
        if (isInPage(address, size)) {
            return memory.load(translate(address, size, TceTable.READ), size);
        }
        byte[] bytes = new byte[Long.BYTES];
        read(address, bytes, 0, size);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    @Override
    public void store(long address, int size, long value) throws DmaException {
        if (isInPage(address, size)) {
            memory.store(translate(address, size, TceTable.WRITE), size, value);
            return;
        }
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        write(address, bytes.putLong(value).array(), 0, size);
    }
}

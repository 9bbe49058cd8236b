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

    private ByteBuffer bytes(long address, int size) throws DmaException {
        byte[] bytes = new byte[size];
        read(address, bytes, 0, size);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public byte readByte(long address) throws DmaException {
        return memory.readByte(translate(address, Byte.BYTES, TceTable.READ));
    }

    @Override
    public short readShort(long address) throws DmaException {
        return isInPage(address, Short.BYTES)
                ? memory.readShort(translate(address, Short.BYTES, TceTable.READ))
                : bytes(address, Short.BYTES).getShort();
    }

    @Override
    public int readInt(long address) throws DmaException {
        return isInPage(address, Integer.BYTES)
                ? memory.readInt(translate(address, Integer.BYTES, TceTable.READ))
                : bytes(address, Integer.BYTES).getInt();
    }

    @Override
    public long readLong(long address) throws DmaException {
        return isInPage(address, Long.BYTES)
                ? memory.readLong(translate(address, Long.BYTES, TceTable.READ))
                : bytes(address, Long.BYTES).getLong();
    }

    @Override
    public void writeByte(long address, byte value) throws DmaException {
        memory.writeByte(translate(address, Byte.BYTES, TceTable.WRITE), value);
    }

    @Override
    public void writeShort(long address, short value) throws DmaException {
        if (isInPage(address, Short.BYTES)) {
            memory.writeShort(translate(address, Short.BYTES, TceTable.WRITE), value);
        } else {
            write(address, buffer(Short.BYTES).putShort(value).array(), 0, Short.BYTES);
        }
    }

    @Override
    public void writeInt(long address, int value) throws DmaException {
        if (isInPage(address, Integer.BYTES)) {
            memory.writeInt(translate(address, Integer.BYTES, TceTable.WRITE), value);
        } else {
            write(address, buffer(Integer.BYTES).putInt(value).array(), 0, Integer.BYTES);
        }
    }

    @Override
    public void writeLong(long address, long value) throws DmaException {
        if (isInPage(address, Long.BYTES)) {
            memory.writeLong(translate(address, Long.BYTES, TceTable.WRITE), value);
        } else {
            write(address, buffer(Long.BYTES).putLong(value).array(), 0, Long.BYTES);
        }
    }
}

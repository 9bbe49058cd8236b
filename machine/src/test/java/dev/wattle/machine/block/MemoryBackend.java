// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.block;

import java.io.IOException;
import java.util.Arrays;

/** A disk in memory that loses what was not flushed, if its power fails, and fails when it is told to. */
final class MemoryBackend implements BlockBackend {
    final byte[] content;
    private final byte[] durable;
    private final boolean readOnly;
    volatile boolean failing;
    volatile int flushes;
    volatile boolean closed;
    volatile String lastThread = "";

    MemoryBackend(int bytes, boolean readOnly) {
        content = new byte[bytes];
        durable = new byte[bytes];
        this.readOnly = readOnly;
    }

    /** What is there after the power has failed and come back. */
    byte[] afterPowerLoss() {
        return durable.clone();
    }

    private void attend() throws IOException {
        lastThread = Thread.currentThread().getName();
        if (failing) {
            throw new IOException("the disk is broken");
        }
    }

    @Override
    public long bytes() {
        return content.length;
    }

    @Override
    public boolean isReadOnly() {
        return readOnly;
    }

    @Override
    public void read(long offset, byte[] destination, int at, int length) throws IOException {
        attend();
        System.arraycopy(content, (int) offset, destination, at, length);
    }

    @Override
    public void write(long offset, byte[] source, int at, int length) throws IOException {
        attend();
        System.arraycopy(source, at, content, (int) offset, length);
    }

    @Override
    public void flush() throws IOException {
        attend();
        System.arraycopy(content, 0, durable, 0, content.length);
        flushes++;
    }

    @Override
    public void discard(long offset, long length) throws IOException {
        attend();
        Arrays.fill(content, (int) offset, (int) (offset + length), (byte) 0xdd);
    }

    @Override
    public void writeZeroes(long offset, long length, boolean mayUnmap) throws IOException {
        attend();
        Arrays.fill(content, (int) offset, (int) (offset + length), (byte) 0);
    }

    @Override
    public void close() {
        closed = true;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.block;

import java.io.IOException;

/**
 * What a disk's sectors are kept in. All offsets and lengths are multiples of {@link #SECTOR} within {@link #bytes}; the
 * caller has checked that. Used by one thread at a time.
 */
public interface BlockBackend extends AutoCloseable {
    /** Bytes of a sector. */
    int SECTOR = 512;

    /** Size in bytes, a multiple of {@link #SECTOR}. */
    long bytes();

    /** Whether it refuses to be written. */
    boolean isReadOnly();

    void read(long offset, byte[] destination, int at, int length) throws IOException;

    /** Writes to where a loss of power may still undo it, until {@link #flush} returns. */
    void write(long offset, byte[] source, int at, int length) throws IOException;

    /** Makes what has been written outlast a loss of power. */
    void flush() throws IOException;

    /** What a range holds does not matter any more: it may read as before, or as zeros. */
    void discard(long offset, long length) throws IOException;

    /**
     * Has a range read as zeros.
     *
     * @param mayUnmap whether the host may take back what it takes up
     */
    void writeZeroes(long offset, long length, boolean mayUnmap) throws IOException;

    @Override
    void close() throws IOException;
}

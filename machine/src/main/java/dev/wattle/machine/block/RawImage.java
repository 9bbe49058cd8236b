// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.block;

import dev.wattle.machine.ConfigurationException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * A raw image: a file that holds the sectors of a disk one after another. It is locked while it is open, so that no two
 * machines write to it; those that only read share it.
 */
public final class RawImage implements BlockBackend {
    private static final int ZEROES = 1 << 16;

    private final FileChannel channel;
    /** Holds the lock; nothing on hosts that do not lock so. */
    private final Optional<HostImageFile> host;

    private final long bytes;
    private final boolean readOnly;

    private RawImage(FileChannel channel, Optional<HostImageFile> host, long bytes, boolean readOnly) {
        this.channel = channel;
        this.host = host;
        this.bytes = bytes;
        this.readOnly = readOnly;
    }

    /**
     * Opens an image.
     *
     * @throws ConfigurationException if it is no file that can be used so, is in use, or cannot be a whole disk; the
     *     message says what to do, and the image is as it was
     */
    public static RawImage open(Path file, boolean readOnly) throws ConfigurationException {
        if (!Files.exists(file)) {
            throw new ConfigurationException("disk image " + file
                    + ": there is no such file; make one with 'wattle image', or with 'truncate -s 1G FILE'");
        }
        if (!Files.isRegularFile(file)) {
            throw new ConfigurationException("disk image " + file + ": it is "
                    + (Files.isDirectory(file) ? "a directory" : "not a regular file") + "; name an image");
        }
        if (!Files.isReadable(file)) {
            throw new ConfigurationException(
                    "disk image " + file + ": it cannot be read; change its permissions, or name another");
        }
        if (!readOnly && !Files.isWritable(file)) {
            throw new ConfigurationException("disk image " + file
                    + ": it cannot be written; change its permissions, or add ',readonly' to its name");
        }
        Set<StandardOpenOption> options = EnumSet.of(StandardOpenOption.READ);
        if (!readOnly) {
            options.add(StandardOpenOption.WRITE);
        }
        FileChannel channel;
        try {
            channel = FileChannel.open(file, options);
        } catch (AccessDeniedException e) {
            throw new ConfigurationException(
                    "disk image " + file + ": it cannot be opened; change its permissions, or name another");
        } catch (IOException e) {
            throw new ConfigurationException("disk image " + file + ": it cannot be opened (" + e.getMessage() + ")");
        }
        Optional<HostImageFile> host = Optional.empty();
        try {
            host = HostImageFile.open(file, readOnly);
            boolean isLocked = host.isPresent() ? host.get().lock(readOnly) : lock(channel, readOnly);
            if (!isLocked) {
                throw new ConfigurationException("disk image " + file
                        + ": another machine is using it; stop that one, or"
                        + (readOnly ? " have it open the image with ',readonly', too" : " use a copy of the image"));
            }
            return new RawImage(channel, host, checkedSize(file, channel), readOnly);
        } catch (IOException e) {
            close(channel, host);
            throw new ConfigurationException("disk image " + file + ": it cannot be read (" + e.getMessage() + ")");
        } catch (ConfigurationException e) {
            close(channel, host);
            throw e;
        }
    }

    private static void close(FileChannel channel, Optional<HostImageFile> host) {
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing has been written.
        }
        host.ifPresent(HostImageFile::close);
    }

    /** The lock is given back when the file is closed. */
    private static boolean lock(FileChannel channel, boolean shared) throws IOException {
        try {
            return channel.tryLock(0, Long.MAX_VALUE, shared) != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static long checkedSize(Path file, FileChannel channel) throws IOException, ConfigurationException {
        long size = channel.size();
        if (size == 0) {
            throw new ConfigurationException(
                    "disk image " + file + ": it is empty; give it a size, as with 'truncate -s 1G FILE'");
        }
        byte[] head = new byte[(int) Math.min(size, PartitionTable.HEAD_BYTES)];
        readFully(channel, 0, head, 0, head.length);
        long least = PartitionTable.leastBytes(head);
        if (size < least) {
            throw new ConfigurationException("disk image " + file + ": it has " + size
                    + " bytes, but its partition table is of a disk of at least " + least
                    + " bytes; copy it again, or enlarge it with 'truncate -s " + least + " FILE'");
        }
        if (size % SECTOR != 0) {
            long whole = (size + SECTOR - 1) / SECTOR * SECTOR;
            throw new ConfigurationException("disk image " + file + ": its size of " + size
                    + " bytes is not a multiple of " + SECTOR + "; enlarge it with 'truncate -s " + whole + " FILE'");
        }
        return size;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public boolean isReadOnly() {
        return readOnly;
    }

    @Override
    public void read(long offset, byte[] destination, int at, int length) throws IOException {
        readFully(channel, offset, destination, at, length);
    }

    private static void readFully(FileChannel channel, long offset, byte[] to, int at, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(to, at, length);
        long from = offset;
        while (buffer.hasRemaining()) {
            int count = channel.read(buffer, from);
            if (count < 0) {
                throw new EOFException("the image ends at " + from + ": somebody has made it shorter");
            }
            from += count;
        }
    }

    @Override
    public void write(long offset, byte[] source, int at, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(source, at, length);
        long to = offset;
        while (buffer.hasRemaining()) {
            to += channel.write(buffer, to);
        }
    }

    @Override
    public void flush() throws IOException {
        if (!readOnly) {
            channel.force(false);
        }
    }

    @Override
    public void discard(long offset, long length) {
        // Where the host cannot take it back, what is there stays, as it may.
        host.ifPresent(file -> file.punch(offset, length));
    }

    @Override
    public void writeZeroes(long offset, long length, boolean mayUnmap) throws IOException {
        if (mayUnmap && host.isPresent() && host.get().punch(offset, length)) {
            return;
        }
        byte[] zeroes = new byte[(int) Math.min(length, ZEROES)];
        for (long done = 0; done < length; done += zeroes.length) {
            write(offset + done, zeroes, 0, (int) Math.min(zeroes.length, length - done));
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
        host.ifPresent(HostImageFile::close);
    }
}

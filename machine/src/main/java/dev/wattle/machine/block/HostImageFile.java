// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.block;

import dev.wattle.engine.memory.HostFunction;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What Linux can do with an image file and Java cannot: locks that belong to one opening of a file, not to the process
 * (fcntl(2), "Open file description locks"), and giving parts of a file back (fallocate(2)). The locks are those of
 * QEMU, so that neither opens what the other writes to.
 */
final class HostImageFile implements AutoCloseable {
    private static final int O_RDONLY = 0;
    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;
    private static final int F_OFD_GETLK = 36;
    private static final int F_OFD_SETLK = 37;
    private static final short F_RDLCK = 0;
    private static final short F_WRLCK = 1;
    private static final short F_UNLCK = 2;
    private static final int EAGAIN = 11;
    private static final int EACCES = 13;
    private static final int KEEP_SIZE = 1;
    private static final int PUNCH_HOLE = 2;

    private static final int FLOCK_BYTES = 32;
    /** Byte that QEMU locks while it writes. */
    private static final long QEMU_WRITES = 101;
    /** Byte that QEMU locks while nobody else may write. */
    private static final long QEMU_NO_WRITER = 201;

    private final HostFunction fcntl;
    private final HostFunction fallocate;
    private final HostFunction close;
    private final int descriptor;

    private HostImageFile(HostFunction fcntl, HostFunction fallocate, HostFunction close, int descriptor) {
        this.fcntl = fcntl;
        this.fallocate = fallocate;
        this.close = close;
        this.descriptor = descriptor;
    }

    /**
     * Opens a file.
     *
     * @return nothing if the host is not Linux with a C library that has what is needed
     * @throws IOException if the file cannot be opened
     */
    static Optional<HostImageFile> open(Path file, boolean readOnly) throws IOException {
        if (!System.getProperty("os.name").equals("Linux")) {
            return Optional.empty();
        }
        Optional<HostFunction> open = HostFunction.find("open");
        Optional<HostFunction> fcntl = HostFunction.find("fcntl");
        Optional<HostFunction> fallocate = HostFunction.find("fallocate");
        Optional<HostFunction> close = HostFunction.find("close");
        if (open.isEmpty() || fcntl.isEmpty() || fallocate.isEmpty() || close.isEmpty()) {
            return Optional.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(file.toString(), StandardCharsets.UTF_8);
            int descriptor = (int) open.get().call(path.address(), (readOnly ? O_RDONLY : O_RDWR) | O_CLOEXEC, 0);
            if (descriptor < 0) {
                throw new IOException("error " + open.get().errno());
            }
            return Optional.of(new HostImageFile(fcntl.get(), fallocate.get(), close.get(), descriptor));
        }
    }

    /**
     * Locks the file until it is closed.
     *
     * @param shared whether others may lock it so, too
     * @return whether nobody has a lock that is against it
     * @throws IOException if the file system has no locks
     */
    boolean lock(boolean shared) throws IOException {
        if (!shared) {
            return set(F_WRLCK, 0, 0);
        }
        return set(F_RDLCK, 0, 1) && set(F_RDLCK, QEMU_NO_WRITER, 1) && !isLocked(QEMU_WRITES);
    }

    private boolean set(short type, long start, long length) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            if ((int) fcntl.call(
                            descriptor,
                            F_OFD_SETLK,
                            flock(arena, type, start, length).address())
                    == 0) {
                return true;
            }
        }
        if (fcntl.errno() != EAGAIN && fcntl.errno() != EACCES) {
            throw new IOException("it cannot be locked, error " + fcntl.errno());
        }
        return false;
    }

    private boolean isLocked(long at) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flock = flock(arena, F_WRLCK, at, 1);
            return (int) fcntl.call(descriptor, F_OFD_GETLK, flock.address()) != 0
                    || flock.get(ValueLayout.JAVA_SHORT, 0) != F_UNLCK;
        }
    }

    /** struct flock: type, whence (0: from the start), start, length (0: to the end), process (0: none). */
    private static MemorySegment flock(Arena arena, short type, long start, long length) {
        MemorySegment flock = arena.allocate(FLOCK_BYTES, Long.BYTES);
        flock.set(ValueLayout.JAVA_SHORT, 0, type);
        flock.set(ValueLayout.JAVA_LONG, 8, start);
        flock.set(ValueLayout.JAVA_LONG, 16, length);
        return flock;
    }

    /** Gives a range back to the host, so that it reads as zeros; false if the file system cannot. */
    boolean punch(long offset, long length) {
        return length == 0 || (int) fallocate.call(descriptor, KEEP_SIZE | PUNCH_HOLE, offset, length, 0, 0) == 0;
    }

    @Override
    public void close() {
        close.call(descriptor, 0, 0);
    }
}

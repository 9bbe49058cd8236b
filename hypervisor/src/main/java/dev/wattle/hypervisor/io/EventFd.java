// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.io;

import dev.wattle.engine.memory.HostFunction;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A counter of the host's kernel that another process can wait for and signal (Linux, eventfd(2)): what an I/O event
 * signals, or an interrupt is raised by, when the other end is not in this JVM.
 */
public final class EventFd implements AutoCloseable {
    private static final int EFD_CLOEXEC = 0x8_0000;
    private static final int BYTES = 8;

    /** What {@link #mark} adds to the count; signals are counted below it. */
    public static final long MARK = 1L << 32;

    private static final int EINTR = 4;
    /** Beyond it a signal would wait; nobody counts so far. */
    private static final long CLOSED = 1L << 40;

    private final Arena arena = Arena.ofShared();
    private final HostFunction read;
    private final HostFunction write;
    private final HostFunction close;
    private final MemorySegment one = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
    /** Around {@link #write} and {@link #closed}, since functions of the host are called by one thread at a time. */
    private final ReentrantLock writing = new ReentrantLock();
    /** Around {@link #read}. Lock order: {@code reading} before {@code writing}. */
    private final ReentrantLock reading = new ReentrantLock();

    private final int fd;
    private boolean closed;

    private EventFd(HostFunction read, HostFunction write, HostFunction close, int fd) {
        this.read = read;
        this.write = write;
        this.close = close;
        this.fd = fd;
    }

    /**
     * Makes one whose count is 0.
     *
     * @throws IOException if this host has none, or no more
     */
    public static EventFd create() throws IOException {
        boolean linux = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux");
        Optional<HostFunction> eventfd = linux ? HostFunction.find("eventfd") : Optional.empty();
        if (eventfd.isEmpty()) {
            throw new IOException("this host has no eventfd; use a Runnable of this JVM instead");
        }
        int fd = (int) eventfd.get().call(0, EFD_CLOEXEC, 0);
        if (fd < 0) {
            throw new IOException(
                    "the host gives no eventfd: error " + eventfd.get().errno());
        }
        return new EventFd(function("read"), function("write"), function("close"), fd);
    }

    private static HostFunction function(String name) throws IOException {
        return HostFunction.find(name).orElseThrow(() -> new IOException("this host has no function " + name));
    }

    /** Its file descriptor, to be handed to another process. */
    public int fd() {
        return fd;
    }

    /** Adds 1 to the count; wakes who waits. After {@link #close} it does nothing. */
    public void signal() {
        add(1);
    }

    /**
     * Adds {@link #MARK} to the count: who then gets a count with it in {@link #await} knows that all earlier signals are in
     * that count, or in one before. After {@link #close} it does nothing.
     */
    public void mark() {
        add(MARK);
    }

    private void add(long value) {
        writing.lock();
        try {
            if (!closed) {
                one.set(ValueLayout.JAVA_LONG, 0, value);
                write.call(fd, one.address(), BYTES);
            }
        } finally {
            writing.unlock();
        }
    }

    /**
     * Waits until the count is not 0, and makes it 0.
     *
     * @return what it was; 0 if this was closed meanwhile
     */
    public long await() {
        reading.lock();
        try {
            while (!isClosed()) {
                if (read.call(fd, count.address(), BYTES) == BYTES) {
                    long value = count.get(ValueLayout.JAVA_LONG, 0);
                    return value >= CLOSED ? 0 : value;
                }
                if (read.errno() != EINTR) {
                    return 0;
                }
            }
            return 0;
        } finally {
            reading.unlock();
        }
    }

    private boolean isClosed() {
        writing.lock();
        try {
            return closed;
        } finally {
            writing.unlock();
        }
    }

    /** Gives the descriptor back; who waits gets 0. */
    @Override
    public void close() {
        writing.lock();
        try {
            if (closed) {
                return;
            }
            add(CLOSED);
            closed = true;
        } finally {
            writing.unlock();
        }
        // Whoever waits has been woken, and lets go.
        reading.lock();
        try {
            close.call(fd, 0, 0);
            arena.close();
        } finally {
            reading.unlock();
        }
    }
}

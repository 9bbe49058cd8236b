// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import dev.wattle.engine.memory.HostFunction;
import dev.wattle.engine.memory.HostMemory;
import java.util.Optional;

/**
 * Has the host make huge pages of memory for code as that fills up from its start.
 *
 * <p>The host takes some milliseconds for each, nearly all of them waiting for its other processors, so a thread asks that
 * lives as long as there is a page to ask for. All but the first page are asked for before anybody writes there, which
 * spares the host small pages in them.
 *
 * <p>The lock guards what the two threads tell each other; nobody holds it while the host is asked.
 */
final class HugeCodePages implements AutoCloseable {
    /** Bytes of a huge page. */
    static final long BYTES = 2 << 20;

    /** So much of the first page is filled before it is asked for: small guests need no more. */
    private static final long WORTH_FIRST = BYTES / 8;
    /** So much is free before the next page when that is asked for. */
    private static final long AHEAD = BYTES / 4;

    private static final int MADV_COLLAPSE = 25;
    private static final int EAGAIN = 11;
    /** How often one page is asked for while the host says that somebody else is busy with it. */
    private static final int MOST_TIMES = 8;

    private final Optional<HostFunction> madvise = HostFunction.find("madvise");
    private final long address;
    private final long size;
    /** Up to where code may come before another page is asked for; the processor's alone. */
    private long enough;

    private final Object lock = new Object();
    /** Pages that have been asked for, or are to be. */
    private int wanted;

    private int asked;
    private int made;
    private boolean isRefused;
    private Optional<Thread> thread = Optional.empty();

    /**
     * @param address where the memory starts, a multiple of {@link #BYTES}
     * @param size its bytes
     */
    HugeCodePages(long address, long size) {
        this.address = address;
        this.size = size;
        enough = madvise.isPresent() && size >= BYTES ? WORTH_FIRST : Long.MAX_VALUE;
    }

    /** Tells how many bytes from the start have code. */
    void filled(long bytes) {
        if (bytes >= enough) {
            want(bytes);
        }
    }

    private void want(long bytes) {
        synchronized (lock) {
            while (bytes >= enough) {
                wanted++;
                boolean isLast = isRefused || (wanted + 1) * BYTES > size;
                enough = isLast ? Long.MAX_VALUE : wanted * BYTES - AHEAD;
            }
            if (thread.isEmpty() && !isRefused) {
                Thread asking = new Thread(null, this::ask, "wattle-huge-pages", 0, false);
                asking.setDaemon(true);
                thread = Optional.of(asking);
                asking.start();
            }
        }
    }

    private void ask() {
        while (true) {
            long page;
            synchronized (lock) {
                if (isRefused || asked == wanted) {
                    thread = Optional.empty();
                    return;
                }
                page = address + asked++ * BYTES;
            }
            boolean isMade = collapse(page);
            synchronized (lock) {
                made += isMade ? 1 : 0;
                isRefused |= !isMade;
            }
        }
    }

    /** Makes a huge page of small ones, of which at least one is there. */
    private boolean collapse(long page) {
        HostFunction function = madvise.orElseThrow();
        for (int times = 0; times < MOST_TIMES; times++) {
            HostMemory.getByte(page);
            if ((int) function.call(page, BYTES, MADV_COLLAPSE) == 0) {
                return true;
            }
            if (function.errno() != EAGAIN) {
                return false;
            }
        }
        return false;
    }

    /** Bytes that the host has given in huge pages. */
    long madeBytes() {
        synchronized (lock) {
            return made * BYTES;
        }
    }

    /** Waits for the host to be through with what it has been asked for. */
    void await() {
        Optional<Thread> asking;
        synchronized (lock) {
            asking = thread;
        }
        boolean isInterrupted = false;
        while (asking.isPresent() && asking.get().isAlive()) {
            try {
                asking.get().join();
            } catch (InterruptedException e) {
                // It takes milliseconds, and the caller may be about to give the memory back.
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Asks for no more, and waits for what the host is doing. */
    @Override
    public void close() {
        synchronized (lock) {
            isRefused = true;
        }
        await();
    }
}

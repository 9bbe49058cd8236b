// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/** One thread that runs an action when the host's clock reaches a moment; setting a new moment replaces the old. */
final class DecrementerTimer implements AutoCloseable {
    private static final long NEVER = Long.MAX_VALUE;

    /** Held while the moment is set, and while the action runs: after {@link #set} no older moment's action runs. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Runnable expired;
    private final Thread thread;
    private final long origin = System.nanoTime();
    /** Nanoseconds after {@link #origin}. */
    private volatile long due = NEVER;

    private volatile boolean closed;

    DecrementerTimer(Runnable expired) {
        this.expired = expired;
        this.thread = Thread.ofPlatform().daemon().name("wattle-decrementer").unstarted(this::loop);
    }

    void start() {
        thread.start();
    }

    /**
     * Sets the moment.
     *
     * @param nanos from now
     * @param before run first, when the action for an older moment can no longer run and that for the new one not yet
     */
    void set(long nanos, Runnable before) {
        lock.lock();
        try {
            before.run();
            long previous = due;
            due = System.nanoTime() - origin + nanos;
            // A moment later than the one the thread sleeps towards needs no wake-up: it looks again then.
            if (due < previous) {
                LockSupport.unpark(thread);
            }
        } finally {
            lock.unlock();
        }
    }

    private void loop() {
        while (!closed) {
            long at = due;
            long remaining = at == NEVER ? NEVER : at - (System.nanoTime() - origin);
            if (remaining <= 0) {
                expire(at);
            } else if (remaining == NEVER) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, remaining);
            }
        }
    }

    private void expire(long at) {
        lock.lock();
        try {
            if (due == at) {
                due = NEVER;
                expired.run();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

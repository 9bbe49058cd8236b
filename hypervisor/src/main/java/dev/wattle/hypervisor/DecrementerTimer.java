// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import java.util.concurrent.locks.ReentrantLock;

/** Runs an action on a {@link TimerThread} when the host's clock reaches a moment; setting a new moment replaces the old. */
final class DecrementerTimer {
    /** Held while the moment is set, and while the action runs: after {@link #set} no older moment's action runs. */
    private final ReentrantLock lock = new ReentrantLock();

    private final TimerThread thread;
    private final Runnable expired;
    /** By the clock of the thread. */
    private volatile long due = TimerThread.NEVER;

    /** For {@link TimerThread#timer}. */
    DecrementerTimer(TimerThread thread, Runnable expired) {
        this.thread = thread;
        this.expired = expired;
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
            long moment = thread.now() + nanos;
            due = moment;
            thread.mustWake(moment);
        } finally {
            lock.unlock();
        }
    }

    /** Takes the moment back: after this its action does not run. */
    void clear() {
        lock.lock();
        try {
            due = TimerThread.NEVER;
        } finally {
            lock.unlock();
        }
    }

    /** The moment, or {@link TimerThread#NEVER}. */
    long due() {
        return due;
    }

    /** Runs the action if the moment is still this one. On the thread. */
    void expire(long at) {
        lock.lock();
        try {
            if (due == at) {
                due = TimerThread.NEVER;
                expired.run();
            }
        } finally {
            lock.unlock();
        }
    }
}

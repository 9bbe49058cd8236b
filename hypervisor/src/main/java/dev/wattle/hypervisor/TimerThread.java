// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.engine.memory.HostFunction;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/** The thread that waits for the moments of all timers of a VM, and runs their actions. */
final class TimerThread implements AutoCloseable {
    static final long NEVER = Long.MAX_VALUE;

    /**
     * Of Linux's prctl, which others do not have: by how many nanoseconds the calling thread may sleep longer than it asks for.
     * Without it they are 50 000.
     */
    private static final int PR_SET_TIMERSLACK = 29;

    private static final int LEAST_SLACK = 1;

    private final List<DecrementerTimer> timers = new CopyOnWriteArrayList<>();
    private final Thread thread =
            Thread.ofPlatform().daemon().name("wattle-timer").unstarted(this::loop);
    private final long origin = System.nanoTime();
    /** The moment that the thread sleeps towards; NEVER if that is none, and while it looks at the timers. */
    private volatile long wakeUp = NEVER;

    private volatile boolean closed;

    void start() {
        thread.start();
    }

    /** A timer, which may not be set yet. */
    DecrementerTimer timer(Runnable expired) {
        DecrementerTimer timer = new DecrementerTimer(this, expired);
        timers.add(timer);
        return timer;
    }

    /** Nanoseconds by the clock of the timers. */
    long now() {
        return System.nanoTime() - origin;
    }

    /** A timer has been set to a moment. */
    void mustWake(long moment) {
        // For a later moment there is no hurry: it looks at all timers when it wakes.
        if (moment < wakeUp) {
            LockSupport.unpark(thread);
        }
    }

    private void loop() {
        HostFunction.find("prctl").ifPresent(prctl -> prctl.call(PR_SET_TIMERSLACK, LEAST_SLACK, 0));
        while (!closed) {
            wakeUp = NEVER;
            long next = NEVER;
            boolean hasExpired = false;
            for (DecrementerTimer timer : timers) {
                long due = timer.due();
                if (due <= now()) {
                    timer.expire(due);
                    hasExpired = true;
                } else {
                    next = Math.min(next, due);
                }
            }
            if (!hasExpired) {
                sleep(next);
            }
            // Otherwise it looks again: a wait for a timer's lock may have taken the wake-up that was meant for here.
        }
    }

    /**
     * Sleeps until a moment. Who has set a timer behind the look at it has found NEVER and keeps the thread from sleeping, or
     * finds the moment.
     */
    private void sleep(long until) {
        wakeUp = until;
        if (until == NEVER) {
            LockSupport.park(this);
        } else {
            LockSupport.parkNanos(this, until - now());
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

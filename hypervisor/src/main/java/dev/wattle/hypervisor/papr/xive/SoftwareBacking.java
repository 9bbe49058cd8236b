// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** The ESB of a source of this VM's own: a device of the machine, or the guest itself, triggers it. */
public final class SoftwareBacking implements EsbBacking {
    private static final int OPERATION_SHIFT = 8;
    private static final int OPERATION_MASK = 0xf;

    private final ReentrantLock lock = new ReentrantLock();
    private Optional<Source> source = Optional.empty();
    private int pq = Pq.OFF;
    private boolean asserted;

    /** One that is not attached yet. */
    public SoftwareBacking() {}

    @Override
    public void attach(Source newSource, int newPq, boolean newAsserted) {
        lock.lock();
        try {
            if (source.isPresent()) {
                throw new IllegalStateException("it is behind the pages of a source already");
            }
            source = Optional.of(newSource);
            pq = newPq & Pq.MASK;
            asserted = newAsserted;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int detach() {
        lock.lock();
        try {
            source = Optional.empty();
            return pq;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long load(int offset) {
        lock.lock();
        try {
            if (source.isEmpty()) {
                return NOT_ATTACHED;
            }
            int operation = offset >>> OPERATION_SHIFT & OPERATION_MASK;
            if (operation < 0x8) {
                return endOfInterrupt(source.get()) ? 1 : 0;
            }
            int before = pq;
            if (operation >= 0xc) {
                pq = operation & Pq.MASK;
            }
            return before;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean store(int offset) {
        lock.lock();
        try {
            if (source.isEmpty()) {
                return false;
            }
            int operation = offset >>> OPERATION_SHIFT & OPERATION_MASK;
            if (operation < 0x4) {
                trigger(source.get(), 1);
            } else if (operation < 0x8) {
                endOfInterrupt(source.get());
            } else if (operation >= 0xc) {
                pq = operation & Pq.MASK;
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean trigger() {
        return trigger(1);
    }

    /** Several events at once. */
    boolean trigger(long events) {
        lock.lock();
        try {
            source.ifPresent(s -> trigger(s, events));
            return source.isPresent();
        } finally {
            lock.unlock();
        }
    }

    /** Needs the lock. */
    private void trigger(Source s, long events) {
        long left = events;
        while (left > 0) {
            int before = pq;
            pq = Pq.afterTrigger(before);
            // From here on all others do the same.
            long same = before == pq ? left : 1;
            s.counters().triggered(before, same);
            left -= same;
            if (before == Pq.RESET) {
                s.forward();
            }
        }
    }

    @Override
    public boolean level(boolean newAsserted) {
        lock.lock();
        try {
            if (source.isEmpty()) {
                return false;
            }
            boolean rises = newAsserted && !asserted;
            asserted = newAsserted;
            if (asserted && pq == Pq.RESET) {
                trigger(source.get(), 1);
            } else if (rises) {
                // The level is what is remembered, not Q.
                source.get().counters().triggered(pq == Pq.OFF ? Pq.OFF : Pq.QUEUED, 1);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Needs the lock. Returns whether an event was forwarded. */
    private boolean endOfInterrupt(Source s) {
        int before = pq;
        pq = Pq.afterEndOfInterrupt(before);
        boolean again = before == Pq.QUEUED;
        if (asserted && pq == Pq.RESET && s.isLevelSensitive()) {
            pq = Pq.PENDING;
            again = true;
        }
        s.counters().ended(again);
        if (again) {
            s.forward();
        }
        return again;
    }

    @Override
    public void sync() {
        lock.lock();
        lock.unlock();
    }

    @Override
    public long state() {
        lock.lock();
        try {
            return source.isPresent() ? pq : NOT_ATTACHED;
        } finally {
            lock.unlock();
        }
    }
}

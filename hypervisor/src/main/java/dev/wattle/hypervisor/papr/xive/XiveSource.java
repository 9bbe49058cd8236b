// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import dev.wattle.hypervisor.papr.xics.IrqLine;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;

/**
 * An interrupt source: a number, whether it is level-sensitive, and what is behind its ESB pages now.
 *
 * <p>The guest's accesses go to the backing that the pages are mapped to. When the backing is replaced the pages are
 * unmapped, and the first access afterwards, the slow one, maps them again. Addresses of pages never change.
 *
 * <p>Thread-safe.
 */
public final class XiveSource implements IrqLine, EsbBacking.Source {
    private static final Runnable NOBODY = () -> {};

    private final EsbBacking unmapped = new Unmapped();
    private final int number;
    private final boolean levelSensitive;
    private final IntConsumer router;
    private final SourceCounters counters = new SourceCounters();
    private final AtomicLong slowTouches = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    /** What the guest's pages lead to; {@link #unmapped} until the next touch. */
    private volatile EsbBacking mapped = unmapped;

    private volatile EsbBacking backing;
    private volatile boolean asserted;
    private volatile Runnable endOfInterrupt = NOBODY;

    /**
     * @param router told the number of this source for each event that is forwarded
     */
    XiveSource(int number, boolean levelSensitive, IntConsumer router) {
        this.number = number;
        this.levelSensitive = levelSensitive;
        this.router = router;
        backing = new SoftwareBacking();
        backing.attach(this, Pq.OFF, false);
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public boolean isLevelSensitive() {
        return levelSensitive;
    }

    @Override
    public SourceCounters counters() {
        return counters;
    }

    @Override
    public void forward() {
        router.accept(number);
    }

    /** Whether the line of a level-sensitive source is asserted. */
    public boolean isAsserted() {
        return asserted;
    }

    @Override
    public void set(boolean level) {
        if (!levelSensitive) {
            if (level) {
                trigger();
            }
            return;
        }
        lock.lock();
        try {
            asserted = level;
            backing.level(level);
        } finally {
            lock.unlock();
        }
    }

    /** An event from a device of this VM, whatever is behind the pages. */
    void trigger() {
        if (!backing.trigger()) {
            // It is being replaced.
            lock.lock();
            try {
                backing.trigger();
            } finally {
                lock.unlock();
            }
        }
    }

    void onEndOfInterrupt(Runnable listener) {
        endOfInterrupt = listener;
    }

    /**
     * Puts another backing behind the pages. The state P and Q stays; no event is lost or doubled. Returns when nothing
     * uses the old one any more.
     *
     * @return the old one, which can be put back later
     * @throws IllegalArgumentException if the new one cannot be behind this source; nothing has changed then
     * @throws IllegalStateException if the new one is behind a source already
     */
    public EsbBacking switchTo(EsbBacking next) {
        lock.lock();
        try {
            EsbBacking old = backing;
            mapped = unmapped;
            int pq = old.detach();
            try {
                next.attach(this, pq, asserted);
                backing = next;
            } catch (IllegalArgumentException | IllegalStateException e) {
                old.attach(this, pq, asserted);
                throw e;
            }
            return old;
        } finally {
            lock.unlock();
        }
    }

    /** How often an access of the guest has found the pages unmapped. */
    public long slowTouches() {
        return slowTouches.get();
    }

    private void map() {
        lock.lock();
        try {
            if (mapped != backing) {
                mapped = backing;
                slowTouches.incrementAndGet();
            }
        } finally {
            lock.unlock();
        }
    }

    // Accesses by the guest

    /** A load from the management page. */
    long load(int offset) {
        if ((offset & 0x800) == 0) {
            // Whoever listens may lower the line, and have it raised again, before the level is looked at.
            endOfInterrupt.run();
        }
        while (true) {
            long value = mapped.load(offset);
            if (value != EsbBacking.NOT_ATTACHED) {
                return value;
            }
            map();
        }
    }

    /** A store to the management page. */
    void store(int offset) {
        if ((offset & 0xc00) == 0x400) {
            endOfInterrupt.run();
        }
        while (!mapped.store(offset)) {
            map();
        }
    }

    /** A store to the trigger page. */
    void storeTrigger() {
        while (!mapped.trigger()) {
            map();
        }
    }

    /** P and Q now. */
    public int pq() {
        lock.lock();
        try {
            return (int) backing.state();
        } finally {
            lock.unlock();
        }
    }

    /** Sets P and Q, as the guest could; nothing is forwarded. */
    public void setPq(int pq) {
        lock.lock();
        try {
            backing.store(0xc00 | pq << 8);
        } finally {
            lock.unlock();
        }
    }

    /** Returns when all events so far are in their queue, or remembered by Q. */
    void sync() {
        lock.lock();
        try {
            backing.sync();
        } finally {
            lock.unlock();
        }
    }

    /** Behind pages that are not mapped. */
    private static final class Unmapped implements EsbBacking {
        @Override
        public void attach(Source source, int pq, boolean asserted) {
            throw new IllegalStateException("it is behind no pages");
        }

        @Override
        public int detach() {
            return Pq.OFF;
        }

        @Override
        public long load(int offset) {
            return NOT_ATTACHED;
        }

        @Override
        public boolean store(int offset) {
            return false;
        }

        @Override
        public boolean trigger() {
            return false;
        }

        @Override
        public boolean level(boolean asserted) {
            return false;
        }

        @Override
        public void sync() {
            // Nothing is on its way.
        }

        @Override
        public long state() {
            return NOT_ATTACHED;
        }
    }
}

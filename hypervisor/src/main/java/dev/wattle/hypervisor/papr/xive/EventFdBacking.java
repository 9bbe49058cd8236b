// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import dev.wattle.hypervisor.io.EventFd;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The ESB of a message-signalled source that somebody else triggers by an eventfd, such as a process that has a device: what
 * vfio and vfio-user give to a monitor. Signals that come while this is behind no pages are kept until it is.
 *
 * <p>Locks: the delivery of signals, then P and Q.
 */
public final class EventFdBacking implements EsbBacking, AutoCloseable {
    private final EventFd events;
    private final SoftwareBacking state = new SoftwareBacking();
    private final ReentrantLock delivery = new ReentrantLock();
    private final Thread listener;
    private long early;
    private volatile CountDownLatch marked = new CountDownLatch(0);

    /**
     * Begins to listen.
     *
     * @param events signalled by the other side; it stays the caller's, who closes it after this
     */
    public EventFdBacking(EventFd events) {
        this.events = events;
        listener = Thread.ofPlatform().daemon().name("wattle-esb").unstarted(this::listen);
        listener.start();
    }

    private void listen() {
        long count = events.await();
        while (count != 0) {
            deliver(count % EventFd.MARK);
            if (count >= EventFd.MARK) {
                marked.countDown();
            }
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
            count = events.await();
        }
        // Whoever waits for a mark waits for nothing.
        marked.countDown();
    }

    private void deliver(long signals) {
        delivery.lock();
        try {
            if (signals != 0 && !state.trigger(signals)) {
                early += signals;
            }
        } finally {
            delivery.unlock();
        }
    }

    @Override
    public void attach(Source source, int pq, boolean asserted) {
        if (source.isLevelSensitive()) {
            throw new IllegalArgumentException("an eventfd cannot be behind a level-sensitive source");
        }
        delivery.lock();
        try {
            state.attach(source, pq, asserted);
            state.trigger(early);
            early = 0;
        } finally {
            delivery.unlock();
        }
    }

    /** Waits for what has been signalled before. */
    private void drain() {
        CountDownLatch latch = new CountDownLatch(1);
        marked = latch;
        events.mark();
        boolean interrupted = false;
        while (latch.getCount() != 0 && listener.isAlive()) {
            try {
                latch.await(10, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public int detach() {
        drain();
        delivery.lock();
        try {
            return state.detach();
        } finally {
            delivery.unlock();
        }
    }

    @Override
    public long load(int offset) {
        return state.load(offset);
    }

    @Override
    public boolean store(int offset) {
        return state.store(offset);
    }

    @Override
    public boolean trigger() {
        return state.trigger();
    }

    @Override
    public boolean level(boolean asserted) {
        return state.level(asserted);
    }

    @Override
    public void sync() {
        drain();
        state.sync();
    }

    @Override
    public long state() {
        return state.state();
    }

    /** Ends listening. Behind pages it stays, for who triggers by them. */
    @Override
    public void close() {
        listener.interrupt();
        events.mark();
    }
}

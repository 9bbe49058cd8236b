// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.io.IoBus;
import dev.wattle.hypervisor.papr.xics.ExternalInterruptLine;
import dev.wattle.hypervisor.papr.xics.InterruptController;
import dev.wattle.hypervisor.papr.xics.IrqLine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The XIVE interrupt controller of a partition. Numbers below the number of servers are sources for interrupts between
 * processors, which only the guest triggers.
 *
 * <p>Its pages are on the I/O bus while it is {@link #activate active}.
 */
public final class Xive implements InterruptController {
    /** Guest real address of the ESB pages of source 0; those of the others follow. */
    public static final long ESB_BASE = 0x0006_0100_0000_0000L;
    /** Guest real address of the thread interrupt management area. */
    public static final long TIMA_BASE = 0x0006_0302_0318_0000L;
    /** Logarithm of the bytes of a page of either. */
    public static final int PAGE_SHIFT = EsbPages.PAGE_SHIFT;
    /** Priorities from this one on are reserved. */
    public static final int RESERVED_PRIORITY = XiveRouter.PRIORITIES - 1;

    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicReferenceArray<Optional<XiveSource>> sources;
    private final ThreadContext[] contexts;
    private final XiveRouter router;
    private final boolean storeEoi;
    private final List<IoBus.Registration> pages = new ArrayList<>();

    /**
     * @param servers number of interrupt servers (virtual processors), numbered from 0
     * @param sourceCount numbers of sources, from 0 on
     * @param memory guest memory, where queues are
     * @param storeEoi whether the guest is told that it may end interrupts by a store
     */
    public Xive(int servers, int sourceCount, GuestMemory memory, boolean storeEoi) {
        if (servers < 1 || sourceCount < servers || sourceCount > 1 << 20) {
            throw new IllegalArgumentException("interrupt servers " + servers + ", sources " + sourceCount);
        }
        this.storeEoi = storeEoi;
        sources = new AtomicReferenceArray<>(sourceCount);
        for (int i = 0; i < sourceCount; i++) {
            sources.setPlain(i, Optional.empty());
        }
        contexts = new ThreadContext[servers];
        Arrays.setAll(contexts, ThreadContext::new);
        router = new XiveRouter(sourceCount, contexts, memory);
        for (int server = 0; server < servers; server++) {
            claim(server, false);
        }
    }

    /** How many servers there may be. */
    @Override
    public int serverCount() {
        return contexts.length;
    }

    @Override
    public boolean isServer(long server) {
        return server >= 0 && server < contexts.length && contexts[(int) server].isThere();
    }

    @Override
    public void disconnect(int server) {
        contexts[server].disconnect();
    }

    /** How many source numbers there are. */
    public int sourceCount() {
        return sources.length();
    }

    /** Whether the guest is told that it may end interrupts by a store. */
    public boolean hasStoreEoi() {
        return storeEoi;
    }

    @Override
    public void connect(int server, ExternalInterruptLine line) {
        contexts[server].connect(line);
    }

    /** The thread context of a server. */
    public ThreadContext context(int server) {
        return contexts[server];
    }

    /** The router. */
    public XiveRouter router() {
        return router;
    }

    /** The event queue of a server and a priority below 8. */
    public EventQueue queue(int server, int priority) {
        return router.queue(XiveRouter.number(server, priority));
    }

    /** The source of a number, if it is claimed. */
    public Optional<XiveSource> source(int number) {
        return number >= 0 && number < sources.length() ? sources.get(number) : Optional.empty();
    }

    /** The sources that are claimed. */
    public List<XiveSource> sources() {
        List<XiveSource> all = new ArrayList<>();
        for (int i = 0; i < sources.length(); i++) {
            sources.get(i).ifPresent(all::add);
        }
        return all;
    }

    @Override
    public IrqLine claimLevel(int number) {
        return claim(number, true);
    }

    @Override
    public IrqLine claimMessage(int number) {
        return claim(number, false);
    }

    private IrqLine claim(int number, boolean levelSensitive) {
        lock.lock();
        try {
            if (number < 0 || number >= sources.length() || sources.get(number).isPresent()) {
                throw new IllegalArgumentException("interrupt source " + number + " cannot be claimed");
            }
            XiveSource source = new XiveSource(number, levelSensitive, router::forward);
            router.define(number);
            sources.set(number, Optional.of(source));
            return source;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void release(int number) {
        lock.lock();
        try {
            Optional<XiveSource> source = source(number);
            if (source.isPresent() && number >= contexts.length) {
                sources.set(number, Optional.empty());
                router.remove(number);
                source.get().setPq(Pq.OFF);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isSource(int number) {
        return source(number).isPresent();
    }

    @Override
    public boolean mask(int number) {
        Optional<XiveSource> source = source(number);
        source.ifPresent(s -> s.setPq(Pq.OFF));
        return source.isPresent();
    }

    @Override
    public void onEndOfInterrupt(int number, Runnable listener) {
        source(number)
                .orElseThrow(() -> new IllegalArgumentException("no interrupt source " + number))
                .onEndOfInterrupt(listener);
    }

    /** Guest real address of the trigger page of a source; its management page is the next one. */
    public long triggerPage(int source) {
        return ESB_BASE + ((long) source << EsbPages.PAIR_SHIFT);
    }

    /** Guest real address of the page by which notifications of a queue are managed; that of escalations is the next one. */
    public long notificationPage(int server, int priority) {
        return notificationPage(XiveRouter.number(server, priority));
    }

    private long notificationPage(int queue) {
        return ESB_BASE + ((long) sources.length() + queue << EsbPages.PAIR_SHIFT);
    }

    /** Puts the pages on the I/O bus. */
    public void activate(IoBus bus) {
        lock.lock();
        try {
            if (pages.isEmpty()) {
                long pair = 1L << EsbPages.PAIR_SHIFT;
                pages.add(bus.register(ESB_BASE, sources.length() * pair, new EsbPages(this::source)));
                pages.add(bus.register(notificationPage(0), router.queueCount() * pair, new QueuePages(router)));
                pages.add(bus.register(TIMA_BASE, (long) Tima.PAGES << Tima.PAGE_SHIFT, new Tima(contexts)));
            }
        } finally {
            lock.unlock();
        }
    }

    /** Takes the pages off the I/O bus, and resets the rest. */
    public void deactivate() {
        lock.lock();
        try {
            pages.forEach(IoBus.Registration::close);
            pages.clear();
        } finally {
            lock.unlock();
        }
        reset();
    }

    /** Guest real address of the page of the TIMA by which a user, or an OS, accesses its thread context. */
    public static long timaPage(boolean user) {
        return TIMA_BASE + ((long) (user ? Tima.USER_PAGE : Tima.OS_PAGE) << Tima.PAGE_SHIFT);
    }

    /** Logarithms of the sizes in bytes that an event queue can have. */
    public static int[] queueShifts() {
        return EventQueue.SHIFTS.clone();
    }

    // What the H_INT calls do. Numbers of sources, servers and priorities have been checked.

    /**
     * Directs a source. When this returns no event of it goes to the queue that it was directed to before.
     *
     * @param eisn number of its events in the guest, 31 bits
     */
    public void setSource(int number, boolean masked, int server, int priority, int eisn) {
        router.assign(number, new XiveRouter.Assignment(masked, XiveRouter.number(server, priority), eisn));
        sync(number);
    }

    /** Masks a source and forgets where it was directed. */
    public void resetSource(int number) {
        router.assign(number, new XiveRouter.Assignment(true, 0, 0));
        sync(number);
    }

    /** Returns when all events of a source so far are in their queue, or remembered by Q. */
    public void sync(int number) {
        source(number).ifPresent(XiveSource::sync);
    }

    /** What {@link #setQueue} has done. */
    public enum QueueResult {
        /** The queue is as wanted. */
        DONE,
        /** Nothing: the address is not aligned, or not that of memory. */
        ADDRESS,
        /** Nothing: queues do not come in this size. */
        SIZE
    }

    /**
     * Sets an event queue up, empty, or takes it away.
     *
     * @param shift logarithm of its size in bytes; 0 for no queue
     */
    public QueueResult setQueue(int server, int priority, boolean alwaysNotify, long address, long shift) {
        EventQueue queue = queue(server, priority);
        if (shift == 0) {
            queue.reset();
            return QueueResult.DONE;
        }
        if (!EventQueue.isSize(shift)) {
            return QueueResult.SIZE;
        }
        if (!queue.isPossible(address, (int) shift)) {
            return QueueResult.ADDRESS;
        }
        queue.configure(new EventQueue.Configuration(true, alwaysNotify, address, (int) shift, 1, 0));
        return QueueResult.DONE;
    }

    /**
     * Accesses the management page of a source.
     *
     * @param offset in the page, below 64 KiB
     * @return what was loaded; -1 if it was a store
     */
    public long accessEsb(int number, int offset, boolean isStore) {
        Optional<XiveSource> source = source(number);
        int operation = offset & EsbPages.OFFSET_MASK;
        if (source.isEmpty() || !isStore) {
            return source.isEmpty() ? -1 : source.get().load(operation);
        }
        source.get().store(operation);
        return -1;
    }

    /** H_INT_RESET: all sources off and masked, no queues. */
    public void resetSources() {
        for (XiveSource source : sources()) {
            source.setPq(Pq.OFF);
        }
        router.reset();
        sources().forEach(XiveSource::sync);
    }

    @Override
    public void reset() {
        resetSources();
        for (ThreadContext context : contexts) {
            context.reset();
        }
    }

    /**
     * What does not fit together, worked out from scratch; nothing if all is well. To be asked while nothing happens.
     *
     * @param quiet whether the guest has changed no state P or Q but by events and ends of interrupt: then each source that
     *     has P has its event in a queue
     */
    public List<String> violations(boolean quiet) {
        List<String> found = new ArrayList<>();
        for (ThreadContext context : contexts) {
            add(found, context.snapshot().violation());
        }
        for (int i = 0; i < router.queueCount(); i++) {
            add(found, router.queue(i).violation());
        }
        for (XiveSource source : sources()) {
            XiveRouter.Assignment to = router.assignment(source.number());
            EventQueue queue = router.queue(to.queue());
            SourceCounters counters = source.counters();
            if (counters.triggers()
                    != counters.forwarded() + counters.queued() + counters.merged() + counters.dropped()) {
                found.add("source %x: triggers do not add up".formatted(source.number()));
            }
            EventQueue.Configuration there = queue.configuration();
            boolean isCertain = quiet && !to.masked() && there.enabled() && queue.written() < there.entries();
            if (isCertain && source.pq() >= Pq.PENDING && !queue.holds(to.eisn())) {
                found.add("source %x: P is set, but queue %d/%d does not have its event"
                        .formatted(source.number(), to.server(), to.priority()));
            }
        }
        return found;
    }

    private static void add(List<String> found, String violation) {
        if (!violation.isEmpty()) {
            found.add(violation);
        }
    }
}

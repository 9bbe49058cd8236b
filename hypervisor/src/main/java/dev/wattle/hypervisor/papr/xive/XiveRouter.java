// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import dev.wattle.engine.memory.GuestMemory;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The router: event assignment structures (EAS), one for each source number, and event queues, eight for each server.
 *
 * <p>An EAS is one word, so that it changes as a whole: bit 0 (the most significant) valid, 8 to 31 number of the queue, 32
 * masked, 33 to 63 number of the event in the guest (EISN).
 */
public final class XiveRouter {
    /** Priorities, of which the guest may use all but the last. */
    static final int PRIORITIES = 8;

    private static final long VALID = 1L << 63;
    private static final long MASKED = 1L << 31;
    private static final int QUEUE_SHIFT = 32;
    private static final int QUEUE_MASK = 0xff_ffff;
    private static final long EISN_MASK = 0x7fff_ffff;

    /**
     * Where a source is directed.
     *
     * @param masked whether its events are dropped
     * @param queue number of the event queue
     * @param eisn number of its events in the guest
     */
    public record Assignment(boolean masked, int queue, int eisn) {
        /** Server of the queue. */
        public int server() {
            return queue / PRIORITIES;
        }

        /** Priority of the queue. */
        public int priority() {
            return queue % PRIORITIES;
        }
    }

    private final AtomicLongArray assignments;
    private final EventQueue[] queues;

    XiveRouter(int sources, ThreadContext[] contexts, GuestMemory memory) {
        assignments = new AtomicLongArray(sources);
        queues = new EventQueue[contexts.length * PRIORITIES];
        Arrays.setAll(
                queues,
                i -> new EventQueue(
                        i, contexts[i / PRIORITIES], i % PRIORITIES, memory, (queue, data) -> trigger(queue, data)));
    }

    private void trigger(int queue, int data) {
        if (queue < queues.length) {
            queues[queue].trigger(data);
        }
    }

    /** Number of the queue of a server and a priority. */
    static int number(int server, int priority) {
        return server * PRIORITIES + priority;
    }

    int queueCount() {
        return queues.length;
    }

    EventQueue queue(int number) {
        return queues[number];
    }

    /** Makes a source known, masked. */
    void define(int source) {
        assignments.set(source, VALID | MASKED);
    }

    void remove(int source) {
        assignments.set(source, 0);
    }

    boolean isDefined(int source) {
        return source >= 0 && source < assignments.length() && assignments.get(source) < 0;
    }

    /** Where a source is directed. */
    public Assignment assignment(int source) {
        long word = assignments.get(source);
        return new Assignment(
                (word & MASKED) != 0, (int) (word >>> QUEUE_SHIFT) & QUEUE_MASK, (int) (word & EISN_MASK));
    }

    /** Directs a source that is defined. */
    void assign(int source, Assignment wanted) {
        assignments.updateAndGet(
                source,
                old -> old < 0
                        ? VALID
                                | (wanted.masked ? MASKED : 0)
                                | (long) wanted.queue << QUEUE_SHIFT
                                | wanted.eisn & EISN_MASK
                        : old);
    }

    /** An event of a source. */
    void forward(int source) {
        long word = assignments.get(source);
        if (word >= 0 || (word & MASKED) != 0) {
            return;
        }
        int queue = (int) (word >>> QUEUE_SHIFT) & QUEUE_MASK;
        int eisn = (int) (word & EISN_MASK);
        queues[queue].trigger(eisn);
        EventForwarded.record(source, eisn, queue / PRIORITIES, queue % PRIORITIES);
    }

    /** Masks all sources and forgets all queues. */
    void reset() {
        for (int i = 0; i < assignments.length(); i++) {
            assignments.updateAndGet(i, word -> word < 0 ? VALID | MASKED : 0);
        }
        for (EventQueue queue : queues) {
            queue.reset();
        }
    }
}

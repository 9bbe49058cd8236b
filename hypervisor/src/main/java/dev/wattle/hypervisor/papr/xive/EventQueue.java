// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import dev.wattle.engine.memory.GuestMemory;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An event notification descriptor (END): the event queue of one server and priority. Its entries are big-endian words in
 * guest memory: the generation in the most significant bit, the number of the event in the others. The generation changes at
 * each wrap, so that the guest knows new entries from old ones.
 *
 * <p>Thread-safe; the lock is not held when the thread context is told.
 */
public final class EventQueue {
    /** Logarithms of the sizes in bytes that a queue can have. */
    static final int[] SHIFTS = {12, 16, 21, 24};

    private static final int ENTRY_SHIFT = 2;
    private static final int DATA_MASK = 0x7fff_ffff;
    private static final int NOBODY = -1;

    /** Where an escalation goes: what the router does with the number of an event. */
    interface Escalation {
        /** Triggers the queue of another server or priority. */
        void to(int queue, int data);
    }

    /**
     * What the guest has configured, and how far the queue is.
     *
     * @param enabled whether there is a queue at all
     * @param alwaysNotify whether each event is presented, not only the first after an end of interrupt
     * @param address guest real address
     * @param shift logarithm of its bytes
     * @param generation bit that the next entry gets
     * @param index of the next entry
     */
    public record Configuration(
            boolean enabled, boolean alwaysNotify, long address, int shift, int generation, int index) {
        static final Configuration NONE = new Configuration(false, false, 0, 0, 0, 0);

        /** Entries that the queue has room for. */
        public int entries() {
            return enabled ? 1 << shift - ENTRY_SHIFT : 0;
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final int number;
    private final ThreadContext context;
    private final int priority;
    private final GuestMemory memory;
    private final Escalation escalation;
    private Configuration configuration = Configuration.NONE;
    /** P and Q of notifications, and of escalations. */
    private int esn = Pq.OFF;

    private int ese = Pq.OFF;
    private int escalationQueue = NOBODY;
    private int escalationData;
    private long written;
    private long lost;

    EventQueue(int number, ThreadContext context, int priority, GuestMemory memory, Escalation escalation) {
        this.number = number;
        this.context = context;
        this.priority = priority;
        this.memory = memory;
        this.escalation = escalation;
    }

    /** Server that it belongs to. */
    public int server() {
        return context.server();
    }

    /** Priority of its events. */
    public int priority() {
        return priority;
    }

    /** What is configured now. */
    public Configuration configuration() {
        lock.lock();
        try {
            return configuration;
        } finally {
            lock.unlock();
        }
    }

    /** Entries written since the queue was configured. */
    public long written() {
        lock.lock();
        try {
            return written;
        } finally {
            lock.unlock();
        }
    }

    /** Events that came when there was no queue, or its memory was not there any more. */
    public long lost() {
        lock.lock();
        try {
            return lost;
        } finally {
            lock.unlock();
        }
    }

    /** Whether queues come in a size, given by its logarithm. */
    static boolean isSize(long shift) {
        return Arrays.stream(SHIFTS).anyMatch(possible -> possible == shift);
    }

    /** Whether a queue can be there: a size that exists, naturally aligned, in memory that can be written. */
    boolean isPossible(long address, int shift) {
        long bytes = 1L << shift;
        return (address & bytes - 1) == 0 && memory.contains(address, bytes) && memory.isWritable(address);
    }

    /** Configures the queue, and enables notification. */
    void configure(Configuration wanted) {
        lock.lock();
        try {
            configuration = wanted;
            written = 0;
            lost = 0;
            esn = wanted.enabled ? Pq.RESET : Pq.OFF;
            ese = wanted.enabled ? Pq.RESET : Pq.OFF;
        } finally {
            lock.unlock();
        }
    }

    /** Back to no queue. */
    void reset() {
        configure(Configuration.NONE);
    }

    /**
     * Has events go to another queue too while the thread context is not on a thread.
     *
     * @param queue number of the other queue; negative for none
     * @param data number of the event in that queue
     */
    void escalate(int queue, int data) {
        lock.lock();
        try {
            escalationQueue = queue;
            escalationData = data;
        } finally {
            lock.unlock();
        }
    }

    /** An event: writes it into the queue and presents it. */
    void trigger(int data) {
        lock.lock();
        try {
            if (!configuration.enabled || !write(data)) {
                lost++;
                return;
            }
            if (!configuration.alwaysNotify) {
                int before = esn;
                esn = Pq.afterTrigger(before);
                if (before != Pq.RESET) {
                    return;
                }
            }
        } finally {
            lock.unlock();
        }
        if (!context.notify(priority)) {
            escalate();
        }
    }

    private void escalate() {
        int queue;
        int data;
        lock.lock();
        try {
            int before = ese;
            ese = Pq.afterTrigger(before);
            queue = before == Pq.RESET ? escalationQueue : NOBODY;
            data = escalationData;
        } finally {
            lock.unlock();
        }
        // Not to itself: that would not end.
        if (queue >= 0 && queue != number) {
            escalation.to(queue, data);
        }
    }

    /** Needs the lock. */
    private boolean write(int data) {
        Configuration now = configuration;
        long address = now.address + ((long) now.index << ENTRY_SHIFT);
        if (!memory.contains(address, Integer.BYTES)) {
            return false;
        }
        try {
            memory.putInt(address, now.generation << 31 | data & DATA_MASK);
        } catch (IndexOutOfBoundsException e) {
            // Its memory slot has been taken away at this moment.
            return false;
        }
        written++;
        int next = now.index + 1 & now.entries() - 1;
        configuration = new Configuration(
                true, now.alwaysNotify, now.address, now.shift, next == 0 ? now.generation ^ 1 : now.generation, next);
        return true;
    }

    /**
     * A load from one of the ESB pages of this queue.
     *
     * @param escalations whether from the page of escalations, or that of notifications
     */
    long load(boolean escalations, int offset) {
        lock.lock();
        try {
            if (!configuration.enabled) {
                return -1;
            }
            int before = escalations ? ese : esn;
            int operation = offset >>> 8 & 0xf;
            int after = before;
            long value = before;
            if (operation < 0x8) {
                after = Pq.afterEndOfInterrupt(before);
                value = before == Pq.QUEUED ? 1 : 0;
            } else if (operation >= 0xc) {
                after = operation & Pq.MASK;
            }
            if (escalations) {
                ese = after;
            } else {
                esn = after;
            }
            return value;
        } finally {
            lock.unlock();
        }
    }

    /** Marks the queue's memory as written, for who copies guest memory (KVM_DEV_XIVE_EQ_SYNC). */
    void markDirty() {
        Configuration now = configuration();
        if (now.enabled && memory.contains(now.address, 1L << now.shift)) {
            memory.markDirty(now.address, 1L << now.shift);
        }
    }

    /** Some entries around the next one, oldest first: the last of them is the next to be written. */
    public int[] window(int count) {
        Configuration now = configuration();
        if (!now.enabled) {
            return new int[0];
        }
        int[] entries = new int[count];
        for (int i = 0; i < count; i++) {
            int index = now.index - (count - 1) + i & now.entries() - 1;
            long address = now.address + ((long) index << ENTRY_SHIFT);
            entries[i] = memory.contains(address, Integer.BYTES) ? memory.getInt(address) : 0;
        }
        return entries;
    }

    /** What does not fit: the queue's contents against its index and generation; empty if all does. */
    String violation() {
        lock.lock();
        try {
            Configuration now = configuration;
            if (!now.enabled || written == 0 || !memory.contains(now.address, 1L << now.shift)) {
                return "";
            }
            int known = (int) Math.min(written, now.entries());
            for (int back = 1; back <= known; back++) {
                int index = now.index - back;
                int generation = index < 0 ? now.generation ^ 1 : now.generation;
                long address = now.address + ((long) (index & now.entries() - 1) << ENTRY_SHIFT);
                if (memory.getInt(address) >>> 31 != generation) {
                    return "queue %d/%d: entry %d is not of generation %d"
                            .formatted(server(), priority, index & now.entries() - 1, generation);
                }
            }
            return "";
        } finally {
            lock.unlock();
        }
    }

    /** Whether an event of this number is among the entries that have not been overwritten. */
    boolean holds(int data) {
        lock.lock();
        try {
            Configuration now = configuration;
            int known = (int) Math.min(written, now.entries());
            for (int back = 1; back <= known; back++) {
                long address = now.address + ((long) (now.index - back & now.entries() - 1) << ENTRY_SHIFT);
                if (memory.contains(address, Integer.BYTES) && (memory.getInt(address) & DATA_MASK) == data) {
                    return true;
                }
            }
            return false;
        } finally {
            lock.unlock();
        }
    }
}

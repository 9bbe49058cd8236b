// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import dev.wattle.hypervisor.papr.xics.ExternalInterruptLine;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The thread context of one server: the rings of the thread interrupt management area (TIMA) that a partition has, user and
 * OS. It presents the most favoured pending priority if that is more favoured than the CPPR, by the external interrupt input
 * of the vCPU.
 *
 * <p>The OS ring, by byte: NSR 0, CPPR 1, IPB 2, LSMFB 3, ACK# 4, INC 5, AGE 6, PIPR 7, and at 8 the word with the valid bit
 * and the CAM line. The user ring stays 0: there are no event-based branches by interrupts.
 *
 * <p>Thread-safe. {@link ExternalInterruptLine#set} is called with the lock held.
 */
public final class ThreadContext {
    /** Offsets of rings. */
    static final int QW0_USER = 0x00;

    static final int QW1_OS = 0x10;
    static final int RINGS_BYTES = 0x40;

    private static final int CPPR = 1;
    private static final int AGE = 6;
    private static final int WORD2 = 8;
    /** An exception of the OS is outstanding. */
    static final int NSR_EO = 0x80;

    static final int LEAST_FAVOURED = 0xff;
    private static final int PRIORITIES = 8;
    private static final int VALID = 1 << 31;
    /** LSMFB, ACK# and AGE in the OS ring, as after a reset of the hardware. */
    private static final long IDLE_BYTES = 0xff_ff00_ff00L;

    /** Numbers of virtual processors begin here in CAM lines; the guest attaches no meaning to them. */
    private static final int CAM_BASE = 0x400;

    private static final ExternalInterruptLine UNCONNECTED = asserted -> {};

    private final ReentrantLock lock = new ReentrantLock();
    private final int server;
    private final LatencyHistogram latency = new LatencyHistogram();
    private ExternalInterruptLine line = UNCONNECTED;
    private boolean isThere = true;
    private int nsr;
    private int cppr;
    private int ipb;
    private int pipr = LEAST_FAVOURED;
    private boolean dispatched = true;
    private long presented;
    private long accepted;
    private long presentedAt;

    ThreadContext(int server) {
        this.server = server;
    }

    /** Its interrupt server number. */
    public int server() {
        return server;
    }

    /** From presentation to acceptance. */
    public LatencyHistogram latency() {
        return latency;
    }

    void connect(ExternalInterruptLine newLine) {
        lock.lock();
        try {
            line = newLine;
            isThere = true;
            line.set(nsr != 0);
        } finally {
            lock.unlock();
        }
    }

    /** Has no vCPU from now on, and is back in its state at power-on. */
    void disconnect() {
        lock.lock();
        try {
            reset();
            isThere = false;
            line = UNCONNECTED;
        } finally {
            lock.unlock();
        }
    }

    /** Whether it has a vCPU, or has not been told. */
    boolean isThere() {
        lock.lock();
        try {
            return isThere;
        } finally {
            lock.unlock();
        }
    }

    /** The most favoured priority of an interrupt pending buffer, which has priority 0 in its most significant bit. */
    static int mostFavoured(int ipb) {
        return ipb == 0 ? LEAST_FAVOURED : Integer.numberOfLeadingZeros(ipb) - (Integer.SIZE - PRIORITIES);
    }

    /**
     * Makes a priority pending.
     *
     * @return whether the context is on a thread; otherwise it is remembered until then
     */
    boolean notify(int priority) {
        lock.lock();
        try {
            ipb |= bit(priority);
            present();
            return dispatched;
        } finally {
            lock.unlock();
        }
    }

    private static int bit(int priority) {
        return priority < PRIORITIES ? 0x80 >>> priority : 0;
    }

    /** Needs the lock. */
    private void present() {
        pipr = mostFavoured(ipb);
        boolean asserted = dispatched && pipr < cppr;
        if (asserted == (nsr != 0)) {
            return;
        }
        nsr = asserted ? NSR_EO : 0;
        if (asserted) {
            presented++;
            presentedAt = System.nanoTime();
        }
        line.set(asserted);
    }

    /**
     * Accepts the presented interrupt: its priority becomes the CPPR, and is not pending any more.
     *
     * @return NSR as it was in the high byte, CPPR as it is now in the low one
     */
    int accept() {
        lock.lock();
        try {
            int before = nsr;
            if (before != 0) {
                cppr = pipr;
                ipb &= ~bit(cppr);
                accepted++;
                long nanos = System.nanoTime() - presentedAt;
                latency.add(nanos);
                InterruptAccepted.record(server, cppr, nanos);
                present();
            }
            return before << 8 | cppr;
        } finally {
            lock.unlock();
        }
    }

    /** Sets the current processor priority; anything above 7 admits all priorities. */
    void setCppr(int priority) {
        lock.lock();
        try {
            cppr = priority >= PRIORITIES ? LEAST_FAVOURED : priority;
            present();
        } finally {
            lock.unlock();
        }
    }

    /** Takes the context off its thread, as for a vCPU that is taken away. */
    public void pull() {
        lock.lock();
        try {
            dispatched = false;
            present();
        } finally {
            lock.unlock();
        }
    }

    /** Puts the context on its thread, with what has become pending meanwhile. */
    public void push() {
        lock.lock();
        try {
            dispatched = true;
            present();
        } finally {
            lock.unlock();
        }
    }

    /** Back to the state at power-on, in which nothing is pending or admitted. */
    void reset() {
        lock.lock();
        try {
            cppr = 0;
            ipb = 0;
            dispatched = true;
            present();
        } finally {
            lock.unlock();
        }
    }

    /** The first two words of the OS ring (KVM_REG_PPC_VP_STATE, first doubleword). */
    public long state() {
        lock.lock();
        try {
            return osRing();
        } finally {
            lock.unlock();
        }
    }

    /** Sets what {@link #state} returns; NSR and PIPR follow from the rest. */
    public void restore(long state) {
        lock.lock();
        try {
            int priority = (int) (state >>> 48) & 0xff;
            cppr = priority >= PRIORITIES ? LEAST_FAVOURED : priority;
            ipb = (int) (state >>> 40) & 0xff;
            present();
        } finally {
            lock.unlock();
        }
    }

    private long osRing() {
        return (long) nsr << 56 | (long) cppr << 48 | (long) ipb << 40 | IDLE_BYTES | pipr;
    }

    int word2() {
        lock.lock();
        try {
            return dispatched ? VALID | CAM_BASE + server : CAM_BASE + server;
        } finally {
            lock.unlock();
        }
    }

    /**
     * A plain load from the rings, of bytes that the view shows; others are 0.
     *
     * @param offset of the first byte, with all bytes in one ring
     */
    long peek(int offset, int size) {
        lock.lock();
        try {
            long value = 0;
            for (int i = 0; i < size; i++) {
                value = value << 8 | octet(offset + i);
            }
            return value;
        } finally {
            lock.unlock();
        }
    }

    private int octet(int offset) {
        int at = offset - QW1_OS;
        boolean shown = at >= 0 && at < WORD2 && at != AGE;
        return shown ? (int) (osRing() >>> 56 - 8 * at) & 0xff : 0;
    }

    /** A plain store of four or eight bytes to the OS ring: the CPPR is all that an OS may set by it. */
    void poke(int offset, int size, long value) {
        int at = QW1_OS + CPPR - offset;
        if (at >= 0 && at < size) {
            setCppr((int) (value >>> 8 * (size - 1 - at)) & 0xff);
        }
    }

    /** Whether the external interrupt input is asserted, and what it follows from, for people. */
    public Snapshot snapshot() {
        lock.lock();
        try {
            return new Snapshot(server, nsr, cppr, ipb, pipr, dispatched, presented, accepted);
        } finally {
            lock.unlock();
        }
    }

    /**
     * A thread context at one moment.
     *
     * @param presented how often the external interrupt input was raised
     * @param accepted how many interrupts the guest has accepted
     */
    public record Snapshot(
            int server, int nsr, int cppr, int ipb, int pipr, boolean dispatched, long presented, long accepted) {
        /** What does not follow from the rest as it must; empty if all does. */
        public String violation() {
            if (pipr != mostFavoured(ipb)) {
                return "server %d: PIPR %02x, but IPB %02x".formatted(server, pipr, ipb);
            }
            if ((nsr == NSR_EO) != (dispatched && pipr < cppr)) {
                return "server %d: NSR %02x, but PIPR %02x and CPPR %02x".formatted(server, nsr, pipr, cppr);
            }
            return "";
        }
    }
}

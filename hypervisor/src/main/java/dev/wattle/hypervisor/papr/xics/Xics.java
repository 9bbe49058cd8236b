// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The PAPR interrupt controller (PAPR, "Platform Interrupt Management"): one presentation controller (ICP) per
 * interrupt server and one source controller (ICS) for all devices.
 *
 * <p>Instead of passing reject and resend messages between the two layers, each source remembers whether it has
 * something to present, and every event re-selects the most favoured candidate of a server. A candidate that is
 * displaced before the guest accepts it is therefore never lost: it was pending all the time. The guest sees the same
 * as with messages.
 *
 * <p>Priorities: 0 is the most favoured, 0xff the least; 0xff as the priority of a source means that it is masked. An
 * interrupt is presented if its priority is more favoured than the server's CPPR.
 *
 * <p>Thread-safe: devices raise lines from their own threads. {@link ExternalInterruptLine#set} is called with the lock
 * held.
 */
public final class Xics implements InterruptController {
    /** Source number of the inter-processor interrupt in XISR. */
    public static final int IPI = 2;
    /** Masked, as a source's priority; everything admitted, as a CPPR; no interrupt wanted, as an MFRR. */
    public static final int LEAST_FAVOURED = 0xff;

    private static final int XISR_MASK = 0xff_ffff;
    private static final int CPPR_SHIFT = 24;
    private static final int STATE_PRIORITY_SHIFT = 32;
    private static final long STATE_LEVEL = 1L << 40;
    private static final long STATE_MASKED = 1L << 41;
    private static final long STATE_PENDING = 1L << 42;
    private static final long STATE_PRESENTED = 1L << 43;
    private static final long STATE_QUEUED = 1L << 44;
    private static final int ICP_CPPR_SHIFT = 56;
    private static final int ICP_XISR_SHIFT = 32;
    private static final int ICP_MFRR_SHIFT = 24;
    private static final int ICP_PRIORITY_SHIFT = 16;

    /** Server and priority of a source, as ibm,get-xive reports them. */
    public record Destination(int server, int priority) {}

    private static final class Server {
        private ExternalInterruptLine line = UNCONNECTED;
        private boolean isThere = true;
        private int cppr;
        private int mfrr = LEAST_FAVOURED;
        private int xisr;
        private int pendingPriority = LEAST_FAVOURED;
        private boolean asserted;
    }

    private final class Source implements IrqLine {
        private final int number;
        private final boolean levelSensitive;
        private int server;
        private int priority = LEAST_FAVOURED;
        private int savedPriority = LEAST_FAVOURED;
        private boolean level;
        private boolean message;
        private boolean inService;
        private Runnable endOfInterrupt = NOBODY;
        /** In the XISR of a server: not to be offered to another one meanwhile. */
        private boolean presented;

        private Source(int number, boolean levelSensitive) {
            this.number = number;
            this.levelSensitive = levelSensitive;
        }

        private boolean pending() {
            return !presented && (levelSensitive ? level && !inService : message);
        }

        @Override
        public int number() {
            return number;
        }

        @Override
        public void set(boolean asserted) {
            lock.lock();
            try {
                if (levelSensitive) {
                    level = asserted;
                } else if (asserted) {
                    message = true;
                } else {
                    return;
                }
                if (asserted) {
                    present(servers[server]);
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private static final Runnable NOBODY = () -> {};
    private static final ExternalInterruptLine UNCONNECTED = asserted -> {};

    private final ReentrantLock lock = new ReentrantLock();
    private final Server[] servers;
    private final int base;
    private final Source[] sources;
    /** The claimed sources, densely, for selection. */
    private Source[] claimed = new Source[0];

    /**
     * @param serverCount number of interrupt servers (virtual processors), numbered from 0
     * @param sourceBase number of the first source
     * @param sourceCount number of sources that can be claimed
     */
    public Xics(int serverCount, int sourceBase, int sourceCount) {
        if (serverCount < 1 || sourceBase <= IPI || sourceCount < 0 || sourceBase + sourceCount > XISR_MASK) {
            throw new IllegalArgumentException(
                    "interrupt servers " + serverCount + ", sources " + sourceBase + "+" + sourceCount);
        }
        servers = new Server[serverCount];
        Arrays.setAll(servers, i -> new Server());
        base = sourceBase;
        sources = new Source[sourceCount];
    }

    /** Connects a server to the external interrupt input of its vCPU. */
    @Override
    public void connect(int server, ExternalInterruptLine line) {
        lock.lock();
        try {
            Server s = servers[server];
            s.line = line;
            s.isThere = true;
            line.set(s.asserted);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void disconnect(int server) {
        lock.lock();
        try {
            Server s = servers[server];
            int displaced = withdraw(s);
            s.cppr = 0;
            s.mfrr = LEAST_FAVOURED;
            s.isThere = false;
            present(s);
            s.line = UNCONNECTED;
            presentElsewhere(displaced, s);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isServer(long server) {
        lock.lock();
        try {
            return isThere(server);
        } finally {
            lock.unlock();
        }
    }

    /** Needs the lock. */
    private boolean isThere(long server) {
        return server >= 0 && server < servers.length && servers[(int) server].isThere;
    }

    /** How many interrupt servers there may be. */
    @Override
    public int serverCount() {
        return servers.length;
    }

    /**
     * Claims a level-sensitive source for a device.
     *
     * @throws IllegalArgumentException if the number is out of range or claimed already
     */
    @Override
    public IrqLine claimLevel(int number) {
        return claim(number, true);
    }

    /**
     * Claims a message-signalled (edge-sensitive) source for a device.
     *
     * @throws IllegalArgumentException if the number is out of range or claimed already
     */
    @Override
    public IrqLine claimMessage(int number) {
        return claim(number, false);
    }

    private IrqLine claim(int number, boolean levelSensitive) {
        lock.lock();
        try {
            int index = number - base;
            if (index < 0 || index >= sources.length || sources[index] != null) {
                throw new IllegalArgumentException("interrupt source " + number + " cannot be claimed");
            }
            Source source = new Source(number, levelSensitive);
            sources[index] = source;
            claimed = Arrays.copyOf(claimed, claimed.length + 1);
            claimed[claimed.length - 1] = source;
            return source;
        } finally {
            lock.unlock();
        }
    }

    /** Whether a device has claimed this source number. */
    @Override
    public boolean isSource(int number) {
        lock.lock();
        try {
            return isClaimed(number);
        } finally {
            lock.unlock();
        }
    }

    private boolean isClaimed(int number) {
        int index = number - base;
        return index >= 0 && index < sources.length && sources[index] != null;
    }

    // Presentation: what H_XIRR, H_EOI, H_CPPR, H_IPI and H_IPOLL do.

    /**
     * Accepts the presented interrupt: the server's CPPR becomes its priority.
     *
     * @return XIRR as it was: CPPR in the high byte, XISR below; XISR is 0 if nothing was presented
     */
    public int accept(int server) {
        lock.lock();
        try {
            Server s = servers[server];
            int xirr = s.cppr << CPPR_SHIFT | s.xisr;
            if (s.xisr == 0) {
                return xirr;
            }
            if (isClaimed(s.xisr)) {
                Source source = sources[s.xisr - base];
                source.presented = false;
                source.message = false;
                source.inService = source.levelSensitive;
            }
            s.cppr = s.pendingPriority;
            s.xisr = 0;
            s.pendingPriority = LEAST_FAVOURED;
            present(s);
            return xirr;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends an interrupt.
     *
     * @param xirr CPPR to restore in the high byte, source number below; a number that no source has is ignored
     */
    public void endOfInterrupt(int server, int xirr) {
        Runnable listener = NOBODY;
        lock.lock();
        try {
            Server s = servers[server];
            int number = xirr & XISR_MASK;
            if (isClaimed(number)) {
                Source source = sources[number - base];
                source.inService = false;
                listener = source.endOfInterrupt;
                if (source.server != server) {
                    present(servers[source.server]);
                }
            }
            s.cppr = xirr >>> CPPR_SHIFT;
            // What listens may lower the line, before the interrupt is presented again for nothing.
            if (listener == NOBODY) {
                present(s);
            }
        } finally {
            lock.unlock();
        }
        if (listener != NOBODY) {
            listener.run();
            setCppr(server, xirr >>> CPPR_SHIFT);
        }
    }

    /**
     * Has the end of each interrupt of a source told, without the lock, by the thread of the vCPU that ends it. Replaces
     * an earlier listener.
     *
     * @throws IllegalArgumentException if there is no such source
     */
    @Override
    public void onEndOfInterrupt(int number, Runnable listener) {
        lock.lock();
        try {
            if (!isClaimed(number)) {
                throw new IllegalArgumentException("no interrupt source " + number);
            }
            sources[number - base].endOfInterrupt = listener;
        } finally {
            lock.unlock();
        }
    }

    /** Gives a source back that was claimed; it is not pending any more. Does nothing if there is no such source. */
    @Override
    public void release(int number) {
        lock.lock();
        try {
            if (!isClaimed(number)) {
                return;
            }
            Source source = sources[number - base];
            for (Server s : servers) {
                if (s.xisr == number) {
                    withdraw(s);
                }
            }
            sources[number - base] = null;
            claimed = Arrays.stream(claimed).filter(other -> other != source).toArray(Source[]::new);
            for (Server s : servers) {
                present(s);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Sets the current processor priority register of a server. */
    public void setCppr(int server, int cppr) {
        lock.lock();
        try {
            servers[server].cppr = cppr & 0xff;
            present(servers[server]);
        } finally {
            lock.unlock();
        }
    }

    /** Sets the most favoured request register of a server: the priority of its inter-processor interrupt. */
    public void setMfrr(int server, int mfrr) {
        lock.lock();
        try {
            servers[server].mfrr = mfrr & 0xff;
            present(servers[server]);
        } finally {
            lock.unlock();
        }
    }

    /** XIRR of a server without accepting anything. */
    public int xirr(int server) {
        lock.lock();
        try {
            return servers[server].cppr << CPPR_SHIFT | servers[server].xisr;
        } finally {
            lock.unlock();
        }
    }

    /** MFRR of a server. */
    public int mfrr(int server) {
        lock.lock();
        try {
            return servers[server].mfrr;
        } finally {
            lock.unlock();
        }
    }

    /**
     * State of the presentation controller of a server, as in KVM_REG_PPC_ICP_STATE: CPPR in bits 0:7, XISR in 8:31, MFRR
     * in 32:39, the priority of what is in XISR in 40:47.
     */
    public long presentation(int server) {
        lock.lock();
        try {
            Server s = servers[server];
            return (long) s.cppr << ICP_CPPR_SHIFT
                    | (long) s.xisr << ICP_XISR_SHIFT
                    | (long) s.mfrr << ICP_MFRR_SHIFT
                    | (long) s.pendingPriority << ICP_PRIORITY_SHIFT;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Restores the state of the presentation controller of a server.
     *
     * @param state as {@link #presentation} gives it
     * @throws IllegalArgumentException if no server can be in that state, or XISR is a source that there is not; nothing
     *     has changed then
     */
    public void setPresentation(int server, long state) {
        int cppr = (int) (state >>> ICP_CPPR_SHIFT);
        int xisr = (int) (state >>> ICP_XISR_SHIFT) & XISR_MASK;
        int mfrr = (int) (state >>> ICP_MFRR_SHIFT) & 0xff;
        int priority = (int) (state >>> ICP_PRIORITY_SHIFT) & 0xff;
        lock.lock();
        try {
            // What is presented stays when the MFRR changes.
            boolean isPossible = xisr == 0
                    ? priority == LEAST_FAVOURED
                    : priority < cppr && (xisr == IPI || isClaimed(xisr) && priority <= mfrr);
            if (!isPossible || (state & 0xffff) != 0) {
                throw new IllegalArgumentException(
                        "state 0x%x of an interrupt server: XISR %d with priority %d does not go with CPPR %d and MFRR %d"
                                .formatted(state, xisr, priority, cppr, mfrr));
            }
            Server s = servers[server];
            withdraw(s);
            s.cppr = cppr;
            s.mfrr = mfrr;
            s.xisr = xisr;
            s.pendingPriority = priority;
            if (isClaimed(xisr)) {
                Source source = sources[xisr - base];
                source.presented = true;
                // It is pending again if something else displaces it.
                source.message = !source.levelSensitive;
                source.inService = false;
            }
            present(s);
        } finally {
            lock.unlock();
        }
    }

    // Sources: what the RTAS calls ibm,set-xive, ibm,get-xive, ibm,int-off and ibm,int-on do.

    /**
     * Directs a source.
     *
     * @return false if there is no such source or server, or the priority is not a byte
     */
    public boolean setDestination(int number, int server, int priority) {
        lock.lock();
        try {
            if (!isClaimed(number) || !isThere(server) || priority != (priority & 0xff)) {
                return false;
            }
            Source source = sources[number - base];
            source.server = server;
            source.priority = priority;
            source.savedPriority = priority;
            present(servers[server]);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Where a source is directed.
     *
     * @throws IllegalArgumentException if there is no such source; ask {@link #isSource} first
     */
    public Destination destination(int number) {
        lock.lock();
        try {
            if (!isClaimed(number)) {
                throw new IllegalArgumentException("no interrupt source " + number);
            }
            Source source = sources[number - base];
            return new Destination(source.server, source.priority);
        } finally {
            lock.unlock();
        }
    }

    /** Masks a source and remembers its priority. Returns false if there is no such source. */
    @Override
    public boolean mask(int number) {
        lock.lock();
        try {
            if (!isClaimed(number)) {
                return false;
            }
            Source source = sources[number - base];
            if (source.priority != LEAST_FAVOURED) {
                source.savedPriority = source.priority;
            }
            source.priority = LEAST_FAVOURED;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Gives a masked source its priority back. Returns false if there is no such source. */
    public boolean unmask(int number) {
        lock.lock();
        try {
            if (!isClaimed(number)) {
                return false;
            }
            Source source = sources[number - base];
            source.priority = source.savedPriority;
            present(servers[source.server]);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Back to the state at power-on: everything masked, nothing pending but the levels that devices hold. */
    @Override
    public void reset() {
        lock.lock();
        try {
            for (Source source : claimed) {
                source.server = 0;
                source.priority = LEAST_FAVOURED;
                source.savedPriority = LEAST_FAVOURED;
                source.message = false;
                source.inService = false;
                source.presented = false;
            }
            for (Server s : servers) {
                s.cppr = 0;
                s.mfrr = LEAST_FAVOURED;
                s.xisr = 0;
                s.pendingPriority = LEAST_FAVOURED;
                present(s);
            }
        } finally {
            lock.unlock();
        }
    }

    // State, as KVM has it: to be read and written while nothing happens. Sources first, then servers, when written.

    /**
     * State of a source (KVM_DEV_XICS_GRP_SOURCES), counted from the least significant bit: server 0 to 31, priority 32 to
     * 39, level-sensitive 40, masked 41, pending 42, presented 43, queued 44.
     *
     * @throws IllegalArgumentException if there is no such source
     */
    public long sourceState(int number) {
        lock.lock();
        try {
            Source source = claimedSource(number);
            boolean masked = source.priority == LEAST_FAVOURED;
            long state = source.server
                    | (long) (masked ? source.savedPriority : source.priority) << STATE_PRIORITY_SHIFT
                    | (masked ? STATE_MASKED : 0);
            if (source.levelSensitive) {
                return state
                        | STATE_LEVEL
                        | (source.level ? STATE_PENDING : 0)
                        | (source.inService || source.presented ? STATE_PRESENTED : 0);
            }
            return state | (source.presented ? STATE_PRESENTED : source.message ? STATE_PENDING : 0);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sets the state of a source, as {@link #sourceState} has it.
     *
     * @throws IllegalArgumentException if there is no such source or server, or the source is not of this kind
     */
    public void setSourceState(int number, long state) {
        lock.lock();
        try {
            Source source = claimedSource(number);
            int server = (int) state;
            if (!isThere(server)) {
                throw new IllegalArgumentException("source " + number + ": there is no server " + server);
            }
            if (source.levelSensitive != ((state & STATE_LEVEL) != 0)) {
                throw new IllegalArgumentException("source " + number + ": it is "
                        + (source.levelSensitive ? "level-sensitive" : "message-signalled") + ", the state is not");
            }
            int priority = (int) (state >>> STATE_PRIORITY_SHIFT) & LEAST_FAVOURED;
            source.server = server;
            source.savedPriority = priority;
            source.priority = (state & STATE_MASKED) != 0 ? LEAST_FAVOURED : priority;
            boolean isPresented = (state & STATE_PRESENTED) != 0;
            if (source.levelSensitive) {
                source.level = (state & STATE_PENDING) != 0;
                source.inService = isPresented;
            } else {
                // Presented: accepted already, unless the state of a server says that it still has it.
                source.message = (state & (STATE_PENDING | STATE_QUEUED)) != 0;
            }
            source.presented = false;
            present(servers[server]);
        } finally {
            lock.unlock();
        }
    }

    private Source claimedSource(int number) {
        if (!isClaimed(number)) {
            throw new IllegalArgumentException("no interrupt source " + number);
        }
        return sources[number - base];
    }

    /** Numbers of the sources that are claimed, in order. */
    public int[] sourceNumbers() {
        lock.lock();
        try {
            return Arrays.stream(claimed)
                    .mapToInt(source -> source.number)
                    .sorted()
                    .toArray();
        } finally {
            lock.unlock();
        }
    }

    /** What does not fit together between servers and sources, worked out from scratch; nothing if all is well. */
    public List<String> violations() {
        lock.lock();
        try {
            List<String> found = new ArrayList<>();
            for (int i = 0; i < servers.length; i++) {
                Server s = servers[i];
                if (s.asserted != (s.xisr != 0)) {
                    found.add("server %d: its line is %b, XISR %x".formatted(i, s.asserted, s.xisr));
                }
                if (s.xisr != 0 && s.pendingPriority >= s.cppr) {
                    found.add("server %d: presents priority %x, CPPR %x".formatted(i, s.pendingPriority, s.cppr));
                }
                if (s.xisr > IPI && !(isClaimed(s.xisr) && sources[s.xisr - base].presented)) {
                    found.add("server %d: presents %x, which is not presented".formatted(i, s.xisr));
                }
                int best = Math.min(s.cppr, s.pendingPriority);
                if (s.mfrr < best) {
                    found.add("server %d: MFRR %x is not presented".formatted(i, s.mfrr));
                }
                for (Source source : claimed) {
                    if (source.priority < best && source.server == i && source.pending()) {
                        found.add("server %d: source %x is not presented".formatted(i, source.number));
                    }
                }
            }
            for (Source source : claimed) {
                long holders = Arrays.stream(servers)
                        .filter(s -> s.xisr == source.number)
                        .count();
                if (holders != (source.presented ? 1 : 0)) {
                    found.add("source %x: presented by %d servers".formatted(source.number, holders));
                }
            }
            return found;
        } finally {
            lock.unlock();
        }
    }

    /** Re-selects what a server presents, after any change that concerns it. Needs the lock. */
    private void present(Server s) {
        if (s.xisr != 0 && s.pendingPriority >= s.cppr) {
            // The guest raised its priority above the presented interrupt: back to its source, where it still pends.
            presentElsewhere(withdraw(s), s);
        }
        int best = Math.min(s.cppr, s.pendingPriority);
        int number = 0;
        if (s.mfrr < best) {
            best = s.mfrr;
            number = IPI;
        }
        for (Source source : claimed) {
            if (source.priority < best && servers[source.server] == s && source.pending()) {
                best = source.priority;
                number = source.number;
            }
        }
        if (number != 0) {
            int displaced = withdraw(s);
            s.xisr = number;
            s.pendingPriority = best;
            if (isClaimed(number)) {
                sources[number - base].presented = true;
            }
            if (displaced >= 0) {
                // To this server too: it may have become more favoured since it was presented.
                present(servers[displaced]);
            }
        }
        boolean asserted = s.xisr != 0;
        if (asserted != s.asserted) {
            s.asserted = asserted;
            s.line.set(asserted);
        }
    }

    /** Offers a withdrawn source to the server that it has been directed to meanwhile. Needs the lock. */
    private void presentElsewhere(int server, Server withdrawnFrom) {
        if (server >= 0 && servers[server] != withdrawnFrom) {
            present(servers[server]);
        }
    }

    /**
     * Takes back what a server presents. Needs the lock.
     *
     * @return the server that the source is directed to by now, or -1 if nothing went back to a source
     */
    private int withdraw(Server s) {
        int number = s.xisr;
        s.xisr = 0;
        s.pendingPriority = LEAST_FAVOURED;
        if (!isClaimed(number)) {
            return -1;
        }
        sources[number - base].presented = false;
        return sources[number - base].server;
    }
}

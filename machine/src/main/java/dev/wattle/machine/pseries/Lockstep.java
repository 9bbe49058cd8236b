// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.hypervisor.ClockMode;
import dev.wattle.hypervisor.EngineMode;
import dev.wattle.hypervisor.ExitCount;
import dev.wattle.machine.ConfigurationException;
import dev.wattle.machine.ConsoleBackend;
import dev.wattle.machine.Core;
import dev.wattle.machine.HotPlugAnswer;
import dev.wattle.machine.HotPlugException;
import dev.wattle.machine.Machine;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.MachineStatistics;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The same guest on two machines, one for each engine, which must do the same: after every few instructions all
 * registers are compared, and at the end the whole memory. Both have a virtual clock, so that nothing but a fault of an
 * engine can tell them apart.
 */
public final class Lockstep implements Machine {
    private static final int COMPARED_BYTES = 1 << 20;
    private static final int LISTED_INSTRUCTIONS = 64;

    private final PseriesMachine first;
    private final PseriesMachine second;
    private final Feed feed;
    private final long interval;

    /**
     * Builds both machines.
     *
     * @param description what to build; its clock and engine do not matter
     * @param console where the first machine's output goes, and both machines' input comes from
     * @param interval instructions from one comparison to the next, at least 1: each block end is compared then
     * @throws ConfigurationException if the machines cannot be built as described
     */
    public Lockstep(PseriesMachine.Builder description, ConsoleBackend console, long interval)
            throws ConfigurationException {
        this.interval = Math.max(interval, 1);
        feed = new Feed(console);
        Nvram nvram = description.nvram().copy();
        first = description
                .clock(ClockMode.VIRTUAL)
                .engine(EngineMode.NATIVE)
                .console(feed.leader())
                .build();
        try {
            second = description
                    .engine(EngineMode.EVALUATOR)
                    .nvram(nvram)
                    .console(feed.follower())
                    .build();
        } catch (ConfigurationException | RuntimeException e) {
            first.close();
            throw e;
        }
    }

    /**
     * Runs both to the end of the guest, or to the first difference.
     *
     * @return why the run ended; after a difference an internal error that describes it
     */
    @Override
    public MachineOutcome run() {
        long completed = 0;
        while (true) {
            String code = interval == 1 ? first.vcpu().code(LISTED_INSTRUCTIONS) : "";
            completed = first.vcpu().instructionsCompleted() + interval;
            boolean firstEnded = first.runUntil(completed);
            boolean secondEnded = second.runUntil(completed);
            String difference = firstEnded && isStopped()
                    ? ""
                    : firstEnded != secondEnded
                            ? "one guest has ended, the other has not"
                            : first.vcpu().difference(second.vcpu());
            if (!difference.isEmpty()) {
                return failure(difference, code);
            }
            if (firstEnded) {
                return isStopped() || sameMemory() ? first.outcome() : failure("the memories differ", "");
            }
            feed.deliver();
        }
    }

    private boolean isStopped() {
        return first.outcome().kind() == MachineOutcome.Kind.STOPPED;
    }

    private MachineOutcome failure(String difference, String code) {
        StringBuilder text = new StringBuilder("native code and evaluator differ: ").append(difference);
        text.append(System.lineSeparator());
        if (code.isEmpty()) {
            text.append("within the last ").append(interval).append(" instructions; compare more often to see where");
        } else {
            text.append("after the first block of")
                    .append(System.lineSeparator())
                    .append(code);
        }
        text.append(System.lineSeparator()).append("native:").append(System.lineSeparator());
        text.append(first.vcpu().registers());
        text.append(System.lineSeparator()).append("evaluator:").append(System.lineSeparator());
        text.append(second.vcpu().registers());
        return new MachineOutcome(MachineOutcome.Kind.INTERNAL_ERROR, text.toString());
    }

    private boolean sameMemory() {
        byte[] one = new byte[COMPARED_BYTES];
        byte[] other = new byte[COMPARED_BYTES];
        for (long at = 0; at < first.memory().size(); at += COMPARED_BYTES) {
            first.memory().read(at, one, 0, COMPARED_BYTES);
            second.memory().read(at, other, 0, COMPARED_BYTES);
            if (!Arrays.equals(one, other)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void stop() {
        first.stop();
    }

    /** What the first machine has done. */
    @Override
    public MachineStatistics statistics() {
        return first.statistics();
    }

    @Override
    public List<Core> cores() {
        return first.cores();
    }

    @Override
    public Collection<Integer> coresAfterReset() {
        return first.coresAfterReset();
    }

    @Override
    public CompletableFuture<HotPlugAnswer> plugCore(int core) throws HotPlugException {
        throw fixed(core);
    }

    @Override
    public CompletableFuture<HotPlugAnswer> unplugCore(int core) throws HotPlugException {
        throw fixed(core);
    }

    private static HotPlugException fixed(int core) {
        return new HotPlugException("core " + core
                + ": two machines in lockstep keep the one that they have; run the guest on one engine to change that");
    }

    @Override
    public String interrupts() {
        return first.interrupts();
    }

    @Override
    public List<ExitCount> exits() {
        return first.exits();
    }

    @Override
    public void close() {
        first.close();
        second.close();
    }

    /**
     * Gives both machines the same input at the same moments: what the leader has read, the follower reads again, and
     * both hear of new input between two comparisons only.
     */
    private static final class Feed {
        private final ConsoleBackend console;
        private final ArrayDeque<byte[]> read = new ArrayDeque<>();
        private final AtomicBoolean arrived = new AtomicBoolean();
        private Runnable wakeLeader = () -> {};
        private Runnable wakeFollower = () -> {};

        Feed(ConsoleBackend console) {
            this.console = console;
            console.onInput(() -> arrived.set(true));
        }

        void deliver() {
            if (arrived.getAndSet(false)) {
                wakeLeader.run();
                wakeFollower.run();
            }
        }

        ConsoleBackend leader() {
            return new ConsoleBackend() {
                @Override
                public void write(byte[] data, int offset, int length) {
                    console.write(data, offset, length);
                }

                @Override
                public int read(byte[] buffer, int offset, int length) {
                    int n = console.read(buffer, offset, length);
                    read.add(Arrays.copyOfRange(buffer, offset, offset + n));
                    return n;
                }

                @Override
                public void onInput(Runnable wake) {
                    wakeLeader = wake;
                }
            };
        }

        ConsoleBackend follower() {
            return new ConsoleBackend() {
                @Override
                public void write(byte[] data, int offset, int length) {
                    // The leader has written it.
                }

                @Override
                public int read(byte[] buffer, int offset, int length) {
                    byte[] next = read.poll();
                    if (next == null) {
                        return 0;
                    }
                    System.arraycopy(next, 0, buffer, offset, Math.min(next.length, length));
                    return Math.min(next.length, length);
                }

                @Override
                public void onInput(Runnable wake) {
                    wakeFollower = wake;
                }
            };
        }
    }
}

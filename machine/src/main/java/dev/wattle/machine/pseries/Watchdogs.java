// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_NOOP;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P2;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P3;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;

import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.hypervisor.papr.hcall.HypercallContext;
import dev.wattle.hypervisor.papr.hcall.HypercallTable;
import dev.wattle.machine.MachineOutcome;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The partition's watchdog timers (PAPR, "Watchdog Timer", H_WATCHDOG): each, once started, does something to the
 * partition unless it is started again or stopped in time.
 *
 * <p>Thread-safe; a thread of its own waits for the timers once one has been started.
 */
final class Watchdogs implements AutoCloseable {
    private static final int COUNT = 4;
    private static final long MINIMUM_MILLIS = 1;
    /** About 49 days; Linux asks for at most that. */
    private static final long MAXIMUM_MILLIS = 0xffff_ffffL;

    private static final long ALL = -1;

    // R4: bit 47, operation in bits 48:55, action in bits 56:63.
    private static final long LEAVE_OTHERS = 1L << 63 - 47;
    private static final long FLAGS = LEAVE_OTHERS | 0xffff;
    private static final int START = 1;
    private static final int STOP = 2;
    private static final int QUERY = 3;
    private static final int QUERY_LPM = 4;
    private static final int POWER_OFF = 1;
    private static final int RESTART = 2;
    private static final int DUMP_RESTART = 3;
    /** Need not be stopped before the partition is moved. */
    private static final long NEED_NOT_STOP = 2;

    private final Consumer<MachineOutcome> finish;
    private final Runnable systemReset;
    private final ReentrantLock lock = new ReentrantLock();
    /** Under {@link #lock}, as the timers are. */
    private Optional<ScheduledThreadPoolExecutor> executor = Optional.empty();

    private final Timer[] timers = new Timer[COUNT];

    private static final class Timer {
        private Optional<Future<?>> pending = Optional.empty();
        private int action;
        private boolean leavesOthers;
        /** Which start it is, so that one whose time is up at the moment of the next does nothing. */
        private long starts;

        /** Whether there was something to cancel. */
        private boolean cancel() {
            boolean cancelled = pending.isPresent() && pending.get().cancel(false);
            pending = Optional.empty();
            return cancelled;
        }
    }

    /**
     * @param finish ends the machine, as a timer may want
     * @param systemReset interrupts all processors by a system reset, for a dump
     */
    Watchdogs(Consumer<MachineOutcome> finish, Runnable systemReset) {
        this.finish = finish;
        this.systemReset = systemReset;
        Arrays.setAll(timers, i -> new Timer());
    }

    void define(HypercallTable table) {
        table.define(HcallNumber.H_WATCHDOG, this::watchdog);
    }

    /** r4 = flags, r5 = number of the timer from 1, r6 = milliseconds; result r4 of the queries. */
    private long watchdog(HypercallContext c) {
        long flags = c.argument(0);
        long number = c.argument(1);
        if ((flags & ~FLAGS) != 0) {
            return H_PARAMETER;
        }
        int operation = (int) (flags >>> 8) & 0xff;
        boolean isTimer = number >= 1 && number <= COUNT;
        lock.lock();
        try {
            return switch (operation) {
                case START -> isTimer ? start((int) number - 1, flags, c.argument(2)) : H_P2;
                case STOP -> number == ALL ? stopAll() : isTimer ? stop(timers[(int) number - 1]) : H_P2;
                case QUERY -> {
                    c.result(0, MINIMUM_MILLIS << 48 | (long) COUNT << 32);
                    yield H_SUCCESS;
                }
                case QUERY_LPM -> {
                    if (!isTimer) {
                        yield H_P2;
                    }
                    c.result(0, NEED_NOT_STOP);
                    yield H_SUCCESS;
                }
                default -> H_PARAMETER;
            };
        } finally {
            lock.unlock();
        }
    }

    private long start(int number, long flags, long millis) {
        if (millis < MINIMUM_MILLIS || millis > MAXIMUM_MILLIS) {
            return H_P3;
        }
        int action = (int) flags & 0xff;
        if (action != POWER_OFF && action != RESTART && action != DUMP_RESTART) {
            return H_PARAMETER;
        }
        Timer timer = timers[number];
        timer.cancel();
        timer.action = action;
        timer.leavesOthers = (flags & LEAVE_OTHERS) != 0;
        if (executor.isEmpty()) {
            ScheduledThreadPoolExecutor made = new ScheduledThreadPoolExecutor(
                    1, Thread.ofPlatform().daemon().name("wattle-watchdog").factory());
            made.setRemoveOnCancelPolicy(true);
            executor = Optional.of(made);
        }
        long start = ++timer.starts;
        timer.pending =
                Optional.of(executor.get().schedule(() -> expired(number, start), millis, TimeUnit.MILLISECONDS));
        return H_SUCCESS;
    }

    private static long stop(Timer timer) {
        return timer.cancel() ? H_SUCCESS : H_NOOP;
    }

    private long stopAll() {
        long result = H_NOOP;
        for (Timer timer : timers) {
            if (timer.cancel()) {
                result = H_SUCCESS;
            }
        }
        return result;
    }

    private void expired(int number, long start) {
        int action;
        lock.lock();
        try {
            Timer timer = timers[number];
            if (timer.pending.isEmpty() || timer.starts != start) {
                // Stopped, or started again, while this was on its way here.
                return;
            }
            timer.pending = Optional.empty();
            action = timer.action;
            if (!timer.leavesOthers) {
                stopAll();
            }
        } finally {
            lock.unlock();
        }
        String who = "watchdog " + (number + 1);
        switch (action) {
            case POWER_OFF ->
                finish.accept(new MachineOutcome(MachineOutcome.Kind.POWERED_OFF, who + " switched the power off"));
            case RESTART ->
                finish.accept(new MachineOutcome(MachineOutcome.Kind.REBOOT, who + " restarted the partition"));
            default -> systemReset.run();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            executor.ifPresent(ScheduledThreadPoolExecutor::shutdownNow);
        } finally {
            lock.unlock();
        }
    }
}

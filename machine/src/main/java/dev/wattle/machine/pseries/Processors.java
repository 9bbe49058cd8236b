// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.hypervisor.Vcpu;
import dev.wattle.hypervisor.Vm;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.power.processor.Msr;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The machine's processors: a host thread for each, which of them are stopped, and the RTAS functions that start and stop them
 * (LoPAR, "CPU Hot Unplug/Plug", start-cpu, stop-self and query-cpu-stopped-state).
 *
 * <p>At first all but the first are stopped.
 */
final class Processors {
    /** Results of query-cpu-stopped-state. */
    private static final int STOPPED = 0;

    private static final int NOT_STOPPED = 2;

    /** One processor; guarded by {@link #lock}. */
    private static final class State {
        private final Vcpu vcpu;
        private boolean isStarted;
        /** To be set by its own thread before it goes on. */
        private long entry;

        private long argument;
        private boolean isEntryNew;

        State(Vcpu vcpu) {
            this.vcpu = vcpu;
        }
    }

    private final Object lock = new Object();
    private final List<State> states = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final MachineControl control;
    private boolean isOver;

    Processors(Vm vm, MachineControl control) {
        this.control = control;
        for (Vcpu vcpu : vm.vcpus()) {
            State state = new State(vcpu);
            state.isStarted = states.isEmpty();
            vcpu.setOnline(state.isStarted);
            states.add(state);
        }
    }

    void define(Rtas rtas) {
        rtas.define("query-cpu-stopped-state", 0x2005, 1, 2, this::query)
                .define("start-cpu", 0x2006, 3, 1, this::start)
                .define("stop-self", 0x2007, 0, 1, this::stopSelf);
    }

    /** How many there are. */
    int count() {
        return states.size();
    }

    /**
     * Starts the threads of all processors but the first.
     *
     * @param run runs a processor until it stops itself; false if the machine's run is over
     */
    void startThreads(Predicate<Vcpu> run) {
        for (State state : states.subList(1, states.size())) {
            threads.add(Thread.ofPlatform()
                    .daemon()
                    .name("wattle-vcpu-" + state.vcpu.server())
                    .start(() -> loop(state, run)));
        }
    }

    private void loop(State state, Predicate<Vcpu> run) {
        while (awaitStart(state) && run.test(state.vcpu)) {
            // Stopped by itself.
        }
    }

    /** Runs the first processor on the calling thread until the machine's run is over. */
    void runFirst(Predicate<Vcpu> run) {
        loop(states.getFirst(), run);
    }

    /** Waits until a processor is to run, and sets it up; false if the machine's run is over. */
    private boolean awaitStart(State state) {
        synchronized (lock) {
            while (!state.isStarted && !isOver) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    // Nobody but the machine ends a run.
                }
            }
            if (isOver) {
                return false;
            }
            if (state.isEntryNew) {
                state.isEntryNew = false;
                state.vcpu.setMsr(Msr.SF | Msr.ME);
                state.vcpu.setNia(state.entry);
                state.vcpu.setGpr(3, state.argument);
            }
            return true;
        }
    }

    /** Whether a processor has stopped itself. */
    boolean isStopped(Vcpu vcpu) {
        synchronized (lock) {
            return !states.get(vcpu.server()).isStarted;
        }
    }

    /** Has all processors leave the guest, and their threads end. Any thread. */
    void finish() {
        synchronized (lock) {
            isOver = true;
            lock.notifyAll();
        }
        states.forEach(state -> state.vcpu.kick());
    }

    /** Waits for the threads to end: as long as one may run, the machine's memory must be there. */
    void join() {
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isServer(int server) {
        return server >= 0 && server < states.size();
    }

    private int query(RtasCall call) {
        int server = call.argument(0);
        if (!isServer(server)) {
            return RtasStatus.PARAMETER_ERROR;
        }
        call.result(1, isStopped(states.get(server).vcpu) ? STOPPED : NOT_STOPPED);
        return RtasStatus.SUCCESS;
    }

    /** Arguments: processor, real address to start at, what its r3 becomes. */
    private int start(RtasCall call) {
        if (!isServer(call.argument(0))) {
            return RtasStatus.PARAMETER_ERROR;
        }
        return start(call.argument(0), call.address(1), call.address(2))
                ? RtasStatus.SUCCESS
                : RtasStatus.HARDWARE_ERROR;
    }

    /**
     * Starts a processor that is stopped.
     *
     * @param entry real address of its first instruction
     * @param argument what its r3 is then
     * @return whether there is such a processor, and it was stopped
     */
    boolean start(int server, long entry, long argument) {
        if (!isServer(server)) {
            return false;
        }
        synchronized (lock) {
            State state = states.get(server);
            if (state.isStarted) {
                return false;
            }
            state.entry = entry;
            state.argument = argument;
            state.isEntryNew = true;
            state.isStarted = true;
            state.vcpu.setOnline(true);
            lock.notifyAll();
        }
        return true;
    }

    private int stopSelf(RtasCall call) {
        synchronized (lock) {
            State own = states.get(call.context().server());
            own.isStarted = false;
            own.vcpu.setOnline(false);
            if (states.stream().noneMatch(state -> state.isStarted)) {
                control.finish(MachineOutcome.Kind.POWERED_OFF, "the guest stopped its last processor");
            }
        }
        return RtasStatus.SUCCESS;
    }
}

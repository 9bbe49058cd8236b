// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.hypervisor.Vcpu;
import dev.wattle.hypervisor.Vm;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.power.processor.Msr;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntPredicate;
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
        /** Its thread is to end: the processor is no more. */
        private boolean isRemoved;

        private Optional<Thread> thread = Optional.empty();

        State(Vcpu vcpu) {
            this.vcpu = vcpu;
        }
    }

    private final Object lock = new Object();
    private final Vm vm;
    /** By number; guarded by {@link #lock}. */
    private final TreeMap<Integer, State> states = new TreeMap<>();

    private final MachineControl control;
    private Optional<Predicate<Vcpu>> run = Optional.empty();
    private IntPredicate ownedByGuest = core -> true;
    private boolean isOver;

    Processors(Vm vm, MachineControl control) {
        this.vm = vm;
        this.control = control;
        for (Vcpu vcpu : vm.vcpus()) {
            State state = new State(vcpu);
            state.isStarted = states.isEmpty();
            vcpu.setOnline(state.isStarted);
            states.put(vcpu.server(), state);
        }
    }

    void define(Rtas rtas) {
        rtas.define("query-cpu-stopped-state", 0x2005, 1, 2, this::query)
                .define("start-cpu", 0x2006, 3, 1, this::start)
                .define("stop-self", 0x2007, 0, 1, this::stopSelf);
    }

    /**
     * Starts the threads of all processors but the first; those that are added later get theirs at once.
     *
     * @param action runs a processor until it stops itself; false if the machine's run is over
     */
    void startThreads(Predicate<Vcpu> action) {
        synchronized (lock) {
            run = Optional.of(action);
            states.tailMap(0, false).values().forEach(state -> startThread(state, action));
        }
    }

    private void startThread(State state, Predicate<Vcpu> action) {
        state.thread = Optional.of(Thread.ofPlatform()
                .daemon()
                .name("wattle-vcpu-" + state.vcpu.server())
                .start(() -> loop(state, action)));
    }

    private int firstOf(int core) {
        return core * vm.topology().threads();
    }

    /** Says of which cores the guest may start threads; of all, unless told otherwise. To be called before it runs. */
    void startOnly(IntPredicate cores) {
        ownedByGuest = cores;
    }

    /** How many threads of a core are started. */
    int started(int core) {
        int first = firstOf(core);
        synchronized (lock) {
            return (int) states.subMap(first, first + vm.topology().threads()).values().stream()
                    .filter(state -> state.isStarted)
                    .count();
        }
    }

    /** Adds the processors of a core, stopped. */
    void add(int core) {
        for (int thread = 0; thread < vm.topology().threads(); thread++) {
            Vcpu vcpu = vm.addVcpu(firstOf(core) + thread);
            vcpu.setOnline(false);
            synchronized (lock) {
                State state = new State(vcpu);
                states.put(vcpu.server(), state);
                run.ifPresent(action -> startThread(state, action));
            }
        }
    }

    /** Removes the processors of a core, all of which are stopped; their threads have ended then. */
    void remove(int core) {
        for (int thread = 0; thread < vm.topology().threads(); thread++) {
            State state;
            synchronized (lock) {
                state = Objects.requireNonNull(states.remove(firstOf(core) + thread));
                state.isRemoved = true;
                lock.notifyAll();
            }
            state.thread.ifPresent(Processors::join);
            vm.removeVcpu(state.vcpu.server());
        }
    }

    private void loop(State state, Predicate<Vcpu> action) {
        while (awaitStart(state) && action.test(state.vcpu)) {
            // Stopped by itself.
        }
    }

    /** Runs the first processor on the calling thread until the machine's run is over. */
    void runFirst(Predicate<Vcpu> action) {
        State first;
        synchronized (lock) {
            first = states.firstEntry().getValue();
        }
        loop(first, action);
    }

    /** Waits until a processor is to run, and sets it up; false if the machine's run is over, or the processor removed. */
    private boolean awaitStart(State state) {
        synchronized (lock) {
            while (!state.isStarted && !state.isRemoved && !isOver) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    // Nobody but the machine ends a run.
                }
            }
            if (isOver || state.isRemoved) {
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
            State state = states.get(vcpu.server());
            return state == null || !state.isStarted;
        }
    }

    /** Has all processors leave the guest, and their threads end. Any thread. */
    void finish() {
        synchronized (lock) {
            isOver = true;
            lock.notifyAll();
            states.values().forEach(state -> state.vcpu.kick());
        }
    }

    /** Waits for the threads to end: as long as one may run, the machine's memory must be there. */
    void join() {
        List<Thread> threads;
        synchronized (lock) {
            threads = states.values().stream()
                    .flatMap(state -> state.thread.stream())
                    .toList();
        }
        threads.forEach(Processors::join);
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isServer(int server) {
        synchronized (lock) {
            return states.containsKey(server);
        }
    }

    private int query(RtasCall call) {
        int server = call.argument(0);
        if (!isServer(server)) {
            return RtasStatus.PARAMETER_ERROR;
        }
        call.result(1, isStopped(vm.vcpu(server)) ? STOPPED : NOT_STOPPED);
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
     * @return whether there is such a processor, the guest has its core, and it was stopped
     */
    boolean start(int server, long entry, long argument) {
        synchronized (lock) {
            State state = states.get(server);
            if (state == null
                    || state.isStarted
                    || !ownedByGuest.test(server / vm.topology().threads())) {
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
            // Who calls is there.
            State own = Objects.requireNonNull(states.get(call.context().server()));
            own.isStarted = false;
            own.vcpu.setOnline(false);
            if (states.values().stream().noneMatch(state -> state.isStarted)) {
                control.finish(MachineOutcome.Kind.POWERED_OFF, "the guest stopped its last processor");
            }
        }
        return RtasStatus.SUCCESS;
    }
}

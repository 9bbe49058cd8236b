// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.engine.Engine;
import dev.wattle.engine.evaluator.Evaluator;
import dev.wattle.engine.host.CodeMemoryException;
import dev.wattle.engine.host.x64.HostFeatures;
import dev.wattle.engine.host.x64.NativeEngine;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.Interrupts;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PlatformCalls;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.Spr;
import dev.wattle.power.processor.State;
import dev.wattle.power.processor.TimeBase;
import dev.wattle.power.translate.PowerFrontEnd;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Wattle's processor on the evaluator: problem state, real addresses, all facilities that Linux gives a program.
 *
 * <p>The code of a case is followed by {@code sc}; every interrupt vector holds a hypercall that leaves the run loop.
 */
final class WattleMachine implements Machine, AutoCloseable {
    private static final int SC = 0x4400_0002;
    private static final int HYPERCALL = 0x4400_0022;
    private static final long PROBLEM = Msr.SF | Msr.TM | Msr.FP | Msr.VEC | Msr.VSX | Msr.PR | Msr.ME;
    /** Enabled floating-point exceptions interrupt, as always under QEMU user mode, except by decimal instructions. */
    private static final long PRECISE = Msr.FE0 | Msr.FE1;

    private static final long FSCR_DSCR = 1L << 2;
    private static final long FSCR_TAR = 1L << 8;
    /** A case that runs longer than this is in an endless loop. */
    private static final int MAX_COMPLETED = 10_000;

    private static final long CODE_BYTES = 16L << 20;

    private final Arena arena = Arena.ofShared();
    private final GuestMemory memory = GuestMemory.allocate(MachineState.MEMORY + MachineState.MEMORY_BYTES);
    private final PowerProcessor processor;
    private final Engine engine;
    private List<TestCase> cases = List.of();
    private int vector;

    WattleMachine() {
        this(ProcessorModel.POWER9, false);
    }

    /**
     * @param isNative whether code is executed as host machine code, otherwise by the evaluator
     */
    WattleMachine(ProcessorModel model, boolean isNative) {
        this(model, isNative, Set.of());
    }

    /**
     * @param missing what the host's processor has that machine code may not use
     */
    WattleMachine(ProcessorModel model, boolean isNative, Set<HostFeatures.Feature> missing) {
        PowerFrontEnd frontEnd = new PowerFrontEnd(model);
        processor = new PowerProcessor(arena, model, memory, frontEnd, new CountingTimeBase(), new Platform());
        engine = isNative ? nativeEngine(frontEnd, missing) : new Evaluator<>(processor, frontEnd.routines());
        for (long at = 0x100; at < 0x4000; at += 4) {
            memory.putInt(at, HYPERCALL);
        }
        for (long at = 0x1_7000; at < 0x1_8000; at += 4) {
            memory.putInt(at, HYPERCALL);
        }
    }

    private Engine nativeEngine(PowerFrontEnd frontEnd, Set<HostFeatures.Feature> missing) {
        try {
            HostFeatures features = HostFeatures.host().without(missing.toArray(HostFeatures.Feature[]::new));
            return new NativeEngine<>(
                    processor, frontEnd.routines(), frontEnd, CODE_BYTES, features, true, Optional.empty());
        } catch (CodeMemoryException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void submit(List<TestCase> batch) {
        cases = batch;
        for (TestCase c : batch) {
            long at = c.address();
            for (int word : c.code()) {
                putCode(at, word, c.littleEndian());
                at += 4;
            }
            putCode(at, SC, c.littleEndian());
        }
    }

    private void putCode(long at, int word, boolean littleEndian) {
        memory.putInt(at, littleEndian ? Integer.reverseBytes(word) : word);
    }

    @Override
    public void collect(Outcome[] outcomes) {
        for (int i = 0; i < cases.size(); i++) {
            run(cases.get(i), outcomes[i]);
        }
    }

    private void run(TestCase c, Outcome outcome) {
        PowerProcessor p = processor;
        p.setSpr(Spr.FSCR, FSCR_DSCR | FSCR_TAR);
        p.setSpr(Spr.DSCR, 0);
        p.setSpr(Spr.AMR, 0);
        boolean decimal = c.rows()[0].chapter().equals("decimal");
        p.setMsr(PROBLEM | (decimal ? 0 : PRECISE) | (c.littleEndian() ? Msr.LE : 0));
        load(c.before());
        p.putSlot(State.RESERVATION, -1);
        p.putSlot(Slots.DEADLINE, p.slot(Slots.COMPLETED) + MAX_COMPLETED);
        p.setNia(c.address());
        vector = -1;
        outcome.remark = "";
        try {
            engine.run();
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            StackTraceElement[] trace = e.getStackTrace();
            outcome.remark = e + (trace.length > 0 ? " at " + trace[0] : "");
            p.where = 0;
            vector = -1;
        }
        stopped(c, outcome);
        store(outcome.after);
    }

    private void stopped(TestCase c, Outcome outcome) {
        long srr0 = processor.spr(Spr.SRR0);
        long srr1 = processor.spr(Spr.SRR1);
        outcome.stopAddress = srr0;
        outcome.privileged = false;
        outcome.stop = switch (vector) {
            case 0x700 -> {
                outcome.privileged = (srr1 & Interrupts.PRIVILEGED) != 0;
                yield (srr1 & Interrupts.TRAP) != 0
                        ? Outcome.Stop.TRAP
                        : (srr1 & Interrupts.FLOATING_POINT_ENABLED) != 0
                                ? Outcome.Stop.FLOATING_POINT
                                : Outcome.Stop.ILLEGAL;
            }
            case 0x600 -> Outcome.Stop.ALIGNMENT;
            case 0x200, 0x300, 0x380, 0x400, 0x480 -> Outcome.Stop.STORAGE;
            case 0x800, 0xf20, 0xf40, 0xf60 -> Outcome.Stop.ILLEGAL;
            case 0xc00 -> {
                if (srr0 == c.address() + 4L * c.code().length + 4) {
                    outcome.stopAddress = 0;
                    yield Outcome.Stop.NONE;
                }
                outcome.remark = "system call";
                yield Outcome.Stop.OTHER;
            }
            default -> Outcome.Stop.OTHER;
        };
        if (outcome.remark.isEmpty()) {
            outcome.remark = vector < 0 ? "no end" : "vector 0x" + Integer.toHexString(vector);
        }
    }

    private void load(MachineState state) {
        PowerProcessor p = processor;
        long[] words = state.words;
        for (int i = 0; i < 32; i++) {
            p.setGpr(i, words[MachineState.GPR + i]);
        }
        for (int i = 0; i < 64; i++) {
            p.setVsr(i, words[MachineState.vsr(i, 0)], words[MachineState.vsr(i, 1)]);
        }
        p.putSlot(State.LR, words[MachineState.LR]);
        p.putSlot(State.CTR, words[MachineState.CTR]);
        p.setXer(words[MachineState.XER]);
        p.setCrWord((int) words[MachineState.CR]);
        p.setFpscr(words[MachineState.FPSCR]);
        p.setVscr((int) words[MachineState.VSCR]);
        p.setSpr(Spr.VRSAVE, words[MachineState.VRSAVE]);
        p.setSpr(Spr.TAR, words[MachineState.TAR]);
        memory.write(MachineState.WINDOW, state.memory, 0, MachineState.WINDOW_BYTES);
        memory.write(MachineState.EDGE, state.memory, MachineState.WINDOW_BYTES, MachineState.EDGE_BYTES);
    }

    private void store(MachineState state) {
        PowerProcessor p = processor;
        long[] words = state.words;
        for (int i = 0; i < 32; i++) {
            words[MachineState.GPR + i] = p.gpr(i);
        }
        for (int i = 0; i < 64; i++) {
            words[MachineState.vsr(i, 0)] = p.vsrHigh(i);
            words[MachineState.vsr(i, 1)] = p.vsrLow(i);
        }
        words[MachineState.LR] = p.slot(State.LR);
        words[MachineState.CTR] = p.slot(State.CTR);
        words[MachineState.XER] = p.xer();
        words[MachineState.CR] = p.crWord() & 0xffff_ffffL;
        words[MachineState.FPSCR] = p.fpscr();
        words[MachineState.VSCR] = p.vscr() & 0xffff_ffffL;
        words[MachineState.VRSAVE] = p.spr(Spr.VRSAVE);
        words[MachineState.TAR] = p.spr(Spr.TAR);
        memory.read(MachineState.WINDOW, state.memory, 0, MachineState.WINDOW_BYTES);
        memory.read(MachineState.EDGE, state.memory, MachineState.WINDOW_BYTES, MachineState.EDGE_BYTES);
    }

    @Override
    public void close() {
        engine.close();
        arena.close();
        memory.close();
    }

    private static final class CountingTimeBase extends TimeBase {
        @Override
        protected long ticks(PowerProcessor p) {
            return p.completed();
        }
    }

    private final class Platform implements PlatformCalls {
        @Override
        public void hypercall(PowerProcessor p) {
            vector = (int) p.cia();
            p.leave();
        }

        @Override
        public void decrementerDue(PowerProcessor p, long timeBase) {}

        @Override
        public long randomNumber() {
            return 0x0123_4567_89ab_cdefL;
        }

        @Override
        public void idle(PowerProcessor p) {}
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import dev.wattle.engine.Engine;
import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.translate.PowerFrontEnd;
import java.lang.foreign.Arena;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * A bare processor with memory, for tests that run small programs through the translator and the evaluator.
 *
 * <p>From 0 to {@link #CODE} every word is {@code sc 1}, which ends a run: so every interrupt handler does. A run in
 * problem state ends with {@code sc}, whose handler then ends it.
 */
public final class GuestMachine implements AutoCloseable {
    /** Real address of the first byte that is no interrupt handler. */
    public static final long CODE = 0x2_0000;
    /** Real address of storage that holds no code. */
    public static final long DATA = 0x10_0000;
    /** Real address from which tests put translation tables. */
    public static final long TABLES = 0x80_0000;

    public static final long SIZE = 0x100_0000;
    public static final int SC_1 = 0x4400_0022;
    public static final long PRIVILEGED = Msr.SF | Msr.ME;
    public static final long PROBLEM = PRIVILEGED | Msr.EE | Msr.PR | Msr.IR | Msr.DR;

    private static final Assembler ASSEMBLER = new Assembler(InstructionTable.load());

    public final GuestMemory memory = GuestMemory.allocate(SIZE);
    public final PowerProcessor p;
    /** The time base. */
    public long ticks;
    /** Time base value for which the decrementer's exception is due, as the platform was last told. */
    public long decrementerDue = -1;
    /** What a hypercall does; ends the run unless a test says otherwise. */
    public Consumer<PowerProcessor> hypercall = PowerProcessor::leave;

    private final Arena arena = Arena.ofConfined();
    private final Engine engine;

    /** On the engine that this run of the tests is about. */
    public GuestMachine(ProcessorModel model) {
        this(model, TestEngine::of);
    }

    public GuestMachine(ProcessorModel model, BiFunction<PowerProcessor, PowerFrontEnd, Engine> engines) {
        PowerFrontEnd frontEnd = new PowerFrontEnd(model);
        TimeBase time = new TimeBase() {
            @Override
            protected long ticks(PowerProcessor processor) {
                return ticks;
            }
        };
        PlatformCalls platform = new PlatformCalls() {
            @Override
            public void hypercall(PowerProcessor processor) {
                hypercall.accept(processor);
            }

            @Override
            public void decrementerDue(PowerProcessor processor, long timeBase) {
                decrementerDue = timeBase;
                if (timeBase <= ticks) {
                    processor.interrupts().request(PowerProcessor.PENDING_DECREMENTER);
                } else {
                    processor.interrupts().withdraw(PowerProcessor.PENDING_DECREMENTER);
                }
            }

            @Override
            public long randomNumber() {
                return 0;
            }

            @Override
            public void idle(PowerProcessor processor) {}
        };
        p = new PowerProcessor(arena, model, memory, frontEnd, time, platform);
        engine = engines.apply(p, frontEnd);
        p.setSpr(Spr.LPCR, model.guestLpcr());
        p.setSpr(Spr.PVR, model.pvr());
        setHandlers(false);
        p.setMsr(PRIVILEGED);
    }

    /** Fills the place of the interrupt handlers, for one byte order of MSR[LE]. */
    public void setHandlers(boolean littleEndian) {
        for (long at = 0; at < CODE; at += 4) {
            memory.putInt(at, littleEndian ? Integer.reverseBytes(SC_1) : SC_1);
        }
    }

    /** Assembles a program to a real address; its words are big-endian. */
    public void program(long address, String text) {
        put(address, address, text, false);
    }

    /** Assembles a program that will run at another address than the real one, in a byte order. */
    public void put(long real, long effective, String text, boolean littleEndian) {
        int[] words = ASSEMBLER.assemble(effective, text);
        for (int i = 0; i < words.length; i++) {
            memory.putInt(real + 4L * i, littleEndian ? Integer.reverseBytes(words[i]) : words[i]);
        }
    }

    /** The word of one instruction. */
    public static int word(String instruction) {
        return ASSEMBLER.assemble(instruction);
    }

    /** Runs a program from {@link #CODE}, in the mode of the MSR. */
    public long run(String text) {
        program(CODE, text);
        return runFrom(CODE);
    }

    /**
     * Runs from an effective address.
     *
     * @return where the {@code sc 1} stood that ended the run
     */
    public long runFrom(long ea) {
        p.setNia(ea);
        engine.run();
        return p.nia() - 4;
    }

    public long spr(int number) {
        return p.spr(number);
    }

    @Override
    public void close() {
        engine.close();
        arena.close();
        memory.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.Engine;
import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PlatformCalls;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.TestEngine;
import dev.wattle.power.processor.TimeBase;
import dev.wattle.power.translate.PowerFrontEnd;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;

/**
 * A processor that executes one instruction at a time in real mode, through the translator and the evaluator.
 * Operands in storage go from {@link #DATA} on.
 */
final class SingleInstruction implements AutoCloseable {
    /** Effective address of storage that holds no code. */
    static final long DATA = 0x10_0000;

    static final int DATA_STORAGE = 0x300;
    static final int ALIGNMENT = 0x600;
    static final int PROGRAM = 0x700;

    private static final int SC_1 = 0x4400_0022;
    private static final long CODE = 0x1_0000;
    private static final long SIZE = 0x20_0000;

    final PowerProcessor p;
    private final GuestMemory memory = GuestMemory.allocate(SIZE);
    private final Arena arena = Arena.ofConfined();
    private final Engine engine;
    private final Map<Long, Long> addresses = new HashMap<>();
    private long next = CODE;
    private long random;

    SingleInstruction(ProcessorModel model) {
        PowerFrontEnd frontEnd = new PowerFrontEnd(model);
        TimeBase time = new TimeBase() {
            @Override
            protected long ticks(PowerProcessor processor) {
                return processor.completed();
            }
        };
        PlatformCalls platform = new PlatformCalls() {
            @Override
            public void hypercall(PowerProcessor processor) {
                processor.leave();
            }

            @Override
            public void decrementerDue(PowerProcessor processor, long timeBase) {}

            @Override
            public long randomNumber() {
                return random;
            }

            @Override
            public void idle(PowerProcessor processor) {}
        };
        p = new PowerProcessor(arena, model, memory, frontEnd, time, platform);
        engine = TestEngine.of(p, frontEnd);
        for (int vector = 0x100; vector < 0x1000; vector += 0x20) {
            memory.putInt(vector, SC_1);
        }
        p.setMsr(Msr.SF | Msr.ME | Msr.FP);
    }

    /** Sets what darn will get. */
    void setRandomNumber(long value) {
        random = value;
    }

    /**
     * Executes a word in the mode of the MSR.
     *
     * @return 0, or the vector of the interrupt that it took; the MSR is as before in either case
     */
    int run(int word) {
        long msr = p.msr();
        boolean little = (msr & Msr.LE) != 0;
        long key = (long) word << 1 | (little ? 1 : 0);
        long at = addresses.computeIfAbsent(key, k -> {
            long address = next;
            next += 8;
            if (next > DATA) {
                throw new IllegalStateException("too many different instruction words in one test");
            }
            memory.putInt(address, little ? Integer.reverseBytes(word) : word);
            memory.putInt(address + 4, little ? Integer.reverseBytes(SC_1) : SC_1);
            return address;
        });
        p.setNia(at);
        engine.run();
        p.setMsr(msr);
        return p.nia() == at + 8 ? 0 : (int) p.nia() - 4;
    }

    /** A byte of storage. */
    int storedByte(long ea) {
        return memory.getByte(ea) & 0xff;
    }

    /** Storage as big-endian data. */
    long storedBigEndian(long ea) {
        return memory.getLong(ea);
    }

    void storeBigEndian(long ea, long value) {
        memory.putLong(ea, value);
    }

    @Override
    public void close() {
        engine.close();
        arena.close();
        memory.close();
    }
}

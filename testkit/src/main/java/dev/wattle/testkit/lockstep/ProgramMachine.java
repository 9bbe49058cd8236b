// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.lockstep;

import dev.wattle.engine.Engine;
import dev.wattle.engine.evaluator.Evaluator;
import dev.wattle.engine.host.CodeMemoryException;
import dev.wattle.engine.host.TranslationCache;
import dev.wattle.engine.host.x64.HostFeatures;
import dev.wattle.engine.host.x64.NativeEngine;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.PlatformCalls;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.Spr;
import dev.wattle.power.processor.State;
import dev.wattle.power.processor.TimeBase;
import dev.wattle.power.translate.PowerFrontEnd;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Optional;

/** A processor on one of the engines, with a time base that counts instructions, for one program. */
final class ProgramMachine implements AutoCloseable {
    private static final long LPCR_ILE = 1L << 25;
    private static final long FSCR_DSCR = 1L << 2;
    private static final long FSCR_TAR = 1L << 8;
    /** Instructions until the decrementer interrupts for the first time. */
    private static final long FIRST_DECREMENTER = 700;

    private final Arena arena = Arena.ofShared();
    private final GuestMemory memory = GuestMemory.allocate(Storage.BYTES);
    private final PowerProcessor processor;
    private final Engine engine;
    private volatile boolean isGivenUp;

    /**
     * @param frontEnd a translator, which may be shared
     * @param isNative whether code is executed as host machine code, otherwise by the evaluator
     * @param translations where host code may come from, and is kept
     */
    ProgramMachine(
            PowerFrontEnd frontEnd, boolean isNative, GuestProgram program, Optional<TranslationCache> translations) {
        processor = new PowerProcessor(
                arena, ProcessorModel.POWER9, memory, frontEnd, new CountingTimeBase(), new Platform());
        engine = isNative
                ? nativeEngine(frontEnd, program, translations)
                : new Evaluator<>(processor, frontEnd.routines());
        load(program);
    }

    private Engine nativeEngine(PowerFrontEnd frontEnd, GuestProgram program, Optional<TranslationCache> translations) {
        try {
            HostFeatures features =
                    HostFeatures.host().without(program.missing().toArray(HostFeatures.Feature[]::new));
            NativeEngine<PowerProcessor> made = new NativeEngine<>(
                    processor, frontEnd.routines(), frontEnd, program.codeBytes(), features, true, translations);
            // Programs are short: some are to have their loops found hot early.
            made.hotAfter(1 << (int) (program.seed() >>> 7 & 7));
            return made;
        } catch (CodeMemoryException e) {
            throw new IllegalStateException(e);
        }
    }

    private void load(GuestProgram program) {
        for (GuestProgram.Piece piece : program.storage()) {
            memory.write(piece.address(), piece.bytes(), 0, piece.bytes().length);
        }
        PowerProcessor p = processor;
        p.radix().processTable(Storage.PROCESS_TABLE);
        p.setSpr(Spr.PVR, ProcessorModel.POWER9.pvr());
        p.setSpr(Spr.LPCR, ProcessorModel.POWER9.guestLpcr() | (program.littleEndianHandlers() ? LPCR_ILE : 0));
        p.setSpr(Spr.FSCR, FSCR_DSCR | FSCR_TAR);
        p.setSpr(Spr.PIDR, 1);
        for (int i = 0; i < 32; i++) {
            p.setGpr(i, program.gprs()[i]);
        }
        p.setMsr(program.msr());
        p.processChanged();
        p.setNia(program.start());
        p.setDecrementerDeadline(FIRST_DECREMENTER);
    }

    /**
     * Runs to the first block end at which so many instructions have completed, or until it is given up.
     *
     * @throws RuntimeException whatever the engine throws, which it must not
     */
    void runUntil(long completed) {
        while (completed() < completed && !isGivenUp) {
            processor.stopAt(completed);
            engine.run();
        }
    }

    /** Has it run no more: its guest has an interrupt for each instruction, say, and completes none. Any thread. */
    void giveUp() {
        isGivenUp = true;
        processor.leave();
    }

    boolean isGivenUp() {
        return isGivenUp;
    }

    /** Instructions completed. */
    long completed() {
        return processor.slot(Slots.COMPLETED);
    }

    /** The first register that differs from another machine's, or an empty string. */
    String difference(ProgramMachine other) {
        return processor.difference(other.processor);
    }

    /** The first part of storage that differs from another machine's, or an empty string. */
    String storageDifference(ProgramMachine other, byte[] mine, byte[] theirs) {
        for (long at = 0; at < Storage.BYTES; at += mine.length) {
            memory.read(at, mine, 0, mine.length);
            other.memory.read(at, theirs, 0, mine.length);
            int index = Arrays.mismatch(mine, theirs);
            if (index >= 0) {
                long address = at + index & -8;
                return "storage at real address %x: %016x or %016x"
                        .formatted(address, memory.getLong(address), other.memory.getLong(address));
            }
        }
        return "";
    }

    /** The code from the next instruction on. */
    String code(int instructions) {
        return processor.code(instructions);
    }

    /** Registers as text; vector-scalar registers that are 0 are left out. */
    String registers() {
        PowerProcessor p = processor;
        StringBuilder text = new StringBuilder();
        text.append("NIA %016x MSR %016x LR %016x CTR %016x%n"
                .formatted(p.nia(), p.msr(), p.slot(State.LR), p.slot(State.CTR)));
        text.append("XER %08x CR %08x FPSCR %016x VSCR %08x PID %d%n"
                .formatted(p.xer(), p.crWord(), p.fpscr(), p.vscr(), p.spr(Spr.PIDR)));
        text.append("SRR0 %016x SRR1 %016x DAR %016x DSISR %08x%n"
                .formatted(p.spr(Spr.SRR0), p.spr(Spr.SRR1), p.spr(Spr.DAR), p.spr(Spr.DSISR)));
        for (int i = 0; i < 32; i++) {
            text.append("r%-2d %016x%s".formatted(i, p.gpr(i), i % 4 == 3 ? "\n" : "  "));
        }
        for (int i = 0; i < 64; i++) {
            if ((p.vsrHigh(i) | p.vsrLow(i)) != 0) {
                text.append("vs%-2d %016x %016x%n".formatted(i, p.vsrHigh(i), p.vsrLow(i)));
            }
        }
        return text.toString();
    }

    /** Counts of interrupts, for people. */
    String interrupts() {
        return processor.interrupts().counts().toString();
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

    private static final class Platform implements PlatformCalls {
        @Override
        public void hypercall(PowerProcessor p) {
            p.setGpr(3, 0);
        }

        @Override
        public void decrementerDue(PowerProcessor p, long timeBase) {
            long ticks = timeBase - p.time().read(p);
            if (ticks > 0) {
                p.interrupts().withdraw(PowerProcessor.PENDING_DECREMENTER);
                p.setDecrementerDeadline(p.completed() + ticks);
            } else {
                p.setDecrementerDeadline(Long.MAX_VALUE);
                p.interrupts().request(PowerProcessor.PENDING_DECREMENTER);
            }
        }

        @Override
        public long randomNumber() {
            return 0x0123_4567_89ab_cdefL;
        }

        @Override
        public void idle(PowerProcessor p) {
            // Something is always pending soon, and nothing else runs meanwhile.
        }
    }
}

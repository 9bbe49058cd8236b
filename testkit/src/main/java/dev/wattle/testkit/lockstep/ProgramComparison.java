// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.lockstep;

import dev.wattle.engine.host.TranslationCache;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.translate.PowerFrontEnd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Runs programs on the native engine and on the evaluator, and compares all registers at intervals and all storage now
 * and then and at the end. For one thread.
 */
public final class ProgramComparison {
    /** Guest instructions that a program is run for. */
    public static final int INSTRUCTIONS = 40_000;

    private static final int STORAGE_COMPARISONS = 8;
    private static final int LISTED_INSTRUCTIONS = 66;

    private final PowerFrontEnd frontEnd = new PowerFrontEnd(ProcessorModel.POWER9);
    private final InstructionTable table = InstructionTable.load();
    private final ProgramGenerator generator = new ProgramGenerator(table);
    private final byte[] mine = new byte[1 << 16];
    private final byte[] theirs = new byte[1 << 16];
    private final boolean littleCode;
    private final boolean isKept;
    /** The machine that runs, if one does, and how many times one has been started. Guarded by this. */
    private Optional<ProgramMachine> running = Optional.empty();

    private long runs;
    private long runsBefore;
    private int givenUp;

    /** Of programs as they are. */
    public ProgramComparison() {
        this(false, false);
    }

    /**
     * @param littleCode whether all have so little memory for generated code that the oldest goes again and again
     * @param isKept whether each is run once before, and what is compared begins with the translations of that run
     */
    public ProgramComparison(boolean littleCode, boolean isKept) {
        this.littleCode = littleCode;
        this.isKept = isKept;
    }

    /**
     * Runs the program of a seed. If the engines differ, runs it again to find the block.
     *
     * @param seed any number
     * @return a description of the first difference, or nothing
     */
    public Optional<String> run(long seed) {
        GuestProgram made = generator.make(seed);
        GuestProgram program = littleCode ? made.withCodeBytes(ProgramGenerator.smallCodeBytes(seed)) : made;
        String coarse;
        String fine;
        Optional<Path> folder = isKept ? Optional.of(temporaryFolder()) : Optional.empty();
        try {
            folder.ifPresent(f -> keep(program, f));
            coarse = compare(program, program.interval(), INSTRUCTIONS / STORAGE_COMPARISONS, folder);
            if (coarse.isEmpty()) {
                return Optional.empty();
            }
            fine = compare(program, 1, 1, folder);
        } finally {
            folder.ifPresent(ProgramComparison::remove);
        }
        StringBuilder text = new StringBuilder("program 0x%x (%s):%n".formatted(seed, program.summary()));
        if (fine.isEmpty()) {
            text.append("no difference when compared at each block end, but:").append(System.lineSeparator());
        }
        return Optional.of(text.append(fine.isEmpty() ? coarse : fine).toString());
    }

    private static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("wattle-lockstep-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void remove(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TranslationCache open(Path folder) {
        return TranslationCache.open(folder, "program", problem -> {
            throw new IllegalStateException(problem);
        });
    }

    /** Runs a program on the native engine, whose translations are in a folder then. */
    private void keep(GuestProgram program, Path folder) {
        try (TranslationCache translations = open(folder);
                ProgramMachine machine = new ProgramMachine(frontEnd, true, program, Optional.of(translations))) {
            // What is thrown here is thrown again by the run that is compared.
            ran(machine, "native", INSTRUCTIONS);
        }
    }

    /** How many interrupts of each kind the program of a seed takes, on the evaluator. */
    String interrupts(long seed) {
        GuestProgram program = generator.make(seed);
        try (ProgramMachine machine = new ProgramMachine(frontEnd, false, program, Optional.empty())) {
            machine.runUntil(INSTRUCTIONS);
            return program.summary() + " " + machine.interrupts();
        }
    }

    /** Has the machine that runs given up if it has run ever since this was called before. Any thread. */
    synchronized void giveUpIfStuck() {
        if (runs == runsBefore && running.isPresent()) {
            running.get().giveUp();
            givenUp++;
        }
        runsBefore = runs;
    }

    /** How many machines have been given up. */
    synchronized int givenUp() {
        return givenUp;
    }

    private synchronized void running(Optional<ProgramMachine> machine) {
        running = machine;
        runs++;
    }

    private String compare(GuestProgram program, int interval, int storageInterval, Optional<Path> folder) {
        if (folder.isEmpty()) {
            return compareWith(Optional.empty(), program, interval, storageInterval);
        }
        try (TranslationCache translations = open(folder.get())) {
            return compareWith(Optional.of(translations), program, interval, storageInterval);
        }
    }

    private String compareWith(
            Optional<TranslationCache> translations, GuestProgram program, int interval, int storageInterval) {
        try (ProgramMachine first = new ProgramMachine(frontEnd, true, program, translations);
                ProgramMachine second = new ProgramMachine(frontEnd, false, program, Optional.empty())) {
            long storageDue = storageInterval;
            while (first.completed() < INSTRUCTIONS) {
                String code = interval == 1 && storageInterval == 1 ? firstBlock(first.code(LISTED_INSTRUCTIONS)) : "";
                long until = first.completed() + interval;
                String difference = ran(first, "native", until) + ran(second, "evaluator", until);
                if (difference.isEmpty() && (first.isGivenUp() || second.isGivenUp())) {
                    if (first.completed() == second.completed()) {
                        return "";
                    }
                    difference = "instructions completed: %d or %d".formatted(first.completed(), second.completed());
                }
                if (difference.isEmpty()) {
                    difference = first.difference(second);
                }
                if (difference.isEmpty() && (first.completed() >= storageDue || first.completed() >= INSTRUCTIONS)) {
                    storageDue = first.completed() + storageInterval;
                    difference = first.storageDifference(second, mine, theirs);
                }
                if (!difference.isEmpty()) {
                    return description(first, second, interval, difference, code);
                }
            }
        }
        return "";
    }

    /** Empty unless the engine threw something. */
    private String ran(ProgramMachine machine, String name, long until) {
        running(Optional.of(machine));
        try {
            machine.runUntil(until);
            return "";
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            StackTraceElement[] trace = e.getStackTrace();
            return "%s: %s at %s%n".formatted(name, e, trace.length > 0 ? trace[0] : "?");
        } finally {
            running(Optional.empty());
        }
    }

    /** A listing up to the first instruction that ends a block: {@code address: word  text} in each line. */
    private String firstBlock(String listing) {
        StringBuilder block = new StringBuilder();
        for (String line : listing.lines().toList()) {
            block.append(line).append(System.lineSeparator());
            int at = line.indexOf(": ") + 2;
            if (table.decode(Integer.parseUnsignedInt(line, at, at + 8, 16)).endsBlock()) {
                break;
            }
        }
        return block.toString();
    }

    private static String description(
            ProgramMachine first, ProgramMachine second, int interval, String difference, String code) {
        StringBuilder text = new StringBuilder();
        text.append("%s (native or evaluator), after %d instructions%n".formatted(difference, first.completed()));
        if (code.isEmpty()) {
            text.append("within the last %d instructions%n".formatted(interval));
        } else {
            text.append("after the first block of%n%s".formatted(code));
        }
        return text.append("native:%n%sevaluator:%n%s".formatted(first.registers(), second.registers()))
                .toString();
    }
}

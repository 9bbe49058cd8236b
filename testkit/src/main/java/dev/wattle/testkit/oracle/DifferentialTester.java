// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.Disassembler;
import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.isa.IsaVersion;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.semantics.Chapters;
import dev.wattle.power.semantics.Meanings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Executes random instructions from random states under QEMU user mode and on Wattle, and compares everything that a
 * program can see.
 *
 * <p>{@code java -cp ... dev.wattle.testkit.oracle.DifferentialTester --count 10000000}; {@code --help} lists the
 * options. It ends with status 0 if there was no difference that the lists of known ones do not explain.
 */
public final class DifferentialTester {
    private static final String USAGE = """
        Usage: DifferentialTester [--count N] [--rows PATTERN,...] [--seed N] [--endian le|be|both]
                                      [--cpu power8|power9] [--jobs N]
                                  [--examples N] [--table] [--no-sequences] [--case SEED@ADDRESS [--sequence]]
          --count     instructions to compare (default 100000)
          --rows      rows of the instruction table, with * for any characters (default: all)
          --seed      start of the random sequence (default: from the clock; printed)
          --endian    byte orders to test (default: both)
          --jobs      worker threads, each with its emulators (default 1)
          --examples  differences to show for each row (default 3)
          --table     print the counts of each row, and of each line of the lists of known differences
          --no-sequences  cases of one instruction only
          --case      one case, as a report names it, with the --endian and --rows that it names; --sequence for
                      a sequence
        """;

    private final InstructionTable table = InstructionTable.load();
    private final InstructionTable rows;
    private final Rules rules = Rules.load(table);
    private final Comparison comparison = new Comparison(rules);
    private final Report report;
    private final Tally tally = new Tally(table.rows().size());
    private final Map<String, String> untested = new TreeMap<>();
    private final List<RowProfile> profiles = new ArrayList<>();
    private final AtomicLong nextBatch = new AtomicLong();
    private final Options options;
    private final PrintStream out;

    /**
     * A run that has not begun.
     *
     * @param out where results are printed
     */
    DifferentialTester(Options options, PrintStream out) {
        this.options = options;
        this.out = out;
        rows = table.in(options.isPower8() ? IsaVersion.V2_07 : IsaVersion.V3_0);
        report = new Report(new Disassembler(rows));
        Meanings meanings = Chapters.bind(table);
        for (Instruction row : rows.rows()) {
            if (!options.selects(row.name())) {
                continue;
            }
            Optional<String> exclusion = RowProfile.exclusion(row);
            if (exclusion.isPresent()) {
                untested.put(row.name(), exclusion.get());
            } else if (!RowProfile.isPrivileged(row) && !meanings.has(row)) {
                untested.put(row.name(), "no meaning yet");
            } else {
                profiles.add(new RowProfile(row));
            }
        }
    }

    /** Entry point of the command line. */
    public static void main(String[] arguments) {
        Options options;
        try {
            options = Options.parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.print(USAGE);
            System.exit(2);
            return;
        }
        if (options.help()) {
            System.out.print(USAGE);
            return;
        }
        try {
            System.exit(new DifferentialTester(options, System.out).run() ? 0 : 1);
        } catch (IOException | IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    /**
     * Runs and prints the results.
     *
     * @return whether there was no difference that is not known
     * @throws IOException if the emulator or the compiler cannot be run
     */
    boolean run() throws IOException {
        if (profiles.isEmpty()) {
            throw new IllegalArgumentException("no row to test: " + untested);
        }
        out.println("seed " + options.seed());
        Path folder = Files.createTempDirectory("wattle-oracle");
        try {
            Path[] harness = new Path[2];
            for (int order = 0; order < 2; order++) {
                boolean little = order == 1;
                if (options.tests(little)) {
                    Optional<String> missing = QemuMachine.missing(little);
                    if (missing.isPresent()) {
                        throw new IOException(missing.get());
                    }
                    harness[order] = QemuMachine.build(folder, little);
                }
            }
            return run(harness);
        } finally {
            QemuMachine.clean(folder);
        }
    }

    private boolean run(Path[] harness) throws IOException {
        long start = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < options.jobs(); i++) {
            threads.add(Thread.ofPlatform().name("oracle-" + i).start(() -> work(harness)));
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        tally.printDifferences(out, options.examples());
        if (options.table()) {
            List<Instruction> selected = rows.rows().stream()
                    .filter(row -> options.selects(row.name()))
                    .toList();
            tally.printTable(out, selected, untested);
            for (Rules.Rule rule : rules.all()) {
                out.printf("%-28s %10d  %s%n", rule, rule.used.sum(), rule.columns.get(0));
            }
        }
        out.printf(
                "%d instances, %d different, %d rows not tested, %.1f s%n",
                tally.total(), tally.differences(), untested.size(), seconds);
        return tally.differences() == 0;
    }

    /** One byte order of one worker: its emulator and the batch that it works on. */
    private final class Lane {
        final boolean littleEndian;
        final QemuMachine qemu;
        final WattleMachine wattle;
        final Differences differences;
        final Outcome[] ours = outcomes();
        final Outcome[] theirs = outcomes();
        List<TestCase> batch = List.of();

        Lane(boolean littleEndian, Path harness, WattleMachine wattle) throws IOException {
            this.littleEndian = littleEndian;
            this.wattle = wattle;
            qemu = QemuMachine.start(harness, littleEndian, options.cpu());
            differences = new Differences(wattle, qemu, comparison, table);
        }

        /** Starts another batch; false when all is done. */
        boolean begin(TestGenerator generator, SequenceGenerator sequences) {
            batch = new ArrayList<>();
            if (tally.total() >= options.count()) {
                return false;
            }
            long number = nextBatch.getAndIncrement();
            boolean sequence = options.isSequenceBatch(number) && !sequences.isEmpty();
            int size = (int) Math.min(TestCase.BATCH, options.count());
            for (int i = 0; i < size; i++) {
                long n = number * TestCase.BATCH + i;
                long seed = options.caseSeed(n);
                long address = options.caseAddress(TestCase.addressOf((int) (number % 1_000_000), i));
                batch.add(
                        sequence
                                ? sequences.make(seed, littleEndian, address)
                                : generator.make(profile(n / 2, littleEndian), seed, littleEndian, address));
            }
            qemu.submit(batch);
            return true;
        }

        void finish() {
            if (batch.isEmpty()) {
                return;
            }
            wattle.submit(batch);
            wattle.collect(ours);
            qemu.collect(theirs);
            for (int i = 0; i < batch.size(); i++) {
                Comparison.complete(ours[i], theirs[i]);
                judge(batch.get(i), ours[i], theirs[i]);
            }
        }

        private void judge(TestCase test, Outcome ours, Outcome qemu) {
            if (test.isSequence()) {
                judgeSequence(test, ours, qemu);
                return;
            }
            Comparison.Verdict verdict = comparison.compareOne(test, ours, qemu);
            tally.count(test, verdict);
            if (verdict == Comparison.Verdict.DIFFERENT) {
                differs(test, test, ours, qemu);
            } else if (options.isCase()) {
                show(test, verdict, ours, qemu);
            }
        }

        private void judgeSequence(TestCase test, Outcome ours, Outcome qemu) {
            if (Comparison.sameSequence(ours, qemu)) {
                tally.count(test, Comparison.Verdict.SAME);
                if (options.isCase()) {
                    show(test, Comparison.Verdict.SAME, ours, qemu);
                }
                return;
            }
            List<TestCase> culprits = new ArrayList<>();
            Comparison.Verdict verdict = differences.dissect(test, culprits);
            tally.count(test, verdict);
            if (!culprits.isEmpty()) {
                differences.run(culprits.getFirst());
                differs(test, culprits.getFirst(), differences.ours(), differences.theirs());
            } else if (verdict == Comparison.Verdict.SAME) {
                differs(test, test, ours, qemu);
            } else if (options.isCase()) {
                show(test, verdict, ours, qemu);
            }
        }

        /** Prints the one case that was asked for, which is no difference. */
        private void show(TestCase test, Comparison.Verdict verdict, Outcome ours, Outcome qemu) {
            String text = verdict == Comparison.Verdict.SAME ? "no difference" : "a known difference";
            out.printf("%s: %s%s", text, report.reproduction(test), report.describe(test, ours, qemu));
        }

        /**
         * Notes a difference.
         *
         * @param origin the case that has it, as its seed makes it
         * @param test that, or the one instruction of it that differs, from the state that it has there
         */
        private void differs(TestCase origin, TestCase test, Outcome ours, Outcome qemu) {
            Instruction row = test.rows()[test.isSequence() || test.rows().length == 1 ? 0 : 1];
            String signature = (test.isSequence() ? "sequence: " : "") + Comparison.signature(ours, qemu);
            if (tally.differs(row, signature)) {
                String where = report.reproduction(origin);
                TestCase shrunk = differences.shrink(test);
                tally.explain(
                        row, signature, where + report.describe(shrunk, differences.ours(), differences.theirs()));
            }
        }
    }

    private RowProfile profile(long n, boolean littleEndian) {
        for (long i = n; ; i++) {
            RowProfile profile = profiles.get((int) (i % profiles.size()));
            if (RowProfile.exclusion(profile.row, littleEndian).isEmpty()) {
                return profile;
            }
        }
    }

    private static Outcome[] outcomes() {
        Outcome[] outcomes = new Outcome[TestCase.BATCH];
        for (int i = 0; i < outcomes.length; i++) {
            outcomes[i] = new Outcome();
        }
        return outcomes;
    }

    private void work(Path[] harness) {
        List<Lane> lanes = new ArrayList<>();
        try (WattleMachine wattle = new WattleMachine(
                options.isPower8() ? ProcessorModel.POWER8 : ProcessorModel.POWER9, options.isNative())) {
            for (int order = 0; order < 2; order++) {
                if (options.tests(order == 1)) {
                    lanes.add(new Lane(order == 1, harness[order], wattle));
                }
            }
            TestGenerator generator = new TestGenerator(rows, false);
            SequenceGenerator sequences = new SequenceGenerator(profiles, rules, generator);
            for (Lane lane : lanes) {
                lane.begin(generator, sequences);
            }
            boolean more = true;
            while (more) {
                more = false;
                for (Lane lane : lanes) {
                    lane.finish();
                    more |= lane.begin(generator, sequences);
                }
            }
        } catch (IOException e) {
            System.err.println(e.getMessage());
        } finally {
            lanes.forEach(lane -> lane.qemu.close());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.isa.IsaVersion;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Writes golden vectors: one file for each chapter of the instruction table and one of sequences.
 *
 * <p>{@code java -cp ... dev.wattle.testkit.oracle.GoldenVectorWriter FOLDER [SEED [COUNT]]}. Outcomes are QEMU's;
 * where the list of its differences from the book applies, they are ours. A case that QEMU and Wattle disagree about
 * is not written.
 */
public final class GoldenVectorWriter {
    private static final int CANDIDATES = 300;
    private static final int SEQUENCES = CANDIDATES;

    private final InstructionTable table = InstructionTable.load();
    private final InstructionTable isa3 = table.in(IsaVersion.V3_0);
    private final Rules rules = Rules.load(table);
    private final Comparison comparison = new Comparison(rules);
    private final TestGenerator generator = new TestGenerator(isa3, true);
    private final WattleMachine wattle = new WattleMachine();
    private final Map<String, GoldenVectors.Writer> files = new TreeMap<>();
    private final QemuMachine[] qemu = new QemuMachine[2];
    private final Outcome[][] theirs = new Outcome[2][];
    private final Outcome[] ours = outcomes();
    private final Path folder;
    private final long seed;
    private final int count;
    private int written;
    private int refused;

    private GoldenVectorWriter(Path folder, long seed, int count) {
        this.folder = folder;
        this.seed = seed;
        this.count = count;
    }

    /** Entry point of the command line. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 1) {
            System.err.println("Usage: GoldenVectorWriter FOLDER [SEED [COUNT]]");
            System.exit(2);
        }
        long seed = arguments.length > 1 ? Long.decode(arguments[1]) : 1;
        int count = arguments.length > 2 ? Integer.decode(arguments[2]) : 120;
        new GoldenVectorWriter(Path.of(arguments[0]), seed, count).run();
    }

    private static Outcome[] outcomes() {
        Outcome[] outcomes = new Outcome[CANDIDATES];
        for (int i = 0; i < outcomes.length; i++) {
            outcomes[i] = new Outcome();
        }
        return outcomes;
    }

    private void run() throws IOException {
        Path build = Files.createTempDirectory("wattle-oracle");
        Files.createDirectories(folder);
        List<RowProfile> profiles = new ArrayList<>();
        try {
            for (int order = 0; order < 2; order++) {
                qemu[order] = QemuMachine.start(QemuMachine.build(build, order == 1), order == 1);
                theirs[order] = outcomes();
            }
            for (Instruction row : isa3.rows()) {
                if (RowProfile.exclusion(row).isEmpty()) {
                    RowProfile profile = new RowProfile(row);
                    profiles.add(profile);
                    row(profile);
                }
            }
            SequenceGenerator sequences = new SequenceGenerator(profiles, rules, generator);
            for (int order = 0; order < 2; order++) {
                sequences(sequences, order == 1);
            }
        } finally {
            for (QemuMachine machine : qemu) {
                machine.close();
            }
            for (GoldenVectors.Writer file : files.values()) {
                file.close();
            }
            wattle.close();
            QemuMachine.clean(build);
        }
        System.out.println(written + " vectors written, " + refused + " cases refused");
    }

    private GoldenVectors.Writer file(String name) throws IOException {
        GoldenVectors.Writer file = files.get(name);
        if (file == null) {
            OutputStream out = Files.newOutputStream(folder.resolve(name + ".gz"));
            file = new GoldenVectors.Writer(out);
            files.put(name, file);
        }
        return file;
    }

    private void row(RowProfile profile) throws IOException {
        GoldenVectors.Writer file = file(profile.row.chapter());
        boolean touchesStorage = profile.addressing != RowProfile.Addressing.NONE;
        for (int order = 1; order >= 0; order--) {
            boolean little = order == 1;
            if (RowProfile.exclusion(profile.row, little).isPresent()) {
                continue;
            }
            List<TestCase> batch = new ArrayList<>();
            for (int i = 0; i < CANDIDATES; i++) {
                long caseSeed = (seed << 32 | profile.row.index()) * 0x9e37_79b9_7f4a_7c15L + i;
                batch.add(generator.make(profile, caseSeed, little, GoldenVectors.ADDRESS));
            }
            runEach(qemu[order], batch, theirs[order]);
            runEach(wattle, batch, ours);
            boolean both = !touchesStorage
                    && RowProfile.exclusion(profile.row, !little).isEmpty();
            if (both) {
                List<TestCase> other = batch.stream().map(t -> otherOrder(t)).toList();
                runEach(qemu[1 - order], other, theirs[1 - order]);
            }
            choose(file, batch, order, both);
            if (both) {
                return;
            }
        }
    }

    /** Runs cases one by one, since all have their code at the same address. */
    private static void runEach(Machine machine, List<TestCase> cases, Outcome[] outcomes) {
        Outcome[] one = new Outcome[1];
        for (int i = 0; i < cases.size(); i++) {
            machine.submit(cases.subList(i, i + 1));
            one[0] = outcomes[i];
            machine.collect(one);
        }
    }

    private static TestCase otherOrder(TestCase t) {
        return new TestCase(t.seed(), !t.littleEndian(), t.rows(), t.code(), t.address(), t.base(), t.before());
    }

    /** Writes some of the candidates: first those whose status afterwards is new. */
    private void choose(GoldenVectors.Writer file, List<TestCase> batch, int order, boolean both) throws IOException {
        Set<List<Long>> seen = new HashSet<>();
        boolean[] taken = new boolean[batch.size()];
        int chosen = 0;
        for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < batch.size() && chosen < count; i++) {
                if (taken[i] || pass == 0 && !seen.add(status(batch.get(i), ours[i]))) {
                    continue;
                }
                taken[i] = true;
                if (write(
                        file,
                        batch.get(i),
                        ours[i],
                        theirs[order][i],
                        both ? theirs[1 - order][i] : theirs[order][i],
                        both)) {
                    chosen++;
                }
            }
        }
    }

    private static List<Long> status(TestCase test, Outcome outcome) {
        long[] before = test.before().words;
        long[] after = outcome.after.words;
        return List.of(
                (long) outcome.stop.ordinal(),
                before[MachineState.FPSCR] ^ after[MachineState.FPSCR],
                before[MachineState.CR] ^ after[MachineState.CR],
                before[MachineState.XER] ^ after[MachineState.XER],
                after[MachineState.VSCR],
                before[MachineState.FPSCR] & 3);
    }

    private boolean write(
            GoldenVectors.Writer file, TestCase test, Outcome our, Outcome qemus, Outcome other, boolean both)
            throws IOException {
        Comparison.complete(our, qemus);
        Comparison.complete(our, other);
        if (comparison.verdict(test, our, qemus) == Comparison.Verdict.DIFFERENT
                || both && comparison.verdict(otherOrder(test), our, other) == Comparison.Verdict.DIFFERENT) {
            System.err.println("disagreement about " + test.rows()[0].name() + ": " + Comparison.signature(our, qemus));
            refused++;
            return false;
        }
        // Ours and QEMU's are the same wherever both are right.
        file.write(test, our, both);
        written++;
        return true;
    }

    private void sequences(SequenceGenerator sequences, boolean littleEndian) throws IOException {
        int order = littleEndian ? 1 : 0;
        List<TestCase> batch = new ArrayList<>();
        for (int i = 0; i < SEQUENCES; i++) {
            batch.add(sequences.make(seed * 1_000_003 + 2L * i + order, littleEndian, GoldenVectors.ADDRESS));
        }
        runEach(qemu[order], batch, theirs[order]);
        runEach(wattle, batch, ours);
        for (int i = 0; i < batch.size(); i++) {
            Comparison.complete(ours[i], theirs[order][i]);
            if (Comparison.sameSequence(ours[i], theirs[order][i])) {
                file("sequences").write(batch.get(i), ours[i], false);
                written++;
            } else {
                refused++;
            }
        }
    }
}

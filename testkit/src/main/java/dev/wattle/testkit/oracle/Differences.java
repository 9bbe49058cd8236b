// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.InstructionTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Looks into cases whose outcomes differ: finds the guilty instruction of a sequence, and makes cases smaller. Uses
 * the two machines, one case at a time, while they have no batch under way.
 */
final class Differences {
    private static final int NOP = 0x6000_0000;
    private static final int BRANCHES_MOST = 64;

    private final Machine wattle;
    private final Machine qemu;
    private final Comparison comparison;
    private final Instruction nop;
    private Outcome.Stop ourStop = Outcome.Stop.NONE;
    private Outcome.Stop theirStop = Outcome.Stop.NONE;
    private final Outcome[] ours = {new Outcome()};
    private final Outcome[] theirs = {new Outcome()};

    Differences(Machine wattle, Machine qemu, Comparison comparison, InstructionTable table) {
        this.wattle = wattle;
        this.qemu = qemu;
        this.comparison = comparison;
        this.nop = table.byName("ori");
    }

    Outcome ours() {
        return ours[0];
    }

    Outcome theirs() {
        return theirs[0];
    }

    /** Runs a case on both machines; {@link #ours} and {@link #theirs} then have the outcomes. */
    void run(TestCase test) {
        qemu.submit(List.of(test));
        wattle.submit(List.of(test));
        wattle.collect(ours);
        qemu.collect(theirs);
        Comparison.complete(ours[0], theirs[0]);
    }

    /**
     * Whether the outcomes of the last run differ, beyond what is known for a single instruction or compared in a
     * sequence.
     */
    private boolean differs(TestCase test) {
        return test.code().length == 1
                ? comparison.verdict(test, ours[0], theirs[0]) == Comparison.Verdict.DIFFERENT
                : !Comparison.sameSequence(ours[0], theirs[0]);
    }

    /**
     * Executes a sequence instruction by instruction, each from our state.
     *
     * @param culprits where a case of the first instruction that differs is put
     * @return DIFFERENT if there is one; EXPLAINED if known differences of instructions can be the cause; SAME if each
     *     instruction by itself gives the same
     */
    Comparison.Verdict dissect(TestCase test, List<TestCase> culprits) {
        MachineState state = test.before();
        boolean explained = false;
        int steps = 0;
        for (int i = 0; i < test.code().length && steps < BRANCHES_MOST; steps++) {
            Instruction row = test.rows()[i];
            int word = test.code()[i];
            if (row.name().equals("b") || row.name().equals("bc")) {
                state = state.copy();
                i = branch(row, word, i, test.address(), state);
                continue;
            }
            TestCase one = new TestCase(
                    test.seed(),
                    test.littleEndian(),
                    new Instruction[] {row},
                    new int[] {word},
                    test.address() + 4L * i,
                    test.base(),
                    state);
            run(one);
            Comparison.Verdict verdict = comparison.verdict(one, ours[0], theirs[0]);
            if (verdict == Comparison.Verdict.DIFFERENT) {
                culprits.add(one);
                return verdict;
            }
            explained |= verdict == Comparison.Verdict.EXPLAINED;
            if (ours[0].stop != Outcome.Stop.NONE) {
                break;
            }
            state = ours[0].after.copy();
            i++;
        }
        return explained ? Comparison.Verdict.EXPLAINED : Comparison.Verdict.SAME;
    }

    /**
     * Executes {@code b} or {@code bc} on a state (Power ISA 3.0B, Book I, 2.4); returns the index of the next
     * instruction.
     */
    private static int branch(Instruction row, int word, int index, long address, MachineState state) {
        long[] words = state.words;
        if ((word & row.lkBit()) != 0) {
            words[MachineState.LR] = address + 4L * index + 4;
        }
        if (row.name().equals("b")) {
            return index + row.operand("LI").get(word) / 4;
        }
        int bo = row.operand("BO").get(word);
        int bi = row.operand("BI").get(word);
        boolean counted = true;
        if ((bo & 4) == 0) {
            words[MachineState.CTR]--;
            counted = (words[MachineState.CTR] != 0) == ((bo & 2) == 0);
        }
        boolean condition = (bo & 16) != 0 || (words[MachineState.CR] >>> 31 - bi & 1) == (bo >>> 3 & 1);
        return counted && condition ? index + row.operand("BD").get(word) / 4 : index + 1;
    }

    /**
     * A case that still differs, with as few instructions and as plain a state as could be found; ready in the
     * outcomes.
     */
    TestCase shrink(TestCase original) {
        run(original);
        ourStop = ours[0].stop;
        theirStop = theirs[0].stop;
        TestCase test = original;
        for (int i = 0; i < test.code().length && test.code().length > 1; i++) {
            int[] code = test.code().clone();
            Instruction[] rows = test.rows().clone();
            code[i] = NOP;
            rows[i] = nop;
            test = better(test, test.with(rows, code, test.before()));
        }
        if (test.code().length > 1) {
            test = better(test, trimmed(test));
        }
        MachineState all = test.before().copy();
        List<Integer> plain = new ArrayList<>();
        for (int i = 0; i < MachineState.WORDS; i++) {
            if (i != test.base() && all.words[i] != 0) {
                plain.add(i);
            }
        }
        test = zeroed(test, plain);
        MachineState noMemory = test.before().copy();
        Arrays.fill(noMemory.memory, (byte) 0);
        test = better(test, test.with(test.rows(), test.code(), noMemory));
        run(test);
        return test;
    }

    /** Zeroes as many of the register words as can be, halving the set where all at once is too much. */
    private TestCase zeroed(TestCase test, List<Integer> words) {
        if (words.isEmpty()) {
            return test;
        }
        MachineState state = test.before().copy();
        for (int word : words) {
            state.words[word] = 0;
        }
        TestCase simpler = better(test, test.with(test.rows(), test.code(), state));
        if (simpler != test || words.size() == 1) {
            return simpler;
        }
        TestCase half = zeroed(test, words.subList(0, words.size() / 2));
        return zeroed(half, words.subList(words.size() / 2, words.size()));
    }

    /** Without the {@code nop}s at the end. */
    private static TestCase trimmed(TestCase test) {
        int length = test.code().length;
        while (length > 2 && test.code()[length - 1] == NOP) {
            length--;
        }
        return test.with(Arrays.copyOf(test.rows(), length), Arrays.copyOf(test.code(), length), test.before());
    }

    private TestCase better(TestCase test, TestCase candidate) {
        run(candidate);
        // A difference of another kind would be another difference.
        boolean alike = ours[0].stop == ourStop && theirs[0].stop == theirStop;
        return alike && differs(candidate) ? candidate : test;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.InstructionTable;
import org.junit.jupiter.api.Test;

class RulesTest {
    private static final InstructionTable TABLE = InstructionTable.load();
    private static final Rules RULES = Rules.load(TABLE);
    private static final Comparison COMPARISON = new Comparison(RULES);

    private final Outcome ours = new Outcome();
    private final Outcome qemus = new Outcome();

    private static TestCase one(String text, MachineState before) {
        int word = new Assembler(TABLE).assemble(text);
        return new TestCase(
                0, true, new Instruction[] {TABLE.decode(word)}, new int[] {word}, GoldenVectors.ADDRESS, 30, before);
    }

    @Test
    void Outcomes_thatDifferInADefinedBit_areDifferent() {
        ours.after.words[3] = 1;
        assertEquals(
                Comparison.Verdict.DIFFERENT,
                COMPARISON.compareOne(one("add r3,r4,r5", new MachineState()), ours, qemus));
    }

    @Test
    void Outcomes_thatDifferInTheUndefinedHalf_areExplained() {
        ours.after.words[3] = 0x1_0000_0000L;
        TestCase mulhw = one("mulhw r3,r4,r5", new MachineState());
        assertEquals(Comparison.Verdict.EXPLAINED, COMPARISON.compareOne(mulhw, ours, qemus));
        ours.after.words[3] |= 1;
        assertEquals(Comparison.Verdict.DIFFERENT, COMPARISON.compareOne(mulhw, ours, qemus));
    }

    @Test
    void Condition_onAnOperand_looksAtTheStateBefore() {
        MachineState before = new MachineState();
        ours.after.words[3] = 7;
        assertEquals(Comparison.Verdict.EXPLAINED, COMPARISON.compareOne(one("divd r3,r4,r5", before), ours, qemus));
        before.words[5] = 1;
        assertEquals(Comparison.Verdict.DIFFERENT, COMPARISON.compareOne(one("divd r3,r4,r5", before), ours, qemus));
    }

    @Test
    void Stop_thatDiffers_needsARuleForIt() {
        qemus.stop = Outcome.Stop.ILLEGAL;
        assertEquals(
                Comparison.Verdict.DIFFERENT,
                COMPARISON.compareOne(one("add r3,r4,r5", new MachineState()), ours, qemus));
        assertEquals(
                Comparison.Verdict.EXPLAINED,
                COMPARISON.compareOne(one("icbt 0,r4,r5", new MachineState()), ours, qemus));
    }

    @Test
    void Condition_thatDoesNotExist_isRefused() {
        assertThrows(IllegalArgumentException.class, () -> Conditions.parse("always & sometimes"));
    }

    @Test
    void Row_withAnUnconditionalRule_isNotForSequences() {
        assertTrue(RULES.alwaysDiffers(TABLE.byName("mulhw")));
        assertFalse(RULES.alwaysDiffers(TABLE.byName("fadd")));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.isa.Disassembler;
import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.isa.IsaVersion;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * FPSCR[FR] and FPSCR[FI], which QEMU does not keep and so cannot judge, by what they mean: a result is inexact when XX
 * becomes 1, and its fraction was incremented when it is not the result that rounding toward zero gives. The results
 * themselves are compared with QEMU in all rounding modes.
 */
class RoundingFlagsTest {
    private static final long XX = Targets.fpscrBits("XX");
    private static final long FI = Targets.fpscrBits("FI");
    private static final long FR = Targets.fpscrBits("FR");
    private static final long OX = Targets.fpscrBits("OX");
    private static final long RN = Targets.fpscrBits("RN");
    private static final long DRN = Targets.fpscrBits("DRN");
    private static final long TOWARD_ZERO = 1 | 1L << 32;
    private static final long ENABLES = 0xf8;
    private static final int CASES = 400;

    @Test
    void FractionRounded_ofAnyResult_tellsWhetherItWasIncremented() {
        InstructionTable table = InstructionTable.load();
        InstructionTable isa3 = table.in(IsaVersion.V3_0);
        Rules rules = Rules.load(table);
        TestGenerator generator = new TestGenerator(isa3, true);
        Disassembler disassembler = new Disassembler(isa3);
        List<Instruction> estimates = new ArrayList<>(rules.group("fp-estimate"));
        estimates.addAll(rules.group("vsx-estimate"));
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        List<String> wrong = new ArrayList<>();
        try (WattleMachine wattle = new WattleMachine()) {
            for (String group : List.of("fp-status", "vsx-status", "dfp-status")) {
                for (Instruction row : rules.group(group)) {
                    if (!estimates.contains(row)) {
                        check(new RowProfile(row), generator, wattle, disassembler, seed, wrong);
                    }
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    private static void check(
            RowProfile profile,
            TestGenerator generator,
            WattleMachine wattle,
            Disassembler disassembler,
            long seed,
            List<String> wrong) {
        // Without RMC the rounding mode is in the FPSCR; round to odd does not look at it.
        boolean mode = !profile.has("RMC") && !profile.row.name().matches(".*qpo|xscvqpdpo");
        Outcome[] outcomes = {new Outcome()};
        Outcome[] truncated = {new Outcome()};
        for (int i = 0; i < CASES; i++) {
            TestCase test = generator.make(profile, seed + i, true, GoldenVectors.ADDRESS);
            test.before().words[MachineState.FPSCR] &= ~(ENABLES | XX | OX);
            long before = test.before().words[MachineState.FPSCR];
            wattle.submit(List.of(test));
            wattle.collect(outcomes);
            long after = outcomes[0].after.words[MachineState.FPSCR];
            boolean inexact = (after & XX) != 0;
            String what = "";
            if (inexact != ((after & FI) != 0)) {
                what = "FI is not what XX says";
            } else if (!inexact && (after & FR) != 0) {
                what = "FR without FI";
            } else if (inexact && mode && (after & OX) == 0) {
                MachineState state = test.before().copy();
                state.words[MachineState.FPSCR] = before & ~(RN | DRN) | TOWARD_ZERO;
                wattle.submit(List.of(test.with(test.rows(), test.code(), state)));
                wattle.collect(truncated);
                if (((after & FR) != 0) != !sameResult(outcomes[0].after, truncated[0].after)) {
                    what = "FR is not whether the result differs from the truncated one";
                }
            }
            if (!what.isEmpty() && wrong.size() < 20) {
                wrong.add(String.format(
                        "%s: %s, FPSCR %x to %x, case 0x%x",
                        disassembler.disassemble(test.code()[0], 0), what, before, after, seed + i));
            }
        }
    }

    private static boolean sameResult(MachineState a, MachineState b) {
        for (int i = 0; i < MachineState.LR; i++) {
            if (a.words[i] != b.words[i]) {
                return false;
            }
        }
        return true;
    }
}

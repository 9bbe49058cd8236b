// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.Operand;
import dev.wattle.power.isa.Privilege;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Makes test cases of several instructions that work on few registers, so that results are operands of what follows.
 *
 * <p>GPRs 20 and 21 point into the window and 22 and 23 are indexes; only update forms change them, and the generator
 * keeps account of that.
 */
final class SequenceGenerator {
    private static final int BASES = 20;
    private static final int ALIGNED_INDEX = 22;
    private static final int INDEX = 23;
    private static final int IMAGE_REGISTER = 30;
    private static final int NOP = 0x6000_0000;

    /** Rows that change what the generator relies on, stop, or depend on the FPSCR's status bits. */
    private static final Set<String> UNSUITABLE = Set.of(
            "tw",
            "twi",
            "td",
            "tdi",
            "mtvscr",
            "mfvscr",
            "mtfsf",
            "mtfsfi",
            "mtfsb0",
            "mtfsb1",
            "mffs",
            "mffsce",
            "mffsl",
            "mcrfs",
            "mfspr",
            "mtspr",
            "bclr",
            "bcctr",
            "bctar",
            "lmw",
            "stmw",
            "lswi",
            "lswx",
            "stswi",
            "stswx",
            "lwat",
            "ldat",
            "stwat",
            "stdat",
            "stqcx.",
            "copy",
            "paste.",
            "cpabort",
            "dcbf",
            "mffscrn",
            "mffscdrn",
            "mffscrni",
            "mffscdrni",
            "lfdp",
            "lfdpx",
            "stfdp",
            "stfdpx");

    /** FPSCR bits that QEMU gets wrong so often that sequences do not compare them: FX, FR, FI and FPRF. */
    static final long UNCOMPARED_FPSCR = 0x8007_f000L;

    private final List<RowProfile> rows = new ArrayList<>();
    /** {@code b} and {@code bc}, if both are among the rows. */
    private final List<RowProfile> branchRows = new ArrayList<>();

    private final MachineState noState = new MachineState();
    private final Instruction nop;
    private final TestGenerator single;

    /**
     * @param profiles the rows to take from; unsuitable ones are left out
     * @param rules known differences: rows that always have one are left out
     */
    SequenceGenerator(List<RowProfile> profiles, Rules rules, TestGenerator single) {
        this.single = single;
        nop = single.row(NOP);
        for (RowProfile profile : profiles) {
            String name = profile.row.name();
            if (name.equals("b") || name.equals("bc")) {
                branchRows.add(profile);
            } else if (profile.row.privilege() == Privilege.PROBLEM
                    && !UNSUITABLE.contains(name)
                    && !profile.row.chapter().equals("transactional-memory")
                    && !rules.alwaysDiffers(profile.row)) {
                rows.add(profile);
            }
        }
    }

    /** Whether there is anything to make sequences of. */
    boolean isEmpty() {
        return rows.isEmpty();
    }

    /** One case. */
    TestCase make(long seed, boolean littleEndian, long address) {
        SplittableRandom random = new SplittableRandom(seed);
        Values values = new Values(random);
        int length = random.nextInt(3, 15);
        boolean branches = branchRows.size() == 2 && random.nextInt(3) == 0;
        Instruction[] instructions = new Instruction[length];
        int[] code = new int[length];
        MachineState state = single.isPlain() ? plainState(random, values) : state(random, values);
        Draft draft = new Draft(random, state);
        for (int i = 0; i < length; i++) {
            RowProfile profile = rows.get(random.nextInt(rows.size()));
            if (branches && random.nextInt(6) == 0) {
                boolean conditional = random.nextInt(4) != 0;
                profile = branchRows.get(conditional ? 1 : 0);
                code[i] = branchWord(profile.row, random, i, length);
            } else {
                code[i] = word(profile, draft, !branches);
            }
            instructions[i] = code[i] == NOP ? nop : profile.row;
        }
        // What the rows want to find there decides what the registers hold.
        for (int i = 0; i < length; i++) {
            single.operandsOf(instructions[i], code[i], random, values, state, BASES, INDEX);
        }
        state.words[MachineState.FPSCR] &= ~0xf8L;
        state.words[IMAGE_REGISTER] = MachineState.IMAGE;
        return new TestCase(seed, littleEndian, instructions, code, address, IMAGE_REGISTER, state);
    }

    private static MachineState state(SplittableRandom random, Values values) {
        MachineState state = new MachineState();
        for (int i = 0; i < MachineState.LR; i++) {
            state.words[i] = random.nextLong();
        }
        state.words[MachineState.LR] = random.nextLong();
        state.words[MachineState.TAR] = random.nextLong();
        state.words[MachineState.VRSAVE] = random.nextLong() & 0xffff_ffffL;
        for (int i = 0; i < state.memory.length; i += 8) {
            long value = values.integer();
            for (int k = 0; k < 8; k++) {
                state.memory[i + k] = (byte) (value >>> 8 * k);
            }
        }
        vary(state, random, values);
        return state;
    }

    private static MachineState plainState(SplittableRandom random, Values values) {
        MachineState state = GoldenVectors.background();
        vary(state, random, values);
        return state;
    }

    private static void vary(MachineState state, SplittableRandom random, Values values) {
        long[] words = state.words;
        for (int i = 3; i < 9; i++) {
            words[i] = values.integer();
        }
        words[BASES] = MachineState.WINDOW + 16L * random.nextInt(4, 20);
        words[BASES + 1] = MachineState.WINDOW + 16L * random.nextInt(4, 20);
        words[ALIGNED_INDEX] = 16L * random.nextInt(-3, 4);
        words[INDEX] = random.nextInt(-40, 41);
        words[MachineState.CTR] = random.nextInt(4);
        words[MachineState.XER] = values.xer();
        words[MachineState.CR] = random.nextLong() & 0xffff_ffffL;
        words[MachineState.FPSCR] = values.fpscr();
        words[MachineState.VSCR] = values.vscr();
    }

    /** What is known while a sequence is made. */
    private static final class Draft {
        final SplittableRandom random;
        final long[] bases = new long[2];
        final long alignedIndex;
        final long index;
        /** Size of the reservations made: a store conditional of another size may or may not store. */
        int reservedBytes;

        Draft(SplittableRandom random, MachineState state) {
            this.random = random;
            bases[0] = state.words[BASES];
            bases[1] = state.words[BASES + 1];
            alignedIndex = state.words[ALIGNED_INDEX];
            index = state.words[INDEX];
        }
    }

    private static int branchWord(Instruction row, SplittableRandom random, int at, int length) {
        int target = random.nextInt(at + 1, length + 1);
        int word = row.value() | random.nextInt() & row.lkBit();
        if (row.name().equals("b")) {
            return row.operand("LI").set(word, 4 * (target - at));
        }
        int[] options = {0, 2, 4, 8, 10, 12, 16, 18};
        word = row.operand("BO").set(word, options[random.nextInt(options.length)]);
        word = row.operand("BI").set(word, random.nextInt(32));
        return row.operand("BD").set(word, 4 * (target - at));
    }

    private int word(RowProfile profile, Draft draft, boolean mayUpdate) {
        SplittableRandom random = draft.random;
        for (int attempt = 0; attempt < 50; attempt++) {
            if (profile.row.name().matches("l.arx|st.cx\\.")) {
                if (draft.reservedBytes != 0 && draft.reservedBytes != profile.accessBytes) {
                    return NOP;
                }
                draft.reservedBytes = profile.accessBytes;
            }
            int word = draw(profile, random);
            if (profile.addressing == RowProfile.Addressing.NONE) {
                return word;
            }
            int base = random.nextInt(2);
            word = profile.ra().set(word, BASES + base);
            long ea;
            if (profile.addressing == RowProfile.Addressing.INDEXED) {
                boolean aligned = profile.mustBeAligned || random.nextBoolean();
                word = profile.row.operand("RB").set(word, aligned ? ALIGNED_INDEX : INDEX);
                ea = draft.bases[base] + (aligned ? draft.alignedIndex : draft.index);
            } else if (profile.addressing == RowProfile.Addressing.DISPLACEMENT) {
                Operand displacement = profile.displacement();
                int step = profile.mustBeAligned ? 16 : displacement.step();
                int value = random.nextInt(-48, 49) & -step;
                word = displacement.set(word, value);
                ea = draft.bases[base] + value;
            } else {
                ea = draft.bases[base];
            }
            boolean aligned = (ea & profile.alignment - 1) == 0;
            boolean inside =
                    ea >= MachineState.WINDOW + 16 && ea < MachineState.WINDOW + MachineState.WINDOW_BYTES - 32;
            if (!inside || profile.mustBeAligned && !aligned || profile.update && !mayUpdate) {
                continue;
            }
            if (profile.update) {
                if ((ea & 15) != 0) {
                    continue;
                }
                draft.bases[base] = ea;
            }
            return word;
        }
        return NOP;
    }

    /** A word whose registers are from the small sets. */
    private int draw(RowProfile profile, SplittableRandom random) {
        Instruction row = profile.row;
        while (true) {
            int word = row.value() | random.nextInt() & (row.oeBit() | row.rcBit());
            if (row.chapter().equals("floating-point") || row.chapter().equals("decimal")) {
                // CR field 1 would have the FPSCR bits that are not compared.
                word &= ~row.rcBit();
            }
            for (Operand operand : row.operands()) {
                word = operand.set(
                        word,
                        switch (operand.kind()) {
                            case GPR, GPR_OR_ZERO -> random.nextInt(3, 9);
                            case GPR_PAIR, FPR_PAIR -> 2 * random.nextInt(2, 5);
                            case FPR, VR -> random.nextInt(6);
                            case VSR -> random.nextInt(6) + (random.nextBoolean() ? 32 : 0);
                            default -> {
                                int steps = (operand.maximum() - operand.minimum()) / operand.step() + 1;
                                yield operand.minimum() + operand.step() * random.nextInt(steps);
                            }
                        });
            }
            word = TestGenerator.choose(row, word, random);
            if (InvalidForms.isValid(row, word, noState)) {
                return word;
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.isa.Operand;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Makes test cases of one instruction, or of a branch and a few instructions that show where it went. A case depends on
 * its row, seed, byte order and address alone.
 */
final class TestGenerator {
    /** BO values that are no invalid form, with their hints. */
    private static final int[] BRANCH_OPTIONS = {0, 2, 4, 6, 7, 8, 10, 12, 14, 15, 16, 18, 20, 24, 25, 26, 27};
    /** Special purpose registers of problem state, and some numbers that are not. */
    private static final int[] SPRS = {
        1, 1, 1, 8, 8, 9, 9, 256, 256, 815, 815, 3, 0, 4, 5, 6, 13, 22, 26, 136, 152, 259, 272, 287, 1023
    };

    private static final int[] LOAD_FUNCTIONS = {0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 24, 25, 28};
    private static final int[] STORE_FUNCTIONS = {0, 1, 2, 3, 4, 5, 6, 7, 24};
    /** addi rN,rN,value without N. */
    private static final int ADDI = 14 << 26;

    /** One case in so many has a reserved bit set. */
    private static final int RESERVED_BITS = 40;

    private final InstructionTable table;
    private final Instruction addi;
    private final boolean plain;

    private final long[] pair = new long[2];

    /**
     * @param plain whether registers that the instruction does not name hold the same numbers in all cases
     */
    TestGenerator(InstructionTable table, boolean plain) {
        this.table = table;
        addi = table.byName("addi");
        this.plain = plain;
    }

    /** The row of a word. */
    Instruction row(int word) {
        return table.decode(word);
    }

    boolean isPlain() {
        return plain;
    }

    /** One case. */
    TestCase make(RowProfile profile, long seed, boolean littleEndian, long address) {
        SplittableRandom random = new SplittableRandom(seed);
        Values values = new Values(random);
        while (true) {
            MachineState state = new MachineState();
            background(state, random, values, profile);
            if (profile.branch) {
                return branch(profile, seed, littleEndian, address, random, state);
            }
            int word = reserved(profile.row, word(profile, random, state), random);
            int base = freeBase(profile, word, state);
            if (base < 0) {
                continue;
            }
            operands(profile, word, random, values, state);
            relate(profile, word, random, state);
            if (!address(profile, word, random, values, state, littleEndian, base)) {
                continue;
            }
            state.words[base] = MachineState.IMAGE;
            return new TestCase(
                    seed, littleEndian, new Instruction[] {profile.row}, new int[] {word}, address, base, state);
        }
    }

    // State

    private void background(MachineState state, SplittableRandom random, Values values, RowProfile profile) {
        long[] words = state.words;
        if (plain) {
            MachineState fixed = GoldenVectors.background();
            System.arraycopy(fixed.words, 0, words, 0, words.length);
            System.arraycopy(fixed.memory, 0, state.memory, 0, state.memory.length);
        } else {
            for (int i = 0; i < MachineState.LR; i++) {
                words[i] = random.nextLong();
            }
            for (int i = 0; i < state.memory.length; i++) {
                state.memory[i] = (byte) random.nextInt();
            }
            words[MachineState.LR] = random.nextLong();
            words[MachineState.CTR] = random.nextLong();
            words[MachineState.TAR] = random.nextLong();
            words[MachineState.VRSAVE] = random.nextLong() & 0xffff_ffffL;
        }
        words[MachineState.XER] = values.xer();
        if (profile.row.name().endsWith("swx")) {
            // More bytes would leave no register for the address.
            words[MachineState.XER] = words[MachineState.XER] & ~0x7fL | random.nextInt(80);
        }
        words[MachineState.CR] = random.nextLong() & 0xffff_ffffL;
        words[MachineState.FPSCR] = values.fpscr();
        words[MachineState.VSCR] = values.vscr();
        if (plain) {
            keepOnlyWhatMatters(words, profile);
        }
    }

    /** In plain cases the status registers vary only for the rows that look at them. */
    private static void keepOnlyWhatMatters(long[] words, RowProfile profile) {
        String chapter = profile.row.chapter();
        boolean floating = chapter.equals("floating-point") || chapter.equals("vsx") || chapter.equals("decimal");
        boolean vector = chapter.equals("vector");
        if (!floating || profile.addressing != RowProfile.Addressing.NONE) {
            words[MachineState.FPSCR] = 0;
        }
        if (!vector || profile.addressing != RowProfile.Addressing.NONE) {
            words[MachineState.VSCR] = 0;
        }
        if (floating || vector || profile.addressing != RowProfile.Addressing.NONE) {
            words[MachineState.CR] = 0x1234_5678;
            if (!profile.row.name().endsWith("swx")) {
                words[MachineState.XER] = 0;
            }
        }
    }

    /**
     * Puts numbers that suit a row into the registers that a word names, but for GPRs from {@code first} to {@code
     * last}.
     */
    void operandsOf(
            Instruction row,
            int word,
            SplittableRandom random,
            Values values,
            MachineState state,
            int first,
            int last) {
        long[] kept = Arrays.copyOfRange(state.words, first, last + 1);
        operands(new RowProfile(row), word, random, values, state);
        System.arraycopy(kept, 0, state.words, first, kept.length);
    }

    /** Puts numbers that suit the row into the registers that the word names. */
    private void operands(RowProfile profile, int word, SplittableRandom random, Values values, MachineState state) {
        for (Operand operand : profile.row.operands()) {
            int n = operand.get(word);
            switch (operand.kind()) {
                case GPR, GPR_OR_ZERO -> state.words[n] = gpr(profile, operand, random, values);
                case GPR_PAIR -> {
                    state.words[n] = values.integer();
                    state.words[n + 1 & 31] = values.integer();
                }
                case FPR -> {
                    vsr(state, n, fprDomain(profile, operand), random, values);
                    if (profile.single && random.nextInt(16) != 0) {
                        roundToSingle(state.words, MachineState.vsr(n, 0));
                    }
                }
                case FPR_PAIR -> quad(state, n, profile, random, values);
                case VR -> vsr(state, 32 + n, profile.domain, random, values);
                case VSR -> {
                    vsr(state, n, profile.domain, random, values);
                    if (profile.single && random.nextInt(16) != 0) {
                        roundToSingle(state.words, MachineState.vsr(n, 0));
                    }
                }
                default -> {
                    // Not a register with contents.
                }
            }
        }
        if (profile.row.name().matches("l[wd]at")) {
            int rt = Fields.rt(word);
            state.words[rt + 1 & 31] = values.integer();
            state.words[rt + 2 & 31] = values.integer();
        }
    }

    /** Makes a double-precision number one that single precision can represent. */
    private static void roundToSingle(long[] words, int at) {
        float single = (float) Double.longBitsToDouble(words[at]);
        words[at] = Float.isNaN(single) ? words[at] & -1L << 29 : Double.doubleToRawLongBits(single);
    }

    private static long gpr(RowProfile profile, Operand operand, SplittableRandom random, Values values) {
        String name = profile.row.name();
        return switch (name) {
            case "cbcdtd", "addg6s" -> random.nextInt(8) == 0 ? random.nextLong() : values.digits(16);
            case "xsiexpdp" ->
                operand.name().equals("RB") && random.nextBoolean() ? random.nextInt(2048) : values.f64();
            case "lxvl", "lxvll", "stxvl", "stxvll" -> (long) random.nextInt(20) << 56 | random.nextLong() >>> 8;
            case "bpermd" -> values.lanes(8);
            default -> values.integer();
        };
    }

    private static RowProfile.Domain fprDomain(RowProfile profile, Operand operand) {
        return switch (profile.row.name()) {
            case "drrnd", "drrndq", "diex", "diexq", "dtstsf", "dtstsfq" ->
                operand.name().equals("FRA") ? RowProfile.Domain.INTEGER : RowProfile.Domain.DFP64;
            default -> profile.domain == RowProfile.Domain.DFP128 ? RowProfile.Domain.DFP64 : profile.domain;
        };
    }

    /** Writes VSR n; a quarter of the numbers are of another kind than the row's. */
    private void vsr(MachineState state, int n, RowProfile.Domain usual, SplittableRandom random, Values values) {
        RowProfile.Domain domain = usual;
        if (random.nextInt(8) == 0) {
            domain = RowProfile.Domain.values()[random.nextInt(RowProfile.Domain.values().length)];
        }
        switch (domain) {
            case INTEGER -> {
                int bits = 8 << random.nextInt(4);
                pair[0] = values.lanes(bits);
                pair[1] = values.lanes(bits);
            }
            case F16 -> {
                pair[0] = values.f16s();
                pair[1] = values.f16s();
            }
            case F32 -> {
                pair[0] = values.f32Pair();
                pair[1] = values.f32Pair();
            }
            case F64 -> {
                pair[0] = values.f64();
                pair[1] = values.f64();
            }
            case F128 -> values.f128(pair, 0);
            case DFP32 -> {
                pair[0] = values.dfp32();
                pair[1] = values.dfp32();
            }
            case DFP64 -> {
                pair[0] = values.dfp64();
                pair[1] = values.dfp64();
            }
            case DFP128 -> values.dfp128(pair, 0, 1);
            case PACKED -> values.packedDecimal(pair, 0);
            case ZONED -> values.zonedDecimal(pair, 0);
            case NATIONAL -> values.nationalDecimal(pair, 0);
        }
        if (usual == RowProfile.Domain.PACKED && n < 32) {
            pair[0] = pair[1];
        }
        state.words[MachineState.vsr(n, 0)] = pair[0];
        if (!plain || usual != RowProfile.Domain.F64) {
            state.words[MachineState.vsr(n, 1)] = pair[1];
        }
    }

    /** Writes FPR pair n. */
    private void quad(MachineState state, int n, RowProfile profile, SplittableRandom random, Values values) {
        int high = MachineState.vsr(n, 0);
        int low = MachineState.vsr(n + 1 & 31, 0);
        if (profile.domain == RowProfile.Domain.PACKED) {
            values.packedDecimal(pair, 0);
            state.words[high] = pair[0];
            state.words[low] = pair[1];
        } else if (profile.domain == RowProfile.Domain.INTEGER || random.nextInt(16) == 0) {
            state.words[high] = values.integer();
            state.words[low] = values.integer();
        } else {
            values.dfp128(state.words, high, low);
        }
    }

    /** Makes operands that have something to do with each other: equal, nearly so, or about to cancel. */
    private static void relate(RowProfile profile, int word, SplittableRandom random, MachineState state) {
        if (random.nextInt(4) != 0) {
            return;
        }
        Operand[] some = profile.row.operands().stream()
                .filter(o -> switch (o.kind()) {
                    case FPR, VR, VSR, FPR_PAIR -> true;
                    case GPR -> !profile.has("RA0");
                    default -> false;
                })
                .toArray(Operand[]::new);
        if (some.length < 2 || profile.addressing != RowProfile.Addressing.NONE) {
            return;
        }
        int to = index(some[random.nextInt(some.length)], word);
        int from = index(some[random.nextInt(some.length)], word);
        long[] words = state.words;
        int step = to < MachineState.VSR ? 1 : 2;
        int nudge = random.nextInt(-1, 2);
        switch (random.nextInt(4)) {
            case 0 -> words[to] = words[from];
            case 1 -> words[to] = words[from] + nudge;
            case 2 -> words[to] = words[from] ^ Long.MIN_VALUE;
            default -> {
                if (profile.domain == RowProfile.Domain.F64 && profile.has("FRC") && profile.has("FRB")) {
                    double product = Double.longBitsToDouble(words[index(profile.row.operand("FRA"), word)])
                            * Double.longBitsToDouble(words[index(profile.row.operand("FRC"), word)]);
                    words[index(profile.row.operand("FRB"), word)] =
                            Double.doubleToRawLongBits(random.nextBoolean() ? product : -product) + nudge;
                } else {
                    words[to] = words[from] ^ 1L << random.nextInt(64);
                }
            }
        }
        if (step == 2) {
            words[to + 1] = random.nextBoolean() ? words[from + 1] : words[to + 1];
        }
    }

    private static int index(Operand operand, int word) {
        int n = operand.get(word);
        return switch (operand.kind()) {
            case FPR, FPR_PAIR, VSR -> MachineState.vsr(n, 0);
            case VR -> MachineState.vsr(32 + n, 0);
            default -> n;
        };
    }

    // The instruction word

    private static int word(RowProfile profile, SplittableRandom random, MachineState state) {
        Instruction row = profile.row;
        while (true) {
            int word = row.value();
            word |= random.nextInt() & (row.oeBit() | row.rcBit() | row.lkBit() | row.aaBit());
            boolean few = random.nextInt(6) == 0;
            int start = random.nextInt(32);
            for (Operand operand : row.operands()) {
                int steps = (operand.maximum() - operand.minimum()) / operand.step() + 1;
                int value = operand.minimum() + operand.step() * random.nextInt(steps);
                if (few && steps >= 16 && !operand.signed() && operand.kind() != Operand.Kind.UNSIGNED) {
                    value = (start + random.nextInt(2)) % steps * operand.step();
                }
                word = operand.set(word, value);
            }
            word = choose(row, word, random);
            if (InvalidForms.isValid(row, word, state)) {
                return word;
            }
        }
    }

    /** The word, now and then with reserved bits set. */
    private int reserved(Instruction row, int word, SplittableRandom random) {
        if (row.reserved() == 0 || random.nextInt(RESERVED_BITS) != 0) {
            return word;
        }
        int more = word | random.nextInt() & row.reserved();
        return table.decode(more) == row ? more : word;
    }

    /** Fields whose values are not all alike. */
    static int choose(Instruction row, int word, SplittableRandom random) {
        return switch (row.name()) {
            case "mfspr", "mtspr" -> row.operand("SPR").set(word, SPRS[random.nextInt(SPRS.length)]);
            case "mftb" -> row.operand("SPR").set(word, 268 + random.nextInt(2));
            case "mfocrf", "mtocrf" -> row.operand("FXM").set(word, 1 << random.nextInt(8));
            case "lwat", "ldat" -> row.operand("FC").set(word, LOAD_FUNCTIONS[random.nextInt(LOAD_FUNCTIONS.length)]);
            case "stwat", "stdat" ->
                row.operand("FC").set(word, STORE_FUNCTIONS[random.nextInt(STORE_FUNCTIONS.length)]);
            default -> word;
        };
    }

    /** 2 or 30, whichever register the word does not touch; -1 if it touches both. */
    private static int freeBase(RowProfile profile, int word, MachineState state) {
        int touched = touchedGprs(profile, word, state);
        return (touched & 1 << 30) == 0 ? 30 : (touched & 1 << 2) == 0 ? 2 : -1;
    }

    private static int touchedGprs(RowProfile profile, int word, MachineState state) {
        int touched = 0;
        for (Operand operand : profile.row.operands()) {
            switch (operand.kind()) {
                case GPR, GPR_OR_ZERO -> touched |= 1 << operand.get(word);
                case GPR_PAIR -> touched |= 3 << operand.get(word);
                default -> {
                    // No GPR.
                }
            }
        }
        int rt = Fields.rt(word);
        return touched
                | switch (profile.row.name()) {
                    case "lmw", "stmw" -> -1 << rt;
                    case "lswi", "stswi" -> ring(rt, (Fields.nb(word) == 0 ? 32 : Fields.nb(word)) + 3 >> 2);
                    case "lswx", "stswx" -> ring(rt, ((int) state.words[MachineState.XER] & 0x7f) + 3 >> 2);
                    case "lwat", "ldat" -> ring(rt, 3);
                    default -> 0;
                };
    }

    private static int ring(int first, int count) {
        int bits = count >= 32 ? -1 : (1 << count) - 1;
        return Integer.rotateLeft(bits, first);
    }

    // Storage

    /** Chooses an effective address and the registers that make it. False if the word cannot reach any. */
    private static boolean address(
            RowProfile profile,
            int word,
            SplittableRandom random,
            Values values,
            MachineState state,
            boolean littleEndian,
            int base) {
        if (profile.addressing == RowProfile.Addressing.NONE) {
            return true;
        }
        long ea = effectiveAddress(profile, random);
        int ra = profile.ra().get(word);
        if (ra == base) {
            return false;
        }
        long[] words = state.words;
        switch (profile.addressing) {
            case DISPLACEMENT -> {
                if (ra == 0) {
                    return false;
                }
                words[ra] = ea - profile.displacement().get(word);
            }
            case REGISTER -> {
                if (ra == 0) {
                    return false;
                }
                if (profile.has("RB") && Fields.rb(word) == ra) {
                    return false;
                }
                words[ra] = ea;
            }
            default -> {
                int rb = Fields.rb(word);
                boolean zero = ra == 0 && profile.has("RA0");
                if (zero) {
                    words[rb] = ea;
                } else if (ra == rb) {
                    if ((ea & 1) != 0) {
                        return false;
                    }
                    words[rb] = ea >>> 1 | (random.nextBoolean() ? Long.MIN_VALUE : 0);
                } else {
                    words[rb] = random.nextBoolean() ? values.integer() : random.nextInt(-4096, 4096);
                    words[ra] = ea - words[rb];
                }
            }
        }
        contents(profile, word, random, values, state, ea, littleEndian);
        return true;
    }

    private static long effectiveAddress(RowProfile profile, SplittableRandom random) {
        long first = MachineState.WINDOW;
        int room = MachineState.WINDOW_BYTES - profile.accessBytes;
        if (random.nextInt(20) == 0) {
            first = MachineState.EDGE;
            room = MachineState.EDGE_BYTES + 8;
        } else if (random.nextInt(4) == 0) {
            // Around the page boundary in the middle.
            first += MachineState.WINDOW_BYTES / 2 - 16;
            room = 32;
        }
        long ea = first + random.nextInt(room + 1);
        boolean aligned = random.nextInt(16) < (profile.mustBeAligned ? 15 : 9);
        return aligned ? Math.max(first, ea & -Math.min(profile.alignment, 128)) : ea;
    }

    /** Puts numbers that suit the row at the effective address. */
    private static void contents(
            RowProfile profile,
            int word,
            SplittableRandom random,
            Values values,
            MachineState state,
            long ea,
            boolean littleEndian) {
        long offset = ea - MachineState.WINDOW;
        if (offset < 0 || offset > MachineState.WINDOW_BYTES - 16 || random.nextInt(4) == 0) {
            return;
        }
        boolean single = profile.row.name().matches("lfs.*|lxssp.*");
        for (int i = 0; i < 16; i += single ? 4 : 8) {
            long value =
                    single ? values.f32() : profile.domain == RowProfile.Domain.F64 ? values.f64() : values.integer();
            put(state.memory, (int) offset + i, single ? 4 : 8, value, littleEndian);
        }
        if (profile.row.name().matches("l[wd]at|st[wd]at") && random.nextBoolean()) {
            // Elements that are equal, and operands that are equal to them.
            int bytes = profile.alignment;
            long value = values.integer();
            put(state.memory, (int) offset, bytes, value, littleEndian);
            put(state.memory, (int) offset + bytes, bytes, value + random.nextInt(2), littleEndian);
            int rt = Fields.rt(word);
            if ((rt + 1 & 31) != profile.ra().get(word) && (rt + 1 & 31) != 2 && (rt + 1 & 31) != 30) {
                state.words[rt + 1 & 31] = value + random.nextInt(-1, 2);
            }
        }
    }

    private static void put(byte[] memory, int at, int bytes, long value, boolean littleEndian) {
        for (int i = 0; i < bytes; i++) {
            int shift = 8 * (littleEndian ? i : bytes - 1 - i);
            memory[at + i] = (byte) (value >>> shift);
        }
    }

    // Branches

    /** addi, the branch, and three more addi: what r9 to r12 hold afterwards shows the way. */
    private TestCase branch(
            RowProfile profile,
            long seed,
            boolean littleEndian,
            long address,
            SplittableRandom random,
            MachineState state) {
        Instruction row = profile.row;
        int[] code = {ADDI | 9 << 21 | 9 << 16 | 1, 0, 0, 0, 0};
        for (int i = 2; i < 5; i++) {
            code[i] = ADDI | 8 + i << 21 | 8 + i << 16 | 1 << i;
        }
        int bo = BRANCH_OPTIONS[random.nextInt(BRANCH_OPTIONS.length)];
        if (row.name().equals("bcctr")) {
            bo |= 4;
        }
        // Backward only where CTR ends it.
        boolean counts = (bo & 4) == 0;
        boolean backward = counts && (bo & 2) == 0 && !row.name().equals("b") && random.nextInt(4) == 0;
        int target = backward ? 0 : random.nextInt(2, 6);
        state.words[MachineState.CTR] = switch (random.nextInt(6)) {
            case 0 -> backward ? 2 : 0;
            case 1 -> backward ? 3 : 0x1_0000_0000L;
            case 2 -> backward ? 4 : 0x1_0000_0001L;
            case 3 -> backward ? 5 : -1;
            default -> 1;
        };
        int word = row.value() | random.nextInt() & row.lkBit();
        long targetAddress = address + 4L * target;
        long register = targetAddress | random.nextInt(4);
        switch (row.name()) {
            case "b" -> {
                boolean absolute = random.nextInt(4) == 0;
                word = row.operand("LI").set(word, (int) (absolute ? targetAddress : targetAddress - address - 4));
                word |= absolute ? row.aaBit() : 0;
            }
            case "bc" -> word = row.operand("BD").set(word, (int) (targetAddress - address - 4));
            case "bclr" -> state.words[MachineState.LR] = register;
            case "bcctr" -> state.words[MachineState.CTR] = register;
            default -> state.words[MachineState.TAR] = register;
        }
        if (!row.name().equals("b")) {
            word = row.operand("BO").set(word, bo);
            word = row.operand("BI").set(word, random.nextInt(32));
        }
        if (profile.has("BH")) {
            word = row.operand("BH").set(word, random.nextInt(2));
        }
        code[1] = word;
        if (backward && row.name().equals("bclr") && (word & 1) != 0) {
            // Its own link would take it elsewhere the second time.
            state.words[MachineState.CTR] = 2;
        }
        state.words[30] = MachineState.IMAGE;
        return new TestCase(
                seed, littleEndian, new Instruction[] {addi, row, addi, addi, addi}, code, address, 30, state);
    }
}

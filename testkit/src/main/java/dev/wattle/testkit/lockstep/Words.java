// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.lockstep;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.isa.IsaVersion;
import dev.wattle.power.isa.Operand;
import dev.wattle.power.isa.Privilege;
import dev.wattle.testkit.oracle.RowProfile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Random instructions of all kinds but branches, over few registers so that results are used. GPRs 0 to 12 and 29 to 31
 * are for anything; 14 to 25 are bases and indexes of storage accesses, which only update forms change. Invalid forms are
 * among them: the engines have to agree on those as well.
 */
final class Words {
    /** What an instruction works on. */
    enum Kind {
        INTEGER,
        CONDITION,
        FLOATING,
        VSX,
        VECTOR,
        DECIMAL,
        STORAGE,
        FLOATING_STORAGE,
        VECTOR_STORAGE,
        SYNCHRONIZATION,
        TRANSACTION
    }

    static final int FIRST_BASE = 14;
    static final int BASES = 6;
    static final int FIRST_INDEX = 20;
    static final int INDEXES = 4;
    /** A base that is a multiple of 128, for what must be aligned. */
    static final int ALIGNED_BASE = 24;

    /** An index that is a multiple of 16. */
    static final int ALIGNED_INDEX = 20;

    private static final int NOP = 0x6000_0000;
    private static final int[] WRITABLE_SPRS = {1, 1, 1, 3, 256, 815};
    private static final int[] READABLE_SPRS = {1, 1, 3, 8, 9, 136, 256, 259, 268, 268, 269, 815};
    /** Rows that leave the program, or that the generator writes in a form of its own. */
    private static final Set<String> UNSUITABLE = Set.of("sc", "scv", "rfebb", "b", "bc", "bclr", "bcctr", "bctar");

    private static final Set<String> TRAPS = Set.of("tw", "twi", "td", "tdi");

    /** Operations on vector and floating-point registers that a host may have instructions for, and their accesses. */
    private static final Set<String> VECTOR_WORK = Set.of(
            ("lxv stxv lxvd2x stxvd2x lxvw4x stxvw4x lxvx stxvx lvx stvx lfd stfd lfdx stfdx lfs stfs lfiwzx lxsdx stxsdx"
                            + " lxvdsx vadduwm vaddudm vsububm vxor vand vandc vnor vsel vperm xxsel xxpermdi xxsldwi vsldoi"
                            + " vspltw xxspltw vspltisw vspltisb vmulouw vmuleuw vcmpgtuw vcmpequb vmaxsw vrlw vslw vsrd"
                            + " vshasigmaw vcipher vcipherlast vncipher vpmsumd vpkuwum xxlor xxlxor vor mtvsrd mfvsrd"
                            + " mtvsrdd mtvsrwz mfvsrld mtvsrws fadd fmul fmadd fsub fdiv fneg fabs fmr fnmsub fcmpu fctidz"
                            + " fcfid frsp fadds xsadddp xsmaddadp xsmuldp xsnegdp xvadddp xvmuldp xvmaddadp xvaddsp")
                    .split(" "));

    private final List<RowProfile> vectorWork = new ArrayList<>();
    /** By the ordinal of the kind. */
    private final List<List<RowProfile>> rows = new ArrayList<>();

    Words(InstructionTable table) {
        for (int i = 0; i < Kind.values().length; i++) {
            rows.add(new ArrayList<>());
        }
        for (Instruction row : table.in(IsaVersion.V3_0).rows()) {
            if (row.privilege() == Privilege.PROBLEM && !UNSUITABLE.contains(row.name())) {
                RowProfile profile = new RowProfile(row);
                kind(profile).ifPresent(kind -> rows.get(kind.ordinal()).add(profile));
                if (VECTOR_WORK.contains(row.name())) {
                    vectorWork.add(profile);
                }
            }
        }
    }

    private static Optional<Kind> kind(RowProfile profile) {
        boolean storage = profile.addressing != RowProfile.Addressing.NONE;
        return switch (profile.row.chapter()) {
            case "branch" -> Optional.of(Kind.CONDITION);
            case "fixed-point" -> Optional.of(Kind.INTEGER);
            case "fixed-point-storage" -> Optional.of(Kind.STORAGE);
            case "storage-control" -> Optional.of(storage ? Kind.STORAGE : Kind.SYNCHRONIZATION);
            case "floating-point" -> Optional.of(storage ? Kind.FLOATING_STORAGE : Kind.FLOATING);
            case "decimal" -> Optional.of(Kind.DECIMAL);
            case "vector" -> Optional.of(storage ? Kind.VECTOR_STORAGE : Kind.VECTOR);
            case "vsx" -> Optional.of(storage ? Kind.VECTOR_STORAGE : Kind.VSX);
            case "transactional-memory" -> Optional.of(Kind.TRANSACTION);
            default -> Optional.empty();
        };
    }

    /** An instruction of a kind. */
    int word(SplittableRandom random, Kind kind) {
        List<RowProfile> some = rows.get(kind.ordinal());
        while (true) {
            RowProfile profile = some.get(random.nextInt(some.size()));
            if (TRAPS.contains(profile.row.name()) && random.nextInt(8) != 0) {
                continue;
            }
            int word = registers(random, profile);
            return profile.addressing == RowProfile.Addressing.NONE
                    ? special(random, profile.row, word)
                    : address(random, profile, word);
        }
    }

    /** An operation on vector or floating-point registers, or an access near a base register. */
    int vectorWork(SplittableRandom random, int base) {
        RowProfile profile = vectorWork.get(random.nextInt(vectorWork.size()));
        int word = registers(random, profile);
        if (profile.addressing == RowProfile.Addressing.NONE) {
            return word;
        }
        word = address(random, profile, word);
        return random.nextInt(4) == 0 ? word : profile.ra().set(word, base);
    }

    /** Several loads and stores off one base, near each other, which an engine may take together. */
    int[] group(SplittableRandom random) {
        int base = FIRST_BASE + random.nextInt(BASES);
        int[] group = new int[random.nextInt(2, 9)];
        for (int i = 0; i < group.length; i++) {
            Kind kind = random.nextInt(3) != 0 ? Kind.STORAGE : Kind.FLOATING_STORAGE;
            List<RowProfile> some = rows.get(kind.ordinal());
            RowProfile profile;
            do {
                profile = some.get(random.nextInt(some.size()));
            } while (profile.addressing != RowProfile.Addressing.DISPLACEMENT
                    || profile.row.name().matches("l?s?t?mw"));
            int word = profile.ra().set(registers(random, profile), base);
            Operand displacement = profile.displacement();
            int at = random.nextInt(6) == 0 ? random.nextInt(-1000, 1000) : random.nextInt(-40, 40);
            group[i] = displacement.set(word, at & -displacement.step());
        }
        return group;
    }

    /** What may be written over an instruction: another one, a short branch, or anything. */
    int replacement(SplittableRandom random) {
        return switch (random.nextInt(10)) {
            case 0 -> NOP;
            case 1 -> random.nextInt();
            case 2 -> 0x4800_0000 | 4 * random.nextInt(1, 8);
            case 3 -> 0x4000_0000 | random.nextInt(32) << 21 | random.nextInt(32) << 16 | 4 * random.nextInt(1, 8);
            case 4 -> word(random, Kind.VECTOR);
            case 5 -> word(random, Kind.STORAGE);
            default -> word(random, Kind.INTEGER);
        };
    }

    private static int scratch(SplittableRandom random) {
        int n = random.nextInt(17);
        return n < 13 ? n : n < 16 ? 16 + n : FIRST_BASE + random.nextInt(12);
    }

    /** A word with registers and fields chosen. */
    private static int registers(SplittableRandom random, RowProfile profile) {
        Instruction row = profile.row;
        int word = row.value() | random.nextInt() & (row.oeBit() | row.rcBit());
        for (Operand operand : row.operands()) {
            int steps = (operand.maximum() - operand.minimum()) / operand.step() + 1;
            int any = operand.minimum() + operand.step() * random.nextInt(steps);
            int value = switch (operand.kind()) {
                case GPR -> operand.name().startsWith("RA") ? random.nextInt(13) : destination(random, operand);
                case GPR_OR_ZERO -> scratch(random);
                case GPR_PAIR -> 2 * random.nextInt(6);
                case FPR, VR -> random.nextInt(4) == 0 ? any : random.nextInt(6);
                case VSR -> random.nextInt(4) == 0 ? any : random.nextInt(6) + 32 * random.nextInt(2);
                case FPR_PAIR -> 2 * random.nextInt(4);
                default -> any;
            };
            word = operand.set(word, value);
        }
        return word;
    }

    private static int destination(SplittableRandom random, Operand operand) {
        int register = scratch(random);
        // Sources may be bases, what is written may not.
        return operand.name().equals("RB") || register < FIRST_BASE || register > 28 ? register : random.nextInt(13);
    }

    private static int special(SplittableRandom random, Instruction row, int word) {
        return switch (row.name()) {
            case "mtspr" -> row.operand("SPR").set(word, WRITABLE_SPRS[random.nextInt(WRITABLE_SPRS.length)]);
            case "mfspr" -> row.operand("SPR").set(word, READABLE_SPRS[random.nextInt(READABLE_SPRS.length)]);
            case "mftb" -> row.operand("SPR").set(word, 268 + random.nextInt(2));
            default -> word;
        };
    }

    /** The word with an address that is likely to be in or near mapped storage. */
    private static int address(SplittableRandom random, RowProfile profile, int word) {
        Instruction row = profile.row;
        if (row.name().matches("l[sm]w.*|stsw.*|stmw") && !few(random, row, word)) {
            return NOP;
        }
        boolean aligned = profile.mustBeAligned && random.nextInt(8) != 0 || random.nextInt(6) == 0;
        int base = aligned ? ALIGNED_BASE : FIRST_BASE + random.nextInt(BASES);
        int result = profile.ra().set(word, base);
        if (row.name().matches("lmw|stmw")) {
            result = row.operand(row.name().equals("lmw") ? "RT" : "RS").set(result, 29 + random.nextInt(3));
        }
        switch (profile.addressing) {
            case DISPLACEMENT -> {
                Operand displacement = profile.displacement();
                int step = aligned ? 16 : displacement.step();
                return displacement.set(result, random.nextInt(-80, 80) & -step);
            }
            case INDEXED -> {
                int index = aligned ? ALIGNED_INDEX : FIRST_INDEX + random.nextInt(INDEXES);
                return row.operand("RB").set(result, index);
            }
            default -> {
                return result;
            }
        }
    }

    /** Whether a string or multiple access keeps to registers that it may write. */
    private static boolean few(SplittableRandom random, Instruction row, int word) {
        return switch (row.name()) {
            case "lswi" -> Fields.rt(word) < 9 && Fields.nb(word) > 0 && Fields.nb(word) <= 16;
            // As many bytes as the XER says.
            case "lswx" -> random.nextInt(8) == 0;
            default -> true;
        };
    }
}

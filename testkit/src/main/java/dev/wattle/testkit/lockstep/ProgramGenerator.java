// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.lockstep;

import dev.wattle.engine.host.x64.HostFeatures;
import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.processor.Msr;
import dev.wattle.testkit.oracle.Values;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Makes whole guest programs, each from a seed alone: functions that lie across lines and pages, a main loop that gives
 * registers their meanings again and calls them, address spaces, and handlers of interrupts.
 */
final class ProgramGenerator {
    private static final long CODE_BYTES = 4L << 20;
    /** Not enough for a program, so that the oldest code makes room for new code again and again. */
    private static final long[] SMALL_CODE_BYTES = {160 << 10, 256 << 10, 768 << 10};

    private static final int MOST_FUNCTIONS = 14;
    private static final long PROGRAM = Msr.SF | Msr.FP | Msr.VEC | Msr.VSX | Msr.ME | Msr.EE | Msr.RI | Msr.TM;

    private final Assembler assembler;
    private final Words words;

    ProgramGenerator(InstructionTable table) {
        assembler = new Assembler(table);
        words = new Words(table);
    }

    /** The program of a seed. */
    GuestProgram make(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        boolean translated = random.nextInt(6) != 0;
        // Problem state always has translation.
        boolean problem = translated && random.nextInt(3) != 0;
        boolean little = random.nextInt(3) != 0;
        boolean littleHandlers = random.nextInt(4) == 0 ? !little : little;
        boolean narrow = random.nextInt(10) == 0;
        boolean precise = random.nextInt(3) == 0;
        long msr = PROGRAM & (narrow ? ~Msr.SF : -1)
                | (translated ? Msr.IR | Msr.DR : 0)
                | (problem ? Msr.PR : 0)
                | (little ? Msr.LE : 0)
                | (precise ? Msr.FE0 | Msr.FE1 : 0);
        StorageImage image = new StorageImage(assembler);
        AddressSpaces spaces = new AddressSpaces(random, image);
        spaces.build();
        long home = translated ? Storage.CODE_REGION : Storage.HOME;
        long code = translated ? Storage.CODE_REGION + Storage.HOME_BYTES : Storage.CODE;
        Mix mix = new Mix(random);
        Handlers handlers = new Handlers(image, littleHandlers, home);
        image.doublewords(Storage.INITIAL_MSR, littleHandlers, msr);
        image.doublewords(Storage.RANDOM, littleHandlers, random.nextLong());
        List<Long> functions = new ArrayList<>();
        long end = functions(random, mix, code, translated, spaces.codePage(), little, image, functions);
        handlers.services(random, spaces, translated, words, functions.getFirst() - code, end - code);
        values(random, little, image);
        data(random, image);
        int[] loop = assembler.assemble(home, mainLoop(random, home, functions, translated, spaces));
        image.words(Storage.HOME, little, loop);
        long[] gprs = new long[32];
        for (int i = 0; i < gprs.length; i++) {
            gprs[i] = random.nextLong();
        }
        int interval = new int[] {1, 37, 400, 3000}[random.nextInt(4)];
        // Now and then less than the host has, so that all ways of doing something are taken.
        Set<HostFeatures.Feature> missing = EnumSet.noneOf(HostFeatures.Feature.class);
        int withoutOneIn = random.nextInt(4) == 0 ? random.nextInt(1, 4) : Integer.MAX_VALUE;
        for (HostFeatures.Feature feature : HostFeatures.Feature.values()) {
            if (random.nextInt(withoutOneIn) == 0) {
                missing.add(feature);
            }
        }
        long codeBytes = random.nextInt(8) == 0 ? smallCodeBytes(seed) : CODE_BYTES;
        String summary =
                "%s, %s, %s-endian%s, pages of %d and %d KiB, without %s, %d KiB for code, compared each %d instructions"
                        .formatted(
                                translated ? "translated" : "real mode",
                                problem ? "problem state" : "privileged",
                                little ? "little" : "big",
                                narrow ? ", 32 bits" : "",
                                spaces.codePage() >> 10,
                                spaces.dataPage() >> 10,
                                missing,
                                codeBytes >> 10,
                                interval);
        return new GuestProgram(
                seed, image.pieces(), msr, littleHandlers, home, gprs, missing, codeBytes, interval, summary);
    }

    /** An amount of memory for code that is not enough; without a random number, which would change the program. */
    static long smallCodeBytes(long seed) {
        return SMALL_CODE_BYTES[(int) (seed >>> 8 & 0xff) % SMALL_CODE_BYTES.length];
    }

    /** Writes the functions and their first form; answers the effective address behind them. */
    private long functions(
            SplittableRandom random,
            Mix mix,
            long code,
            boolean translated,
            int pageBytes,
            boolean little,
            StorageImage image,
            List<Long> functions) {
        // Across the boundary of the first two pages.
        long start = code + pageBytes - 4L * random.nextInt(400);
        long at = start;
        int count = random.nextInt(3, MOST_FUNCTIONS + 1);
        for (int i = 0; i < count; i++) {
            long from = start;
            long to = at;
            FunctionWriter.PatchTargets targets = (some, own) -> target(some, own, from, to, code, translated);
            int level = i % FunctionWriter.LEVELS;
            List<Long> lower = new ArrayList<>();
            for (int k = 0; k < i; k++) {
                if (k % FunctionWriter.LEVELS < level) {
                    lower.add(functions.get(k));
                }
            }
            FunctionWriter writer = new FunctionWriter(random, words, mix, at, level, lower, targets);
            int[] function = assembler.assemble(at, writer.write());
            long offset = at - code;
            image.words(Storage.CODE + offset, little, function);
            image.words(Storage.PRISTINE + offset, little, function);
            functions.add(at);
            at += 4L * function.length;
            at += 4L
                    * switch (random.nextInt(4)) {
                        case 0 -> random.nextInt(30);
                        case 1 -> (-at >>> 2 & 15) + random.nextInt(-3, 1) & 15;
                        default -> 0;
                    };
            if (at - code > Storage.CODE_BYTES - 0x4000) {
                break;
            }
        }
        return at;
    }

    /** An instruction of the functions, as it is fetched, or by the page that has all. */
    private static long target(SplittableRandom random, long own, long from, long to, long code, boolean translated) {
        long at = random.nextInt(3) == 0 || to == from ? own : from + (random.nextInt((int) (to - from)) & -4);
        return translated && random.nextBoolean() ? Storage.ALIAS_REGION + (at - code) : at;
    }

    private static void values(SplittableRandom random, boolean little, StorageImage image) {
        Values values = new Values(random);
        long[] table = new long[Storage.VALUES_BYTES / 8];
        for (int i = 0; i < table.length; i++) {
            table[i] = switch (random.nextInt(8)) {
                case 0, 1 -> values.integer();
                case 2 -> values.f32Pair();
                case 3 -> values.lanes(8 << random.nextInt(4));
                case 4 -> values.dfp64();
                case 5 -> Double.doubleToRawLongBits(random.nextInt(-1000, 1000) / 8.0);
                default -> values.f64();
            };
        }
        image.doublewords(Storage.HOME + Storage.VALUES, little, table);
    }

    /** Fills both ends of the first and the last data pages. */
    private static void data(SplittableRandom random, StorageImage image) {
        for (long page = Storage.DATA; page < Storage.DATA + Storage.DATA_BYTES; page += 0x1000) {
            long[] some = new long[32];
            for (int i = 0; i < some.length; i++) {
                some[i] = random.nextLong();
            }
            image.doublewords(page, false, some);
            image.doublewords(page + 0x1000 - 8L * some.length, false, some);
        }
    }

    private String mainLoop(
            SplittableRandom random, long home, List<Long> functions, boolean translated, AddressSpaces spaces) {
        StringBuilder text = new StringBuilder("main:\n");
        long data = translated ? Storage.DATA_REGION : Storage.DATA;
        int page = translated ? spaces.dataPage() : 0x1000;
        int pages = Math.min(translated ? spaces.pages(true) : 16, 12);
        constant(text, 13, home + Storage.VALUES);
        int calls = random.nextInt(4, 12);
        for (int call = 0; call < calls; call++) {
            for (int i = 0; i < Words.BASES; i++) {
                if (call == 0 || random.nextInt(4) == 0) {
                    constant(text, Words.FIRST_BASE + i, base(random, data, page, pages, translated));
                }
            }
            for (int i = 0; i < Words.INDEXES; i++) {
                int index = Words.FIRST_INDEX + i;
                constant(
                        text,
                        index,
                        index == Words.ALIGNED_INDEX ? 16 * random.nextInt(-4, 5) : random.nextInt(-70, 70));
            }
            constant(text, Words.ALIGNED_BASE, data + (long) page * random.nextInt(pages) + 128L * random.nextInt(3));
            for (int i = 0; i < 3; i++) {
                int at = 16 * random.nextInt(Storage.VALUES_BYTES / 16);
                text.append("ld r%d,%d(r13)%nlfd f%d,%d(r13)%nlxv vs%d,%d(r13)%n"
                        .formatted(random.nextInt(13), at, random.nextInt(6), at, 32 + random.nextInt(6), at));
            }
            if (random.nextInt(4) == 0) {
                text.append("sc\n");
            }
            long function = functions.get(random.nextInt(functions.size()));
            if (random.nextInt(3) == 0) {
                constant(text, 12, function);
                text.append(random.nextBoolean() ? "mtctr r12\nbctrl\n" : "mtlr r12\nbclrl 20,0\n");
            } else {
                text.append("bl ").append(function).append('\n');
            }
        }
        return text.append("b main\n").toString();
    }

    /** Near a boundary of pages, or of the regions. */
    private static long base(SplittableRandom random, long data, int page, int pages, boolean translated) {
        long near = random.nextInt(-64, 65);
        if (random.nextInt(30) == 0) {
            // Over the functions.
            long code = translated ? Storage.ALIAS_REGION : Storage.CODE;
            return code + random.nextInt(1, 4) * 0x1000L + random.nextInt(-256, 257);
        }
        return switch (random.nextInt(10)) {
            case 0 -> translated ? Storage.ALIAS_REGION + (Storage.DATA - Storage.OPEN) + near + page : data + near;
            case 1 -> data + near;
            case 2 -> (translated ? data + Storage.DATA_BYTES : Storage.BYTES) + near;
            case 3 -> data + (long) page * random.nextInt(pages) + random.nextInt(page);
            default -> data + (long) page * random.nextInt(1, pages) + near;
        };
    }

    private static void constant(StringBuilder text, int register, long value) {
        text.append("lis r%1$d,%2$d@ha%naddi r%1$d,r%1$d,%2$d@l%n".formatted(register, value));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.lockstep;

import java.util.SplittableRandom;

/**
 * The operating system of a program, in real mode. A load or store that faults, and an instruction that is illegal or
 * traps, is skipped; a fetch that faults and now and then the decrementer go back to the main loop, so that no program is
 * lost for long; {@code sc} changes translation, process, facilities or code, differently each time.
 */
final class Handlers {
    private static final int VECTORS_END = 0x2000;
    /** Changes of MSR[VEC VSX], [FP], [FE0 FE1], and the last ones of [SE] and [BE]. */
    private static final String[] FACILITIES = {
        "xoris r31,r31,0x280",
        "xoris r31,r31,0x200",
        "xoris r31,r31,0x80",
        "xori r31,r31,0x2000",
        "xori r31,r31,0x900",
        "xori r31,r31,0x100",
        "xori r31,r31,0x400",
        "xori r31,r31,0x200"
    };

    private static final int TRACING = 6;

    private final StorageImage image;
    private final boolean little;
    private int next = Storage.HANDLERS;
    private final int skip;
    private final int recover;
    private final int serviceEnd;

    /**
     * Writes all handlers but the services.
     *
     * @param little byte order of the handlers
     * @param home effective address of the main loop
     */
    Handlers(StorageImage image, boolean little, long home) {
        this.image = image;
        this.little = little;
        skip = handler("std r31,%1$d(0); mfsrr0 r31; addi r31,r31,4; mtsrr0 r31; ld r31,%1$d(0); rfid"
                .formatted(Storage.SAVED));
        int facility = handler(("std r31,%1$d(0); mfsrr1 r31; oris r31,r31,0x280; ori r31,r31,0x2000; mtsrr1 r31;"
                        + " ld r31,%1$d(0); rfid")
                .formatted(Storage.SAVED));
        int decrementer = handler(decrementer(home));
        int trace = handler(trace());
        serviceEnd = handler("ld r31,%d(0); mtctr r31; ld r31,%d(0); mtcrf 255,r31; ld r28,%d(0); ld r29,%d(0);"
                        .formatted(save(5), save(4), save(0), save(1))
                + " ld r30,%d(0); ld r31,%d(0); rfid".formatted(save(2), save(3)));
        int call = handler(call());
        // A fetch may fault until translation changes again: the next service may see to that.
        recover = handler(
                "std r31,%d(0)%n%sld r31,%d(0)%nb %d".formatted(Storage.SAVED, recovery(home), Storage.SAVED, call));
        int program = handler(program());
        for (int vector = 0x100; vector < VECTORS_END; vector += 0x20) {
            branch(
                    vector,
                    switch (vector) {
                        case 0x300, 0x380, 0x600, 0xf60 -> skip;
                        case 0x700 -> program;
                        case 0x800, 0xf20, 0xf40 -> facility;
                        case 0x900 -> decrementer;
                        case 0xc00 -> call;
                        case 0xd00 -> trace;
                        default -> recover;
                    });
        }
    }

    /** Where the n-th of what {@code sc} saves is. */
    private static int save(int n) {
        return Storage.SAVED + 0x20 + 8 * n;
    }

    private int handler(String text) {
        int at = next;
        next += image.code(at, little, text) + 12;
        return at;
    }

    private void branch(int at, int to) {
        image.code(at, little, "b " + to);
    }

    private static String recovery(long home) {
        return "lis r31,%d@ha; addi r31,r31,%d@l; mtsrr0 r31; ld r31,%d(0); mtsrr1 r31\n"
                .formatted(home, home, Storage.INITIAL_MSR);
    }

    /** Sets the decrementer to a random number, and one time in four goes back to the main loop. */
    private static String decrementer(long home) {
        return """
                std r30,%1$d(0); std r31,%2$d(0); mfcr r30; std r30,%3$d(0)
                ld r31,%4$d(0); lis r30,0x41c6; ori r30,r30,0x4e6d; mulld r31,r31,r30; addi r31,r31,12345
                std r31,%4$d(0); srdi r31,r31,20
                rlwinm r30,r31,0,22,31; addi r30,r30,60; mtdec r30
                rlwinm r31,r31,22,30,31; cmpwi r31,0; bne out
                %5$s
                out: ld r30,%3$d(0); mtcrf 255,r30; ld r30,%1$d(0); ld r31,%2$d(0); rfid
                """.formatted(
                Storage.SAVED + 0x80, Storage.SAVED + 0x88, Storage.SAVED + 0x90, Storage.RANDOM, recovery(home));
    }

    /**
     * Disables floating-point exceptions, of which one that is not cleared would interrupt again at once, and skips the
     * instruction; one time in 16 recovers, since this may be no code at all.
     */
    private String program() {
        return """
                std r30,%1$d(0); std r31,%2$d(0); mfcr r30; std r30,%3$d(0)
                mfmsr r30; ori r30,r30,0x2000; mtmsrd r30,0; mtfsfi 6,0; mtfsb0 28
                ld r31,%4$d(0); addi r31,r31,1; std r31,%4$d(0); andi. r31,r31,15
                ld r30,%3$d(0); bne out; mtcrf 255,r30; ld r30,%1$d(0); ld r31,%2$d(0); b %5$d
                out: mtcrf 255,r30; ld r30,%1$d(0); ld r31,%2$d(0); b %6$d
                """.formatted(
                Storage.SAVED + 0x80, Storage.SAVED + 0x88, Storage.SAVED + 0x90, Storage.SAVED + 0xa0, recover, skip);
    }

    /** Traces on, up to the next instruction whose number is a multiple of 16. */
    private static String trace() {
        return """
                std r30,%1$d(0); std r31,%2$d(0); mfcr r30; std r30,%3$d(0)
                ld r31,%4$d(0); addi r31,r31,1; std r31,%4$d(0); andi. r31,r31,15; bne out
                mfsrr1 r31; li r30,0x600; andc r31,r31,r30; mtsrr1 r31
                out: ld r30,%3$d(0); mtcrf 255,r30; ld r30,%1$d(0); ld r31,%2$d(0); rfid
                """.formatted(Storage.SAVED + 0x80, Storage.SAVED + 0x88, Storage.SAVED + 0x90, Storage.SAVED + 0x98);
    }

    private static String call() {
        return """
                std r28,%1$d(0); std r29,%2$d(0); std r30,%3$d(0); std r31,%4$d(0)
                mfcr r31; std r31,%5$d(0); mfctr r31; std r31,%6$d(0)
                ld r31,%7$d(0); addi r31,r31,1; std r31,%7$d(0)
                clrldi r31,r31,60; sldi r31,r31,9; addi r31,r31,%8$d; mtctr r31; bctr
                """.formatted(save(0), save(1), save(2), save(3), save(4), save(5), Storage.CALLS, Storage.SERVICES);
    }

    /**
     * Writes what {@code sc} does.
     *
     * @param spaces the trees that may be changed, or none if there is no translation
     * @param words instructions that may replace others
     * @param first offset of the first function from the start of the storage for functions
     * @param end offset behind the last
     */
    void services(
            SplittableRandom random, AddressSpaces spaces, boolean translated, Words words, long first, long end) {
        for (int i = 0; i < Storage.SERVICE_COUNT; i++) {
            int at = Storage.SERVICES + i * Storage.SERVICE_BYTES;
            String text = i == 0 ? process(1) : service(random, spaces, translated, words, first, end);
            image.code(at, little, text + "\nb " + serviceEnd);
        }
    }

    private String service(
            SplittableRandom random, AddressSpaces spaces, boolean translated, Words words, long first, long end) {
        int kind = random.nextInt(translated ? 12 : 6);
        return switch (kind) {
            case 0 -> patch(random, words, first, end);
            case 1 -> heal(random, first, end);
            case 2 ->
                "mfsrr1 r31; %s; mtsrr1 r31"
                        .formatted(FACILITIES[random.nextInt(random.nextInt(4) == 0 ? FACILITIES.length : TRACING)]);
            case 3 -> "mfspr r31,153; xori r31,r31,0x100; mtspr 153,r31";
            case 4 ->
                "lis r30,%1$d@ha; addi r30,r30,%1$d@l; dcbz 0,r30".formatted(Storage.DATA + 128L * random.nextInt(64));
            case 5 -> "";
            case 6 -> process(random.nextInt(3) == 0 ? random.nextInt(4) : 1);
            case 7 ->
                "mfsrr1 r31; xori r31,r31,0x4000; mtsrr1 r31; ld r31,%1$d(0); xori r31,r31,0x4000; std r31,%1$d(0)"
                        .formatted(Storage.INITIAL_MSR);
            case 8 -> "lis r31,%d; sldi r31,r31,32; mtspr 29,r31".formatted(random.nextInt(4) << 14);
            case 9 ->
                "li r31,%d; sldi r31,r31,32; li r30,%d; ptesync; tlbie r30,r31,%d,1,1; ptesync"
                        .formatted(random.nextInt(4), random.nextInt(4) << 10, random.nextInt(3));
            default -> entry(random, spaces);
        };
    }

    private static String process(int number) {
        return "li r31,%d; mtspr 48,r31".formatted(number);
    }

    private String load(String register, String address) {
        return (little ? "ldbrx " + register + ",0," + address : "ld " + register + ",0(" + address + ")") + "\n";
    }

    private String store(String register, String address) {
        return (little ? "stdbrx " + register + ",0," + address : "std " + register + ",0(" + address + ")") + "\n";
    }

    /** Changes one translation or exchanges two, and invalidates them in one of several ways. */
    private String entry(SplittableRandom random, AddressSpaces spaces) {
        boolean data = random.nextInt(3) != 0;
        int process = random.nextInt(3) == 0 ? random.nextInt(Storage.PROCESSES) : 1;
        int page = random.nextInt(Math.min(spaces.pages(data), 8));
        int first = data ? 0 : spaces.firstCodePage();
        long entry = spaces.entry(process, data, first + page);
        StringBuilder text = new StringBuilder();
        text.append("lis r30,%1$d@ha; addi r30,r30,%1$d@l%n".formatted(entry));
        text.append(load("r31", "r30"));
        boolean exchanged = random.nextInt(3) == 0;
        int other = random.nextInt(Math.min(spaces.pages(data), 8));
        if (exchanged) {
            text.append("lis r29,%1$d@ha; addi r29,r29,%1$d@l%n".formatted(spaces.entry(process, data, first + other)));
            text.append(load("r28", "r29"));
            text.append(store("r31", "r29")).append(store("r28", "r30"));
        } else {
            long[] flips = {
                AddressSpaces.WRITE,
                data || random.nextInt(4) == 0 ? AddressSpaces.EXECUTE : 0,
                AddressSpaces.READ | AddressSpaces.WRITE,
                AddressSpaces.PRIVILEGED,
                data ? 0x20 : AddressSpaces.WRITE,
                0x80
            };
            text.append("xori r31,r31,%d%n".formatted(flips[random.nextInt(flips.length)]));
            text.append(store("r31", "r30"));
        }
        text.append("ptesync; li r31,%d; sldi r31,r31,32%n".formatted(process));
        switch (random.nextInt(4)) {
            case 0 -> text.append("li r30,0x400; tlbie r30,r31,0,1,1\n");
            case 1 -> text.append("li r30,0xc00; tlbie r30,r31,2,1,1\n");
            default -> {
                text.append(byPage(spaces, data, first + page));
                if (exchanged) {
                    text.append(byPage(spaces, data, first + other));
                }
            }
        }
        return text.append("eieio; tlbsync; ptesync\n").toString();
    }

    private static String byPage(AddressSpaces spaces, boolean data, int page) {
        long ea = data
                ? Storage.DATA_REGION + (long) page * spaces.dataPage()
                : Storage.CODE_REGION + (long) page * spaces.codePage();
        return "lis r30,%d; ori r30,r30,%d; tlbie r30,r31,0,1,1%n"
                .formatted(ea >> 16, ea & 0xf000 | (long) spaces.sizeCode(data) << 5);
    }

    /** Writes one instruction of a function. */
    private String patch(SplittableRandom random, Words words, long first, long end) {
        long at = Storage.CODE + (random.nextLong(first, end) & -4);
        int word = words.replacement(random);
        // The program may have the other byte order.
        boolean reversed = random.nextInt(8) == 0;
        return "lis r30,%1$d@ha; addi r30,r30,%1$d@l; lis r31,%2$d; ori r31,r31,%3$d; %4$s; dcbst 0,r30; sync; icbi 0,r30; isync"
                .formatted(at, word >>> 16, word & 0xffff, reversed ? "stwbrx r31,0,r30" : "stw r31,0(r30)");
    }

    /** Writes the first form of some functions again. */
    private static String heal(SplittableRandom random, long first, long end) {
        int bytes = random.nextInt(1, 9) * 64;
        long at = Storage.CODE + (random.nextLong(first, end) & -8);
        return """
                lis r30,%1$d@ha; addi r30,r30,%1$d@l; li r31,%2$d; mtctr r31; addis r29,r30,%3$d
                again: ld r31,0(r29); std r31,0(r30); addi r29,r29,8; addi r30,r30,8; bdnz again
                """.formatted(at, bytes / 8, (Storage.PRISTINE - Storage.CODE) >> 16);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.lockstep;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Writes one function as assembler text: sequences of random instructions between loops, branches, calls, patches of
 * code, and what only privileged state may do, which elsewhere is skipped as a program interrupt.
 *
 * <p>GPR 13 points to the table of values, 26 counts, and 25, 27 and 28 keep the link register of functions that call
 * none, those, or these.
 */
final class FunctionWriter {
    private static final int COUNTER = 26;
    private static final int[] LINKS = {25, 27, 28};
    /** A function calls those of lower levels. */
    static final int LEVELS = 3;

    private static final int[] OPTIONS = {0, 2, 4, 6, 7, 8, 10, 12, 14, 15, 16, 18, 20, 24, 25};

    private final SplittableRandom random;
    private final Words words;
    private final Mix mix;
    private final long address;
    private final int link;
    private final List<Long> others;
    private final PatchTargets targets;
    private final StringBuilder text = new StringBuilder();
    private int labels;

    /** Where code may be patched, and under which addresses it can be written. */
    interface PatchTargets {
        /** The effective address of an instruction to be patched, for stores; {@code own} is a place close by. */
        long choose(SplittableRandom random, long own);
    }

    /**
     * @param mix how often there is what
     * @param address effective address of the first instruction
     * @param level below {@link #LEVELS}
     * @param others entries of functions of lower levels
     */
    FunctionWriter(
            SplittableRandom random,
            Words words,
            Mix mix,
            long address,
            int level,
            List<Long> others,
            PatchTargets targets) {
        this.random = random;
        this.words = words;
        this.mix = mix;
        this.address = address;
        this.link = LINKS[level];
        this.others = others;
        this.targets = targets;
    }

    /** The function. */
    String write() {
        line("mflr r" + link);
        body(random.nextInt(6, 30), 2, true);
        line("mtlr r" + link);
        line(random.nextInt(4) == 0 ? "beqlr cr" + random.nextInt(8) + "\nblr" : "blr");
        return text.toString();
    }

    private void line(String format, Object... arguments) {
        text.append(arguments.length == 0 ? format : format.formatted(arguments))
                .append('\n');
    }

    private String label() {
        return "l" + labels++;
    }

    /**
     * @param depth of loops that may be in it
     * @param free whether CTR is, for calls and jumps
     */
    private void body(int length, int depth, boolean free) {
        for (int i = 0; i < length; i++) {
            int kind = random.nextInt(100);
            if (kind < mix.patches()) {
                patch();
            } else if (kind < mix.patches() + mix.services()) {
                line("sc");
            } else if (kind < mix.patches() + mix.services() + mix.branches()) {
                branches(depth, free);
            } else if (kind < mix.patches() + mix.services() + mix.branches() + 4) {
                reload();
            } else if (random.nextInt(12) == 0) {
                for (int word : words.group(random)) {
                    line(".long " + Integer.toUnsignedLong(word));
                    if (random.nextInt(6) == 0) {
                        word();
                    }
                }
            } else if (random.nextInt(60) == 0) {
                privileged();
            } else if (random.nextInt(40) == 0) {
                floatingControl();
            } else {
                word();
            }
        }
    }

    private void word() {
        line(".long " + Integer.toUnsignedLong(words.word(random, mix.kind(random))));
    }

    private void words(int most) {
        for (int n = random.nextInt(most + 1); n > 0; n--) {
            word();
        }
    }

    private void branches(int depth, boolean free) {
        int kind = random.nextInt(12);
        switch (kind) {
            case 0, 1, 2 -> conditional(free);
            case 3 -> compared();
            case 4 -> jump(free && random.nextBoolean() ? "mtctr" : "mtlr");
            case 5 -> table(free && random.nextBoolean() ? "mtctr r12\nbctr" : "mtspr 815,r12\nbctar 20,0");
            case 6 -> link();
            case 7, 8 -> {
                if (free && !others.isEmpty()) {
                    call();
                } else {
                    compared();
                }
            }
            case 9 -> vectorLoop();
            default -> {
                if (depth > 0) {
                    loop(depth - 1, free);
                } else {
                    conditional(free);
                }
            }
        }
    }

    /** Over a few instructions, or not, by any BO and BI. */
    private void conditional(boolean free) {
        int option = OPTIONS[random.nextInt(OPTIONS.length)];
        if (!free && random.nextInt(16) != 0) {
            // A loop that counts on CTR would hardly end.
            option |= 4;
        }
        String skip = label();
        line("bc%s %d,%d,%s", random.nextInt(12) == 0 ? "l" : "", option, random.nextInt(32), skip);
        words(5);
        line(skip + ":");
    }

    private void compared() {
        String skip = label();
        int field = random.nextInt(8);
        String[] comparisons = {
            "cmpd cr%d,r%d,r%d", "cmpw cr%d,r%d,r%d", "cmpld cr%d,r%d,r%d", "cmplw cr%d,r%d,r%d", "fcmpu cr%d,f%d,f%d"
        };
        line(
                comparisons[random.nextInt(comparisons.length)],
                field,
                random.nextInt(random.nextInt(4) == 0 ? 32 : 8),
                random.nextInt(8));
        words(2);
        String[] conditions = {"blt", "bgt", "beq", "bso", "bge", "ble", "bne", "bns"};
        line("%s cr%d,%s", conditions[random.nextInt(8)], field, skip);
        words(4);
        if (random.nextBoolean()) {
            line(
                    "isel r%d,r%d,r%d,%d",
                    random.nextInt(13), random.nextInt(13), random.nextInt(13), 4 * field + random.nextInt(4));
        }
        line(skip + ":");
    }

    private void address(String register, String label) {
        line("lis %1$s,%2$s@ha", register, label);
        line("addi %1$s,%1$s,%2$s@l", register, label);
    }

    /** To a label a little further on, through a register. */
    private void jump(String move) {
        String target = label();
        address("r12", target);
        line("%s r12", move);
        words(2);
        line(move.equals("mtctr") ? "bctr" : "blr");
        words(3);
        line(target + ":");
    }

    /** To one of four places, as a number says. */
    private void table(String jump) {
        String base = label();
        address("r12", base);
        line("rlwinm r11,r%d,2,28,29", random.nextInt(13));
        line("add r12,r12,r11");
        line(jump);
        line(base + ":");
        for (int i = 0; i < 4; i++) {
            word();
        }
    }

    private void link() {
        String next = label();
        line("bcl 20,31," + next);
        line(next + ":");
        line("mflr r%d", random.nextInt(13));
    }

    private void call() {
        long other = others.get(random.nextInt(others.size()));
        switch (random.nextInt(3)) {
            case 0 -> line("lis r12,%1$d@ha\naddi r12,r12,%1$d@l\nmtctr r12\nbctrl", other);
            case 1 -> line("lis r12,%1$d@ha\naddi r12,r12,%1$d@l\nmtlr r12\nbclrl 20,0", other);
            default -> line("bl " + other);
        }
    }

    private void loop(int depth, boolean free) {
        String start = label();
        String end = label();
        int times = random.nextInt(1, random.nextInt(6) == 0 ? 60 : 8);
        if (free && random.nextBoolean()) {
            line("li r12,%d", times);
            line("mtctr r12");
            line(start + ":");
            body(random.nextInt(2, 8), depth, false);
            if (random.nextInt(4) == 0) {
                line("bc %d,%d,%s", random.nextBoolean() ? 4 : 12, random.nextInt(32), end);
                words(3);
            }
            line(random.nextInt(3) == 0 ? "bc 8,%2$d,%1$s" : "bdnz %1$s", start, random.nextInt(32));
        } else {
            int field = random.nextInt(8);
            line("li r%d,%d", COUNTER, times);
            line(start + ":");
            body(random.nextInt(2, 8), 0, free);
            line("addi r%1$d,r%1$d,-1", COUNTER);
            line("cmp%si cr%d,r%d,0", random.nextBoolean() ? "d" : "w", field, COUNTER);
            words(1);
            line("bgt cr%d,%s", field, start);
        }
        line(end + ":");
    }

    /** A loop that works on vector and floating-point registers, mostly, with a pointer that moves on. */
    private void vectorLoop() {
        String start = label();
        int base = Words.FIRST_BASE + random.nextInt(Words.BASES);
        int step = 8 * random.nextInt(-3, 4);
        int times = random.nextInt(1, random.nextInt(4) == 0 ? 60 : 12);
        line("li r%d,%d", COUNTER, times);
        line(start + ":");
        vectorWork(base, 12);
        line("addi r%1$d,r%1$d,%2$d", base, step);
        vectorWork(base, 6);
        if (random.nextBoolean()) {
            String skip = label();
            line("andi. r12,r%d,%d", COUNTER, random.nextInt(1, 4));
            line("%s %s", random.nextBoolean() ? "beq" : "bne", skip);
            vectorWork(base, 6);
            line(skip + ":");
            vectorWork(base, 6);
        }
        line("addi r%1$d,r%1$d,-1", COUNTER);
        line("cmpwi cr7,r%d,0", COUNTER);
        line("bgt cr7,%s", start);
        line("addi r%1$d,r%1$d,%2$d", base, -step * times);
    }

    private void vectorWork(int base, int most) {
        for (int n = random.nextInt(most + 1); n > 0; n--) {
            line(".long " + Integer.toUnsignedLong(words.vectorWork(random, base)));
        }
        if (random.nextInt(12) == 0) {
            word();
        }
    }

    /** Fetches something sensible into registers that have degenerated. */
    private void reload() {
        int at = 16 * random.nextInt(Storage.VALUES_BYTES / 16);
        switch (random.nextInt(4)) {
            case 0 -> line("ld r%d,%d(r13)", random.nextInt(13), at);
            case 1 -> line("lfd f%d,%d(r13)", random.nextInt(8), at);
            case 2 -> line("lxv vs%d,%d(r13)", random.nextInt(6) + 32, at);
            default -> line("lxv vs%d,%d(r13)", random.nextInt(6), at);
        }
    }

    /** Rounding modes, enabled exceptions, and registers of status. */
    private void floatingControl() {
        switch (random.nextInt(6)) {
            case 0 -> line("mtfsfi 7,%d", random.nextInt(4));
            case 1 -> line("mtfsb%d %d", random.nextInt(3) == 0 ? 1 : 0, 24 + random.nextInt(5));
            case 2 -> line("mffs f%d", random.nextInt(6));
            case 3 -> line("mtfsfi 6,0");
            case 4 -> line("mtfsf 255,f%d", random.nextInt(6));
            default -> line("mtfsfi 6,0\nmtfsfi 7,0\nmtfsb1 6");
        }
    }

    private void privileged() {
        switch (random.nextInt(6)) {
            case 0 -> line("li r12,%d\nmtspr 48,r12", random.nextInt(4));
            case 1 -> line("li r12,%d\nsldi r12,r12,32\nli r11,%d\ntlbie r11,r12,0,1,1", random.nextInt(4), 0x400);
            case 2 -> line("li r11,%d\ntlbiel r11,r12,0,1,1", random.nextInt(4) << 10);
            case 3 -> line("li r12,%d\nmtdec r12", random.nextInt(100));
            case 4 -> line("mfmsr r%d", random.nextInt(13));
            // MSR[EE] and [RI] alone.
            default -> line("mfmsr r12\nori r12,r12,0x8000\nmtmsrd r12,1");
        }
    }

    /** Changes code, and tells the processor about it more or less as it should be told. */
    private void patch() {
        long own = address + 4L * random.nextInt(Math.max(1, text.length() / 16));
        long at = targets.choose(random, own);
        line("lis r12,%1$d@ha\naddi r12,r12,%1$d@l", at);
        int word = words.replacement(random);
        line("lis r11,%d\nori r11,r11,%d", word >>> 16, word & 0xffff);
        switch (random.nextInt(12)) {
            case 0 -> line("ld r11,%d(r13)\nstd r11,0(r12)", 8 * random.nextInt(Storage.VALUES_BYTES / 8));
            case 1 -> line("stb r%d,%d(r12)", random.nextInt(12), random.nextInt(4));
            case 2 -> line("lwz r11,4(r12)\nrldimi r11,r11,32,0\nstd r11,0(r12)");
            case 3 -> line("lxvw4x vs0,0,r12\nstxvw4x vs0,r12,r20");
            case 4 -> line("lwz r11,8(r12)\nstw r11,0(r12)");
            case 5 -> line("stwcx. r11,0,r12\nlwarx r10,0,r12\nstwcx. r11,0,r12");
            case 6 -> line("stwu r11,0(r12)\nstmw r31,-4(r12)");
            default -> line("stw r11,0(r12)");
        }
        switch (random.nextInt(5)) {
            case 0 -> {
                // Executed later, as it was or as it is now.
            }
            case 1 -> line("isync");
            case 2 -> line("icbi 0,r12\nisync");
            default -> line("dcbst 0,r12\nsync\nicbi 0,r12\nisync");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

import java.util.Random;

/** Random instances of rows of the instruction table. */
final class RandomInstances {

    private static final int[] BRANCH_OPTIONS = {0, 2, 4, 8, 10, 12, 16, 18, 20};

    private final Random random;

    RandomInstances(long seed) {
        random = new Random(seed);
    }

    /** An instance of {@code row} with random operands and suffixes, no reserved bit set; it may be an invalid form. */
    int any(Instruction row) {
        int word = row.value();
        word |= random.nextInt() & (row.oeBit() | row.rcBit() | row.lkBit() | row.aaBit());
        for (Operand operand : row.operands()) {
            word = operand.set(word, value(operand));
        }
        return word;
    }

    /**
     * An instance of {@code row} that is no invalid form as GNU binutils sees it: it shows those as {@code .long},
     * where we disassemble all that a processor decodes.
     */
    int valid(Instruction row) {
        while (true) {
            int word = any(row);
            if (isValid(row, word)) {
                return word;
            }
        }
    }

    private int value(Operand operand) {
        int steps = (operand.maximum() - operand.minimum()) / operand.step() + 1;
        return operand.minimum() + operand.step() * random.nextInt(steps);
    }

    private static boolean isValid(Instruction row, int word) {
        int rt = Fields.rt(word);
        int ra = Fields.ra(word);
        int rb = Fields.rb(word);
        return switch (row.name()) {
            case "bc", "bclr", "bctar" -> isBranchOption(Fields.bo(word));
            case "bcctr" -> isBranchOption(Fields.bo(word)) && (Fields.bo(word) & 4) != 0;
            case "lbzu", "lbzux", "lhzu", "lhzux", "lhau", "lhaux", "lwzu", "lwzux", "lwaux", "ldu", "ldux" ->
                ra != 0 && ra != rt;
            case "stbu", "stbux", "sthu", "sthux", "stwu", "stwux", "stdu", "stdux" -> ra != 0;
            case "lfsu", "lfsux", "lfdu", "lfdux", "stfsu", "stfsux", "stfdu", "stfdux" -> ra != 0;
            case "lmw" -> ra < rt;
            case "lswi" -> !inRange(ra, rt, ((Fields.nb(word) == 0 ? 32 : Fields.nb(word)) + 3) / 4);
            case "lswx" -> ra != rt && rb != rt;
            case "lq" -> ra != rt;
            case "lqarx" -> ra != rt && rb != rt;
            case "mtocrf", "mfocrf" -> Integer.bitCount(Fields.fxm(word)) == 1;
            case "dcbf" -> Fields.l2(word) != 2;
            case "sync" -> Fields.l2(word) != 3;
            case "wait" -> Fields.wc(word) == 0;
            case "mftb" -> Fields.spr(word) == 268 || Fields.spr(word) == 269;
            default -> true;
        };
    }

    private static boolean isBranchOption(int bo) {
        for (int option : BRANCH_OPTIONS) {
            if (bo == option) {
                return true;
            }
        }
        return false;
    }

    private static boolean inRange(int register, int first, int count) {
        return ((register - first) & 31) < count;
    }
}

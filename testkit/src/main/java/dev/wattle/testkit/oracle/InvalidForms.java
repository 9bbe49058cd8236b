// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.isa.Instruction;

/**
 * Instruction forms that the book calls invalid (Power ISA 3.0B, Book I, 1.9.2): what they do is boundedly undefined,
 * or an illegal instruction interrupt at the processor's choice. They are not compared.
 */
final class InvalidForms {
    private InvalidForms() {}

    /** Whether a word is a valid form; {@code state} tells the byte count of {@code lswx} alone. */
    static boolean isValid(Instruction row, int word, MachineState state) {
        int rt = Fields.rt(word);
        int ra = Fields.ra(word);
        int rb = Fields.rb(word);
        return switch (row.name()) {
            case "lbzu", "lbzux", "lhzu", "lhzux", "lhau", "lhaux", "lwzu", "lwzux", "lwaux", "ldu", "ldux" ->
                ra != 0 && ra != rt;
            case "stbu", "stbux", "sthu", "sthux", "stwu", "stwux", "stdu", "stdux" -> ra != 0;
            case "lfsu", "lfsux", "lfdu", "lfdux", "stfsu", "stfsux", "stfdu", "stfdux" -> ra != 0;
            case "lmw" -> ra < rt;
            case "lswi" -> !inRing(ra, rt, (Fields.nb(word) == 0 ? 32 : Fields.nb(word)) + 3 >> 2);
            case "lswx" -> {
                int count = ((int) state.words[MachineState.XER] & 0x7f) + 3 >> 2;
                yield rt != ra && rt != rb && !inRing(ra, rt, count) && !inRing(rb, rt, count);
            }
            case "lq" -> ra != rt;
            case "lqarx" -> ra != rt && rb != rt;
            // With fetch and compare, RT, RT+1 and RT+2 must not wrap around or hold the address.
            case "lwat", "ldat" -> rt < 30 && !inRing(ra, rt, 3);
            case "sync" -> Fields.l2(word) != 3;
            case "dcbf" -> Fields.l2(word) != 2;
            case "darn" -> Fields.lDarn(word) != 3;
            // RMC 1 and 2 are reserved with R = 0.
            case "xsrqpi", "xsrqpix", "xsrqpxp" ->
                Fields.r(word) == 1 || Fields.rmc(word) == 0 || Fields.rmc(word) == 3;
            case "addex" -> (word >>> 9 & 3) == 0;
            default -> true;
        };
    }

    private static boolean inRing(int register, int first, int count) {
        return (register - first & 31) < count;
    }
}

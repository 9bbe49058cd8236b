// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

import java.util.List;

/**
 * Writes instruction words as assembler text, in the notation of GNU objdump with {@code -M raw}: base mnemonics, all
 * operands, registers with their prefix. What it writes, {@link Assembler} reads back to the same word. Immutable.
 */
public final class Disassembler {

    private static final String[] CR_BITS = {"lt", "gt", "eq", "so"};

    private final InstructionTable table;

    /** A disassembler for the instructions of {@code table}. */
    public Disassembler(InstructionTable table) {
        this.table = table;
    }

    /**
     * Text of {@code word} as the instruction at effective address {@code address}: mnemonic, a space, and operands
     * separated by commas. A word that is no instruction, has a reserved bit set, or names a register pair by its odd
     * register is written as {@code .long 0x...}.
     */
    public String disassemble(int word, long address) {
        Instruction row = table.decode(word);
        if (row == Instruction.ILLEGAL || (word & row.reserved()) != 0) {
            return data(word);
        }
        StringBuilder text = new StringBuilder(row.mnemonic(word));
        List<Operand> operands = row.operands();
        boolean absolute = (word & row.aaBit()) != 0;
        for (int i = 0; i < operands.size(); i++) {
            Operand operand = operands.get(i);
            int value = operand.get(word);
            if ((value & (operand.step() - 1)) != 0) {
                return data(word);
            }
            text.append(i == 0 ? ' ' : operand.base() ? '(' : ',');
            append(text, operand, value, absolute ? 0 : address);
            if (operand.base()) {
                text.append(')');
            }
        }
        return text.toString();
    }

    private static String data(int word) {
        return String.format(".long 0x%08x", word);
    }

    private static void append(StringBuilder text, Operand operand, int value, long origin) {
        switch (operand.kind()) {
            case GPR, GPR_PAIR -> text.append('r').append(value);
            case GPR_OR_ZERO -> text.append(value == 0 ? "" : "r").append(value);
            case FPR, FPR_PAIR -> text.append('f').append(value);
            case VR -> text.append('v').append(value);
            case VSR -> text.append("vs").append(value);
            case CR_FIELD -> text.append("cr").append(value);
            case CR_BIT -> {
                if (value >= 4) {
                    text.append("4*cr").append(value >> 2).append('+');
                }
                text.append(CR_BITS[value & 3]);
            }
            case SIGNED, UNSIGNED -> text.append(value);
            case TARGET -> text.append("0x").append(Long.toHexString(origin + value));
        }
    }
}

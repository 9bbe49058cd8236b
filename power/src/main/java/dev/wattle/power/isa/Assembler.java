// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A small assembler for tests and tools: the base mnemonics of the table, the commonest extended mnemonics, labels and
 * a few directives, in GNU syntax.
 *
 * <pre>{@code
 * loop:   lwzu  r5,4(r4)          # comment
 *         cmpwi r5,0
 *         bne   loop
 *         lis   r6,data@ha
 *         ld    r6,data@l(r6)
 *         blr
 *         .align 3
 * data:   .quad 0x1122334455667788
 * }</pre>
 *
 * <p>Registers may be written with or without their prefix. Numbers are decimal or 0x-hexadecimal, and may be joined by
 * {@code + - *}; {@code .} is the address of the instruction. {@code @l @h @ha @higher @highest} take parts of an
 * address. Directives: {@code .long}, {@code .quad} (high word first, as big-endian storage has it), {@code .align} (to
 * a power of two, with {@code nop}), {@code .space} (bytes, a multiple of 4).
 *
 * <p>Words are in register order; the byte order of storage is the caller's choice. Mistakes throw
 * {@link IllegalArgumentException} with a message that names the line. Safe to share between threads.
 */
public final class Assembler {

    private static final int NOP = 0x60000000;

    /** A mnemonic with its suffixes: the row, and the word with the suffix bits set. */
    private record Mnemonic(Instruction row, int word) {}

    private final Map<String, Mnemonic> mnemonics = new HashMap<>();

    /** What extended mnemonics stand for, by name and number of operands. */
    private final Map<String, String> extended = new HashMap<>();

    /** An assembler for the instructions of {@code table}. */
    public Assembler(InstructionTable table) {
        for (Instruction row : table.rows()) {
            int bits = row.oeBit() | row.rcBit() | row.lkBit() | row.aaBit();
            for (int some = 0; ; some = (some - bits) & bits) {
                int word = row.value() | some;
                mnemonics.put(row.mnemonic(word), new Mnemonic(row, word));
                if (some == bits) {
                    break;
                }
            }
        }
        ExtendedMnemonics.forEach((name, operands, text) -> extended.put(key(name, operands), text));
    }

    private static String key(String mnemonic, int operands) {
        return mnemonic + '/' + operands;
    }

    /** The word of one instruction at address 0. */
    public int assemble(String instruction) {
        int[] words = assemble(0, instruction);
        if (words.length != 1) {
            throw new IllegalArgumentException(
                    "'" + instruction + "' assembles to " + words.length + " words, not one");
        }
        return words[0];
    }

    /** The words of a program of several lines whose first word lies at effective address {@code address}. */
    public int[] assemble(long address, String program) {
        return new Program(address, program).words();
    }

    /** One program being assembled: a pass that finds the labels' addresses, and a pass that writes words. */
    private final class Program {

        private final String[] lines;
        private final long start;
        private final Map<String, Long> labels = new HashMap<>();
        private int[] words = new int[64];
        private int count;
        private int lineNumber;
        private boolean labelsKnown;

        Program(long start, String text) {
            this.start = start;
            this.lines = text.split("\n", -1);
        }

        int[] words() {
            pass();
            labelsKnown = true;
            count = 0;
            pass();
            return Arrays.copyOf(words, count);
        }

        private void pass() {
            for (int i = 0; i < lines.length; i++) {
                lineNumber = i + 1;
                String line = lines[i];
                int comment = line.indexOf('#');
                if (comment >= 0) {
                    line = line.substring(0, comment);
                }
                for (String statement : line.split(";")) {
                    statement(statement.strip());
                }
            }
        }

        private IllegalArgumentException mistake(String what) {
            String line = lines[lineNumber - 1].strip();
            return new IllegalArgumentException("line " + lineNumber + ", '" + line + "': " + what);
        }

        private void emit(int word) {
            if (count == words.length) {
                words = Arrays.copyOf(words, 2 * count);
            }
            words[count++] = word;
        }

        private long here() {
            return start + 4L * count;
        }

        private void statement(String text) {
            int colon = text.indexOf(':');
            while (colon >= 0) {
                String label = text.substring(0, colon).strip();
                if (labels.put(label, here()) != null && !labelsKnown) {
                    throw mistake("label " + label + " is defined twice");
                }
                text = text.substring(colon + 1).strip();
                colon = text.indexOf(':');
            }
            if (text.isEmpty()) {
                return;
            }
            int space = 0;
            while (space < text.length() && !Character.isWhitespace(text.charAt(space))) {
                space++;
            }
            String head = text.substring(0, space);
            List<String> operands = split(text.substring(space));
            if (head.charAt(0) == '.') {
                directive(head, operands);
            } else {
                instruction(head, operands, 0);
            }
        }

        /** {@code r3, 8(r4)} as r3, 8, r4: the table's operand columns say which is the base register. */
        private List<String> split(String text) {
            List<String> operands = new ArrayList<>();
            int from = 0;
            for (int i = 0; i <= text.length(); i++) {
                char c = i == text.length() ? ',' : text.charAt(i);
                if (c == ',' || c == '(' || c == ')') {
                    String operand = text.substring(from, i).strip();
                    if (!operand.isEmpty()) {
                        operands.add(operand);
                    }
                    from = i + 1;
                }
            }
            return operands;
        }

        private void directive(String name, List<String> operands) {
            switch (name) {
                case ".long" -> {
                    for (String operand : operands) {
                        emit((int) value(operand));
                    }
                }
                case ".quad" -> {
                    for (String operand : operands) {
                        long value = value(operand);
                        emit((int) (value >>> 32));
                        emit((int) value);
                    }
                }
                case ".align" -> {
                    long mask = (1L << value(only(name, operands))) - 1;
                    while ((here() & mask) != 0) {
                        emit(NOP);
                    }
                }
                case ".space" -> {
                    for (long n = value(only(name, operands)); n > 0; n -= 4) {
                        emit(0);
                    }
                }
                default -> throw mistake("unknown directive " + name + ": there are .long, .quad, .align and .space");
            }
        }

        private String only(String name, List<String> operands) {
            if (operands.size() != 1) {
                throw mistake(name + " takes one operand");
            }
            return operands.get(0);
        }

        private void instruction(String mnemonic, List<String> operands, int depth) {
            String text = extended.get(key(mnemonic, operands.size()));
            if (text != null && depth < 2) {
                for (int i = 0; i < operands.size(); i++) {
                    text = text.replace("$" + (i + 1), operands.get(i));
                }
                int space = text.indexOf(' ');
                instruction(
                        space < 0 ? text : text.substring(0, space),
                        space < 0 ? List.of() : split(text.substring(space)),
                        depth + 1);
                return;
            }
            Mnemonic found = mnemonics.get(mnemonic);
            if (found == null) {
                throw mistake("unknown instruction " + mnemonic + " with " + operands.size() + " operands");
            }
            int word = found.word;
            List<Operand> formal = found.row.operands();
            if (operands.size() > formal.size()) {
                throw mistake(mnemonic + " takes " + formal + ", not " + operands.size() + " operands");
            }
            for (int i = 0; i < formal.size(); i++) {
                Operand operand = formal.get(i);
                if (i < operands.size()) {
                    word = operand.set(word, operandValue(operand, operands.get(i), found));
                } else if (operand.optional()) {
                    word = operand.set(word, operand.omitted());
                } else {
                    throw mistake(mnemonic + " takes " + formal + ": " + operand + " is missing");
                }
            }
            emit(word);
        }

        private int operandValue(Operand operand, String text, Mnemonic mnemonic) {
            String digits = withoutPrefix(operand, text);
            long value = value(digits);
            if (operand.kind() == Operand.Kind.TARGET) {
                boolean absolute = (mnemonic.word & mnemonic.row.aaBit()) != 0;
                if (!absolute) {
                    value -= here();
                }
            }
            if (!labelsKnown) {
                return 0;
            }
            int maximum = operand.maximum();
            if (mnemonic.row.name().equals("addis") && operand.signed()) {
                maximum = 0xFFFF; // As in GNU as, so that lis r3,0x8000 can be written.
            }
            if (value < operand.minimum() || value > maximum) {
                throw mistake("operand " + operand + " is " + value + ": it must lie between " + operand.minimum()
                        + " and " + maximum);
            }
            if ((value & (operand.step() - 1)) != 0) {
                throw mistake("operand " + operand + " is " + value + ": it must be a multiple of " + operand.step());
            }
            return (int) value;
        }

        private String withoutPrefix(Operand operand, String text) {
            String prefix = switch (operand.kind()) {
                case GPR, GPR_PAIR, GPR_OR_ZERO -> "r";
                case FPR, FPR_PAIR -> "f";
                case VR -> "v";
                case VSR -> "vs";
                case CR_FIELD -> "cr";
                default -> "";
            };
            if (prefix.isEmpty()) {
                return text;
            }
            if (text.startsWith(prefix)
                    && text.length() > prefix.length()
                    && Character.isDigit(text.charAt(prefix.length()))) {
                return text.substring(prefix.length());
            }
            if (!Character.isDigit(text.charAt(0)) && !labels.containsKey(text)) {
                throw mistake("operand " + operand + " is '" + text + "': write a register " + prefix
                        + operand.minimum() + " to " + prefix + operand.maximum());
            }
            return text;
        }

        private long value(String text) {
            int at = text.lastIndexOf('@');
            if (at < 0) {
                return sum(text);
            }
            long value = sum(text.substring(0, at));
            String part = text.substring(at + 1);
            return switch (part) {
                case "l" -> (short) value;
                case "h" -> (value >> 16) & 0xFFFF;
                case "ha" -> (short) ((value + 0x8000) >> 16);
                case "higher" -> (value >> 32) & 0xFFFF;
                case "highest" -> (value >> 48) & 0xFFFF;
                default -> throw mistake("unknown part @" + part + ": there are @l, @h, @ha, @higher and @highest");
            };
        }

        /** Terms joined by + and -; a term is factors joined by *. */
        private long sum(String text) {
            long sum = 0;
            long product = 1;
            boolean negative = false;
            int from = 0;
            for (int i = 0; i <= text.length(); i++) {
                char c = i == text.length() ? '+' : text.charAt(i);
                if (c != '+' && c != '-' && c != '*') {
                    continue;
                }
                String factor = text.substring(from, i).strip();
                from = i + 1;
                if (factor.isEmpty()) {
                    if (i == text.length() || c == '*') {
                        throw mistake("'" + text + "' is not a number");
                    }
                    negative ^= c == '-';
                    continue;
                }
                product *= factor(factor, text);
                if (c != '*') {
                    sum += negative ? -product : product;
                    product = 1;
                    negative = c == '-';
                }
            }
            return sum;
        }

        private long factor(String text, String whole) {
            char c = text.charAt(0);
            if (c >= '0' && c <= '9') {
                try {
                    return text.startsWith("0x") ? Long.parseUnsignedLong(text.substring(2), 16) : Long.parseLong(text);
                } catch (NumberFormatException e) {
                    throw mistake("'" + text + "' is not a number");
                }
            }
            switch (text) {
                case "lt":
                    return 0;
                case "gt":
                    return 1;
                case "eq":
                    return 2;
                case "so", "un":
                    return 3;
                case ".":
                    return here();
                default:
                    break;
            }
            if (text.length() == 3 && text.startsWith("cr") && text.charAt(2) >= '0' && text.charAt(2) <= '7') {
                return text.charAt(2) - '0';
            }
            Long label = labels.get(text);
            if (label == null) {
                if (labelsKnown) {
                    throw mistake("'" + whole + "': there is no label or number " + text);
                }
                return 0;
            }
            return label;
        }
    }
}

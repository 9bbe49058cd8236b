// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads the text tables, whose notation the package description gives. Used once, then dropped.
 *
 * <p>It runs while the virtual machine starts, in code that is not compiled yet. So it works on the bytes of a table in
 * place, and is free of lambdas and of string concatenation outside of messages.
 */
final class TableParser {

    /**
     * A piece of a field: {@code width} bits from bit {@code from} of field {@code field}; width 0 is the whole field.
     */
    private record Slice(Definition field, int from, int width) {}

    /** A line of fields.isa. */
    private static final class Definition {
        final String name;
        final byte[] key;

        /** 0 for a name that stands in operand columns only. */
        int width;

        Slice[] slices = {};
        Operand.Kind kind = Operand.Kind.UNSIGNED;
        int scale;

        /** Operands of one piece made so far, by shift: most rows share them. */
        final Operand[] made = new Operand[32];

        Definition(String name) {
            this.name = name;
            this.key = name.getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    private static final byte[] SECTION = "section ".getBytes(StandardCharsets.ISO_8859_1);

    // In place of a constant's value.
    private static final int RESERVED = -1;
    private static final int VARIABLE = -2;

    private static final int DEFINITIONS = 512;

    /** What stands for a constant or a reserved field in {@link #fields}. */
    private final Definition noField = new Definition("");

    /** Open-addressed, as {@link #slot} says. */
    private final Definition[] definitions = new Definition[DEFINITIONS];

    private final List<Instruction> rows = new ArrayList<>(1200);

    private String file = "";
    private int lineNumber;
    private byte[] text = {};

    /** Where the columns of the line begin and end in {@link #text}, blanks stripped. */
    private final int[] begin = new int[4];

    private final int[] end = new int[4];

    /** The words of the column that {@link #split} was last called for. */
    private final String[] words = new String[24];

    private int wordCount;

    // What the last section line said.
    private String section = "";
    private String[] sectionAttributes = {};

    // The row being read: its fields and where they ended up.
    private final Definition[] fields = new Definition[24];
    private final int[] fieldShifts = new int[24];
    private final int[] fieldWidths = new int[24];
    private final int[] values = new int[24];
    private int fieldCount;
    private final Operand[] operands = new Operand[8];

    List<Instruction> rows() {
        return rows;
    }

    /** Reads the file of field names. It must come first. */
    void fields(String name) {
        int at = open(name);
        while ((at = line(at)) >= 0) {
            if (end[0] > begin[0]) {
                definition();
            }
        }
    }

    /** Reads one chapter's rows. */
    void chapter(String name) {
        section = "";
        sectionAttributes = new String[0];
        int at = open(name);
        while ((at = line(at)) >= 0) {
            if (end[0] == begin[0]) {
                continue;
            }
            if (same(SECTION, begin[0], Math.min(end[0], begin[0] + SECTION.length))) {
                section = string(begin[0] + SECTION.length, end[0]);
                split(2);
                sectionAttributes = Arrays.copyOf(words, wordCount);
            } else {
                row(name, string(begin[0], end[0]));
            }
        }
    }

    private int open(String name) {
        file = name.concat(".isa");
        lineNumber = 0;
        try (InputStream in = TableParser.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException(
                        "instruction table " + file + " is missing from the jar of the power module");
            }
            text = in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException("instruction table " + file + " cannot be read: " + e.getMessage(), e);
        }
        return 0;
    }

    private IllegalStateException mistake(String what) {
        return new IllegalStateException("instruction table " + file + ", line " + lineNumber + ": " + what);
    }

    /**
     * Finds the columns of the line that starts at {@code start}; returns the start of the next one, -1 at the end of
     * the file.
     */
    private int line(int start) {
        if (start >= text.length) {
            return -1;
        }
        lineNumber++;
        int column = 0;
        int from = start;
        int at = start;
        boolean comment = text[start] == '#';
        for (; ; at++) {
            boolean last = at == text.length || text[at] == '\n';
            if (last || text[at] == '|') {
                if (column < 4 && !comment) {
                    column(column++, from, at);
                } else if (!comment) {
                    throw mistake("more than four columns");
                }
                from = at + 1;
                if (last) {
                    break;
                }
            }
        }
        while (column < 4) {
            begin[column] = at;
            end[column++] = at;
        }
        return at + 1;
    }

    private void column(int column, int from, int to) {
        int first = from;
        int after = to;
        while (first < after && text[first] == ' ') {
            first++;
        }
        while (after > first && text[after - 1] == ' ') {
            after--;
        }
        begin[column] = first;
        end[column] = after;
    }

    private String string(int from, int to) {
        return new String(text, from, to - from, StandardCharsets.ISO_8859_1);
    }

    /** Puts the words of a column into {@link #words}. */
    private void split(int column) {
        wordCount = 0;
        int at = begin[column];
        int limit = end[column];
        while (at < limit) {
            int from = at;
            while (at < limit && text[at] != ' ') {
                at++;
            }
            words[wordCount++] = string(from, at);
            while (at < limit && text[at] == ' ') {
                at++;
            }
        }
    }

    private int number(int from, int to) {
        int value = 0;
        for (int i = from; i < to; i++) {
            if (!isDigit(text[i])) {
                throw mistake("'" + string(from, to) + "' is not a number");
            }
            value = value * 10 + text[i] - '0';
        }
        if (from >= to) {
            throw mistake("a number is missing");
        }
        return value;
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private void definition() {
        split(2);
        int scale = 0;
        Operand.Kind kind = Operand.Kind.UNSIGNED;
        for (int i = 0; i < wordCount; i++) {
            switch (words[i]) {
                case "gpr" -> kind = Operand.Kind.GPR;
                case "gpr0" -> kind = Operand.Kind.GPR_OR_ZERO;
                case "gpr-pair" -> kind = Operand.Kind.GPR_PAIR;
                case "fpr" -> kind = Operand.Kind.FPR;
                case "fpr-pair" -> kind = Operand.Kind.FPR_PAIR;
                case "vr" -> kind = Operand.Kind.VR;
                case "vsr" -> kind = Operand.Kind.VSR;
                case "cr-field" -> kind = Operand.Kind.CR_FIELD;
                case "cr-bit" -> kind = Operand.Kind.CR_BIT;
                case "signed" -> kind = Operand.Kind.SIGNED;
                case "target" -> kind = Operand.Kind.TARGET;
                case "*4" -> scale = 2;
                case "*16" -> scale = 4;
                default -> throw mistake("unknown kind '" + words[i] + "'");
            }
        }
        int slot = slot(begin[0], end[0]);
        if (definitions[slot] != null) {
            throw mistake("the field is defined twice");
        }
        Definition definition = new Definition(string(begin[0], end[0]));
        definition.kind = kind;
        definition.scale = scale;
        split(1);
        if (wordCount == 1 && isDigit(words[0].charAt(0))) {
            definition.width = number(begin[1], end[1]);
            definition.slices = new Slice[] {new Slice(definition, 0, 0)};
        } else {
            definition.slices = new Slice[wordCount];
            int at = begin[1];
            for (int i = 0; i < wordCount; i++) {
                definition.slices[i] = slice(at, at + words[i].length());
                at += words[i].length() + 1;
            }
        }
        definitions[slot] = definition;
    }

    /** {@code sh} is the whole field, {@code sh[5]} its bit 5, {@code sh[0:4]} its bits 0 to 4. */
    private Slice slice(int from, int to) {
        int bracket = find((byte) '[', from, to);
        if (bracket == to) {
            return new Slice(field(from, to), 0, 0);
        }
        int colon = find((byte) ':', bracket, to - 1);
        int first = number(bracket + 1, colon);
        int last = colon == to - 1 ? first : number(colon + 1, to - 1);
        return new Slice(field(from, bracket), first, last - first + 1);
    }

    /** Where {@code c} stands between {@code from} and {@code to}, or {@code to}. */
    private int find(byte c, int from, int to) {
        int at = from;
        while (at < to && text[at] != c) {
            at++;
        }
        return at;
    }

    /** The slot of {@link #definitions} that holds the name, or the empty one where it would go. */
    private int slot(int from, int to) {
        int hash = 0;
        for (int i = from; i < to; i++) {
            hash = 31 * hash + text[i];
        }
        int slot = (hash ^ (hash >>> 9)) & (DEFINITIONS - 1);
        while (definitions[slot] != null && !same(definitions[slot].key, from, to)) {
            slot = (slot + 1) & (DEFINITIONS - 1);
        }
        return slot;
    }

    private boolean same(byte[] key, int from, int to) {
        if (key.length != to - from) {
            return false;
        }
        for (int i = 0; i < key.length; i++) {
            if (key[i] != text[from + i]) {
                return false;
            }
        }
        return true;
    }

    private Definition field(int from, int to) {
        Definition definition = definitions[slot(from, to)];
        if (definition == null) {
            throw mistake("field '" + string(from, to) + "' is not in fields.isa");
        }
        return definition;
    }

    private void row(String chapter, String pattern) {
        Instruction.Row row = new Instruction.Row();
        row.endsBlock = false;
        row.chapter = chapter;
        row.section = section;
        row.index = rows.size();
        row.pattern = pattern;
        int bracket = pattern.indexOf('[');
        row.name = bracket < 0 ? pattern : pattern.substring(0, bracket);
        encoding(row);
        if (bracket >= 0) {
            suffixes(row, bracket);
        }
        operands(row);
        attributes(row, sectionAttributes, sectionAttributes.length);
        split(3);
        attributes(row, words, wordCount);
        int covered = row.mask | row.reserved | row.oe | row.rc | row.lk | row.aa;
        for (Operand operand : row.operands) {
            if ((covered & operand.mask()) != 0) {
                throw mistake(row.name + ": operand " + operand + " overlaps another operand or a constant");
            }
            covered |= operand.mask();
        }
        if (covered != -1) {
            throw mistake(row.name + ": no operand or suffix uses the bits 0x" + Integer.toHexString(~covered));
        }
        rows.add(new Instruction(row));
    }

    private void encoding(Instruction.Row row) {
        int unknown = -1;
        int total = 0;
        fieldCount = 0;
        for (int at = begin[1]; at < end[1]; ) {
            int to = find((byte) ' ', at, end[1]);
            int colon = find((byte) ':', at, to);
            byte head = text[at];
            boolean constant = isDigit(head);
            Definition field = constant || head == '-' ? noField : field(at, colon);
            int width = 0;
            if (colon < to) {
                width = number(colon + 1, to);
            } else if (fieldCount == 0) {
                width = 6;
            } else if (head == '-') {
                width = number(at + 1, to);
            } else if (!constant) {
                width = field.width;
                if (width == 0) {
                    throw mistake(row.name + ": " + field.name + " has no width and belongs into the operand column");
                }
            } else if (unknown < 0) {
                unknown = fieldCount;
            } else {
                throw mistake(row.name + ": two constants have no width: write value:width");
            }
            fields[fieldCount] = field;
            fieldWidths[fieldCount] = width;
            values[fieldCount++] = constant ? number(at, colon) : head == '-' ? RESERVED : VARIABLE;
            total += width;
            at = to;
            while (at < end[1] && text[at] == ' ') {
                at++;
            }
        }
        if (unknown >= 0) {
            fieldWidths[unknown] = 32 - total;
        }
        if (total > 32 || (total < 32 && unknown < 0)) {
            throw mistake(row.name + ": the encoding has " + total + " bits");
        }
        int shift = 32;
        for (int i = 0; i < fieldCount; i++) {
            shift -= fieldWidths[i];
            fieldShifts[i] = shift;
            int ones = (1 << fieldWidths[i]) - 1;
            if (values[i] == RESERVED) {
                row.reserved |= ones << shift;
            } else if (values[i] > ones) {
                throw mistake(row.name + ": constant " + values[i] + " does not fit into " + fieldWidths[i] + " bits");
            } else if (values[i] >= 0) {
                row.mask |= ones << shift;
                row.value |= values[i] << shift;
            }
        }
    }

    /** Which field of the row's encoding {@code field} is. */
    private int position(Instruction.Row row, Definition field) {
        for (int i = 0; i < fieldCount; i++) {
            if (fields[i] == field) {
                return i;
            }
        }
        throw mistake(row.name + ": the encoding has no field " + field.name);
    }

    private int bit(Instruction.Row row, String field) {
        for (int i = 0; i < fieldCount; i++) {
            if (fields[i].name.equals(field)) {
                return 1 << fieldShifts[i];
            }
        }
        throw mistake(row.name + ": the encoding has no field " + field);
    }

    private void suffixes(Instruction.Row row, int bracket) {
        for (int i = bracket + 1; i < row.pattern.length(); i += 3) {
            switch (row.pattern.charAt(i)) {
                case 'o' -> row.oe = bit(row, "OE");
                case '.' -> row.rc = bit(row, "Rc");
                case 'l' -> row.lk = bit(row, "LK");
                case 'a' -> row.aa = bit(row, "AA");
                default -> throw mistake(row.pattern + ": unknown suffix");
            }
        }
    }

    private void operands(Instruction.Row row) {
        int count = 0;
        boolean optional = false;
        boolean base = false;
        int from = begin[2];
        int limit = end[2];
        for (int at = from; at <= limit && limit > begin[2]; at++) {
            byte c = at == limit ? (byte) ',' : text[at];
            if (c == ' ' && from == at) {
                from++;
            } else if (c == ',' || c == '(' || c == ')' || c == '[' || c == ']') {
                if (at > from) {
                    operands[count++] = operand(row, from, at, optional, base);
                }
                optional |= c == '[';
                base = c == '(';
                from = at + 1;
            }
        }
        row.operands = Arrays.copyOf(operands, count);
    }

    /**
     * {@code NAME}, {@code NAME=5} for an optional operand whose omission stands for 5, {@code NAME:unsigned} for a
     * plain number.
     */
    private Operand operand(Instruction.Row row, int from, int to, boolean optional, boolean base) {
        int equals = find((byte) '=', from, to);
        int colon = find((byte) ':', from, equals);
        Definition definition = field(from, colon);
        Slice[] slices = definition.slices;
        int first = position(row, slices[0].field);
        boolean plain = slices.length == 1 && slices[0].width == 0 && !optional && !base && colon == to;
        if (plain) {
            Operand made = definition.made[fieldShifts[first]];
            if (made != null && made.width() == fieldWidths[first]) {
                return made;
            }
        }
        int[] shifts = new int[slices.length];
        int[] widths = new int[slices.length];
        for (int i = 0; i < slices.length; i++) {
            Slice slice = slices[i];
            int at = i == 0 ? first : position(row, slice.field);
            widths[i] = slice.width == 0 ? fieldWidths[at] : slice.width;
            shifts[i] = fieldShifts[at] + (slice.width == 0 ? 0 : fieldWidths[at] - slice.from - slice.width);
        }
        Operand.Kind kind = colon < equals ? Operand.Kind.UNSIGNED : definition.kind;
        int omitted = equals < to ? number(equals + 1, to) : 0;
        Operand operand = new Operand(definition.name, kind, shifts, widths, definition.scale, optional, base, omitted);
        if (plain) {
            definition.made[fieldShifts[first]] = operand;
        }
        return operand;
    }

    private void attributes(Instruction.Row row, String[] attributes, int count) {
        for (int i = 0; i < count; i++) {
            switch (attributes[i]) {
                case "2.07" -> row.since = IsaVersion.V2_07;
                case "3.0" -> row.since = IsaVersion.V3_0;
                case "-2.07" -> row.last = IsaVersion.V2_07;
                case "privileged" -> row.privilege = Privilege.PRIVILEGED;
                case "hypervisor" -> row.privilege = Privilege.HYPERVISOR;
                case "ends" -> row.endsBlock = true;
                case "FP" -> row.facility = Facility.FP;
                case "VEC" -> row.facility = Facility.VEC;
                case "VSX" -> row.facility = Facility.VSX;
                case "TM" -> row.facility = Facility.TM;
                case "VSX/VEC" -> upper(row, Facility.VSX);
                case "FP/VEC" -> upper(row, Facility.FP);
                default -> throw mistake(row.name + ": unknown attribute '" + attributes[i] + "'");
            }
        }
    }

    /** TX or SX selects between the lower half of the register file, which needs {@code lower}, and the VRs. */
    private void upper(Instruction.Row row, Facility lower) {
        row.facility = lower;
        row.facilityUpper = Facility.VEC;
        for (int i = 0; i < fieldCount; i++) {
            if (fields[i].name.equals("TX") || fields[i].name.equals("SX")) {
                row.upperBit = 1 << fieldShifts[i];
                return;
            }
        }
        throw mistake(row.name + ": a facility that depends on the register needs a field TX or SX");
    }
}

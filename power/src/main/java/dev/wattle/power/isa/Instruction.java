// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

import java.util.List;

/**
 * One row of the instruction table: an instruction with all its optional suffixes. Immutable; rows of one table are
 * compared by identity.
 *
 * <p>A word is an instance of the row when {@code (word & mask()) == value()}. Reserved bits and operand bits are
 * outside the mask: a processor ignores reserved bits (Power ISA 3.0B, Book I, 1.3.3).
 */
public final class Instruction {

    /** What {@link InstructionTable#decode} returns for a word that no row matches. */
    public static final Instruction ILLEGAL = new Instruction(new Row());

    private final Row row;

    // Copies of what decoding and translation read most.
    private final int mask;
    private final int value;
    private final int index;
    private final Facility facility;
    private final Facility facilityUpper;
    private final int upperBit;
    private final List<Operand> operands;

    Instruction(Row row) {
        this.row = row;
        this.mask = row.mask;
        this.value = row.value;
        this.index = row.index;
        this.facility = row.facility;
        this.facilityUpper = row.facilityUpper;
        this.upperBit = row.upperBit;
        this.operands = List.of(row.operands);
    }

    /** What the table's parser fills in before it freezes a row. */
    static final class Row {
        String name = "illegal";
        String chapter = "";
        int mask = 0;
        int value = 0;
        int reserved = 0;
        int index = -1;
        int oe = 0;
        int rc = 0;
        int lk = 0;
        int aa = 0;
        String pattern = "illegal";
        Operand[] operands = new Operand[0];
        IsaVersion since = IsaVersion.V2_06;
        IsaVersion last = IsaVersion.V3_1;
        Privilege privilege = Privilege.PROBLEM;
        Facility facility = Facility.NONE;
        Facility facilityUpper = Facility.NONE;
        int upperBit = 0;
        boolean endsBlock = true;
        String section = "";
    }

    /** Dense number of the row in its full table, from 0; -1 for {@link #ILLEGAL}. Stable within one build. */
    public int index() {
        return index;
    }

    /** Base mnemonic without optional suffixes: {@code add}, {@code b}, {@code stwcx.}. Unique in the table. */
    public String name() {
        return row.name;
    }

    /** Mnemonic with its optional suffixes in brackets: {@code add[o][.]}, {@code b[l][a]}. */
    public String pattern() {
        return row.pattern;
    }

    /** The mnemonic that {@code word}, an instance of this row, has: {@code addo.}. */
    public String mnemonic(int word) {
        if ((word & (row.oe | row.rc | row.lk | row.aa)) == 0) {
            return row.name;
        }
        StringBuilder s = new StringBuilder(row.name);
        append(s, word & row.oe, 'o');
        append(s, word & row.lk, 'l');
        append(s, word & row.aa, 'a');
        append(s, word & row.rc, '.');
        return s.toString();
    }

    private static void append(StringBuilder s, int bit, char suffix) {
        if (bit != 0) {
            s.append(suffix);
        }
    }

    /** Bits that identify the instruction. */
    public int mask() {
        return mask;
    }

    /** What those bits hold. */
    public int value() {
        return value;
    }

    /** Reserved bits: ignored by the processor, 0 in anything that an assembler writes. */
    public int reserved() {
        return row.reserved;
    }

    /** The bit that the suffix {@code o} sets (OE), or 0 if the row has none. */
    public int oeBit() {
        return row.oe;
    }

    /** The bit that the suffix {@code .} sets (Rc), or 0 if the row has none. */
    public int rcBit() {
        return row.rc;
    }

    /** The bit that the suffix {@code l} sets (LK), or 0 if the row has none. */
    public int lkBit() {
        return row.lk;
    }

    /** The bit that the suffix {@code a} sets (AA), or 0 if the row has none. */
    public int aaBit() {
        return row.aa;
    }

    /** Whether {@code word} is an instance of this row. */
    public boolean matches(int word) {
        return (word & mask) == value;
    }

    /** Operands in the order of assembler text. */
    public List<Operand> operands() {
        return operands;
    }

    /** The operand of that name. Throws {@link IllegalArgumentException} if the row has none. */
    public Operand operand(String name) {
        for (Operand operand : operands) {
            if (operand.name().equals(name)) {
                return operand;
            }
        }
        throw new IllegalArgumentException(row.name + " has no operand " + name + ": it has " + operands);
    }

    /** First version of the Power ISA that has the instruction. */
    public IsaVersion since() {
        return row.since;
    }

    /** Last version of the Power ISA that has the instruction; the newest version there is if it was never dropped. */
    public IsaVersion last() {
        return row.last;
    }

    /** Whether {@code version} has the instruction. */
    public boolean in(IsaVersion version) {
        return version.compareTo(row.since) >= 0 && version.compareTo(row.last) <= 0;
    }

    /** Least privileged state that may execute it. */
    public Privilege privilege() {
        return row.privilege;
    }

    /**
     * The facility that {@code word}, an instance of this row, needs. For most rows it does not depend on the word; for
     * some VSX loads, stores and moves it depends on which half of the register file TX or SX selects.
     */
    public Facility facility(int word) {
        return (word & upperBit) == 0 ? facility : facilityUpper;
    }

    /**
     * Whether a translated block ends after it: it may go elsewhere than to the next instruction (branches, system
     * linkage, transactions), change how following words are fetched or what they mean ({@code mtmsr}, {@code isync}),
     * or wait.
     */
    public boolean endsBlock() {
        return row.endsBlock;
    }

    /**
     * Length of the instruction in bytes: 4 for a word instruction; prefixed instructions of Power ISA 3.1 will say 8.
     */
    public int byteLength() {
        return 4;
    }

    /** The table it stands in: {@code fixed-point}. */
    public String chapter() {
        return row.chapter;
    }

    /** Book and section of Power ISA 3.0B: {@code I 3.3.9}. */
    public String section() {
        return row.section;
    }

    @Override
    public String toString() {
        return row.pattern;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

/**
 * One operand of an {@link Instruction}: where its bits lie in the word and how assembler text shows it. Immutable.
 *
 * <p>The value of an operand is the number that a reader of the book would write: registers by number (0 to 63 for a
 * VSR), displacements sign-extended and in bytes.
 */
public final class Operand {

    /** How an operand is written. */
    public enum Kind {
        /** General-purpose register: {@code r3}. */
        GPR,
        /** (RA|0): {@code r3}, and {@code 0} when the field is 0. */
        GPR_OR_ZERO,
        /** Even-numbered GPR that stands for itself and the next one: {@code r4}. */
        GPR_PAIR,
        /** Floating-point register: {@code f1}. */
        FPR,
        /** Even-numbered FPR that stands for itself and the next one: {@code f4}. */
        FPR_PAIR,
        /** Vector register: {@code v2}. */
        VR,
        /** Vector-scalar register: {@code vs34}. */
        VSR,
        /** Condition Register field: {@code cr7}. */
        CR_FIELD,
        /** Condition Register bit: {@code 4*cr7+eq}. */
        CR_BIT,
        /** Signed number. */
        SIGNED,
        /** Unsigned number. */
        UNSIGNED,
        /** Branch target: an address, encoded relative to the instruction's own unless AA is 1. */
        TARGET
    }

    private final String name;
    private final Kind kind;
    private final int[] shifts;
    private final int[] widths;
    private final int width;
    private final int mask;
    private final int scale;
    private final boolean optional;
    private final boolean base;
    private final int omitted;

    Operand(
            String name,
            Kind kind,
            int[] shifts,
            int[] widths,
            int scale,
            boolean optional,
            boolean base,
            int omitted) {
        this.name = name;
        this.kind = kind;
        this.shifts = shifts;
        this.widths = widths;
        this.scale = scale;
        this.optional = optional;
        this.base = base;
        this.omitted = omitted;
        int sum = 0;
        int bits = 0;
        for (int i = 0; i < widths.length; i++) {
            sum += widths[i];
            bits |= ((1 << widths[i]) - 1) << shifts[i];
        }
        this.width = sum;
        this.mask = bits;
    }

    /**
     * The name in the table's operand column, which is the book's with a suffix where the book has one name for two
     * things.
     */
    public String name() {
        return name;
    }

    /** How the operand is written. */
    public Kind kind() {
        return kind;
    }

    /** Number of bits in the word, all pieces together. */
    public int width() {
        return width;
    }

    /** Whether assembler text may leave it (and what follows it) out, which stands for {@link #omitted}. */
    public boolean optional() {
        return optional;
    }

    /** The value of an optional operand that text leaves out. */
    public int omitted() {
        return omitted;
    }

    /** Whether it is the base register of the operand before it, written in parentheses: RA of {@code D(RA)}. */
    public boolean base() {
        return base;
    }

    /** Bits of the word that belong to this operand. */
    public int mask() {
        return mask;
    }

    /** Whether values may be negative. */
    public boolean signed() {
        return kind == Kind.SIGNED || kind == Kind.TARGET;
    }

    /** Least value. */
    public int minimum() {
        return signed() ? -(1 << (width - 1)) << scale : 0;
    }

    /** Greatest value. */
    public int maximum() {
        return signed() ? ((1 << (width - 1)) - 1) << scale : ((1 << width) - 1) << scale;
    }

    /** Values are multiples of this: 4 for DS, 16 for DQ, 2 for register pairs, otherwise 1. */
    public int step() {
        return kind == Kind.GPR_PAIR || kind == Kind.FPR_PAIR ? 2 : 1 << scale;
    }

    /** The operand's value in {@code word}. */
    public int get(int word) {
        int value = 0;
        for (int i = 0; i < shifts.length; i++) {
            value = (value << widths[i]) | ((word >>> shifts[i]) & ((1 << widths[i]) - 1));
        }
        if (signed()) {
            value = value << (32 - width) >> (32 - width);
        }
        return value << scale;
    }

    /** {@code word} with the operand set to {@code value}, whose range the caller has checked. */
    public int set(int word, int value) {
        int rest = value >> scale;
        int result = word & ~mask;
        for (int i = shifts.length - 1; i >= 0; i--) {
            result |= (rest & ((1 << widths[i]) - 1)) << shifts[i];
            rest >>= widths[i];
        }
        return result;
    }

    @Override
    public String toString() {
        return name;
    }
}

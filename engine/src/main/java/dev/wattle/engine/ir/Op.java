// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.ir;

import java.lang.reflect.Field;

/**
 * The micro-operations: small, closed, and free of any guest ISA.
 *
 * <p>Operands {@code d}, {@code a}, {@code b}, {@code c} are slots: 64-bit words of the processor's state block,
 * numbered from its start. {@link Slots#TEMP} and the slots after it are block-local temporaries, all others are guest
 * registers and live across blocks. {@code imm} is a 64-bit constant. Unless an operation says otherwise all values are
 * 64 bits wide.
 *
 * <p>Constants rather than an enum: the evaluator switches over them without a look-up table.
 */
public final class Op {
    /** d = a. */
    public static final int MOV = 1;
    /** d = imm. */
    public static final int MOVI = 2;
    /** d = a + b. */
    public static final int ADD = 3;
    /** d = a - b. */
    public static final int SUB = 4;
    /** d = a * b, low 64 bits. */
    public static final int MUL = 5;

    public static final int AND = 6;
    public static final int OR = 7;
    public static final int XOR = 8;
    /** d = a & ~b. */
    public static final int ANDC = 9;
    /** d = a | ~b. */
    public static final int ORC = 10;

    public static final int NAND = 11;
    public static final int NOR = 12;
    /** d = ~(a ^ b). */
    public static final int EQV = 13;

    public static final int NEG = 14;
    /** d = a + imm. */
    public static final int ADDI = 15;
    /** d = imm - a. */
    public static final int RSUBI = 16;
    /** d = a * imm, low 64 bits. */
    public static final int MULI = 17;

    public static final int ANDI = 18;
    public static final int ORI = 19;
    public static final int XORI = 20;
    /** d = a << imm, 0 to 63. */
    public static final int SHLI = 21;

    public static final int SHRI = 22;
    public static final int SARI = 23;
    /** d = a << (b & 127); 0 from 64 on. */
    public static final int SHL = 24;
    /** d = a >>> (b & 127); 0 from 64 on. */
    public static final int SHR = 25;
    /** d = a >> (b & 127); the sign from 64 on. */
    public static final int SAR = 26;

    public static final int SEXT8 = 27;
    public static final int SEXT16 = 28;
    public static final int SEXT32 = 29;
    /** d = low word of a, twice. */
    public static final int DUP32 = 30;
    /** d = a rotated left by b & 63. */
    public static final int ROTL = 31;
    /** d = (DUP32(a) rotated left by the number c) & imm. */
    public static final int ROTMASK32 = 32;
    /** d = (a rotated left by the number c) & imm. */
    public static final int ROTMASK64 = 33;
    /** d = ((DUP32(a) rotated left by the number c) & imm) | (b & ~imm). */
    public static final int ROTINSERT32 = 34;
    /** d = ((a rotated left by the number c) & imm) | (b & ~imm). */
    public static final int ROTINSERT64 = 35;
    /** d = high 64 bits of the signed product. */
    public static final int MULHS = 36;
    /** d = high 64 bits of the unsigned product. */
    public static final int MULHU = 37;
    /** d = a / b signed; 0 where the quotient is not representable. */
    public static final int DIVS64 = 38;
    /** d = a / b unsigned; 0 for b = 0. */
    public static final int DIVU64 = 39;
    /** d = zero-extended quotient of the signed low words; 0 where not representable. */
    public static final int DIVS32 = 40;
    /** d = zero-extended quotient of the unsigned low words; 0 for b = 0. */
    public static final int DIVU32 = 41;

    public static final int CLZ = 42;
    public static final int CTZ = 43;
    public static final int POPCNT = 44;
    /** d = a != 0 ? 1 : 0. */
    public static final int SETNZ = 45;
    /** d = a != 0 ? b : c. */
    public static final int SELECT = 46;
    /** d = carry out of a + b + c, with c 0 or 1. */
    public static final int CARRY = 47;
    /** d = bit 32 (from the right) of a ^ b ^ c: with c the sum of a and b and a carry, the carry into the high word. */
    public static final int CARRY32 = 48;
    /** d = 1 if a is negative and a non-zero bit is lost when it is shifted right by b & 127, else 0. */
    public static final int SARLOST = 49;
    /** d = the number in single format in the low word of a, in double format ({@link SingleFormat#widen}). */
    public static final int WIDEN = 50;
    /** d = the number in double format a, cut to single format ({@link SingleFormat#narrow}); the high word is 0. */
    public static final int NARROW = 51;
    /** d = comparison nibble (less 8, greater 4, equal 2, or c 1) of signed a and b. */
    public static final int CMPS64 = 52;

    public static final int CMPU64 = 53;
    public static final int CMPS32 = 54;
    public static final int CMPU32 = 55;
    /** As CMPS64 with imm for b. */
    public static final int CMPS64I = 56;

    public static final int CMPU64I = 57;
    public static final int CMPS32I = 58;
    public static final int CMPU32I = 59;
    /** d = bit number c (0 = least significant) of a. */
    public static final int BIT = 60;
    /** d = a with bit number c replaced by the low bit of b. */
    public static final int SETBIT = 61;
    /** d = ones in each byte where a and b agree, zeros in the others. */
    public static final int EQ8 = 62;
    /** d = a + b + c. */
    public static final int ADC = 63;
    /** d = page base of the running block + imm, within the block's address width. */
    public static final int LEA = 106;

    /** Operations below this only compute: d is a function of a, b, c, imm and the number c. */
    public static final int FIRST_ACCESS = 0x40;

    // Loads: d = storage at effective address a + imm, zero-extended (U) or sign-extended (S). Bits 0 and 1 of the
    // number
    // are the logarithm of the bytes, bit 2 says big-endian, bit 3 sign-extended.
    public static final int LD8U = 0x40;
    public static final int LD16U_LE = 0x41;
    public static final int LD32U_LE = 0x42;
    public static final int LD64_LE = 0x43;
    public static final int LD16U_BE = 0x45;
    public static final int LD32U_BE = 0x46;
    public static final int LD64_BE = 0x47;
    public static final int LD16S_LE = 0x49;
    public static final int LD32S_LE = 0x4a;
    public static final int LD16S_BE = 0x4d;
    public static final int LD32S_BE = 0x4e;
    /** The first store; operations from {@link #FIRST_ACCESS} up to here are loads. */
    public static final int FIRST_STORE = 0x50;

    // Stores: storage at effective address a + imm = low part of b. Bits 0 to 2 as for loads.
    public static final int ST8 = 0x50;
    public static final int ST16_LE = 0x51;
    public static final int ST32_LE = 0x52;
    public static final int ST64_LE = 0x53;
    public static final int ST16_BE = 0x55;
    public static final int ST32_BE = 0x56;
    public static final int ST64_BE = 0x57;

    /** The first operation that neither computes nor accesses storage. */
    public static final int FIRST_CONTROL = 0x60;

    /** Runs the routine numbered imm >>> 32 with the instruction word (int) imm. */
    public static final int CALL = 96;
    /** As CALL, and ends the block: execution goes on where the routine left the processor. */
    public static final int CALL_END = 97;
    /** Ends the block: next instruction at page base + imm. */
    public static final int GOTO = 98;
    /** Ends the block: next instruction at imm. */
    public static final int GOTO_ABSOLUTE = 99;
    /** Ends the block: at page base + imm if a != 0, else behind the block. */
    public static final int BRANCH_NZ = 100;
    /** Ends the block: at page base + imm if bit number c of a is set, else behind the block. */
    public static final int BRANCH_BIT_SET = 101;

    public static final int BRANCH_BIT_CLEAR = 102;
    /** Ends the block: next instruction at a, low two bits ignored. */
    public static final int INDIRECT = 103;
    /** Ends the block: at b, low two bits ignored, if a != 0, else behind the block. */
    public static final int INDIRECT_NZ = 104;
    /** Ends the block: next instruction behind the block. */
    public static final int FALL_THROUGH = 105;

    /**
     * As CALL_END, for a routine that has the processor enter the context whose key is in {@link Slots#NEXT_CONTEXT} at
     * the address in {@link Slots#NEXT_ADDRESS}, low two bits ignored. A host may do that itself if {@link
     * dev.wattle.engine.translate.Contexts} has the key and no event waits; d is the slot of the context's word.
     */
    public static final int SWITCH = 107;
    /** Ends the block: as FALL_THROUGH if a is 0, else as CALL_END. */
    public static final int CALL_END_UNLESS_ZERO = 108;

    /** As CALL, for a routine that the host may have instructions for: see {@link Form}. Only a may be a temporary. */
    public static final int HOST = 0x70;

    private static final int READS_A = 1;
    private static final int READS_B = 2;
    private static final int READS_C = 4;
    private static final int WRITES_D = 8;
    private static final byte[] OPERANDS = operands();

    private Op() {}

    private static byte[] operands() {
        byte[] table = new byte[256];
        java.util.Arrays.fill(table, 0, FIRST_ACCESS, (byte) (READS_A | READS_B | WRITES_D));
        for (int unary : new int[] {
            MOV, NEG, ADDI, RSUBI, MULI, ANDI, ORI, XORI, SHLI, SHRI, SARI, SEXT8, SEXT16, SEXT32, DUP32, ROTMASK32,
            ROTMASK64, CLZ, CTZ, POPCNT, SETNZ, BIT, WIDEN, NARROW
        }) {
            table[unary] = READS_A | WRITES_D;
        }
        for (int ternary : new int[] {SELECT, CARRY, CARRY32, CMPS64, CMPU64, CMPS32, CMPU32, ADC}) {
            table[ternary] = READS_A | READS_B | READS_C | WRITES_D;
        }
        for (int comparison : new int[] {CMPS64I, CMPU64I, CMPS32I, CMPU32I}) {
            table[comparison] = READS_A | READS_C | WRITES_D;
        }
        table[MOVI] = WRITES_D;
        table[LEA] = WRITES_D;
        java.util.Arrays.fill(table, FIRST_ACCESS, FIRST_STORE, (byte) (READS_A | WRITES_D));
        java.util.Arrays.fill(table, FIRST_STORE, FIRST_CONTROL, (byte) (READS_A | READS_B));
        for (int test : new int[] {BRANCH_NZ, BRANCH_BIT_SET, BRANCH_BIT_CLEAR, INDIRECT, CALL_END_UNLESS_ZERO}) {
            table[test] = READS_A;
        }
        table[INDIRECT_NZ] = READS_A | READS_B;
        table[HOST] = READS_A;
        return table;
    }

    /** The operation of a word, see {@link BlockBuilder}. */
    public static int of(long word) {
        return (int) word & 0xff;
    }

    public static int d(long word) {
        return (int) (word >>> 8) & 0xfff;
    }

    public static int a(long word) {
        return (int) (word >>> 20) & 0xfff;
    }

    public static int b(long word) {
        return (int) (word >>> 32) & 0xfff;
    }

    /** Operand c: a slot, or a number for some operations. */
    public static int c(long word) {
        return (int) (word >>> 44) & 0xfff;
    }

    /** Whether operand a of an operation is a slot that it reads. */
    public static boolean readsA(int op) {
        return (OPERANDS[op] & READS_A) != 0;
    }

    public static boolean readsB(int op) {
        return (OPERANDS[op] & READS_B) != 0;
    }

    public static boolean readsC(int op) {
        return (OPERANDS[op] & READS_C) != 0;
    }

    /** Whether an operation writes slot d. */
    public static boolean writesD(int op) {
        return (OPERANDS[op] & WRITES_D) != 0;
    }

    /** Logarithm of the bytes that a load or store accesses. */
    public static int log2Bytes(int op) {
        return op & 3;
    }

    /** Whether a load or store takes the most significant byte from the lowest address. */
    public static boolean isBigEndian(int op) {
        return (op & 4) != 0;
    }

    /** Whether a load sign-extends. */
    public static boolean isSigned(int op) {
        return (op & 8) != 0;
    }

    /** The name of an operation, for listings. */
    public static String name(int op) {
        return constantName(Op.class, op, "op");
    }

    /** The name of a class's constant with a value, or a word and the value. */
    static String constantName(Class<?> type, int value, String word) {
        for (Field field : type.getFields()) {
            try {
                if (!field.getName().startsWith("FIRST_") && field.getInt(null) == value) {
                    return field.getName();
                }
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            }
        }
        return word + value;
    }
}

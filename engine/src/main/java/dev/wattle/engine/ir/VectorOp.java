// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.ir;

/**
 * What the vector {@link Form}s compute; operand c of the operation says which. Elements are named by their type and
 * number, counted from the right end of the register, which is the first slot's low end.
 */
public final class VectorOp {
    // V128_BINARY: d = op(a, b)

    public static final int AND = 0;
    /** a and not b. */
    public static final int ANDC = 1;

    public static final int OR = 2;
    public static final int XOR = 3;
    public static final int NOR = 4;
    public static final int NAND = 5;
    public static final int EQV = 6;
    /** a or not b. */
    public static final int ORC = 7;

    public static final int ADD8 = 8;
    public static final int ADD16 = 9;
    public static final int ADD32 = 10;
    public static final int ADD64 = 11;
    public static final int SUB8 = 12;
    public static final int SUB16 = 13;
    public static final int SUB32 = 14;
    public static final int SUB64 = 15;
    /** Comparisons: all ones in elements for which they hold. */
    public static final int EQ8 = 16;

    public static final int EQ16 = 17;
    public static final int EQ32 = 18;
    public static final int EQ64 = 19;
    public static final int NE8 = 20;
    public static final int NE16 = 21;
    public static final int NE32 = 22;
    public static final int GTS8 = 23;
    public static final int GTS16 = 24;
    public static final int GTS32 = 25;
    public static final int GTS64 = 26;
    public static final int GTU8 = 27;
    public static final int GTU16 = 28;
    public static final int GTU32 = 29;
    public static final int MINU8 = 30;
    public static final int MINU16 = 31;
    public static final int MINU32 = 32;
    public static final int MINS8 = 33;
    public static final int MINS16 = 34;
    public static final int MINS32 = 35;
    public static final int MAXU8 = 36;
    public static final int MAXU16 = 37;
    public static final int MAXU32 = 38;
    public static final int MAXS8 = 39;
    public static final int MAXS16 = 40;
    public static final int MAXS32 = 41;
    /** (a + b + 1) / 2. */
    public static final int AVGU8 = 42;

    public static final int AVGU16 = 43;
    /** Low half of the product. */
    public static final int MUL32 = 44;
    /** Whole products of the elements with even numbers. */
    public static final int MUL32U_EVEN = 45;

    public static final int MUL32S_EVEN = 46;
    /** As MUL32U_EVEN, of those with odd numbers. */
    public static final int MUL32U_ODD = 47;

    public static final int MUL32S_ODD = 48;
    /** The left halves interleaved, a's element left of b's. */
    public static final int MERGE_LEFT8 = 49;

    public static final int MERGE_LEFT16 = 50;
    public static final int MERGE_LEFT32 = 51;
    public static final int MERGE_RIGHT8 = 52;
    public static final int MERGE_RIGHT16 = 53;
    public static final int MERGE_RIGHT32 = 54;
    /** Each element of a shifted by the number in the low bits of b's. */
    public static final int SHL32 = 55;

    public static final int SHR32 = 56;
    public static final int SAR32 = 57;
    public static final int SHL64 = 58;
    public static final int SHR64 = 59;
    public static final int ROTL32 = 60;
    public static final int ROTL64 = 61;
    /** The sum without carries of the two products without carries of like doublewords. */
    public static final int POLYNOMIAL_SUM64 = 62;
    /** One round of AES on state a with round key b, byte 0 of the state being the left one (FIPS 197). */
    public static final int AES_ENCRYPT = 63;

    public static final int AES_ENCRYPT_LAST = 64;
    /** InvMixColumns(InvSubBytes(InvShiftRows(a)) xor b). */
    public static final int AES_DECRYPT = 65;

    public static final int AES_DECRYPT_LAST = 66;
    /** Each element of a shifted by the number in the low bits of b's. */
    public static final int SHL8 = 67;

    public static final int SHR8 = 68;
    public static final int SHL16 = 69;
    public static final int SHR16 = 70;
    /** The right halves of the elements of a and, right of them, of b's; elements are of that many bits. */
    public static final int PACK16 = 71;

    public static final int PACK32 = 72;
    public static final int PACK64 = 73;
    /** Each doubleword of b, as 8 bytes of 8 bits, with rows and columns exchanged. */
    public static final int TRANSPOSE8 = 74;
    /**
     * The low 16 bits of the left doubleword = bits of a, those that the bytes of b number from the left, 0 for a number
     * above 127.
     */
    public static final int PICK_BITS = 75;
    /** How many there are. */
    public static final int BINARIES = 76;

    // V128_IMMEDIATE: c = op << 8 | a constant of 8 bits

    /** 16 bytes out of a and behind it b, from the byte with that number counted from the right end of b. */
    public static final int EXTRACT = 0;
    /** Bit 1: left doubleword is that of a, else the right one; bit 0: likewise of b for the right doubleword. */
    public static final int DOUBLEWORDS = 1;
    /** Words of a, two bits each: those for word 0 are the low ones. */
    public static final int WORDS = 2;
    /** Byte of a with that number, everywhere. */
    public static final int SPLAT8 = 3;

    public static final int SPLAT16 = 4;
    /** The sigma functions of SHA-256: bit 4 upper case, bits 0 to 3 sigma 1 for words 0 to 3 (FIPS 180). */
    public static final int SIGMA32 = 5;
    /** The sigma functions of SHA-512: bit 4 upper case, bits 0 and 1 sigma 1 for doublewords 0 and 1. */
    public static final int SIGMA64 = 6;

    // V128_FLOAT: c = one of the forms F64_ADD to F64_NMSUB, plus F32 for four numbers in single format. Multiply-adds
    // are d = a * b + d, or d = a * d + b with FACTOR_IN_D added.

    public static final int FACTOR_IN_D = 32;

    // V128_LOAD and V128_STORE: how the register and storage correspond

    /** The right byte is first. */
    public static final int RIGHT_FIRST = 0;
    /** The left doubleword is first, its right byte first of all. */
    public static final int DOUBLEWORDS_LEFT_FIRST = 1;

    public static final int WORDS_LEFT_FIRST = 2;
    /** The left byte is first. */
    public static final int LEFT_FIRST = 3;

    private VectorOp() {}
}

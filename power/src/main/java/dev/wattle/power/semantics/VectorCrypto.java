// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorForm.aHigh;
import static dev.wattle.power.semantics.VectorForm.aLow;
import static dev.wattle.power.semantics.VectorForm.bHigh;
import static dev.wattle.power.semantics.VectorForm.bLow;
import static dev.wattle.power.semantics.VectorForm.set;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;

/**
 * Vector AES, SHA-2 sigma and polynomial multiply-sum (Power ISA 3.0B, Book I, 6.11.1 to 6.11.3; FIPS 197; FIPS 180-4).
 */
final class VectorCrypto {
    private static final byte[] BOX = substitution();
    private static final byte[] INVERSE_BOX = inverse(BOX);
    private static final int[] MIX = mixing(0x02_01_01_03);
    private static final int[] INVERSE_MIX = mixing(0x0e_09_0d_0b);

    private static final long EVERY_FOURTH = 0x1111_1111_1111_1111L;

    private VectorCrypto() {}

    static void bind(Meanings m) {
        m.routine("vcipher", VectorCrypto::vcipher);
        m.routine("vcipherlast", VectorCrypto::vcipherlast);
        m.routine("vncipher", VectorCrypto::vncipher);
        m.routine("vncipherlast", VectorCrypto::vncipherlast);
        m.routine("vsbox", VectorCrypto::vsbox);
        m.routine("vshasigmaw", VectorCrypto::vshasigmaw);
        m.routine("vshasigmad", VectorCrypto::vshasigmad);
        m.routine("vpmsumb", VectorCrypto::vpmsumb);
        m.routine("vpmsumh", VectorCrypto::vpmsumh);
        m.routine("vpmsumw", VectorCrypto::vpmsumw);
        m.routine("vpmsumd", VectorCrypto::vpmsumd);
    }

    // AES. A state is a quadword whose byte 4c + r is row r of column c; columns go through tables as words.

    private static byte[] substitution() {
        byte[] box = new byte[256];
        // Walks the multiplicative group of GF(2^8) with generator 3 in one direction and its inverses in the other.
        int x = 1;
        int inverse = 1;
        do {
            x = x ^ x << 1 ^ ((x & 0x80) != 0 ? 0x11b : 0);
            inverse = multiply(inverse, 0xf6);
            int turns = inverse * 0x101;
            box[x] = (byte) (inverse ^ turns >>> 7 ^ turns >>> 6 ^ turns >>> 5 ^ turns >>> 4 ^ 0x63);
        } while (x != 1);
        box[0] = 0x63;
        return box;
    }

    private static byte[] inverse(byte[] box) {
        byte[] result = new byte[256];
        for (int i = 0; i < 256; i++) {
            result[box[i] & 0xff] = (byte) i;
        }
        return result;
    }

    /** Product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
    private static int multiply(int a, int b) {
        int product = 0;
        int power = a;
        for (int bits = b; bits != 0; bits >>>= 1) {
            if ((bits & 1) != 0) {
                product ^= power;
            }
            power = power << 1 ^ ((power & 0x80) != 0 ? 0x11b : 0);
        }
        return product;
    }

    /**
     * For each byte in row 0 of a column, what it contributes to the mixed column. Other rows contribute the same,
     * rotated.
     *
     * @param matrixColumn the first column of the mixing matrix, row 0 in the most significant byte
     */
    private static int[] mixing(int matrixColumn) {
        int[] table = new int[256];
        for (int i = 0; i < 256; i++) {
            int column = 0;
            for (int at = 24; at >= 0; at -= 8) {
                column = column << 8 | multiply(i, matrixColumn >>> at & 0xff);
            }
            table[i] = column;
        }
        return table;
    }

    /** Column {@code c} after ShiftRows: row r comes from column c + r. */
    private static int shiftedColumn(long high, long low, int c) {
        return Quadword.byteAt(high, low, 4 * c) << 24
                | Quadword.byteAt(high, low, 4 * c + 5 & 15) << 16
                | Quadword.byteAt(high, low, 4 * c + 10 & 15) << 8
                | Quadword.byteAt(high, low, 4 * c + 15 & 15);
    }

    /** Column {@code c} after InvShiftRows: row r comes from column c - r. */
    private static int inverseShiftedColumn(long high, long low, int c) {
        return Quadword.byteAt(high, low, 4 * c) << 24
                | Quadword.byteAt(high, low, 4 * c + 13 & 15) << 16
                | Quadword.byteAt(high, low, 4 * c + 10 & 15) << 8
                | Quadword.byteAt(high, low, 4 * c + 7 & 15);
    }

    private static int substitute(byte[] box, int column) {
        return (box[column >>> 24] & 0xff) << 24
                | (box[column >>> 16 & 0xff] & 0xff) << 16
                | (box[column >>> 8 & 0xff] & 0xff) << 8
                | box[column & 0xff] & 0xff;
    }

    private static int mix(int[] table, int column) {
        return table[column >>> 24]
                ^ Integer.rotateRight(table[column >>> 16 & 0xff], 8)
                ^ Integer.rotateRight(table[column >>> 8 & 0xff], 16)
                ^ Integer.rotateRight(table[column & 0xff], 24);
    }

    private static long columns(int left, int right) {
        return (long) left << 32 | right & 0xffff_ffffL;
    }

    private static int cipherColumn(long high, long low, int c) {
        return mix(MIX, substitute(BOX, shiftedColumn(high, low, c)));
    }

    static void vcipher(PowerProcessor p, int w) {
        long high = aHigh(p, w);
        long low = aLow(p, w);
        set(
                p,
                w,
                columns(cipherColumn(high, low, 0), cipherColumn(high, low, 1)) ^ bHigh(p, w),
                columns(cipherColumn(high, low, 2), cipherColumn(high, low, 3)) ^ bLow(p, w));
    }

    private static int lastColumn(long high, long low, int c) {
        return substitute(BOX, shiftedColumn(high, low, c));
    }

    static void vcipherlast(PowerProcessor p, int w) {
        long high = aHigh(p, w);
        long low = aLow(p, w);
        set(
                p,
                w,
                columns(lastColumn(high, low, 0), lastColumn(high, low, 1)) ^ bHigh(p, w),
                columns(lastColumn(high, low, 2), lastColumn(high, low, 3)) ^ bLow(p, w));
    }

    private static int inverseLastColumn(long high, long low, int c) {
        return substitute(INVERSE_BOX, inverseShiftedColumn(high, low, c));
    }

    /** The round key is added before the columns are mixed. */
    static void vncipher(PowerProcessor p, int w) {
        long high = aHigh(p, w);
        long low = aLow(p, w);
        long keyHigh = bHigh(p, w);
        long keyLow = bLow(p, w);
        set(
                p,
                w,
                columns(
                        mix(INVERSE_MIX, inverseLastColumn(high, low, 0) ^ (int) (keyHigh >>> 32)),
                        mix(INVERSE_MIX, inverseLastColumn(high, low, 1) ^ (int) keyHigh)),
                columns(
                        mix(INVERSE_MIX, inverseLastColumn(high, low, 2) ^ (int) (keyLow >>> 32)),
                        mix(INVERSE_MIX, inverseLastColumn(high, low, 3) ^ (int) keyLow)));
    }

    static void vncipherlast(PowerProcessor p, int w) {
        long high = aHigh(p, w);
        long low = aLow(p, w);
        set(
                p,
                w,
                columns(inverseLastColumn(high, low, 0), inverseLastColumn(high, low, 1)) ^ bHigh(p, w),
                columns(inverseLastColumn(high, low, 2), inverseLastColumn(high, low, 3)) ^ bLow(p, w));
    }

    static void vsbox(PowerProcessor p, int w) {
        long high = aHigh(p, w);
        long low = aLow(p, w);
        set(
                p,
                w,
                columns(substitute(BOX, (int) (high >>> 32)), substitute(BOX, (int) high)),
                columns(substitute(BOX, (int) (low >>> 32)), substitute(BOX, (int) low)));
    }

    // SHA: ST selects the functions of FIPS 180-4, upper-case sigma if 1; a bit of SIX per element selects 0 or 1

    static void vshasigmaw(PowerProcessor p, int w) {
        boolean upper = Fields.st(w) != 0;
        int six = Fields.six(w);
        long high = aHigh(p, w);
        long low = aLow(p, w);
        set(
                p,
                w,
                columns(sigma((int) (high >>> 32), upper, (six & 8) != 0), sigma((int) high, upper, (six & 4) != 0)),
                columns(sigma((int) (low >>> 32), upper, (six & 2) != 0), sigma((int) low, upper, (six & 1) != 0)));
    }

    private static int sigma(int x, boolean upper, boolean one) {
        if (upper) {
            return one
                    ? Integer.rotateRight(x, 6) ^ Integer.rotateRight(x, 11) ^ Integer.rotateRight(x, 25)
                    : Integer.rotateRight(x, 2) ^ Integer.rotateRight(x, 13) ^ Integer.rotateRight(x, 22);
        }
        return one
                ? Integer.rotateRight(x, 17) ^ Integer.rotateRight(x, 19) ^ x >>> 10
                : Integer.rotateRight(x, 7) ^ Integer.rotateRight(x, 18) ^ x >>> 3;
    }

    static void vshasigmad(PowerProcessor p, int w) {
        boolean upper = Fields.st(w) != 0;
        int six = Fields.six(w);
        set(p, w, sigma(aHigh(p, w), upper, (six & 8) != 0), sigma(aLow(p, w), upper, (six & 2) != 0));
    }

    private static long sigma(long x, boolean upper, boolean one) {
        if (upper) {
            return one
                    ? Long.rotateRight(x, 14) ^ Long.rotateRight(x, 18) ^ Long.rotateRight(x, 41)
                    : Long.rotateRight(x, 28) ^ Long.rotateRight(x, 34) ^ Long.rotateRight(x, 39);
        }
        return one
                ? Long.rotateRight(x, 19) ^ Long.rotateRight(x, 61) ^ x >>> 6
                : Long.rotateRight(x, 1) ^ Long.rotateRight(x, 8) ^ x >>> 7;
    }

    // Products of polynomials over GF(2)

    static void vpmsumb(PowerProcessor p, int w) {
        set(
                p,
                w,
                sumOfProducts(aHigh(p, w), bHigh(p, w), 8, 0x0001_0001_0001_0001L),
                sumOfProducts(aLow(p, w), bLow(p, w), 8, 0x0001_0001_0001_0001L));
    }

    static void vpmsumh(PowerProcessor p, int w) {
        set(
                p,
                w,
                sumOfProducts(aHigh(p, w), bHigh(p, w), 16, 0x0000_0001_0000_0001L),
                sumOfProducts(aLow(p, w), bLow(p, w), 16, 0x0000_0001_0000_0001L));
    }

    /**
     * The products of a's and b's elements, each pair of products summed in an element of twice the width.
     *
     * @param width bits in an element
     * @param ones bit 0 of each pair of elements
     */
    private static long sumOfProducts(long a, long b, int width, long ones) {
        long element = (1L << width) - 1;
        long right = b & ones * element;
        long left = b >>> width & ones * element;
        long sum = 0;
        for (int i = 0; i < width; i++) {
            // A product with 0 or 1 in each pair makes a mask of the pair's width.
            sum ^= right << i & (a >>> i & ones) * (element << i);
            sum ^= left << i & (a >>> width + i & ones) * (element << i);
        }
        return sum;
    }

    static void vpmsumw(PowerProcessor p, int w) {
        set(p, w, sumOfWordProducts(aHigh(p, w), bHigh(p, w)), sumOfWordProducts(aLow(p, w), bLow(p, w)));
    }

    private static long sumOfWordProducts(long a, long b) {
        return productLow(a >>> 32, b >>> 32) ^ productLow(a & 0xffff_ffffL, b & 0xffff_ffffL);
    }

    static void vpmsumd(PowerProcessor p, int w) {
        long aHigh = aHigh(p, w);
        long aLow = aLow(p, w);
        long bHigh = bHigh(p, w);
        long bLow = bLow(p, w);
        set(
                p,
                w,
                productHigh(aHigh, bHigh) ^ productHigh(aLow, bLow),
                productLow(aHigh, bHigh) ^ productLow(aLow, bLow));
    }

    /**
     * Low half of a product of polynomials.
     *
     * <p>Integer products of operands that keep every fourth bit only: up to 15 ones may meet in a place without their
     * sum reaching the next place that counts, and the 16 that can meet in the last one carry out of the low half.
     */
    private static long productLow(long a, long b) {
        long a0 = a & EVERY_FOURTH;
        long a1 = a & EVERY_FOURTH << 1;
        long a2 = a & EVERY_FOURTH << 2;
        long a3 = a & EVERY_FOURTH << 3;
        long b0 = b & EVERY_FOURTH;
        long b1 = b & EVERY_FOURTH << 1;
        long b2 = b & EVERY_FOURTH << 2;
        long b3 = b & EVERY_FOURTH << 3;
        return (a0 * b0 ^ a1 * b3 ^ a2 * b2 ^ a3 * b1) & EVERY_FOURTH
                | (a0 * b1 ^ a1 * b0 ^ a2 * b3 ^ a3 * b2) & EVERY_FOURTH << 1
                | (a0 * b2 ^ a1 * b1 ^ a2 * b0 ^ a3 * b3) & EVERY_FOURTH << 2
                | (a0 * b3 ^ a1 * b2 ^ a2 * b1 ^ a3 * b0) & EVERY_FOURTH << 3;
    }

    /** High half of a product of polynomials: the low half of the product of the mirror images, mirrored. */
    private static long productHigh(long a, long b) {
        return Long.reverse(productLow(Long.reverse(a), Long.reverse(b))) >>> 1;
    }
}

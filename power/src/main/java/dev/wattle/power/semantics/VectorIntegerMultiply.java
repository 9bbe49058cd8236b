// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorForm.aHigh;
import static dev.wattle.power.semantics.VectorForm.aLow;
import static dev.wattle.power.semantics.VectorForm.bHigh;
import static dev.wattle.power.semantics.VectorForm.bLow;
import static dev.wattle.power.semantics.VectorForm.cHigh;
import static dev.wattle.power.semantics.VectorForm.cLow;
import static dev.wattle.power.semantics.VectorForm.saturate;
import static dev.wattle.power.semantics.VectorForm.set;

import dev.wattle.power.processor.PowerProcessor;

/**
 * Vector integer multiply, multiply-add, multiply-sum and sum across (Power ISA 3.0B, Book I, 6.9.1.3 to 6.9.1.5).
 */
final class VectorIntegerMultiply {
    private VectorIntegerMultiply() {}

    static void bind(Meanings m) {
        m.routine("vmulesb", VectorIntegerMultiply::vmulesb);
        m.routine("vmuleub", VectorIntegerMultiply::vmuleub);
        m.routine("vmulosb", VectorIntegerMultiply::vmulosb);
        m.routine("vmuloub", VectorIntegerMultiply::vmuloub);
        m.routine("vmulesh", VectorIntegerMultiply::vmulesh);
        m.routine("vmuleuh", VectorIntegerMultiply::vmuleuh);
        m.routine("vmulosh", VectorIntegerMultiply::vmulosh);
        m.routine("vmulouh", VectorIntegerMultiply::vmulouh);
        m.routine("vmulesw", VectorIntegerMultiply::vmulesw);
        m.routine("vmuleuw", VectorIntegerMultiply::vmuleuw);
        m.routine("vmulosw", VectorIntegerMultiply::vmulosw);
        m.routine("vmulouw", VectorIntegerMultiply::vmulouw);
        m.routine("vmuluwm", VectorIntegerMultiply::vmuluwm);
        m.routine("vmhaddshs", VectorIntegerMultiply::vmhaddshs);
        m.routine("vmhraddshs", VectorIntegerMultiply::vmhraddshs);
        m.routine("vmladduhm", VectorIntegerMultiply::vmladduhm);
        m.routine("vmsumubm", VectorIntegerMultiply::vmsumubm);
        m.routine("vmsummbm", VectorIntegerMultiply::vmsummbm);
        m.routine("vmsumuhm", VectorIntegerMultiply::vmsumuhm);
        m.routine("vmsumuhs", VectorIntegerMultiply::vmsumuhs);
        m.routine("vmsumshm", VectorIntegerMultiply::vmsumshm);
        m.routine("vmsumshs", VectorIntegerMultiply::vmsumshs);
        m.routine("vmsumudm", VectorIntegerMultiply::vmsumudm);
        m.routine("vsumsws", VectorIntegerMultiply::vsumsws);
        m.routine("vsum2sws", VectorIntegerMultiply::vsum2sws);
        m.routine("vsum4sbs", VectorIntegerMultiply::vsum4sbs);
        m.routine("vsum4shs", VectorIntegerMultiply::vsum4shs);
        m.routine("vsum4ubs", VectorIntegerMultiply::vsum4ubs);
    }

    // Multiply the even (left) or odd (right) elements of pairs

    /**
     * Products of elements, as wide as two of them.
     *
     * @param width bits in an element, 8 to 32
     * @param even 1 for the left elements of the pairs, 0 for the right ones
     */
    private static long multiply(long a, long b, int width, int even, boolean signed) {
        long result = 0;
        for (int at = 0; at < 64; at += 2 * width) {
            long product = element(a, width, at + even * width, signed) * element(b, width, at + even * width, signed);
            result |= (product & -1L >>> 64 - 2 * width) << at;
        }
        return result;
    }

    /** The element whose rightmost bit is {@code at} bits from the right, extended. */
    private static long element(long a, int width, int at, boolean signed) {
        long left = a << 64 - width - at;
        return signed ? left >> 64 - width : left >>> 64 - width;
    }

    private static void multiply(PowerProcessor p, int w, int width, int even, boolean signed) {
        set(
                p,
                w,
                multiply(aHigh(p, w), bHigh(p, w), width, even, signed),
                multiply(aLow(p, w), bLow(p, w), width, even, signed));
    }

    static void vmulesb(PowerProcessor p, int w) {
        multiply(p, w, 8, 1, true);
    }

    static void vmuleub(PowerProcessor p, int w) {
        multiply(p, w, 8, 1, false);
    }

    static void vmulosb(PowerProcessor p, int w) {
        multiply(p, w, 8, 0, true);
    }

    static void vmuloub(PowerProcessor p, int w) {
        multiply(p, w, 8, 0, false);
    }

    static void vmulesh(PowerProcessor p, int w) {
        multiply(p, w, 16, 1, true);
    }

    static void vmuleuh(PowerProcessor p, int w) {
        multiply(p, w, 16, 1, false);
    }

    static void vmulosh(PowerProcessor p, int w) {
        multiply(p, w, 16, 0, true);
    }

    static void vmulouh(PowerProcessor p, int w) {
        multiply(p, w, 16, 0, false);
    }

    static void vmulesw(PowerProcessor p, int w) {
        multiply(p, w, 32, 1, true);
    }

    static void vmuleuw(PowerProcessor p, int w) {
        multiply(p, w, 32, 1, false);
    }

    static void vmulosw(PowerProcessor p, int w) {
        multiply(p, w, 32, 0, true);
    }

    static void vmulouw(PowerProcessor p, int w) {
        multiply(p, w, 32, 0, false);
    }

    static void vmuluwm(PowerProcessor p, int w) {
        set(p, w, multiplyWords(aHigh(p, w), bHigh(p, w)), multiplyWords(aLow(p, w), bLow(p, w)));
    }

    private static long multiplyWords(long a, long b) {
        return (a >>> 32) * (b >>> 32) << 32 | a * b & 0xffff_ffffL;
    }

    // Multiply-add of halfwords

    static void vmhaddshs(PowerProcessor p, int w) {
        multiplyHighAdd(p, w, 0);
    }

    static void vmhraddshs(PowerProcessor p, int w) {
        multiplyHighAdd(p, w, 0x4000);
    }

    private static void multiplyHighAdd(PowerProcessor p, int w, int round) {
        long high = multiplyHighAdd(p, aHigh(p, w), bHigh(p, w), cHigh(p, w), round);
        long low = multiplyHighAdd(p, aLow(p, w), bLow(p, w), cLow(p, w), round);
        set(p, w, high, low);
    }

    private static long multiplyHighAdd(PowerProcessor p, long a, long b, long c, int round) {
        long result = 0;
        for (int at = 0; at < 64; at += 16) {
            int sum = ((short) (a >>> at) * (short) (b >>> at) + round >> 15) + (short) (c >>> at);
            result |= (clamp(p, sum, Short.MIN_VALUE, Short.MAX_VALUE) & 0xffff) << at;
        }
        return result;
    }

    /** Saturates. */
    private static long clamp(PowerProcessor p, long value, long minimum, long maximum) {
        long clamped = Math.clamp(value, minimum, maximum);
        if (clamped != value) {
            saturate(p);
        }
        return clamped;
    }

    static void vmladduhm(PowerProcessor p, int w) {
        set(
                p,
                w,
                multiplyLowAdd(aHigh(p, w), bHigh(p, w), cHigh(p, w)),
                multiplyLowAdd(aLow(p, w), bLow(p, w), cLow(p, w)));
    }

    private static long multiplyLowAdd(long a, long b, long c) {
        long result = 0;
        for (int at = 0; at < 64; at += 16) {
            result |= ((a >>> at) * (b >>> at) + (c >>> at) & 0xffff) << at;
        }
        return result;
    }

    // Multiply-sum: the products of a word's elements and the word of VRC

    private static long sumOfProducts(long a, long b, int width, int at, boolean signedA, boolean signedB) {
        long sum = 0;
        for (int i = at; i < at + 32; i += width) {
            sum += element(a, width, i, signedA) * element(b, width, i, signedB);
        }
        return sum;
    }

    private static void multiplySum(PowerProcessor p, int w, int width, boolean signedA, boolean signedB) {
        set(
                p,
                w,
                multiplySum(aHigh(p, w), bHigh(p, w), cHigh(p, w), width, signedA, signedB),
                multiplySum(aLow(p, w), bLow(p, w), cLow(p, w), width, signedA, signedB));
    }

    private static long multiplySum(long a, long b, long c, int width, boolean signedA, boolean signedB) {
        long left = sumOfProducts(a, b, width, 32, signedA, signedB) + (c >>> 32);
        long right = sumOfProducts(a, b, width, 0, signedA, signedB) + c;
        return left << 32 | right & 0xffff_ffffL;
    }

    static void vmsumubm(PowerProcessor p, int w) {
        multiplySum(p, w, 8, false, false);
    }

    static void vmsummbm(PowerProcessor p, int w) {
        multiplySum(p, w, 8, true, false);
    }

    static void vmsumuhm(PowerProcessor p, int w) {
        multiplySum(p, w, 16, false, false);
    }

    static void vmsumshm(PowerProcessor p, int w) {
        multiplySum(p, w, 16, true, true);
    }

    static void vmsumuhs(PowerProcessor p, int w) {
        long high = multiplySumUnsigned(p, aHigh(p, w), bHigh(p, w), cHigh(p, w));
        set(p, w, high, multiplySumUnsigned(p, aLow(p, w), bLow(p, w), cLow(p, w)));
    }

    private static long multiplySumUnsigned(PowerProcessor p, long a, long b, long c) {
        long left = sumOfProducts(a, b, 16, 32, false, false) + (c >>> 32);
        long right = sumOfProducts(a, b, 16, 0, false, false) + (c & 0xffff_ffffL);
        return clamp(p, left, 0, 0xffff_ffffL) << 32 | clamp(p, right, 0, 0xffff_ffffL);
    }

    static void vmsumshs(PowerProcessor p, int w) {
        long high = multiplySumSigned(p, aHigh(p, w), bHigh(p, w), cHigh(p, w));
        set(p, w, high, multiplySumSigned(p, aLow(p, w), bLow(p, w), cLow(p, w)));
    }

    private static long multiplySumSigned(PowerProcessor p, long a, long b, long c) {
        long left = sumOfProducts(a, b, 16, 32, true, true) + (c >> 32);
        long right = sumOfProducts(a, b, 16, 0, true, true) + (int) c;
        return words(clampWord(p, left), clampWord(p, right));
    }

    private static long clampWord(PowerProcessor p, long value) {
        return clamp(p, value, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    private static long words(long left, long right) {
        return left << 32 | right & 0xffff_ffffL;
    }

    /** The sum of both 128-bit products and VRC, modulo 2 to the 128. */
    static void vmsumudm(PowerProcessor p, int w) {
        long leftLow = aHigh(p, w) * bHigh(p, w);
        long rightLow = aLow(p, w) * bLow(p, w);
        long products = leftLow + rightLow;
        long low = products + cLow(p, w);
        long high = Math.unsignedMultiplyHigh(aHigh(p, w), bHigh(p, w))
                + Math.unsignedMultiplyHigh(aLow(p, w), bLow(p, w))
                + cHigh(p, w)
                + Quadword.carry(leftLow, rightLow, products)
                + Quadword.carry(products, cLow(p, w), low);
        set(p, w, high, low);
    }

    // Sum across

    static void vsumsws(PowerProcessor p, int w) {
        long a = aHigh(p, w);
        long b = aLow(p, w);
        long sum = (a >> 32) + (int) a + (b >> 32) + (int) b + (int) bLow(p, w);
        set(p, w, 0, clampWord(p, sum) & 0xffff_ffffL);
    }

    static void vsum2sws(PowerProcessor p, int w) {
        long high = sumWords(p, aHigh(p, w), bHigh(p, w));
        set(p, w, high, sumWords(p, aLow(p, w), bLow(p, w)));
    }

    private static long sumWords(PowerProcessor p, long a, long b) {
        return clampWord(p, (a >> 32) + (int) a + (int) b) & 0xffff_ffffL;
    }

    private static long sumElements(long a, int width, int at, boolean signed) {
        long sum = 0;
        for (int i = at; i < at + 32; i += width) {
            sum += element(a, width, i, signed);
        }
        return sum;
    }

    private static long sumSigned(PowerProcessor p, long a, long b, int width) {
        long left = sumElements(a, width, 32, true) + (b >> 32);
        long right = sumElements(a, width, 0, true) + (int) b;
        return words(clampWord(p, left), clampWord(p, right));
    }

    static void vsum4sbs(PowerProcessor p, int w) {
        long high = sumSigned(p, aHigh(p, w), bHigh(p, w), 8);
        set(p, w, high, sumSigned(p, aLow(p, w), bLow(p, w), 8));
    }

    static void vsum4shs(PowerProcessor p, int w) {
        long high = sumSigned(p, aHigh(p, w), bHigh(p, w), 16);
        set(p, w, high, sumSigned(p, aLow(p, w), bLow(p, w), 16));
    }

    static void vsum4ubs(PowerProcessor p, int w) {
        long high = sumUnsigned(p, aHigh(p, w), bHigh(p, w));
        set(p, w, high, sumUnsigned(p, aLow(p, w), bLow(p, w)));
    }

    private static long sumUnsigned(PowerProcessor p, long a, long b) {
        long left = sumElements(a, 8, 32, false) + (b >>> 32);
        long right = sumElements(a, 8, 0, false) + (b & 0xffff_ffffL);
        return clamp(p, left, 0, 0xffff_ffffL) << 32 | clamp(p, right, 0, 0xffff_ffffL);
    }
}

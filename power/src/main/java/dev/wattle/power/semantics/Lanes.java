// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

/**
 * Arithmetic on the elements of a doubleword, all at once.
 *
 * <p>An element width is given by its <em>top</em>: the doubleword with the most significant bit of each element set
 * ({@link #BYTES} to {@link #DOUBLEWORDS}). Clearing those bits leaves room for a carry, so that no element disturbs
 * its neighbour.
 */
final class Lanes {
    static final long BYTES = 0x8080_8080_8080_8080L;
    static final long HALFWORDS = 0x8000_8000_8000_8000L;
    static final long WORDS = 0x8000_0000_8000_0000L;
    static final long DOUBLEWORDS = Long.MIN_VALUE;

    private Lanes() {}

    /** Bits in an element. */
    static int width(long top) {
        return Long.numberOfTrailingZeros(top) + 1;
    }

    static long add(long a, long b, long top) {
        return (a & ~top) + (b & ~top) ^ (a ^ b) & top;
    }

    static long subtract(long a, long b, long top) {
        return (a | top) - (b & ~top) ^ (a ^ ~b) & top;
    }

    /** Elements of all ones where the top bit is set in {@code bits}, which has no others; zeros elsewhere. */
    static long fill(long bits, long top) {
        return (bits << 1) - (bits >>> Long.numberOfTrailingZeros(top));
    }

    /** Top bits of the elements whose {@code sum = a + b} carries out. */
    static long carries(long a, long b, long sum, long top) {
        return (a & b | (a | b) & ~sum) & top;
    }

    /** Top bits of the elements whose {@code difference = a - b} borrows: those with a below b, unsigned. */
    static long borrows(long a, long b, long difference, long top) {
        return (~a & b | (~a | b) & difference) & top;
    }

    /** All ones in the elements that are the same in a and b. */
    static long equal(long a, long b, long top) {
        long x = a ^ b;
        return fill(~((x & ~top) + ~top | x) & top, top);
    }

    /** All ones in the elements where a is above b, unsigned. */
    static long greaterUnsigned(long a, long b, long top) {
        return fill(borrows(b, a, subtract(b, a, top), top), top);
    }

    /** All ones in the elements where a is above b, signed. */
    static long greaterSigned(long a, long b, long top) {
        return greaterUnsigned(a ^ top, b ^ top, top);
    }

    /** Bits of a where the mask has ones, of b elsewhere. */
    static long select(long mask, long a, long b) {
        return (a ^ b) & mask ^ b;
    }

    /** The most positive number in each element, or the most negative where a is negative. */
    static long signedLimit(long a, long top) {
        return ~top + ((a & top) >>> Long.numberOfTrailingZeros(top));
    }

    /** (a + b + 1) / 2 of unsigned elements, without loss of the carry. */
    static long averageUnsigned(long a, long b, long top) {
        return (a | b) - ((a ^ b) >>> 1 & ~top);
    }

    /** The number of ones in each byte. */
    static long countBytes(long a) {
        long x = a - (a >>> 1 & 0x5555_5555_5555_5555L);
        x = (x & 0x3333_3333_3333_3333L) + (x >>> 2 & 0x3333_3333_3333_3333L);
        return x + (x >>> 4) & 0x0f0f_0f0f_0f0f_0f0fL;
    }

    /** The number of ones in each element. */
    static long count(long a, long top) {
        long x = countBytes(a);
        if (top == BYTES) {
            return x;
        }
        x = x + (x >>> 8) & 0x00ff_00ff_00ff_00ffL;
        if (top == HALFWORDS) {
            return x;
        }
        x = x + (x >>> 16) & 0x0000_ffff_0000_ffffL;
        return top == WORDS ? x : x + (x >>> 32) & 0xffff_ffffL;
    }

    /** The number of zeros to the left of the leftmost one in each element. */
    static long countLeadingZeros(long a, long top) {
        int width = width(top);
        long ones = top >>> width - 1;
        long x = a;
        for (int shift = 1; shift < width; shift <<= 1) {
            // The mask drops what the shift brings in from the element to the left.
            x |= x >>> shift & ones * ((1L << width - shift) - 1);
        }
        return count(~x, top);
    }

    /** The number of zeros to the right of the rightmost one in each element. */
    static long countTrailingZeros(long a, long top) {
        return count(~a & subtract(a, top >>> width(top) - 1, top), top);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

/** Operations on 128-bit values in two longs, the high (left) one first; each half of a result has its own method. */
final class Quadword {
    private Quadword() {}

    /** The left 64 bits of {@code left || right} shifted left by {@code n}, 0 to 63. */
    static long funnel(long left, long right, int n) {
        return left << n | right >>> 1 >>> 63 - n;
    }

    /** High half of a shift left by {@code n} bits, not negative; 128 and more give 0. */
    static long shiftLeftHigh(long high, long low, int n) {
        return n < 64 ? funnel(high, low, n) : shiftLeftLow(low, n - 64);
    }

    /** Low half of a shift left by {@code n} bits. */
    static long shiftLeftLow(long low, int n) {
        return n < 64 ? low << n : 0;
    }

    /** High half of an unsigned shift right by {@code n} bits, not negative; 128 and more give 0. */
    static long shiftRightHigh(long high, int n) {
        return n < 64 ? high >>> n : 0;
    }

    /** Low half of an unsigned shift right by {@code n} bits. */
    static long shiftRightLow(long high, long low, int n) {
        return n < 64 ? low >>> n | high << 1 << 63 - n : shiftRightHigh(high, n - 64);
    }

    /** The carry, 0 or 1, out of {@code sum = a + b} or {@code sum = a + b + 1}. */
    static long carry(long a, long b, long sum) {
        return (a & b | (a | b) & ~sum) >>> 63;
    }

    /** Byte element {@code i}, 0 to 15 from the left. */
    static int byteAt(long high, long low, int i) {
        return (int) (((i & 8) == 0 ? high : low) >>> (~i << 3)) & 0xff;
    }
}

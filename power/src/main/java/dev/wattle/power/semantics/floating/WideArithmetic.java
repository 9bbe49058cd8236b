// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.processor.FloatingPointScratch.Number;

/**
 * Arithmetic on unpacked numbers: exact but for bits that are kept as a sticky last bit, for operands of up to 113
 * significant bits. NaN selection and invalid operations are those of Power ISA 3.0B, Book I, 4.3.2 and 7.4.1. Operands
 * are {@code s.a}, {@code s.b} and {@code s.c}; the result, still to be rounded, is {@code s.r}.
 */
public final class WideArithmetic {
    private WideArithmetic() {}

    private static void infinity(Number r, boolean negative) {
        r.kind = Number.INFINITE;
        r.negative = negative;
        r.high = 0;
        r.low = 0;
    }

    private static void zero(Number r, boolean negative) {
        r.kind = Number.ZERO;
        r.negative = negative;
    }

    /** The quiet NaN that an invalid operation generates. */
    private static void invalid(FloatingPointScratch s, int exception) {
        s.flags |= exception;
        s.r.kind = Number.QUIET;
        s.r.negative = false;
        s.r.high = 1L << 62;
        s.r.low = 0;
    }

    /** Makes {@code s.r} a NaN operand made quiet. */
    static void quiet(FloatingPointScratch s, Number nan) {
        if (nan.kind == Number.SIGNALING) {
            s.flags |= Fpscr.VXSNAN;
        }
        s.r.set(nan);
        s.r.kind = Number.QUIET;
        s.r.high |= 1L << 62;
    }

    /** Makes {@code s.r} the operand a, a NaN made quiet. */
    static void copy(FloatingPointScratch s) {
        if (s.a.isNaN()) {
            quiet(s, s.a);
        } else {
            s.r.set(s.a);
        }
    }

    /** If an operand is a NaN, makes it the result: the first one that is. */
    private static boolean propagates(FloatingPointScratch s, Number x, Number y) {
        if (!x.isNaN() && !y.isNaN()) {
            return false;
        }
        if (y.kind == Number.SIGNALING) {
            s.flags |= Fpscr.VXSNAN;
        }
        quiet(s, x.isNaN() ? x : y);
        return true;
    }

    /** a + b. */
    public static void add(FloatingPointScratch s) {
        Number a = s.a;
        Number b = s.b;
        Number r = s.r;
        if (propagates(s, a, b)) {
            return;
        }
        if (a.kind == Number.INFINITE || b.kind == Number.INFINITE) {
            if (a.kind == b.kind && a.negative != b.negative) {
                invalid(s, Fpscr.VXISI);
            } else {
                infinity(r, a.kind == Number.INFINITE ? a.negative : b.negative);
            }
            return;
        }
        if (a.kind == Number.ZERO || b.kind == Number.ZERO) {
            if (a.kind == b.kind) {
                zero(r, a.negative == b.negative ? a.negative : s.rounding == FloatingPointScratch.DOWNWARD);
            } else {
                r.set(a.kind == Number.ZERO ? b : a);
            }
            return;
        }
        addFinite(s, a, b);
    }

    private static void addFinite(FloatingPointScratch s, Number x, Number y) {
        Number large = x;
        Number small = y;
        if (x.exponent < y.exponent) {
            large = y;
            small = x;
        }
        Number r = s.r;
        int distance = large.exponent - small.exponent;
        boolean negative = large.negative;
        boolean subtract = large.negative != small.negative;
        long high = large.high;
        long low = large.low;
        int exponent = large.exponent;
        r.set(small);
        Rounding.shiftRightSticky(r, distance);
        r.kind = Number.FINITE;
        r.exponent = exponent;
        if (!subtract) {
            long sumLow = low + r.low;
            int carryLow = Long.compareUnsigned(sumLow, low) < 0 ? 1 : 0;
            long sumHigh = high + r.high;
            boolean carry = Long.compareUnsigned(sumHigh, high) < 0;
            sumHigh += carryLow;
            carry |= carryLow != 0 && sumHigh == 0;
            r.high = sumHigh;
            r.low = sumLow;
            if (carry) {
                Rounding.shiftRightSticky(r, 1);
                r.high |= Long.MIN_VALUE;
                r.exponent++;
            }
            r.negative = negative;
            return;
        }
        long differenceLow = low - r.low;
        long differenceHigh = high - r.high - (Long.compareUnsigned(low, r.low) < 0 ? 1 : 0);
        if (distance == 0 && differenceHigh < 0) {
            differenceLow = -differenceLow;
            differenceHigh = ~differenceHigh + (differenceLow == 0 ? 1 : 0);
            negative = !negative;
        }
        if ((differenceHigh | differenceLow) == 0) {
            zero(r, s.rounding == FloatingPointScratch.DOWNWARD);
            return;
        }
        r.high = differenceHigh;
        r.low = differenceLow;
        r.negative = negative;
        Unpacking.normalize(r);
    }

    /** a * b. */
    public static void multiply(FloatingPointScratch s) {
        Number a = s.a;
        Number b = s.b;
        if (propagates(s, a, b)) {
            return;
        }
        boolean negative = a.negative != b.negative;
        if (a.kind == Number.INFINITE || b.kind == Number.INFINITE) {
            if (a.kind == Number.ZERO || b.kind == Number.ZERO) {
                invalid(s, Fpscr.VXIMZ);
            } else {
                infinity(s.r, negative);
            }
            return;
        }
        if (a.kind == Number.ZERO || b.kind == Number.ZERO) {
            zero(s.r, negative);
            return;
        }
        product(s, a, b);
        if ((s.tailHigh | s.tailLow) != 0) {
            s.r.low |= 1;
        }
    }

    /**
     * The exact product of two finite numbers: {@code s.r} is the left half of its 256-bit significand, normalized, and
     * (s.tailHigh, s.tailLow) the right half.
     */
    private static void product(FloatingPointScratch s, Number a, Number b) {
        Number r = s.r;
        long w3 = Math.unsignedMultiplyHigh(a.high, b.high);
        long w2 = a.high * b.high;
        long w1 = 0;
        long w0 = 0;
        if ((a.low | b.low) != 0) {
            w0 = a.low * b.low;
            w1 = Math.unsignedMultiplyHigh(a.low, b.low);
            long carry = 0;
            long cross = a.low * b.high;
            w1 += cross;
            carry += below(w1, cross);
            cross = a.high * b.low;
            w1 += cross;
            carry += below(w1, cross);
            w2 += carry;
            w3 += below(w2, carry);
            cross = Math.unsignedMultiplyHigh(a.low, b.high);
            w2 += cross;
            w3 += below(w2, cross);
            cross = Math.unsignedMultiplyHigh(a.high, b.low);
            w2 += cross;
            w3 += below(w2, cross);
        }
        r.kind = Number.FINITE;
        r.negative = a.negative != b.negative;
        r.exponent = a.exponent + b.exponent + 1;
        if (w3 >= 0) {
            w3 = w3 << 1 | w2 >>> 63;
            w2 = w2 << 1 | w1 >>> 63;
            w1 = w1 << 1 | w0 >>> 63;
            w0 <<= 1;
            r.exponent--;
        }
        r.high = w3;
        r.low = w2;
        s.tailHigh = w1;
        s.tailLow = w0;
    }

    /** 1 if x is below y as unsigned numbers, else 0: the carry out of an addition of y that gave x. */
    private static long below(long x, long y) {
        return Long.compareUnsigned(x, y) < 0 ? 1 : 0;
    }

    /**
     * a * c + b, rounded once. NaNs are selected in the order a, b, c; infinity times zero is an invalid operation even
     * where the NaN b is the result.
     */
    public static void multiplyAdd(FloatingPointScratch s) {
        Number a = s.a;
        Number b = s.b;
        Number c = s.c;
        boolean indefinite = a.kind == Number.INFINITE && c.kind == Number.ZERO
                || a.kind == Number.ZERO && c.kind == Number.INFINITE;
        if (a.isNaN() || b.isNaN() || c.isNaN()) {
            if (indefinite) {
                s.flags |= Fpscr.VXIMZ;
            }
            if (a.kind == Number.SIGNALING || b.kind == Number.SIGNALING || c.kind == Number.SIGNALING) {
                s.flags |= Fpscr.VXSNAN;
            }
            quiet(s, a.isNaN() ? a : b.isNaN() ? b : c);
            return;
        }
        if (indefinite) {
            invalid(s, Fpscr.VXIMZ);
            return;
        }
        boolean negative = a.negative != c.negative;
        if (a.kind == Number.INFINITE || c.kind == Number.INFINITE) {
            if (b.kind == Number.INFINITE && b.negative != negative) {
                invalid(s, Fpscr.VXISI);
            } else {
                infinity(s.r, negative);
            }
            return;
        }
        if (b.kind == Number.INFINITE) {
            infinity(s.r, b.negative);
            return;
        }
        if (a.kind == Number.ZERO || c.kind == Number.ZERO) {
            a.kind = Number.ZERO;
            a.negative = negative;
            add(s);
            return;
        }
        product(s, a, c);
        if (b.kind != Number.ZERO) {
            addToProduct(s);
        }
        if ((s.tailHigh | s.tailLow) != 0) {
            s.r.low |= 1;
        }
    }

    /**
     * Adds b to the product. The one with the smaller exponent is shifted to the other in all 256 bits: what it loses
     * then lies far below the last place of any format, or nothing is lost where leading bits may cancel.
     */
    private static void addToProduct(FloatingPointScratch s) {
        Number r = s.r;
        Number b = s.b;
        int distance = b.exponent - r.exponent;
        long b3 = b.high;
        long b2 = b.low;
        long b1 = 0;
        long b0 = 0;
        if (distance > 0) {
            shiftProduct(s, distance);
            r.exponent = b.exponent;
        } else if (distance < 0) {
            int shift = -distance;
            long lost = 0;
            for (; shift >= 64 && (b3 | b2 | b1 | b0) != 0; shift -= 64) {
                lost |= b0;
                b0 = b1;
                b1 = b2;
                b2 = b3;
                b3 = 0;
            }
            shift &= 63;
            if (shift != 0) {
                lost |= b0 << 64 - shift;
                b0 = b0 >>> shift | b1 << 64 - shift;
                b1 = b1 >>> shift | b2 << 64 - shift;
                b2 = b2 >>> shift | b3 << 64 - shift;
                b3 >>>= shift;
            }
            if (lost != 0) {
                b0 |= 1;
            }
        }
        if (b.negative == r.negative) {
            addMagnitude(s, b3, b2, b1, b0);
        } else {
            subtractMagnitude(s, b3, b2, b1, b0);
        }
    }

    /** Shifts the product right, sticky. */
    private static void shiftProduct(FloatingPointScratch s, int distance) {
        Number r = s.r;
        boolean tail = (s.tailHigh | s.tailLow) != 0;
        if (distance < 64 && (s.tailLow == 0 || distance == 1)) {
            s.tailLow = s.tailLow >>> distance | s.tailHigh << 64 - distance;
            s.tailHigh = s.tailHigh >>> distance | r.low << 64 - distance;
            r.low = r.low >>> distance | r.high << 64 - distance;
            r.high >>>= distance;
            return;
        }
        // The addend has no more than 113 bits, so 128 are enough for a product that is so much smaller.
        if (tail) {
            r.low |= 1;
            s.tailHigh = 0;
            s.tailLow = 0;
        }
        Rounding.shiftRightSticky(r, distance);
    }

    private static void addMagnitude(FloatingPointScratch s, long b3, long b2, long b1, long b0) {
        Number r = s.r;
        s.tailLow += b0;
        long carry = below(s.tailLow, b0);
        s.tailHigh += carry;
        carry = below(s.tailHigh, carry);
        s.tailHigh += b1;
        carry += below(s.tailHigh, b1);
        r.low += carry;
        carry = below(r.low, carry);
        r.low += b2;
        carry += below(r.low, b2);
        r.high += carry;
        carry = below(r.high, carry);
        r.high += b3;
        carry += below(r.high, b3);
        if (carry != 0) {
            s.tailLow = s.tailLow >>> 1 | s.tailLow & 1 | s.tailHigh << 63;
            s.tailHigh = s.tailHigh >>> 1 | r.low << 63;
            r.low = r.low >>> 1 | r.high << 63;
            r.high = r.high >>> 1 | Long.MIN_VALUE;
            r.exponent++;
        }
    }

    private static void subtractMagnitude(FloatingPointScratch s, long b3, long b2, long b1, long b0) {
        Number r = s.r;
        long w0 = s.tailLow - b0;
        long borrow = below(s.tailLow, b0);
        long w1 = s.tailHigh - b1 - borrow;
        borrow = below(s.tailHigh, b1) | (s.tailHigh == b1 ? borrow : 0);
        long w2 = r.low - b2 - borrow;
        borrow = below(r.low, b2) | (r.low == b2 ? borrow : 0);
        long w3 = r.high - b3 - borrow;
        borrow = below(r.high, b3) | (r.high == b3 ? borrow : 0);
        if (borrow != 0) {
            w0 = -w0;
            w1 = w0 == 0 ? -w1 : ~w1;
            w2 = (w0 | w1) == 0 ? -w2 : ~w2;
            w3 = (w0 | w1 | w2) == 0 ? -w3 : ~w3;
            r.negative = !r.negative;
        }
        s.tailHigh = 0;
        s.tailLow = 0;
        if ((w3 | w2 | w1 | w0) == 0) {
            zero(r, s.rounding == FloatingPointScratch.DOWNWARD);
            return;
        }
        while (w3 == 0) {
            w3 = w2;
            w2 = w1;
            w1 = w0;
            w0 = 0;
            r.exponent -= 64;
        }
        int shift = Long.numberOfLeadingZeros(w3);
        if (shift != 0) {
            w3 = w3 << shift | w2 >>> 64 - shift;
            w2 = w2 << shift | w1 >>> 64 - shift;
            w1 = w1 << shift | w0 >>> 64 - shift;
            w0 <<= shift;
            r.exponent -= shift;
        }
        r.high = w3;
        r.low = w2;
        s.tailHigh = w1;
        s.tailLow = w0;
    }

    /** a / b. */
    public static void divide(FloatingPointScratch s) {
        Number a = s.a;
        Number b = s.b;
        if (propagates(s, a, b)) {
            return;
        }
        boolean negative = a.negative != b.negative;
        if (a.kind == Number.INFINITE) {
            if (b.kind == Number.INFINITE) {
                invalid(s, Fpscr.VXIDI);
            } else {
                infinity(s.r, negative);
            }
        } else if (b.kind == Number.ZERO) {
            if (a.kind == Number.ZERO) {
                invalid(s, Fpscr.VXZDZ);
            } else {
                s.flags |= Fpscr.ZX;
                infinity(s.r, negative);
            }
        } else if (a.kind == Number.ZERO || b.kind == Number.INFINITE) {
            zero(s.r, negative);
        } else {
            s.r.kind = Number.FINITE;
            s.r.negative = negative;
            quotient(s.r, a, b);
        }
    }

    /** Long division, 32 bits of the quotient at a time. */
    private static void quotient(Number r, Number a, Number b) {
        long d1 = b.high;
        long d0 = b.low;
        long r1 = a.high;
        long r0 = a.low;
        r.exponent = a.exponent - b.exponent;
        if (Long.compareUnsigned(r1, d1) > 0 || r1 == d1 && Long.compareUnsigned(r0, d0) >= 0) {
            // The last bit of an operand is 0.
            r0 = r0 >>> 1 | r1 << 63;
            r1 >>>= 1;
        } else {
            r.exponent--;
        }
        long leading = d1 >>> 32;
        long quotientHigh = 0;
        long quotientLow = 0;
        for (int i = 0; i < 4; i++) {
            long digit = Math.min(Long.divideUnsigned(r1, leading), 0xffff_ffffL);
            // remainder * 2^32 - digit * divisor, in three words
            long p0 = d0 * digit;
            long p1 = Math.unsignedMultiplyHigh(d0, digit);
            long p2 = Math.unsignedMultiplyHigh(d1, digit);
            long low = d1 * digit;
            p1 += low;
            p2 += below(p1, low);
            long n0 = r0 << 32;
            long n1 = r1 << 32 | r0 >>> 32;
            long n2 = r1 >>> 32;
            long borrow = below(n0, p0);
            n0 -= p0;
            long borrow1 = below(n1, p1);
            n1 -= p1;
            borrow1 += below(n1, borrow);
            n1 -= borrow;
            n2 -= p2 + borrow1;
            // The estimate of the digit is at most two too great.
            while (n2 < 0) {
                digit--;
                n0 += d0;
                long carry = below(n0, d0);
                n1 += d1;
                long carry1 = below(n1, d1);
                n1 += carry;
                carry1 += below(n1, carry);
                n2 += carry1;
            }
            r1 = n1;
            r0 = n0;
            quotientHigh = quotientHigh << 32 | quotientLow >>> 32;
            quotientLow = quotientLow << 32 | digit;
        }
        r.high = quotientHigh;
        r.low = (r1 | r0) != 0 ? quotientLow | 1 : quotientLow;
    }

    /** The square root of a. */
    public static void squareRoot(FloatingPointScratch s) {
        Number a = s.a;
        Number r = s.r;
        if (a.isNaN()) {
            quiet(s, a);
        } else if (a.kind == Number.ZERO) {
            zero(r, a.negative);
        } else if (a.negative) {
            invalid(s, Fpscr.VXSQRT);
        } else if (a.kind == Number.INFINITE) {
            infinity(r, false);
        } else {
            root(r, a);
        }
    }

    /** The root of a finite number, bit by bit: 117 bits of it and a sticky one. */
    private static void root(Number r, Number a) {
        r.kind = Number.FINITE;
        r.negative = false;
        r.exponent = a.exponent >> 1;
        // The radicand with its binary point behind bit 1 or bit 2 (of 128).
        long n1 = a.high;
        long n0 = a.low;
        int first = (a.exponent & 1) == 0 ? 1 : 2;
        long remainderHigh = 0;
        long remainderLow = n1 >>> 64 - first;
        n1 = n1 << first | n0 >>> 64 - first;
        n0 <<= first;
        // The leading digit of the root is 1.
        remainderLow -= 1;
        long rootHigh = 0;
        long rootLow = 1;
        for (int i = 0; i < 116; i++) {
            remainderHigh = remainderHigh << 2 | remainderLow >>> 62;
            remainderLow = remainderLow << 2 | n1 >>> 62;
            n1 = n1 << 2 | n0 >>> 62;
            n0 <<= 2;
            // Try a 1: subtract 4 * root + 1.
            long trialHigh = rootHigh << 2 | rootLow >>> 62;
            long trialLow = rootLow << 2 | 1;
            rootHigh = rootHigh << 1 | rootLow >>> 63;
            rootLow <<= 1;
            if (remainderHigh > trialHigh
                    || remainderHigh == trialHigh && Long.compareUnsigned(remainderLow, trialLow) >= 0) {
                remainderHigh = remainderHigh - trialHigh - below(remainderLow, trialLow);
                remainderLow -= trialLow;
                rootLow |= 1;
            }
        }
        r.high = rootHigh << 11 | rootLow >>> 53;
        r.low = rootLow << 11;
        if ((remainderHigh | remainderLow) != 0) {
            r.low |= 1;
        }
    }
}

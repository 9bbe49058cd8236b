// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

import dev.wattle.power.processor.FloatingPointScratch;
import java.math.BigInteger;

/**
 * Arithmetic on finite numbers in unlimited precision, and its rounding to a format: slow, and plain enough to be
 * believed. A number is the fraction numerator / denominator.
 */
final class ExactArithmetic {
    /** A rounded result: its bits in the format, right-justified, and FPSCR bits. */
    record Rounded(BigInteger bits, int flags) {}

    /** A finite number; {@code negativeZero} is the sign that it has if it is zero. */
    record Exact(BigInteger numerator, BigInteger denominator, boolean negativeZero) {
        Exact plus(Exact other, int rounding) {
            BigInteger sum = numerator.multiply(other.denominator).add(other.numerator.multiply(denominator));
            boolean bothZero = numerator.signum() == 0 && other.numerator.signum() == 0;
            boolean sign = bothZero && negativeZero == other.negativeZero
                    ? negativeZero
                    : rounding == FloatingPointScratch.DOWNWARD;
            return new Exact(sum, denominator.multiply(other.denominator), sign);
        }

        Exact negated() {
            return new Exact(numerator.negate(), denominator, !negativeZero);
        }

        boolean negative() {
            return numerator.signum() == 0 ? negativeZero : numerator.signum() < 0;
        }

        Exact times(Exact other) {
            return new Exact(
                    numerator.multiply(other.numerator),
                    denominator.multiply(other.denominator),
                    negative() != other.negative());
        }

        Exact dividedBy(Exact other) {
            BigInteger sign = BigInteger.valueOf(other.numerator.signum());
            return new Exact(
                    numerator.multiply(other.denominator).multiply(sign),
                    denominator.multiply(other.numerator.abs()),
                    negative() != other.negative());
        }

        /** The square root, with more bits than any format has; an odd numerator stands for what is cut off. */
        Exact root() {
            if (numerator.signum() == 0) {
                return this;
            }
            int bits = 300 + denominator.bitLength();
            BigInteger[] root =
                    numerator.multiply(denominator).shiftLeft(2 * bits).sqrtAndRemainder();
            BigInteger sticky = root[0].shiftLeft(1).add(BigInteger.valueOf(root[1].signum()));
            return new Exact(sticky, denominator.shiftLeft(bits + 1), false);
        }
    }

    private final Format format;
    private final int width;

    ExactArithmetic(Format format, int width) {
        this.format = format;
        this.width = width;
    }

    /** The value of a finite number in the format. */
    Exact value(BigInteger bits) {
        boolean negative = bits.testBit(width - 1);
        int fraction = format.precision - 1;
        BigInteger magnitude = bits.clearBit(width - 1);
        int biased = magnitude.shiftRight(fraction).intValueExact();
        BigInteger significand = magnitude.subtract(BigInteger.valueOf(biased).shiftLeft(fraction));
        if (biased != 0) {
            significand = significand.setBit(fraction);
        }
        int exponent = Math.max(biased, 1) - format.emax - fraction;
        BigInteger signed = negative ? significand.negate() : significand;
        return exponent >= 0
                ? new Exact(signed.shiftLeft(exponent), BigInteger.ONE, negative)
                : new Exact(signed, BigInteger.ONE.shiftLeft(-exponent), negative);
    }

    Exact value(long bits) {
        return value(new BigInteger(Long.toUnsignedString(bits)));
    }

    /** Rounds a number as the book's 4.4.4 to 4.4.6 and 4.5.1 say. */
    Rounded round(Exact x, int rounding, boolean overflowEnabled, boolean underflowEnabled) {
        boolean negative = x.negative();
        BigInteger n = x.numerator.abs();
        BigInteger d = x.denominator;
        if (n.signum() == 0) {
            return new Rounded(pack(negative, BigInteger.ZERO), 0);
        }
        int exponent = n.bitLength() - d.bitLength();
        if (scaled(n, -exponent).compareTo(scaled(d, exponent)) < 0) {
            exponent--;
        }
        int flags = 0;
        boolean tiny = exponent < format.emin();
        if (tiny && underflowEnabled) {
            flags |= Fpscr.UX;
            n = n.shiftLeft(format.adjustment);
            exponent += format.adjustment;
        }
        int last = Math.max(exponent, format.emin()) - (format.precision - 1);
        BigInteger[] quotient = scaled(n, -last).divideAndRemainder(scaled(d, last));
        BigInteger significand = quotient[0];
        if (quotient[1].signum() != 0) {
            int half = quotient[1].shiftLeft(1).compareTo(scaled(d, last));
            boolean odd = significand.testBit(0);
            boolean up = switch (rounding) {
                case FloatingPointScratch.NEAREST_EVEN -> half > 0 || half == 0 && odd;
                case FloatingPointScratch.NEAREST_AWAY -> half >= 0;
                case FloatingPointScratch.UPWARD -> !negative;
                case FloatingPointScratch.DOWNWARD -> negative;
                case FloatingPointScratch.TO_ODD -> !odd;
                default -> false;
            };
            flags |= Fpscr.XX | Fpscr.FI | (up ? Fpscr.FR : 0) | (tiny ? Fpscr.UX : 0);
            significand = significand.add(up ? BigInteger.ONE : BigInteger.ZERO);
        }
        // The hidden bit of a normal number counts as one of the biased exponent.
        int biased = Math.max(exponent, format.emin()) + format.emax - 1;
        BigInteger magnitude =
                BigInteger.valueOf(biased).shiftLeft(format.precision - 1).add(significand);
        BigInteger infinity = BigInteger.valueOf(2L * format.emax + 1).shiftLeft(format.precision - 1);
        if (magnitude.compareTo(infinity) >= 0) {
            flags |= Fpscr.OX;
            BigInteger adjusted =
                    magnitude.subtract(BigInteger.valueOf(format.adjustment).shiftLeft(format.precision - 1));
            if (overflowEnabled && adjusted.compareTo(infinity) < 0) {
                return new Rounded(pack(negative, adjusted), flags);
            }
            boolean infinite = switch (rounding) {
                case FloatingPointScratch.NEAREST_EVEN, FloatingPointScratch.NEAREST_AWAY -> true;
                case FloatingPointScratch.UPWARD -> !negative;
                case FloatingPointScratch.DOWNWARD -> negative;
                default -> false;
            };
            flags = flags & ~Fpscr.FR | Fpscr.XX | Fpscr.FI | (infinite ? Fpscr.FR : 0);
            magnitude = infinite ? infinity : infinity.subtract(BigInteger.ONE);
        }
        return new Rounded(pack(negative, magnitude), flags);
    }

    private static BigInteger scaled(BigInteger x, int exponent) {
        return exponent > 0 ? x.shiftLeft(exponent) : x;
    }

    private BigInteger pack(boolean negative, BigInteger magnitude) {
        return negative ? magnitude.setBit(width - 1) : magnitude;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.decimal;

import java.math.BigInteger;

/**
 * A decimal floating-point datum, apart from any format.
 *
 * @param kind what it is
 * @param negative its sign
 * @param coefficient the significand of a finite number as an integer; of the others the digits of the trailing
 *     significand field, which for a NaN are its payload
 * @param exponent the power of ten by which a finite number's coefficient counts; 0 for the others
 */
public record Decimal(Kind kind, boolean negative, BigInteger coefficient, int exponent) {
    /** What a datum is. */
    public enum Kind {
        FINITE,
        INFINITE,
        QUIET_NAN,
        SIGNALING_NAN
    }

    private static final BigInteger[] POWERS = new BigInteger[80];

    static {
        POWERS[0] = BigInteger.ONE;
        for (int i = 1; i < POWERS.length; i++) {
            POWERS[i] = POWERS[i - 1].multiply(BigInteger.TEN);
        }
    }

    private static final Decimal DEFAULT_NAN = new Decimal(Kind.QUIET_NAN, false, BigInteger.ZERO, 0);

    /** A finite number. */
    public static Decimal finite(boolean negative, BigInteger coefficient, int exponent) {
        return new Decimal(Kind.FINITE, negative, coefficient, exponent);
    }

    /** Infinity with a trailing significand of zero. */
    public static Decimal infinity(boolean negative) {
        return new Decimal(Kind.INFINITE, negative, BigInteger.ZERO, 0);
    }

    /** The quiet NaN that an invalid operation gives: positive, payload 0. */
    public static Decimal defaultNan() {
        return DEFAULT_NAN;
    }

    /** Whether this is a number, zero included. */
    public boolean isFinite() {
        return kind == Kind.FINITE;
    }

    /** Whether this is an infinity. */
    public boolean isInfinite() {
        return kind == Kind.INFINITE;
    }

    /** Whether this is a NaN of either kind. */
    public boolean isNan() {
        return kind == Kind.QUIET_NAN || kind == Kind.SIGNALING_NAN;
    }

    /** Whether this is a signaling NaN. */
    public boolean isSignaling() {
        return kind == Kind.SIGNALING_NAN;
    }

    /** Whether this is a zero of either sign, with any exponent. */
    public boolean isZero() {
        return kind == Kind.FINITE && coefficient.signum() == 0;
    }

    /** Digits of the coefficient without leading zeros; 0 for zero. */
    public int significance() {
        return digits(coefficient);
    }

    /** This NaN as a quiet one. */
    public Decimal quieted() {
        return new Decimal(Kind.QUIET_NAN, negative, coefficient, 0);
    }

    /** This with the other sign. */
    public Decimal negated() {
        return new Decimal(kind, !negative, coefficient, exponent);
    }

    /** Decimal digits of a non-negative integer; 0 for zero. */
    static int digits(BigInteger n) {
        if (n.signum() == 0) {
            return 0;
        }
        // 1233 / 4096 is a little less than log10(2).
        int digits = (n.bitLength() - 1) * 1233 >>> 12;
        while (n.compareTo(powerOfTen(digits)) >= 0) {
            digits++;
        }
        return digits;
    }

    static BigInteger powerOfTen(int n) {
        return n < POWERS.length ? POWERS[n] : BigInteger.TEN.pow(n);
    }
}

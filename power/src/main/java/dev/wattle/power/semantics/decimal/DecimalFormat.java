// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.decimal;

import java.math.BigInteger;

/**
 * The decimal formats: a sign bit, a combination field G and a trailing significand of declets (Power ISA 3.0B, Book I,
 * 5.4.1). A datum is a pair of longs; short and long data are in the low one, right-justified.
 */
public enum DecimalFormat {
    /** Decimal32. */
    SHORT(7, 101, 11, 192),
    /** Decimal64. */
    LONG(16, 398, 13, 576),
    /** Decimal128. */
    EXTENDED(34, 6176, 17, 9216);

    private static final BigInteger TEN_18 = Decimal.powerOfTen(18);
    private static final int LOW_DECLETS = 6;

    private final int precision;
    private final int bias;
    private final int combinationBits;
    private final int adjustment;
    private final int declets;

    DecimalFormat(int precision, int bias, int combinationBits, int adjustment) {
        this.precision = precision;
        this.bias = bias;
        this.combinationBits = combinationBits;
        this.adjustment = adjustment;
        this.declets = (precision - 1) / 3;
    }

    /** Digits of the significand. */
    public int precision() {
        return precision;
    }

    /** What is added to an exponent to make it a biased one, 0 to {@link #maxBiasedExponent}. */
    public int bias() {
        return bias;
    }

    /** The largest biased exponent. */
    public int maxBiasedExponent() {
        return (3 << combinationBits - 5) - 1;
    }

    /** The smallest exponent of the rightmost digit. */
    public int minExponent() {
        return -bias;
    }

    /** The largest exponent of the rightmost digit. */
    public int maxExponent() {
        return maxBiasedExponent() - bias;
    }

    /**
     * What enabled overflow and underflow subtract from and add to exponents in operations that do not change the
     * format, and for {@link #SHORT} in rounding to it.
     */
    int adjustment() {
        return adjustment;
    }

    /** Whether a nonzero finite number is below the smallest normal number. */
    public boolean isSubnormal(Decimal d) {
        return d.isFinite() && !d.isZero() && d.exponent() + d.significance() < minExponent() + precision;
    }

    // Decoding

    /** The datum of this format in {@code high} and {@code low}. Any bit pattern is one. */
    public Decimal decode(long high, long low) {
        boolean negative = signWord(high, low) << 64 - signPosition() - 1 < 0;
        int g = combination(high, low);
        int top = g >>> combinationBits - 5;
        if (top >= 30) {
            Decimal.Kind kind = top == 30
                    ? Decimal.Kind.INFINITE
                    : (g >>> combinationBits - 6 & 1) != 0 ? Decimal.Kind.SIGNALING_NAN : Decimal.Kind.QUIET_NAN;
            return new Decimal(kind, negative, significand(0, high, low), 0);
        }
        boolean largeDigit = top >>> 3 == 3;
        int digit = largeDigit ? 8 | top & 1 : top & 7;
        int exponentTop = largeDigit ? top >>> 1 & 3 : top >>> 3;
        int continuation = g & (1 << combinationBits - 5) - 1;
        int exponent = (exponentTop << combinationBits - 5 | continuation) - bias;
        return Decimal.finite(negative, significand(digit, high, low), exponent);
    }

    private long signWord(long high, long low) {
        return this == EXTENDED ? high : low;
    }

    private int signPosition() {
        return this == SHORT ? 31 : 63;
    }

    private int combination(long high, long low) {
        return (int) (signWord(high, low) >>> signPosition() - combinationBits) & (1 << combinationBits) - 1;
    }

    private BigInteger significand(int leftmost, long high, long low) {
        long upper = leftmost;
        for (int i = declets - 1; i >= LOW_DECLETS; i--) {
            upper = upper * 1000 + Declets.toNumber(declet(i, high, low));
        }
        long lower = declets > LOW_DECLETS ? 0 : leftmost;
        for (int i = Math.min(declets, LOW_DECLETS) - 1; i >= 0; i--) {
            lower = lower * 1000 + Declets.toNumber(declet(i, high, low));
        }
        BigInteger result = BigInteger.valueOf(lower);
        return declets > LOW_DECLETS
                ? BigInteger.valueOf(upper).multiply(TEN_18).add(result)
                : result;
    }

    /** Declet {@code i} from the right. */
    private static int declet(int i, long high, long low) {
        int shift = 10 * i;
        long bits = shift >= 64 ? high >>> shift - 64 : low >>> shift;
        if (shift < 64 && shift > 54) {
            bits |= high << 64 - shift;
        }
        return (int) bits & 0x3ff;
    }

    // Encoding

    /** The word that holds a datum of SHORT or LONG. The datum must fit the format, see {@link #encodeHigh}. */
    public long encode(Decimal d) {
        if (this == EXTENDED) {
            throw new IllegalArgumentException("extended format has two words: " + d);
        }
        return head(d) | trailing(d.coefficient().longValueExact());
    }

    /**
     * The left doubleword of a datum of EXTENDED. The coefficient must have at most {@link #precision} digits (for
     * infinities and NaNs one less), the exponent must be in range.
     */
    public long encodeHigh(Decimal d) {
        long upper = d.coefficient().divide(TEN_18).longValueExact();
        // Bits 60:69 of the trailing significand, declet 6, straddle the doublewords.
        return head(d) | pack(upper, declets - LOW_DECLETS) >>> 4;
    }

    /** The right doubleword of a datum of EXTENDED. */
    public long encodeLow(Decimal d) {
        long upper = d.coefficient().divide(TEN_18).longValueExact();
        long lower = d.coefficient().mod(TEN_18).longValueExact();
        return pack(upper, declets - LOW_DECLETS) << 60 | pack(lower, LOW_DECLETS);
    }

    private long trailing(long coefficient) {
        return pack(coefficient, declets);
    }

    private static long pack(long coefficient, int declets) {
        long bits = 0;
        long rest = coefficient;
        for (int i = 0; i < declets; i++) {
            bits |= (long) Declets.ofNumber((int) (rest % 1000)) << 10 * i;
            rest /= 1000;
        }
        return bits;
    }

    /** Sign and combination field in their place. */
    private long head(Decimal d) {
        int continuationBits = combinationBits - 5;
        long g = switch (d.kind()) {
            case INFINITE -> 30L << continuationBits;
            case QUIET_NAN -> 62L << continuationBits - 1;
            case SIGNALING_NAN -> 63L << continuationBits - 1;
            case FINITE -> {
                int biased = d.exponent() + bias;
                int digit = d.coefficient()
                        .divide(Decimal.powerOfTen(precision - 1))
                        .intValueExact();
                int exponentTop = biased >>> continuationBits;
                int top = digit >= 8 ? 24 | exponentTop << 1 | digit & 1 : exponentTop << 3 | digit;
                yield (long) top << continuationBits | biased & (1 << continuationBits) - 1;
            }
        };
        return (d.negative() ? 1L : 0) << signPosition() | g << signPosition() - combinationBits;
    }
}

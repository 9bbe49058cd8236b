// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.decimal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Results against java.math.BigDecimal, which knows seven of the eight rounding modes. */
class DecimalArithmeticTest {
    private static final DecimalFormat[] FORMATS = {DecimalFormat.LONG, DecimalFormat.EXTENDED};

    private static Random seeded() {
        long seed = System.nanoTime();
        System.out.println("DecimalArithmeticTest seed " + seed);
        return new Random(seed);
    }

    private static BigDecimal value(Decimal d) {
        BigInteger signed = d.negative() ? d.coefficient().negate() : d.coefficient();
        return new BigDecimal(signed, -d.exponent());
    }

    private static DecimalArithmetic arithmetic(DecimalFormat format, DecimalRounding rounding) {
        return new DecimalArithmetic(format, rounding, false, false);
    }

    /** The magnitude one rounding away from {@code exact}, to a number of digits; the eighth mode by its definition. */
    private static BigDecimal rounded(BigDecimal exact, int precision, DecimalRounding rounding) {
        RoundingMode mode = switch (rounding) {
            case NEAREST_TIES_TO_EVEN -> RoundingMode.HALF_EVEN;
            case TOWARD_ZERO -> RoundingMode.DOWN;
            case TOWARD_PLUS_INFINITY -> RoundingMode.CEILING;
            case TOWARD_MINUS_INFINITY -> RoundingMode.FLOOR;
            case NEAREST_TIES_AWAY -> RoundingMode.HALF_UP;
            case NEAREST_TIES_TOWARD_ZERO -> RoundingMode.HALF_DOWN;
            case AWAY_FROM_ZERO -> RoundingMode.UP;
            case PREPARE_FOR_SHORTER -> {
                BigDecimal down = exact.round(new MathContext(precision, RoundingMode.DOWN));
                boolean zeroOrFive = exact.precision() > precision
                        && down.unscaledValue().mod(BigInteger.valueOf(5)).signum() == 0;
                yield zeroOrFive ? RoundingMode.UP : RoundingMode.DOWN;
            }
        };
        return exact.round(new MathContext(precision, mode));
    }

    private static void check(
            DecimalFormat format, DecimalRounding rounding, BigDecimal exact, int ideal, Outcome o, String what) {
        BigDecimal expected = rounded(exact, format.precision(), rounding);
        BigDecimal got = value(o.value());
        assertEquals(0, expected.compareTo(got), what + " expected " + expected + " got " + got);
        boolean inexact = expected.compareTo(exact) != 0;
        assertEquals(inexact, o.inexact(), what);
        assertEquals(inexact ? Outcome.XX : 0, o.exceptions(), what);
        assertEquals(got.abs().compareTo(exact.abs()) > 0, o.incremented(), what);
        if (inexact) {
            assertEquals(format.precision(), o.value().significance(), what);
        } else if (exact.signum() != 0) {
            // Of the exponents that the value can have, the one closest to the ideal.
            int most = -exact.stripTrailingZeros().scale();
            int least = most - (format.precision() - exact.stripTrailingZeros().precision());
            assertEquals(Math.clamp(ideal, least, most), o.value().exponent(), what);
        }
    }

    @Test
    void DecimalArithmetic_sumsAndProducts_agreeWithBigDecimal() {
        Random random = seeded();
        for (int i = 0; i < 20000; i++) {
            DecimalFormat format = FORMATS[i & 1];
            DecimalRounding rounding = DecimalRounding.values()[i >> 1 & 7];
            Decimal a = RandomDecimals.moderate(random, format);
            Decimal b = RandomDecimals.moderate(random, format);
            DecimalArithmetic arithmetic = arithmetic(format, rounding);
            String what = rounding + " " + value(a) + ", " + value(b);
            int smaller = Math.min(a.exponent(), b.exponent());
            check(format, rounding, value(a).add(value(b)), smaller, arithmetic.add(a, b), what);
            check(format, rounding, value(a).subtract(value(b)), smaller, arithmetic.subtract(a, b), what);
            int sum = a.exponent() + b.exponent();
            check(format, rounding, value(a).multiply(value(b)), sum, arithmetic.multiply(a, b), what);
        }
    }

    @Test
    void DecimalArithmetic_quotients_agreeWithBigDecimal() {
        Random random = seeded();
        for (int i = 0; i < 10000; i++) {
            DecimalFormat format = FORMATS[i & 1];
            DecimalRounding rounding = DecimalRounding.values()[i >> 1 & 7];
            Decimal a = RandomDecimals.moderate(random, format);
            Decimal b = RandomDecimals.moderate(random, format);
            if (b.isZero()) {
                continue;
            }
            // A quotient of 34 digits by 34 that is not exact differs from a tie by more than 1E-80 of itself.
            BigDecimal truncated = value(a).divide(value(b), new MathContext(120, RoundingMode.DOWN));
            BigDecimal product = truncated.multiply(value(b));
            BigDecimal sticky = product.compareTo(value(a)) == 0
                    ? truncated
                    : new BigDecimal(
                            truncated
                                    .unscaledValue()
                                    .multiply(BigInteger.TEN)
                                    .add(BigInteger.valueOf(truncated.signum())),
                            truncated.scale() + 1);
            check(
                    format,
                    rounding,
                    sticky,
                    a.exponent() - b.exponent(),
                    arithmetic(format, rounding).divide(a, b),
                    rounding + " " + value(a) + " / " + value(b));
        }
    }

    @Test
    void DecimalArithmetic_sumsOfAnyExponents_agreeWithBigDecimal() {
        Random random = seeded();
        DecimalFormat format = DecimalFormat.LONG;
        for (int i = 0; i < 10000; i++) {
            DecimalRounding rounding = DecimalRounding.values()[i & 7];
            Decimal a = RandomDecimals.finite(random, format);
            Decimal b = RandomDecimals.finite(random, format);
            Outcome o = arithmetic(format, rounding).add(a, b);
            if ((o.exceptions() & Outcome.OX) != 0) {
                BigDecimal sum = value(a).add(value(b)).abs();
                assertTrue(sum.precision() - sum.scale() >= format.maxExponent() + format.precision());
                continue;
            }
            // A sum is never below the smallest exponent, so an inexact one is not subnormal.
            assertEquals(0, o.exceptions() & Outcome.UX);
            BigDecimal expected = rounded(value(a).add(value(b)), format.precision(), rounding);
            assertEquals(0, expected.compareTo(value(o.value())), rounding + " " + value(a) + " + " + value(b));
        }
    }

    @Test
    void DecimalArithmetic_tinyProduct_roundsOnceAtTheSmallestExponent() {
        Random random = seeded();
        DecimalFormat format = DecimalFormat.LONG;
        for (int i = 0; i < 5000; i++) {
            Decimal a = Decimal.finite(false, BigInteger.valueOf(random.nextLong(1, 9_999_999_999L)), -200);
            int exponent = -198 - random.nextInt(16);
            Decimal b = Decimal.finite(false, BigInteger.valueOf(random.nextLong(1, 9_999L)), exponent);
            Outcome o = arithmetic(format, DecimalRounding.NEAREST_TIES_TO_EVEN).multiply(a, b);
            BigDecimal exact = value(a).multiply(value(b));
            BigDecimal expected = exact.setScale(398, RoundingMode.HALF_EVEN);
            assertEquals(0, expected.compareTo(value(o.value())));
            assertEquals(expected.compareTo(exact) == 0 ? 0 : Outcome.UX | Outcome.XX, o.exceptions());
            assertEquals(-398, expected.compareTo(exact) == 0 ? -398 : o.value().exponent());
        }
    }

    @Test
    void DecimalArithmetic_invalidOperations_giveTheDefaultNan() {
        DecimalArithmetic arithmetic = arithmetic(DecimalFormat.LONG, DecimalRounding.NEAREST_TIES_TO_EVEN);
        Decimal zero = Decimal.finite(true, BigInteger.ZERO, 3);
        Decimal infinity = Decimal.infinity(false);
        assertEquals(Outcome.invalid(Outcome.VXISI), arithmetic.subtract(infinity, infinity));
        assertEquals(Outcome.invalid(Outcome.VXIMZ), arithmetic.multiply(zero, infinity));
        assertEquals(Outcome.invalid(Outcome.VXIDI), arithmetic.divide(infinity, infinity));
        assertEquals(Outcome.invalid(Outcome.VXZDZ), arithmetic.divide(zero, zero));
        assertEquals(Outcome.invalid(Outcome.VXCVI), arithmetic.quantize(Decimal.finite(false, BigInteger.ONE, 20), 0));
    }

    @Test
    void DecimalArithmetic_nanOperands_signalingComesFirst() {
        DecimalArithmetic arithmetic = arithmetic(DecimalFormat.LONG, DecimalRounding.NEAREST_TIES_TO_EVEN);
        Decimal quiet = new Decimal(Decimal.Kind.QUIET_NAN, true, BigInteger.ONE, 0);
        Decimal signaling = new Decimal(Decimal.Kind.SIGNALING_NAN, true, BigInteger.TWO, 0);
        Decimal one = Decimal.finite(false, BigInteger.ONE, 0);
        assertEquals(signaling.quieted(), arithmetic.add(quiet, signaling).value());
        assertEquals(Outcome.VXSNAN, arithmetic.add(quiet, signaling).exceptions());
        assertEquals(Outcome.exact(quiet), arithmetic.subtract(one, quiet));
    }

    @Test
    void DecimalArithmetic_compare_agreesWithBigDecimal() {
        Random random = seeded();
        for (int i = 0; i < 10000; i++) {
            DecimalFormat format = FORMATS[i & 1];
            Decimal a = RandomDecimals.moderate(random, format);
            Decimal b = random.nextInt(4) == 0
                    ? Decimal.finite(a.negative(), a.coefficient().multiply(BigInteger.TEN), a.exponent() - 1)
                    : RandomDecimals.moderate(random, format);
            assertEquals(value(a).compareTo(value(b)), DecimalArithmetic.compare(a, b));
        }
    }
}

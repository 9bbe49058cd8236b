// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.decimal;

import java.math.BigInteger;

/**
 * Decimal operations with results in one format, under one rounding mode (Power ISA 3.0B, Book I, 5.5 and 5.6).
 *
 * <p>Each computes the exact value as an integer times a power of ten and rounds once. An exact result has, of the
 * forms that the format allows, the one with the exponent closest to the operation's ideal exponent; an inexact one
 * has the smallest exponent.
 */
public final class DecimalArithmetic {
    private static final BigInteger MAX_LONG = BigInteger.valueOf(Long.MAX_VALUE);
    private static final BigInteger MIN_LONG = BigInteger.valueOf(Long.MIN_VALUE);

    private final DecimalFormat format;
    private final DecimalRounding rounding;
    private final boolean overflowEnabled;
    private final boolean underflowEnabled;
    private final int adjustment;

    /**
     * Operations whose operands have the format of the result.
     *
     * @param overflowEnabled FPSCR[OE]: an overflow gives a result with an adjusted exponent
     * @param underflowEnabled FPSCR[UE], likewise
     */
    public DecimalArithmetic(
            DecimalFormat format, DecimalRounding rounding, boolean overflowEnabled, boolean underflowEnabled) {
        this(format, rounding, overflowEnabled, underflowEnabled, format.adjustment());
    }

    private DecimalArithmetic(
            DecimalFormat format,
            DecimalRounding rounding,
            boolean overflowEnabled,
            boolean underflowEnabled,
            int adjustment) {
        this.format = format;
        this.rounding = rounding;
        this.overflowEnabled = overflowEnabled;
        this.underflowEnabled = underflowEnabled;
        this.adjustment = adjustment;
    }

    /** The same for rounding from the next wider format, whose exponents are adjusted by another amount. */
    public DecimalArithmetic narrowing() {
        int amount = format == DecimalFormat.LONG ? 3072 : 192;
        return new DecimalArithmetic(format, rounding, overflowEnabled, underflowEnabled, amount);
    }

    // Arithmetic

    /** The sum. Ideal exponent: the smaller of the operands'. */
    public Outcome add(Decimal a, Decimal b) {
        if (a.isNan() || b.isNan()) {
            return propagate(a, b);
        }
        if (a.isInfinite() || b.isInfinite()) {
            if (a.isInfinite() && b.isInfinite() && a.negative() != b.negative()) {
                return Outcome.invalid(Outcome.VXISI);
            }
            return Outcome.exact(Decimal.infinity(a.isInfinite() ? a.negative() : b.negative()));
        }
        int ideal = Math.min(a.exponent(), b.exponent());
        Decimal larger = a.exponent() >= b.exponent() ? a : b;
        Decimal smaller = a.exponent() >= b.exponent() ? b : a;
        if (larger.isZero() || smaller.isZero()) {
            return addZero(a, b, ideal);
        }
        BigInteger addend = smaller.coefficient();
        int exponent = smaller.exponent();
        int beyond = larger.exponent() - format.precision() - 3;
        if (exponent + format.precision() < beyond) {
            // Too small to be more than the sign of what is discarded; any number that small will do.
            addend = BigInteger.ONE;
            exponent = beyond;
        }
        BigInteger sum = larger.coefficient().multiply(Decimal.powerOfTen(larger.exponent() - exponent));
        boolean negative = larger.negative();
        sum = negative == smaller.negative() ? sum.add(addend) : sum.subtract(addend);
        if (sum.signum() == 0) {
            negative = rounding == DecimalRounding.TOWARD_MINUS_INFINITY;
        } else if (sum.signum() < 0) {
            negative = !negative;
            sum = sum.negate();
        }
        return round(negative, sum, exponent, ideal);
    }

    private Outcome addZero(Decimal a, Decimal b, int ideal) {
        if (a.isZero() && b.isZero()) {
            boolean negative =
                    a.negative() == b.negative() ? a.negative() : rounding == DecimalRounding.TOWARD_MINUS_INFINITY;
            return round(negative, BigInteger.ZERO, ideal, ideal);
        }
        Decimal other = a.isZero() ? b : a;
        return round(other.negative(), other.coefficient(), other.exponent(), ideal);
    }

    /** The difference {@code a - b}; a NaN {@code b} keeps its sign. */
    public Outcome subtract(Decimal a, Decimal b) {
        return add(a, b.isNan() ? b : b.negated());
    }

    /** The product. Ideal exponent: the sum of the operands'. */
    public Outcome multiply(Decimal a, Decimal b) {
        if (a.isNan() || b.isNan()) {
            return propagate(a, b);
        }
        boolean negative = a.negative() != b.negative();
        if (a.isInfinite() || b.isInfinite()) {
            return a.isZero() || b.isZero()
                    ? Outcome.invalid(Outcome.VXIMZ)
                    : Outcome.exact(Decimal.infinity(negative));
        }
        int exponent = a.exponent() + b.exponent();
        return round(negative, a.coefficient().multiply(b.coefficient()), exponent, exponent);
    }

    /** The quotient {@code a / b}. Ideal exponent: the difference of the operands'. */
    public Outcome divide(Decimal a, Decimal b) {
        if (a.isNan() || b.isNan()) {
            return propagate(a, b);
        }
        boolean negative = a.negative() != b.negative();
        if (a.isInfinite()) {
            return b.isInfinite() ? Outcome.invalid(Outcome.VXIDI) : Outcome.exact(Decimal.infinity(negative));
        }
        if (b.isInfinite()) {
            return Outcome.exact(Decimal.finite(negative, BigInteger.ZERO, format.minExponent()));
        }
        if (b.isZero()) {
            return a.isZero()
                    ? Outcome.invalid(Outcome.VXZDZ)
                    : new Outcome(Decimal.infinity(negative), Outcome.ZX, false, false);
        }
        int ideal = a.exponent() - b.exponent();
        // Enough digits that those beyond the precision, with one for the remainder, decide the rounding.
        int scale = Math.max(0, format.precision() + 2 + b.significance() - a.significance());
        BigInteger[] quotient =
                a.coefficient().multiply(Decimal.powerOfTen(scale)).divideAndRemainder(b.coefficient());
        if (quotient[1].signum() == 0) {
            return round(negative, quotient[0], ideal - scale, ideal);
        }
        return round(negative, quotient[0].multiply(BigInteger.TEN).add(BigInteger.ONE), ideal - scale - 1, ideal);
    }

    /** NaN operands: the first signaling one made quiet, else the first quiet one. */
    private static Outcome propagate(Decimal a, Decimal b) {
        if (a.isSignaling()) {
            return new Outcome(a.quieted(), Outcome.VXSNAN, false, false);
        }
        if (b.isSignaling()) {
            return new Outcome(b.quieted(), Outcome.VXSNAN, false, false);
        }
        return Outcome.exact(a.isNan() ? a : b);
    }

    /** The numeric order of two data that are no NaNs: below 0, 0, above 0. */
    public static int compare(Decimal a, Decimal b) {
        if (a.isZero() && b.isZero()) {
            return 0;
        }
        int signA = a.isZero() ? 0 : a.negative() ? -1 : 1;
        int signB = b.isZero() ? 0 : b.negative() ? -1 : 1;
        if (signA != signB) {
            return Integer.compare(signA, signB);
        }
        return signA * compareMagnitudes(a, b);
    }

    private static int compareMagnitudes(Decimal a, Decimal b) {
        if (a.isInfinite() || b.isInfinite()) {
            return Boolean.compare(a.isInfinite(), b.isInfinite());
        }
        int top = Integer.compare(a.exponent() + a.significance(), b.exponent() + b.significance());
        if (top != 0) {
            return top;
        }
        int down = Math.min(a.exponent(), b.exponent());
        return a.coefficient()
                .multiply(Decimal.powerOfTen(a.exponent() - down))
                .compareTo(b.coefficient().multiply(Decimal.powerOfTen(b.exponent() - down)));
    }

    // Quantum adjustment: neither overflow nor underflow happens

    /** {@code b} with the exponent {@code exponent}. */
    public Outcome quantize(Decimal b, int exponent) {
        if (b.isNan()) {
            return propagate(b, b);
        }
        if (b.isInfinite()) {
            return Outcome.invalid(Outcome.VXCVI);
        }
        if (b.isZero()) {
            return Outcome.exact(Decimal.finite(b.negative(), BigInteger.ZERO, exponent));
        }
        if (b.exponent() + b.significance() > exponent + format.precision()) {
            return Outcome.invalid(Outcome.VXCVI);
        }
        Cut cut = cut(b.negative(), b.coefficient(), b.exponent(), exponent);
        return Decimal.digits(cut.kept) > format.precision()
                ? Outcome.invalid(Outcome.VXCVI)
                : inexactOnly(b.negative(), cut, exponent);
    }

    /** {@code b} with the exponent of {@code a}. */
    public Outcome quantize(Decimal a, Decimal b) {
        if (a.isNan() || b.isNan()) {
            return propagate(a, b);
        }
        if (a.isInfinite()) {
            return b.isInfinite() ? Outcome.exact(Decimal.infinity(b.negative())) : Outcome.invalid(Outcome.VXCVI);
        }
        return quantize(b, a.exponent());
    }

    /** {@code b} rounded to at most {@code significance} digits; 0 stands for no rounding. */
    public Outcome reround(int significance, Decimal b) {
        if (!b.isFinite()) {
            return canonical(b);
        }
        int digits = b.significance();
        if (significance == 0 || digits <= significance) {
            return Outcome.exact(b);
        }
        int exponent = b.exponent() + digits - significance;
        if (exponent > format.maxExponent()) {
            return Outcome.invalid(Outcome.VXCVI);
        }
        Cut cut = cut(b.negative(), b.coefficient(), b.exponent(), exponent);
        if (Decimal.digits(cut.kept) > significance) {
            cut = new Cut(cut.kept.divide(BigInteger.TEN), cut.inexact, cut.incremented);
            exponent++;
            if (exponent > format.maxExponent()) {
                return Outcome.invalid(Outcome.VXCVI);
            }
        }
        return inexactOnly(b.negative(), cut, exponent);
    }

    /** {@code b} rounded to an integer. */
    public Outcome roundToInteger(Decimal b) {
        if (!b.isFinite()) {
            return canonical(b);
        }
        if (b.exponent() >= 0) {
            return Outcome.exact(b);
        }
        return inexactOnly(b.negative(), cut(b.negative(), b.coefficient(), b.exponent(), 0), 0);
    }

    private static Outcome inexactOnly(boolean negative, Cut cut, int exponent) {
        return new Outcome(
                Decimal.finite(negative, cut.kept, exponent),
                cut.inexact ? Outcome.XX : 0,
                cut.inexact,
                cut.incremented);
    }

    private static Outcome canonical(Decimal b) {
        return b.isNan() ? propagate(b, b) : Outcome.exact(Decimal.infinity(b.negative()));
    }

    // Conversion

    /**
     * A datum of another format in this one. A signaling NaN is an invalid operation unless {@code signalingPasses}.
     */
    public Outcome convert(Decimal b, boolean signalingPasses) {
        if (b.isNan()) {
            BigInteger payload = b.coefficient().mod(Decimal.powerOfTen(format.precision() - 1));
            boolean invalid = b.isSignaling() && !signalingPasses;
            Decimal.Kind kind = invalid ? Decimal.Kind.QUIET_NAN : b.kind();
            return new Outcome(new Decimal(kind, b.negative(), payload, 0), invalid ? Outcome.VXSNAN : 0, false, false);
        }
        if (b.isInfinite()) {
            return Outcome.exact(Decimal.infinity(b.negative()));
        }
        return round(b.negative(), b.coefficient(), b.exponent(), b.exponent());
    }

    /** A signed integer. */
    public Outcome fromLong(long value) {
        return round(value < 0, BigInteger.valueOf(value).abs(), 0, 0);
    }

    /**
     * A signed 64-bit integer as a finite decimal with exponent 0. What is out of range is an invalid operation and
     * gives the nearest integer; a NaN gives the most negative one.
     */
    public Outcome toLong(Decimal b) {
        if (b.isNan()) {
            long exceptions = Outcome.VXCVI | (b.isSignaling() ? Outcome.VXSNAN : 0);
            return new Outcome(integer(MIN_LONG), exceptions, false, false);
        }
        Decimal saturated = integer(b.negative() ? MIN_LONG : MAX_LONG);
        // Twenty digits are out of range whatever they are, and the exponent may be in the thousands.
        if (b.isInfinite() || !b.isZero() && b.exponent() + b.significance() > 19) {
            return new Outcome(saturated, Outcome.VXCVI, false, false);
        }
        if (b.isZero()) {
            return Outcome.exact(integer(BigInteger.ZERO));
        }
        Cut cut = cut(b.negative(), b.coefficient(), b.exponent(), 0);
        BigInteger value = b.negative() ? cut.kept.negate() : cut.kept;
        if (value.bitLength() > 63) {
            return new Outcome(saturated, Outcome.VXCVI, false, false);
        }
        return new Outcome(integer(value), cut.inexact ? Outcome.XX : 0, cut.inexact, cut.incremented);
    }

    private static Decimal integer(BigInteger value) {
        return Decimal.finite(value.signum() < 0, value.abs(), 0);
    }

    // Rounding

    /** A coefficient after digits were taken from its right, or zeros added there. */
    private record Cut(BigInteger kept, boolean inexact, boolean incremented) {}

    /** The coefficient of {@code coefficient * 10^from} when the exponent is to be {@code to}. */
    private Cut cut(boolean negative, BigInteger coefficient, int from, int to) {
        if (to <= from) {
            return new Cut(coefficient.multiply(Decimal.powerOfTen(from - to)), false, false);
        }
        BigInteger kept = BigInteger.ZERO;
        BigInteger discarded = coefficient;
        int half = -1;
        // With more places than digits plus one, all is discarded and it is less than a tenth of a unit.
        if (to - from <= Decimal.digits(coefficient)) {
            BigInteger unit = Decimal.powerOfTen(to - from);
            BigInteger[] parts = coefficient.divideAndRemainder(unit);
            kept = parts[0];
            discarded = parts[1];
            half = discarded.shiftLeft(1).compareTo(unit);
        }
        if (discarded.signum() == 0) {
            return new Cut(kept, false, false);
        }
        int lastDigit = kept.mod(BigInteger.TEN).intValue();
        boolean increment = rounding.increments(negative, lastDigit, half);
        return new Cut(increment ? kept.add(BigInteger.ONE) : kept, true, increment);
    }

    /** Rounds {@code coefficient * 10^exponent} to the format. */
    private Outcome round(boolean negative, BigInteger coefficient, int exponent, int ideal) {
        if (coefficient.signum() == 0) {
            int nearest = Math.clamp(ideal, format.minExponent(), format.maxExponent());
            return Outcome.exact(Decimal.finite(negative, BigInteger.ZERO, nearest));
        }
        int precision = format.precision();
        int digits = Decimal.digits(coefficient);
        // Tininess is judged before rounding.
        boolean tiny = exponent + digits < format.minExponent() + precision;
        if (tiny && underflowEnabled) {
            int wrapped = exponent + adjustment;
            if (wrapped + digits >= format.minExponent() + precision) {
                Outcome result = deliver(negative, coefficient, wrapped, ideal + adjustment, false);
                return withException(result, Outcome.UX);
            }
            return withException(deliver(negative, coefficient, exponent, ideal, true), Outcome.UX);
        }
        return deliver(negative, coefficient, exponent, ideal, tiny);
    }

    private static Outcome withException(Outcome o, long exception) {
        return new Outcome(o.value(), o.exceptions() | exception, o.inexact(), o.incremented());
    }

    private Outcome deliver(boolean negative, BigInteger coefficient, int exponent, int ideal, boolean tiny) {
        int precision = format.precision();
        int quantum = exponent + Math.max(0, Decimal.digits(coefficient) - precision);
        if (tiny) {
            quantum = Math.max(quantum, format.minExponent());
        }
        Cut cut = cut(negative, coefficient, exponent, quantum);
        BigInteger kept = cut.kept;
        if (Decimal.digits(kept) > precision) {
            kept = kept.divide(BigInteger.TEN);
            quantum++;
        }
        long exceptions = cut.inexact ? Outcome.XX | (tiny ? Outcome.UX : 0) : 0;
        int beyond = format.maxExponent() + precision;
        int wanted = ideal;
        if (quantum + Decimal.digits(kept) > beyond) {
            exceptions |= Outcome.OX;
            if (!overflowEnabled || quantum - adjustment + Decimal.digits(kept) > beyond) {
                return overflow(negative, exceptions);
            }
            quantum -= adjustment;
            wanted -= adjustment;
        }
        if (!cut.inexact) {
            int lowest = Math.max(format.minExponent(), quantum - (precision - Decimal.digits(kept)));
            int target = Math.min(wanted, format.maxExponent());
            while (quantum < target) {
                BigInteger[] shorter = kept.divideAndRemainder(BigInteger.TEN);
                if (shorter[1].signum() != 0) {
                    break;
                }
                kept = shorter[0];
                quantum++;
            }
            target = Math.max(target, lowest);
            if (quantum > target) {
                kept = kept.multiply(Decimal.powerOfTen(quantum - target));
                quantum = target;
            }
        }
        return new Outcome(Decimal.finite(negative, kept, quantum), exceptions, cut.inexact, cut.incremented);
    }

    private Outcome overflow(boolean negative, long exceptions) {
        boolean infinite = rounding.overflowsToInfinity(negative);
        BigInteger largest = Decimal.powerOfTen(format.precision()).subtract(BigInteger.ONE);
        Decimal value = infinite ? Decimal.infinity(negative) : Decimal.finite(negative, largest, format.maxExponent());
        return new Outcome(value, exceptions | Outcome.OX | Outcome.XX, true, infinite);
    }
}

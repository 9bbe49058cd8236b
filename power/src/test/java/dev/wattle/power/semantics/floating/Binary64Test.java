// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.semantics.floating.ExactArithmetic.Exact;
import dev.wattle.power.semantics.floating.ExactArithmetic.Rounded;
import org.junit.jupiter.api.Test;

/**
 * Double-precision arithmetic, and its single-precision sibling, against exact arithmetic; and NaNs, infinities, zeros.
 */
class Binary64Test {
    private static final int ROUNDS = 20_000;
    private static final long INFINITY = 0x7ff0_0000_0000_0000L;
    private static final long QUIET = 0x7ff8_0000_0000_0000L;
    private static final long SIGNALING = 0xfff0_0000_0000_1234L;
    private static final long SIGNALING_QUIET = 0xfff8_0000_0000_1234L;
    private static final long ONE = 0x3ff0_0000_0000_0000L;
    private static final long MINUS_ZERO = Long.MIN_VALUE;

    private final ExactArithmetic doubles = new ExactArithmetic(Format.BINARY64, 64);
    private final ExactArithmetic singles = new ExactArithmetic(Format.BINARY32, 32);
    private final FloatingPointScratch s = new FloatingPointScratch();

    private void mode(int rounding, boolean overflowEnabled, boolean underflowEnabled) {
        s.begin(rounding | (overflowEnabled ? Fpscr.OE : 0) | (underflowEnabled ? Fpscr.UE : 0));
    }

    @FunctionalInterface
    private interface Operation {
        long apply(FloatingPointScratch s, long a, long c, long b);
    }

    @FunctionalInterface
    private interface ExactOperation {
        Exact apply(Exact a, Exact c, Exact b, int rounding);
    }

    private void check(String name, Operation operation, Operation single, ExactOperation exact, boolean divides) {
        RandomNumbers numbers = new RandomNumbers("Binary64Test " + name);
        for (int i = 0; i < ROUNDS; i++) {
            long a = numbers.finite();
            long c = numbers.finite();
            long b = numbers.random.nextInt(4) == 0
                    ? numbers.near(-Double.longBitsToDouble(a) * (divides ? 1 : Double.longBitsToDouble(c)))
                    : numbers.finite();
            if (divides && b << 1 == 0) {
                continue;
            }
            int rounding = numbers.random.nextInt(4);
            boolean enabled = numbers.random.nextInt(3) == 0;
            Exact value = exact.apply(doubles.value(a), doubles.value(c), doubles.value(b), rounding);
            String message = String.format("%s a %016x c %016x b %016x mode %d %b", name, a, c, b, rounding, enabled);
            mode(rounding, enabled, enabled);
            long result = operation.apply(s, a, c, b);
            Rounded expected = doubles.round(value, rounding, enabled, enabled);
            assertEquals(Long.toHexString(expected.bits().longValue()), Long.toHexString(result), message);
            assertEquals(Integer.toHexString(expected.flags()), Integer.toHexString(s.flags), message);
            // Adjusted exponents suffice only where operands are of single precision.
            mode(rounding, false, false);
            result = single.apply(s, a, c, b);
            expected = singles.round(value, rounding, false, false);
            long widened = Binary32.toDouble(expected.bits().intValue());
            assertEquals(Long.toHexString(widened), Long.toHexString(result), "single " + message);
            assertEquals(Integer.toHexString(expected.flags()), Integer.toHexString(s.flags), "single " + message);
        }
    }

    @Test
    void add_anyFiniteOperands_isExactlyRounded() {
        check(
                "add",
                (t, a, c, b) -> Binary64.add(t, a, b),
                (t, a, c, b) -> Binary64.addSingle(t, a, b),
                (a, c, b, rounding) -> a.plus(b, rounding),
                false);
    }

    @Test
    void subtract_anyFiniteOperands_isExactlyRounded() {
        check(
                "subtract",
                (t, a, c, b) -> Binary64.subtract(t, a, b),
                (t, a, c, b) -> Binary64.subtractSingle(t, a, b),
                (a, c, b, rounding) -> a.plus(b.negated(), rounding),
                false);
    }

    @Test
    void multiply_anyFiniteOperands_isExactlyRounded() {
        check(
                "multiply",
                (t, a, c, b) -> Binary64.multiply(t, a, c),
                (t, a, c, b) -> Binary64.multiplySingle(t, a, c),
                (a, c, b, rounding) -> a.times(c),
                false);
    }

    @Test
    void divide_anyFiniteOperands_isExactlyRounded() {
        check(
                "divide",
                (t, a, c, b) -> Binary64.divide(t, a, b),
                (t, a, c, b) -> Binary64.divideSingle(t, a, b),
                (a, c, b, rounding) -> a.dividedBy(b),
                true);
    }

    @Test
    void squareRoot_anyFiniteOperand_isExactlyRounded() {
        check(
                "squareRoot",
                (t, a, c, b) -> Binary64.squareRoot(t, a & Long.MAX_VALUE),
                (t, a, c, b) -> Binary64.squareRootSingle(t, a & Long.MAX_VALUE),
                (a, c, b, rounding) -> (a.negative() ? a.negated() : a).root(),
                false);
    }

    @Test
    void multiplyAdd_anyFiniteOperands_isRoundedOnce() {
        check(
                "multiplyAdd",
                Binary64::multiplyAdd,
                Binary64::multiplyAddSingle,
                (a, c, b, rounding) -> a.times(c).plus(b, rounding),
                false);
    }

    @Test
    void multiplySubtract_anyFiniteOperands_isRoundedOnce() {
        check(
                "multiplySubtract",
                Binary64::multiplySubtract,
                Binary64::multiplySubtractSingle,
                (a, c, b, rounding) -> a.times(c).plus(b.negated(), rounding),
                false);
    }

    @Test
    void toSinglePrecision_anyFiniteOperand_isExactlyRounded() {
        check(
                "toSinglePrecision",
                (t, a, c, b) -> Binary64.add(t, a, a & MINUS_ZERO),
                (t, a, c, b) -> Binary64.toSinglePrecision(t, a),
                (a, c, b, rounding) -> a,
                true);
    }

    @Test
    void negativeMultiplyAdd_directedRounding_negatesAfterRounding() {
        mode(FloatingPointScratch.UPWARD, false, false);
        long tiny = 0x3ca0_0000_0000_0000L;
        assertEquals(ONE + 1 | MINUS_ZERO, Binary64.negativeMultiplyAdd(s, tiny, tiny, ONE));
        assertEquals(Fpscr.XX | Fpscr.FI | Fpscr.FR, s.flags);
    }

    private void invalid(long expected, int flags, long result) {
        assertEquals(Long.toHexString(expected), Long.toHexString(result));
        assertEquals(Integer.toHexString(flags), Integer.toHexString(s.flags));
        s.flags = 0;
    }

    @Test
    void arithmetic_ofNaN_propagatesTheFirstMadeQuiet() {
        mode(0, false, false);
        long other = QUIET | 5;
        invalid(other, 0, Binary64.add(s, other, QUIET));
        invalid(other, Fpscr.VXSNAN, Binary64.add(s, other, SIGNALING));
        invalid(SIGNALING_QUIET, Fpscr.VXSNAN, Binary64.multiply(s, SIGNALING, other));
        invalid(SIGNALING_QUIET, Fpscr.VXSNAN, Binary64.divide(s, ONE, SIGNALING));
        invalid(SIGNALING_QUIET, Fpscr.VXSNAN, Binary64.subtract(s, ONE, SIGNALING));
        invalid(SIGNALING_QUIET, Fpscr.VXSNAN, Binary64.squareRoot(s, SIGNALING));
        invalid(0xfff8_0000_0000_0000L, Fpscr.VXSNAN, Binary64.toSinglePrecision(s, SIGNALING));
    }

    @Test
    void multiplyAdd_ofNaNs_selectsInTheOrderAThenBThenC() {
        mode(0, false, false);
        long a = QUIET | 1;
        long b = QUIET | 2;
        long c = QUIET | 3;
        invalid(a, 0, Binary64.multiplyAdd(s, a, c, b));
        invalid(b, 0, Binary64.multiplyAdd(s, ONE, c, b));
        invalid(c, 0, Binary64.multiplyAdd(s, ONE, c, ONE));
        invalid(b, 0, Binary64.negativeMultiplySubtract(s, ONE, c, b));
        invalid(b, Fpscr.VXIMZ, Binary64.multiplyAdd(s, INFINITY, 0, b));
        invalid(SIGNALING_QUIET, Fpscr.VXIMZ | Fpscr.VXSNAN, Binary64.multiplyAdd(s, 0, INFINITY, SIGNALING));
    }

    @Test
    void arithmetic_invalid_givesTheDefaultNaN() {
        mode(0, false, false);
        invalid(QUIET, Fpscr.VXISI, Binary64.subtract(s, INFINITY, INFINITY));
        invalid(QUIET, Fpscr.VXISI, Binary64.multiplyAdd(s, INFINITY, ONE, INFINITY | MINUS_ZERO));
        invalid(QUIET, Fpscr.VXIMZ, Binary64.multiply(s, MINUS_ZERO, INFINITY));
        invalid(QUIET, Fpscr.VXIDI, Binary64.divide(s, INFINITY, INFINITY));
        invalid(QUIET, Fpscr.VXZDZ, Binary64.divide(s, 0, MINUS_ZERO));
        invalid(QUIET, Fpscr.VXSQRT, Binary64.squareRoot(s, ONE | MINUS_ZERO));
        invalid(QUIET, Fpscr.VXSQRT, Binary64.squareRoot(s, INFINITY | MINUS_ZERO));
        invalid(QUIET, Fpscr.VXSQRT, Binary64.reciprocalRootSingle(s, ONE | MINUS_ZERO));
    }

    @Test
    void arithmetic_infinitiesAndZeros_haveTheirSigns() {
        mode(0, false, false);
        invalid(INFINITY | MINUS_ZERO, Fpscr.ZX, Binary64.divide(s, ONE, MINUS_ZERO));
        invalid(INFINITY, Fpscr.ZX, Binary64.reciprocal(s, 0));
        invalid(MINUS_ZERO, 0, Binary64.squareRoot(s, MINUS_ZERO));
        invalid(INFINITY, 0, Binary64.add(s, INFINITY, ONE | MINUS_ZERO));
        invalid(MINUS_ZERO, 0, Binary64.divide(s, ONE, INFINITY | MINUS_ZERO));
        invalid(0, 0, Binary64.add(s, ONE, ONE | MINUS_ZERO));
        mode(FloatingPointScratch.DOWNWARD, false, false);
        invalid(MINUS_ZERO, 0, Binary64.add(s, ONE, ONE | MINUS_ZERO));
        invalid(0, 0, Binary64.add(s, 0, 0));
        invalid(MINUS_ZERO, 0, Binary64.multiplyAdd(s, ONE, ONE, ONE | MINUS_ZERO));
    }
}

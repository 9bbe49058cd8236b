// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.semantics.floating.ExactArithmetic.Exact;
import dev.wattle.power.semantics.floating.ExactArithmetic.Rounded;
import java.math.BigInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Quad-precision arithmetic against exact arithmetic. */
class Binary128Test {
    private static final int ROUNDS = 4_000;

    private final ExactArithmetic quads = new ExactArithmetic(Format.BINARY128, 128);
    private final ExactArithmetic doubles = new ExactArithmetic(Format.BINARY64, 64);
    private final FloatingPointScratch s = new FloatingPointScratch();

    @FunctionalInterface
    private interface ExactOperation {
        Exact apply(Exact a, Exact b, Exact c, int rounding);
    }

    private static BigInteger bits(long high, long low) {
        return new BigInteger(Long.toUnsignedString(high)).shiftLeft(64).or(new BigInteger(Long.toUnsignedString(low)));
    }

    private void check(String name, Consumer<FloatingPointScratch> operation, ExactOperation exact, boolean divides) {
        RandomNumbers numbers = new RandomNumbers("Binary128Test " + name);
        for (int i = 0; i < ROUNDS; i++) {
            long[] x = new long[6];
            for (int j = 0; j < 6; j += 2) {
                x[j] = numbers.finiteQuadHigh();
                x[j + 1] = numbers.quadLow();
            }
            if (numbers.random.nextInt(4) == 0) {
                // A product, or a sum, that cancels.
                s.begin(0);
                Binary128.a(s, x[0], x[1]);
                Binary128.b(s, x[4], x[5]);
                Binary128.multiply(s);
                if ((s.high >>> 48 & 0x7fff) != 0x7fff) {
                    x[2] = s.high ^ Long.MIN_VALUE;
                    x[3] = s.low + numbers.random.nextInt(3) - 1;
                }
            }
            if (divides && (x[2] << 1 | x[3]) == 0) {
                continue;
            }
            int rounding = numbers.random.nextInt(5);
            boolean enabled = numbers.random.nextInt(3) == 0;
            s.begin(enabled ? Fpscr.OE | Fpscr.UE : 0);
            s.rounding = rounding;
            Binary128.a(s, x[0], x[1]);
            Binary128.b(s, x[2], x[3]);
            Binary128.c(s, x[4], x[5]);
            operation.accept(s);
            Exact value = exact.apply(
                    quads.value(bits(x[0], x[1])),
                    quads.value(bits(x[2], x[3])),
                    quads.value(bits(x[4], x[5])),
                    rounding);
            Rounded expected = quads.round(value, rounding, enabled, enabled);
            String message = String.format(
                    "%s a %016x_%016x b %016x_%016x c %016x_%016x mode %d %b",
                    name, x[0], x[1], x[2], x[3], x[4], x[5], rounding, enabled);
            assertEquals(expected.bits().toString(16), bits(s.high, s.low).toString(16), message);
            assertEquals(Integer.toHexString(expected.flags()), Integer.toHexString(s.flags), message);
        }
    }

    @Test
    void add_anyFiniteOperands_isExactlyRounded() {
        check("add", Binary128::add, (a, b, c, rounding) -> a.plus(b, rounding), false);
    }

    @Test
    void subtract_anyFiniteOperands_isExactlyRounded() {
        check("subtract", Binary128::subtract, (a, b, c, rounding) -> a.plus(b.negated(), rounding), false);
    }

    @Test
    void multiply_anyFiniteOperands_isExactlyRounded() {
        check("multiply", Binary128::multiply, (a, b, c, rounding) -> a.times(b), false);
    }

    @Test
    void divide_anyFiniteOperands_isExactlyRounded() {
        check("divide", Binary128::divide, (a, b, c, rounding) -> a.dividedBy(b), true);
    }

    @Test
    void multiplyAdd_anyFiniteOperands_isRoundedOnce() {
        check(
                "multiplyAdd",
                t -> Binary128.multiplyAdd(t, false, false),
                (a, b, c, rounding) -> a.times(c).plus(b, rounding),
                false);
    }

    @Test
    void squareRoot_anyFiniteOperand_isExactlyRounded() {
        check(
                "squareRoot",
                t -> {
                    t.a.negative = false;
                    Binary128.squareRoot(t);
                },
                (a, b, c, rounding) -> (a.negative() ? a.negated() : a).root(),
                false);
    }

    @Test
    void toDouble_anyFiniteOperand_isExactlyRounded() {
        RandomNumbers numbers = new RandomNumbers("Binary128Test toDouble");
        for (int i = 0; i < ROUNDS; i++) {
            long high = numbers.finiteQuadHigh();
            long low = numbers.quadLow();
            int rounding = numbers.random.nextInt(5);
            s.begin(0);
            s.rounding = rounding;
            Binary128.a(s, high, low);
            long result = Binary128.toDouble(s);
            Rounded expected = doubles.round(quads.value(bits(high, low)), rounding, false, false);
            String message = String.format("%016x_%016x mode %d", high, low, rounding);
            assertEquals(Long.toHexString(expected.bits().longValue()), Long.toHexString(result), message);
            assertEquals(Integer.toHexString(expected.flags()), Integer.toHexString(s.flags), message);
        }
    }

    @Test
    void fromDouble_anyFiniteOperand_isExact() {
        RandomNumbers numbers = new RandomNumbers("Binary128Test fromDouble");
        for (int i = 0; i < ROUNDS; i++) {
            long b = numbers.finite();
            s.begin(0);
            Binary128.fromDouble(s, b);
            assertEquals(0, s.flags);
            Exact value = quads.value(bits(s.high, s.low));
            assertEquals(
                    Long.toHexString(b),
                    doubles.round(value, 0, false, false).bits().toString(16));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.power.processor.FloatingPointScratch;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import org.junit.jupiter.api.Test;

/** Conversions, over the whole of half precision and at random elsewhere. */
class ConversionTest {
    private static final int ROUNDS = 20_000;

    private final FloatingPointScratch s = new FloatingPointScratch();

    private static RoundingMode modeOf(int rounding, boolean negative) {
        return switch (rounding) {
            case FloatingPointScratch.NEAREST_EVEN -> RoundingMode.HALF_EVEN;
            case FloatingPointScratch.TOWARD_ZERO -> RoundingMode.DOWN;
            case FloatingPointScratch.UPWARD -> RoundingMode.CEILING;
            case FloatingPointScratch.DOWNWARD -> RoundingMode.FLOOR;
            default -> RoundingMode.HALF_UP;
        };
    }

    private void checkInteger(double value, int width, boolean signed, int rounding) {
        long bits = Double.doubleToRawLongBits(value);
        s.begin(0);
        s.rounding = rounding;
        long result = Conversion.toInteger(s, bits, width, signed);
        BigDecimal exact = new BigDecimal(value);
        BigInteger integer = exact.setScale(0, modeOf(rounding, value < 0)).toBigIntegerExact();
        BigInteger least = signed ? BigInteger.ONE.shiftLeft(width - 1).negate() : BigInteger.ZERO;
        BigInteger greatest =
                BigInteger.ONE.shiftLeft(signed ? width - 1 : width).subtract(BigInteger.ONE);
        int flags = 0;
        if (integer.compareTo(least) < 0 || integer.compareTo(greatest) > 0) {
            integer = value < 0 ? least : greatest;
            flags = Fpscr.VXCVI;
        } else {
            int difference = new BigDecimal(integer).abs().compareTo(exact.abs());
            flags = difference == 0 ? 0 : Fpscr.XX | Fpscr.FI | (difference > 0 ? Fpscr.FR : 0);
        }
        String message = value + " to " + width + " " + signed + " mode " + rounding;
        assertEquals(integer.longValue(), result, message);
        assertEquals(Integer.toHexString(flags), Integer.toHexString(s.flags), message);
        s.begin(0);
        s.rounding = FloatingPointScratch.TOWARD_ZERO;
        long slow = Conversion.toInteger(s, bits, width, signed);
        flags = s.flags;
        s.begin(FloatingPointScratch.UPWARD);
        assertEquals(slow, Conversion.truncate(s, bits, width, signed), message);
        assertEquals(flags, s.flags, message);
    }

    @Test
    void toInteger_everyHalfPrecisionNumber_matchesBigDecimal() {
        for (int half = 0; half < 0x1_0000; half++) {
            double value = Float.float16ToFloat((short) half);
            if (Double.isFinite(value)) {
                checkInteger(value, 32, (half & 1) != 0, half % 6 == 4 ? 0 : half % 6);
            }
        }
    }

    @Test
    void toInteger_aroundTheLimits_saturates() {
        RandomNumbers numbers = new RandomNumbers("ConversionTest toInteger");
        for (int i = 0; i < ROUNDS; i++) {
            int exponent = 28 + numbers.random.nextInt(40);
            double value = Math.scalb(1 + numbers.random.nextDouble() / (1L << numbers.random.nextInt(60)), exponent);
            if (numbers.random.nextBoolean()) {
                value = Math.nextDown(Math.scalb(1.0, exponent) - numbers.random.nextInt(3) / 2.0);
            }
            int rounding = numbers.random.nextInt(4);
            boolean signed = numbers.random.nextBoolean();
            checkInteger(numbers.random.nextBoolean() ? value : -value, 64, signed, rounding);
            checkInteger(numbers.random.nextBoolean() ? value : -value, 32, signed, rounding);
        }
    }

    @Test
    void toInteger_ofNaN_isTheLeast() {
        s.begin(0);
        assertEquals(Long.MIN_VALUE, Conversion.toInteger(s, 0x7ff8_0000_0000_0000L, 64, true));
        assertEquals(Fpscr.VXCVI, s.flags);
        assertEquals(0, Conversion.truncate(s, 0x7ff0_0000_0000_0001L, 32, false));
        assertEquals(Fpscr.VXCVI | Fpscr.VXSNAN, s.flags);
    }

    @Test
    void toIntegral_anyNumber_matchesBigDecimal() {
        RandomNumbers numbers = new RandomNumbers("ConversionTest toIntegral");
        for (int i = 0; i < ROUNDS; i++) {
            long bits = numbers.finite();
            if (numbers.random.nextBoolean()) {
                bits = Double.doubleToRawLongBits(numbers.random.nextInt(2000) / 8.0 - 125);
            }
            double value = Double.longBitsToDouble(bits);
            int mode = numbers.random.nextInt(5);
            int rounding = mode == 4 ? FloatingPointScratch.NEAREST_AWAY : mode;
            BigDecimal exact = new BigDecimal(value);
            BigDecimal integer = exact.setScale(0, modeOf(rounding, value < 0));
            s.begin(0);
            s.rounding = rounding;
            double result = Double.longBitsToDouble(Conversion.toIntegral(s, bits));
            String message = Long.toHexString(bits) + " mode " + rounding;
            assertEquals(Math.copySign(integer.doubleValue(), value), result, message);
            int difference = integer.abs().compareTo(exact.abs());
            int flags = difference == 0 ? 0 : Fpscr.XX | Fpscr.FI | (difference > 0 ? Fpscr.FR : 0);
            assertEquals(Integer.toHexString(flags), Integer.toHexString(s.flags), message);
        }
    }

    @Test
    void fromInteger_anyInteger_isExactlyRounded() {
        RandomNumbers numbers = new RandomNumbers("ConversionTest fromInteger");
        ExactArithmetic doubles = new ExactArithmetic(Format.BINARY64, 64);
        ExactArithmetic singles = new ExactArithmetic(Format.BINARY32, 32);
        for (int i = 0; i < ROUNDS; i++) {
            long value = numbers.random.nextLong() >> numbers.random.nextInt(64);
            boolean signed = numbers.random.nextBoolean();
            int rounding = numbers.random.nextInt(4);
            BigInteger integer = signed ? BigInteger.valueOf(value) : new BigInteger(Long.toUnsignedString(value));
            ExactArithmetic.Exact exact = new ExactArithmetic.Exact(integer, BigInteger.ONE, false);
            ExactArithmetic.Rounded expected = doubles.round(exact, rounding, false, false);
            s.begin(rounding);
            assertEquals(expected.bits().longValue(), Conversion.fromInteger(s, value, signed));
            assertEquals(expected.flags(), s.flags);
            expected = singles.round(exact, rounding, false, false);
            s.begin(rounding);
            long single = Conversion.fromIntegerSingle(s, value, signed);
            assertEquals(expected.bits().intValue(), Binary32.fromDouble(single));
            assertEquals(expected.flags(), s.flags);
        }
    }

    @Test
    void fromBinary16_everyNumber_matchesJava() {
        for (int half = 0; half < 0x1_0000; half++) {
            s.begin(0);
            long result = Conversion.fromBinary16(s, half);
            float expected = Float.float16ToFloat((short) half);
            if (Float.isNaN(expected)) {
                boolean signaling = (half & 0x200) == 0;
                assertEquals(signaling ? Fpscr.VXSNAN : 0, s.flags);
                assertEquals((long) (half | 0x200) << 42 & 0x000f_fc00_0000_0000L, result & 0x000f_ffff_ffff_ffffL);
            } else {
                assertEquals(expected, Double.longBitsToDouble(result));
                assertEquals(0, s.flags);
                s.begin(0);
                assertEquals(half, Conversion.toBinary16(s, result));
            }
        }
    }

    @Test
    void toBinary16_anyNumber_isExactlyRounded() {
        RandomNumbers numbers = new RandomNumbers("ConversionTest toBinary16");
        ExactArithmetic doubles = new ExactArithmetic(Format.BINARY64, 64);
        ExactArithmetic halves = new ExactArithmetic(Format.BINARY16, 16);
        for (int i = 0; i < ROUNDS; i++) {
            long bits = numbers.finite() & ~(0x7ffL << 52) | (long) (1023 - 27 + numbers.random.nextInt(45)) << 52;
            int rounding = numbers.random.nextInt(4);
            s.begin(rounding);
            ExactArithmetic.Rounded expected = halves.round(doubles.value(bits), rounding, false, false);
            String message = Long.toHexString(bits) + " mode " + rounding;
            assertEquals(expected.bits().intValue(), Conversion.toBinary16(s, bits), message);
            assertEquals(Integer.toHexString(expected.flags()), Integer.toHexString(s.flags), message);
        }
    }

    @Test
    void singleFormat_thereAndBack_keepsEveryBit() {
        for (long bits = Integer.MIN_VALUE; bits <= Integer.MAX_VALUE; bits += 4_099) {
            int word = (int) bits;
            long wide = Binary32.toDouble(word);
            assertEquals(word, Binary32.fromDouble(wide));
            assertTrue(TestBits.isSingle(wide));
            if (!Binary32.isNaN(word)) {
                assertEquals(Float.intBitsToFloat(word), Double.longBitsToDouble(wide));
            }
        }
    }
}

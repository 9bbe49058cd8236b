// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.decimal;

import java.math.BigInteger;
import java.util.Random;

/** Random data that reach the corners: few and many digits, runs of nines and zeros, extreme exponents. */
public final class RandomDecimals {
    private RandomDecimals() {}

    /** Any datum of a format. */
    public static Decimal datum(Random random, DecimalFormat format) {
        BigInteger payload = digits(random, format.precision() - 1);
        return switch (random.nextInt(20)) {
            case 0 -> new Decimal(Decimal.Kind.INFINITE, random.nextBoolean(), payload, 0);
            case 1 -> new Decimal(Decimal.Kind.QUIET_NAN, random.nextBoolean(), payload, 0);
            case 2 -> new Decimal(Decimal.Kind.SIGNALING_NAN, random.nextBoolean(), payload, 0);
            default -> finite(random, format);
        };
    }

    /** A finite number with any exponent. */
    public static Decimal finite(Random random, DecimalFormat format) {
        int reach = 2 * format.precision();
        int exponent = switch (random.nextInt(4)) {
            case 0 -> format.minExponent() + random.nextInt(reach);
            case 1 -> format.maxExponent() - random.nextInt(reach);
            case 2 -> random.nextInt(reach) - format.precision();
            default -> format.minExponent() + random.nextInt(format.maxBiasedExponent() + 1);
        };
        return Decimal.finite(random.nextBoolean(), digits(random, format.precision()), exponent);
    }

    /** A finite number near 1, so that sums of two neither overflow nor underflow. */
    public static Decimal moderate(Random random, DecimalFormat format) {
        int exponent = random.nextInt(2 * format.precision()) - format.precision();
        return Decimal.finite(random.nextBoolean(), digits(random, format.precision()), exponent);
    }

    private static BigInteger digits(Random random, int most) {
        int count = random.nextBoolean() ? most : random.nextInt(most + 1);
        int style = random.nextInt(6);
        StringBuilder text = new StringBuilder("0");
        for (int i = 0; i < count; i++) {
            text.append((char) ('0'
                    + switch (style) {
                        case 0 -> 9;
                        case 1 -> i == 0 ? 1 : 0;
                        case 2 -> i == count - 1 ? 5 : 0;
                        default -> random.nextInt(10);
                    }));
        }
        return new BigInteger(text.toString());
    }
}

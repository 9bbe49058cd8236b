// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.floating;

import java.util.Random;

/** Numbers at random, many of them where arithmetic has its edges. */
final class RandomNumbers {
    private static final long[] EDGES = {
        0,
        1,
        0x000f_ffff_ffff_ffffL,
        0x0010_0000_0000_0000L,
        0x001f_ffff_ffff_ffffL,
        0x3690_0000_0000_0000L,
        0x36a0_0000_0000_0000L,
        0x380f_ffff_e000_0000L,
        0x3810_0000_0000_0000L,
        0x3fe0_0000_0000_0000L,
        0x3ff0_0000_0000_0000L,
        0x3ff0_0000_1000_0000L,
        0x3ff8_0000_0000_0000L,
        0x4330_0000_0000_0000L,
        0x47ef_ffff_e000_0000L,
        0x47ef_ffff_f000_0000L,
        0x7fe0_0000_0000_0000L,
        0x7fef_ffff_ffff_ffffL
    };

    final Random random;

    /** Prints the seed with the test's name. */
    RandomNumbers(String test) {
        long seed = System.nanoTime();
        System.out.println(test + " seed " + seed);
        random = new Random(seed);
    }

    /** Bits of a finite double. */
    long finite() {
        long bits = anyFinite();
        return random.nextBoolean() ? bits : bits ^ Long.MIN_VALUE;
    }

    private long anyFinite() {
        long fraction = random.nextLong() & Binary64.FRACTION;
        if (random.nextBoolean()) {
            fraction &= -1L << random.nextInt(53);
        }
        return switch (random.nextInt(6)) {
            case 0 -> (long) random.nextInt(0x7ff) << 52 | fraction;
            case 1 -> EDGES[random.nextInt(EDGES.length)];
            case 2 -> {
                long bits = EDGES[random.nextInt(EDGES.length)] + random.nextInt(5) - 2;
                yield Math.clamp(bits, 0, 0x7fef_ffff_ffff_ffffL);
            }
            case 3 -> (random.nextBoolean() ? random.nextInt(4) : 0x7feL - random.nextInt(4)) << 52 | fraction;
            default -> (long) (1023 - 40 + random.nextInt(80)) << 52 | fraction;
        };
    }

    /** A double whose sum with another one cancels, more or less. */
    long near(double value) {
        if (!Double.isFinite(value)) {
            return finite();
        }
        long bits = Double.doubleToRawLongBits(value) + random.nextInt(5) - 2;
        return (bits >>> 52 & 0x7ff) == 0x7ff ? finite() : bits;
    }

    /** The left half of a finite quad-precision number. */
    long finiteQuadHigh() {
        long fraction = random.nextLong() & 0xffff_ffff_ffffL;
        if (random.nextInt(3) == 0) {
            fraction &= -1L << random.nextInt(49);
        }
        int biased = switch (random.nextInt(4)) {
            case 0 -> random.nextInt(0x7fff);
            case 1 -> random.nextBoolean() ? random.nextInt(3) : 0x7ffe - random.nextInt(3);
            default -> 16383 - 60 + random.nextInt(120);
        };
        return (long) biased << 48 | fraction | (random.nextBoolean() ? Long.MIN_VALUE : 0);
    }

    /** The right half of a quad-precision number. */
    long quadLow() {
        return switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> random.nextLong() & -1L << random.nextInt(64);
            default -> random.nextLong();
        };
    }
}

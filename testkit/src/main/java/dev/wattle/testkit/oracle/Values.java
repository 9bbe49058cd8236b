// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import java.util.SplittableRandom;

/** Random numbers that prefer the corners of their format. All results are bit patterns. */
public final class Values {
    private static final long[] F64 = {
        0x0000000000000000L, 0x8000000000000000L, 0x7ff0000000000000L, 0xfff0000000000000L, 0x7ff8000000000000L,
        0xfff8000000000000L, 0x7ff0000000000001L, 0x7ff7ffffffffffffL, 0xfff4000000000000L, 0x7fffffffffffffffL,
        0x0000000000000001L, 0x8000000000000001L, 0x000fffffffffffffL, 0x800fffffffffffffL, 0x0010000000000000L,
        0x8010000000000000L, 0x7fefffffffffffffL, 0xffefffffffffffffL, 0x3ff0000000000000L, 0xbff0000000000000L,
        0x4000000000000000L, 0x3fe0000000000000L, 0x3fdfffffffffffffL, 0x3ff0000000000001L, 0x3fefffffffffffffL,
        0x3ff8000000000000L, 0x4008000000000000L, 0x47efffffe0000000L, 0x47effffff0000000L, 0x3810000000000000L,
        0x380fffffe0000000L, 0x36a0000000000000L, 0x3690000000000000L, 0x43e0000000000000L, 0x43dfffffffffffffL,
        0x43f0000000000000L, 0x43efffffffffffffL, 0x41dfffffffc00000L, 0x41e0000000000000L, 0x41dfffffffe00000L,
        0xc1e0000000000000L, 0xc1e0000000200000L, 0x41efffffffe00000L, 0x41f0000000000000L, 0xc3e0000000000000L,
        0x40efffe000000000L, 0x40effc0000000000L, 0x3f10000000000000L, 0x3e70000000000000L, 0x4330000000000000L,
        0x4340000000000000L, 0xc330000000000001L,
    };
    private static final int[] F32 = {
        0x00000000, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0x7fbfffff, 0xffa00000,
        0x7fffffff, 0x00000001, 0x80000001, 0x007fffff, 0x807fffff, 0x00800000, 0x80800000, 0x7f7fffff, 0xff7fffff,
        0x3f800000, 0xbf800000, 0x40000000, 0x3f000000, 0x3effffff, 0x3f800001, 0x3f7fffff, 0x3fc00000, 0x4f000000,
        0x4effffff, 0x4f800000, 0x4f7fffff, 0xcf000000, 0xcf000001, 0x5f000000, 0x5effffff, 0x5f800000, 0xdf000000,
        0x477fe000, 0x477ff000, 0x38800000, 0x33800000, 0x33000000, 0x4b000000, 0x4b000001,
    };
    private static final long[] F128_HIGH = {
        0x0000000000000000L, 0x8000000000000000L, 0x7fff000000000000L, 0xffff000000000000L, 0x7fff800000000000L,
        0x7fff400000000000L, 0x0001000000000000L, 0x0000ffffffffffffL, 0x7ffeffffffffffffL, 0x3fff000000000000L,
        0xbfff000000000000L, 0x4000000000000000L, 0x3ffe000000000000L, 0x403e000000000000L, 0x403f000000000000L,
        0xc03e000000000000L, 0x401e000000000000L, 0x43fe000000000000L, 0x43fdffffffffffffL, 0x3c01000000000000L,
        0x3bcd000000000000L, 0x406f000000000000L,
    };
    private static final int[] SIGN_NIBBLES = {0xa, 0xb, 0xc, 0xd, 0xe, 0xf, 0xc, 0xd};

    /** The invalid operation exceptions, of which FPSCR[VX] is the summary. */
    private static final long INVALID = 0x01f8_0700L;

    private final SplittableRandom random;

    /** Takes its numbers from {@code random}. */
    public Values(SplittableRandom random) {
        this.random = random;
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    /** A 64-bit integer. */
    public long integer() {
        return switch (random.nextInt(12)) {
            case 0 -> random.nextInt(-4, 131);
            case 1 -> (1L << random.nextInt(64)) + random.nextInt(-1, 2);
            case 2 -> -(1L << random.nextInt(64)) + random.nextInt(-1, 2);
            case 3 -> random.nextInt();
            case 4 -> random.nextInt() & 0xffff_ffffL;
            case 5 -> random.nextLong() >>> random.nextInt(64);
            case 6 -> random.nextLong() >> random.nextInt(64);
            case 7 -> (long) word() << 32 | word() & 0xffff_ffffL;
            case 8 -> lanes(8);
            case 9 -> lanes(16);
            case 10 ->
                switch (random.nextInt(4)) {
                    case 0 -> 0;
                    case 1 -> -1;
                    case 2 -> Long.MIN_VALUE;
                    default -> Long.MAX_VALUE;
                };
            default -> random.nextLong();
        };
    }

    private int word() {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt();
            case 1 -> (1 << random.nextInt(32)) + random.nextInt(-1, 2);
            case 2 -> random.nextInt(-4, 70);
            default -> new int[] {0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}[random.nextInt(4)];
        };
    }

    /** Corner values in lanes of 8, 16, 32 or 64 bits. */
    public long lanes(int bits) {
        if (bits == 64) {
            return integer();
        }
        long mask = (1L << bits) - 1;
        long same = lane(bits);
        boolean equal = oneIn(6);
        long result = 0;
        for (int i = 0; i < 64; i += bits) {
            result |= ((equal ? same : lane(bits)) & mask) << i;
        }
        return result;
    }

    private long lane(int bits) {
        return switch (random.nextInt(5)) {
            case 0 -> 1L << bits - 1;
            case 1 -> (1L << bits - 1) - 1;
            case 2 -> random.nextInt(-2, 3);
            default -> random.nextLong();
        };
    }

    /** A double-precision number. */
    public long f64() {
        return switch (random.nextInt(14)) {
            case 0, 1, 2 -> F64[random.nextInt(F64.length)];
            case 3 -> random.nextLong();
            case 4 -> Double.doubleToRawLongBits(random.nextInt(-300, 301) / (double) (1 << random.nextInt(4)));
            case 5 -> finite(1023 + random.nextInt(-66, 67), fraction(52), 52);
            case 6 -> finite(random.nextInt(0, 2047), fraction(52), 52);
            case 7 -> Double.doubleToRawLongBits(Float.intBitsToFloat(f32Finite()));
            // About half-way between two single-precision numbers.
            case 8 ->
                finite(
                        1023 + random.nextInt(-30, 31),
                        random.nextLong() & -1L << 29 | 0x1000_0000 + random.nextInt(-1, 2),
                        52);
            // Where single precision overflows, turns denormal, and underflows.
            case 9 ->
                finite(
                        1023 + (oneIn(2) ? 127 + random.nextInt(-1, 2) : -126 - random.nextInt(-1, 27)),
                        fraction(52),
                        52);
            // Denormal.
            case 10 -> finite(0, random.nextLong() >>> random.nextInt(12, 64), 52);
            // Next to integers of 32 and 64 bits.
            case 11 -> Double.doubleToRawLongBits((double) integer()) + random.nextInt(-1, 2);
            // A NaN with a random payload.
            case 12 ->
                oneIn(2) ? finite(2047, fraction(52), 52) : finite(1023 + random.nextInt(-3, 4), fraction(52), 52);
            // Half-way between integers.
            default -> Double.doubleToRawLongBits(random.nextInt(-20, 20) + 0.5) + random.nextInt(-1, 2);
        };
    }

    private long finite(int exponent, long fraction, int fractionBits) {
        long sign = random.nextLong() & Long.MIN_VALUE;
        return sign | (long) exponent << fractionBits | fraction & (1L << fractionBits) - 1;
    }

    /** A fraction that is random, or nearly all ones or zeros at one end. */
    private long fraction(int bits) {
        return switch (random.nextInt(5)) {
            case 0 -> 1L << random.nextInt(bits);
            case 1 -> -1L << random.nextInt(bits);
            case 2 -> (1L << random.nextInt(bits)) - 1;
            default -> random.nextLong();
        };
    }

    private int f32Finite() {
        return random.nextInt() & 0x8000_0000 | random.nextInt(0, 255) << 23 | (int) fraction(23) & 0x7f_ffff;
    }

    int f32() {
        return switch (random.nextInt(9)) {
            case 0, 1 -> F32[random.nextInt(F32.length)];
            case 2 -> random.nextInt();
            case 3 -> Float.floatToRawIntBits(random.nextInt(-300, 301) / (float) (1 << random.nextInt(4)));
            case 4 ->
                random.nextInt() & 0x8000_0000 | 127 + random.nextInt(-34, 35) << 23 | (int) fraction(23) & 0x7f_ffff;
            case 5 -> f32Finite();
            case 6 -> random.nextInt() & 0x8000_0000 | (random.nextInt() & 0x7f_ffff) >>> random.nextInt(23);
            case 7 -> Float.floatToRawIntBits((float) integer()) + random.nextInt(-1, 2);
            default -> Float.floatToRawIntBits(random.nextInt(-20, 20) + 0.5f) + random.nextInt(-1, 2);
        };
    }

    /** Two single-precision numbers. */
    public long f32Pair() {
        return (long) f32() << 32 | f32() & 0xffff_ffffL;
    }

    /** A quad-precision number: high doubleword, low doubleword. */
    void f128(long[] to, int at) {
        switch (random.nextInt(8)) {
            case 0, 1 -> {
                to[at] = F128_HIGH[random.nextInt(F128_HIGH.length)];
                to[at + 1] = oneIn(2) ? 0 : oneIn(2) ? -1 : random.nextInt(-1, 2);
            }
            case 2 -> {
                to[at] = random.nextLong();
                to[at + 1] = random.nextLong();
            }
            case 3 -> {
                to[at] = finite(random.nextInt(0, 32767), fraction(48), 48);
                to[at + 1] = oneIn(2) ? fraction(64) : 0;
            }
            case 4 -> {
                to[at] = finite(16383 + random.nextInt(-118, 119), fraction(48), 48);
                to[at + 1] = fraction(64);
            }
            // A double, or next to half-way between two.
            case 5 -> {
                to[at] = finite(16383 + random.nextInt(-1075, 1026), fraction(48), 48);
                to[at + 1] = random.nextLong() & -1L << 60 | (oneIn(2) ? 0 : 1L << 59) + random.nextInt(-1, 2);
            }
            case 6 -> {
                to[at] = finite(0, random.nextLong() >>> random.nextInt(16, 64), 48);
                to[at + 1] = fraction(64);
            }
            // A small integer, or half-way between two.
            default -> {
                to[at] = finite(16383 + random.nextInt(0, 8), random.nextLong() & -1L << random.nextInt(38, 48), 48);
                to[at + 1] = random.nextInt(-1, 2) & (oneIn(3) ? -1 : 0);
            }
        }
    }

    /** Four half-precision numbers. */
    long f16s() {
        return oneIn(3) ? lanes(16) : random.nextLong();
    }

    /** Up to 16 decimal digits in nibbles. */
    long digits(int count) {
        long result = 0;
        int style = random.nextInt(4);
        int used = style == 0 ? count : random.nextInt(count + 1);
        for (int i = 0; i < used; i++) {
            result = result << 4 | (style == 1 ? 9 : random.nextInt(10));
        }
        return result;
    }

    /** A signed packed decimal number of 31 digits, now and then with a nibble that is no digit. */
    void packedDecimal(long[] to, int at) {
        to[at] = oneIn(2) ? 0 : digits(16);
        to[at + 1] = digits(15) << 4 | SIGN_NIBBLES[random.nextInt(SIGN_NIBBLES.length)];
        if (oneIn(10)) {
            to[at + random.nextInt(2)] = random.nextLong();
        }
    }

    /** A zoned decimal number of 16 digits. */
    void zonedDecimal(long[] to, int at) {
        long zone = oneIn(2) ? 0x30 : 0xf0;
        for (int half = 0; half < 2; half++) {
            long value = 0;
            for (int i = 0; i < 8; i++) {
                value = value << 8 | (oneIn(3) ? 0 : random.nextInt(10)) | zone;
            }
            to[at + half] = value;
        }
        if (oneIn(2)) {
            to[at + 1] = to[at + 1] & ~0xf0L | (long) random.nextInt(16) << 4;
        }
        if (oneIn(10)) {
            to[at + random.nextInt(2)] = random.nextLong();
        }
    }

    /** A national decimal number of 7 digits. */
    void nationalDecimal(long[] to, int at) {
        for (int half = 0; half < 2; half++) {
            long value = 0;
            for (int i = 0; i < 4; i++) {
                value = value << 16 | 0x30 + random.nextInt(10);
            }
            to[at + half] = value;
        }
        to[at + 1] = to[at + 1] & ~0xffffL | (oneIn(2) ? 0x2b : 0x2d);
        if (oneIn(10)) {
            to[at + random.nextInt(2)] = random.nextLong();
        }
    }

    // Decimal floating point

    /** Three decimal digits as a declet. */
    private static long declet(int d2, int d1, int d0) {
        int a = d2 >> 3;
        int e = d1 >> 3;
        int i = d0 >> 3;
        int bcd = d2 & 7;
        int fgh = d1 & 7;
        int jkm = d0 & 7;
        // What the upper bits of each group hold depends on which digits are 8 or 9.
        return switch (a << 2 | e << 1 | i) {
            case 0 -> bcd << 7 | fgh << 4 | jkm;
            case 1 -> bcd << 7 | fgh << 4 | 8 | jkm & 1;
            case 2 -> bcd << 7 | (jkm >> 1 << 1 | fgh & 1) << 4 | 0xa | jkm & 1;
            case 3 -> bcd << 7 | (4 | fgh & 1) << 4 | 0xe | jkm & 1;
            case 4 -> (jkm >> 1 << 1 | bcd & 1) << 7 | fgh << 4 | 0xc | jkm & 1;
            case 5 -> (fgh >> 1 << 1 | bcd & 1) << 7 | (2 | fgh & 1) << 4 | 0xe | jkm & 1;
            case 6 -> (jkm >> 1 << 1 | bcd & 1) << 7 | (fgh & 1) << 4 | 0xe | jkm & 1;
            default -> (bcd & 1) << 7 | (6 | fgh & 1) << 4 | 0xe | jkm & 1;
        };
    }

    private int[] coefficient(int precision) {
        int[] digits = new int[precision];
        int style = random.nextInt(6);
        int used = style == 0 ? precision : random.nextInt(precision + 1);
        for (int i = 0; i < used; i++) {
            int at = precision - 1 - i;
            digits[at] = switch (style) {
                case 1 -> 9;
                // A power of ten, and half of one.
                case 2 -> i == used - 1 ? 1 : 0;
                case 3 -> i == used - 1 ? 5 : 0;
                default -> random.nextInt(10);
            };
        }
        return digits;
    }

    /** The combination field's five bits and the exponent continuation. */
    private static long top(boolean negative, int exponent, int digit, int continuationBits) {
        int high = exponent >> continuationBits;
        long combination = digit < 8 ? high << 3 | digit : 0x18 | high << 1 | digit & 1;
        return (negative ? 1L << 5 + continuationBits : 0)
                | combination << continuationBits
                | exponent & (1 << continuationBits) - 1;
    }

    private int exponent(int limit, int bias) {
        return switch (random.nextInt(6)) {
            case 0 -> random.nextInt(limit + 1);
            case 1 -> random.nextInt(20);
            case 2 -> limit - random.nextInt(20);
            case 3 -> bias;
            default -> bias + random.nextInt(-40, 41);
        };
    }

    /** A long decimal floating-point number. */
    public long dfp64() {
        switch (random.nextInt(12)) {
            case 0 -> {
                return special() | random.nextLong() & 0x0003_ffff_ffff_ffffL & (oneIn(2) ? -1 : 0);
            }
            case 1 -> {
                return random.nextLong();
            }
            default -> {
                int[] digits = coefficient(16);
                long result = top(oneIn(2), exponent(767, 398), digits[0], 8) << 50;
                for (int i = 0; i < 5; i++) {
                    result |= declet(digits[1 + 3 * i], digits[2 + 3 * i], digits[3 + 3 * i]) << 40 - 10 * i;
                }
                return result;
            }
        }
    }

    /** Infinity, quiet or signalling NaN of decimal floating point, with an empty coefficient. */
    private long special() {
        long sign = random.nextLong() & Long.MIN_VALUE;
        return sign
                | switch (random.nextInt(3)) {
                    case 0 -> 0x7800_0000_0000_0000L;
                    case 1 -> 0x7c00_0000_0000_0000L;
                    default -> 0x7e00_0000_0000_0000L;
                };
    }

    void dfp128(long[] to, int at, int second) {
        switch (random.nextInt(12)) {
            case 0 -> {
                boolean payload = oneIn(2);
                to[at] = special() | (payload ? random.nextLong() & 0x3fff_ffff_ffffL : 0);
                to[second] = payload ? random.nextLong() : 0;
            }
            case 1 -> {
                to[at] = random.nextLong();
                to[second] = random.nextLong();
            }
            default -> {
                int[] digits = coefficient(34);
                to[at] = top(oneIn(2), exponent(12287, 6176), digits[0], 12) << 46;
                to[second] = 0;
                for (int i = 0; i < 11; i++) {
                    long declet = declet(digits[1 + 3 * i], digits[2 + 3 * i], digits[3 + 3 * i]);
                    int shift = 100 - 10 * i;
                    if (shift >= 64) {
                        to[at] |= declet << shift - 64;
                    } else {
                        to[second] |= declet << shift;
                        if (shift > 54) {
                            to[at] |= declet >>> 64 - shift;
                        }
                    }
                }
            }
        }
    }

    /** A short decimal floating-point number, in the right half. */
    long dfp32() {
        if (oneIn(6)) {
            return random.nextLong();
        }
        int[] digits = coefficient(7);
        long result = top(oneIn(2), exponent(191, 101), digits[0], 6) << 20;
        return result | declet(digits[1], digits[2], digits[3]) << 10 | declet(digits[4], digits[5], digits[6]);
    }

    // Registers

    /** An FPSCR without an enabled exception, which would have interrupted before. */
    long fpscr() {
        long value = random.nextInt(4);
        value |= (long) random.nextInt(8) << 32;
        long enables = 0;
        if (oneIn(3)) {
            // Enables: one of them, or some.
            enables = oneIn(2) ? 8L << random.nextInt(5) : random.nextInt() & 0xf8;
        }
        if (oneIn(2)) {
            long sparse = random.nextInt();
            sparse &= random.nextInt();
            value |= sparse & 0x9fff_f700L;
        }
        if ((enables & 0x80) != 0) {
            value &= ~INVALID;
        }
        // OX, UX, ZX and XX have their enables at the same distance.
        value &= ~((enables & 0x78) << 22);
        return value | enables | ((value & INVALID) != 0 ? 0x2000_0000L : 0);
    }

    long xer() {
        return random.nextInt() & 0xe00c_007fL;
    }

    /** NJ is mostly 0, as programs have it. */
    long vscr() {
        return (oneIn(5) ? 0x1_0000 : 0) | random.nextInt(2);
    }
}

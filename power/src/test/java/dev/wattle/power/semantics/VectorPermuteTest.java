// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorMachine.element;
import static dev.wattle.power.semantics.VectorMachine.hex;
import static dev.wattle.power.semantics.VectorMachine.put;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Moves of bytes and bits within and between registers. */
class VectorPermuteTest {
    private static final int ROUNDS = 200;

    private final VectorMachine machine = new VectorMachine("VectorPermuteTest");
    private long[] a;
    private long[] b;
    private long[] c;

    @BeforeEach
    void randomOperands() {
        a = machine.vector(64);
        b = machine.vector(64);
        c = machine.vector(8);
        machine.set(1, a);
        machine.set(2, b);
        machine.set(3, c);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    /** Compares the register with bytes out of a || b. */
    private void check(String instruction, IntUnaryOperator sourceByte) {
        machine.run(instruction);
        long[] expected = new long[2];
        for (int i = 0; i < 16; i++) {
            int from = sourceByte.applyAsInt(i);
            put(expected, 8, i, element(from < 16 ? a : b, 8, from & 15));
        }
        assertEquals(hex(expected), hex(machine.get(0)), instruction + " " + hex(a) + hex(b) + hex(c));
    }

    @Test
    void Permute_randomIndexes_picksBytes() {
        for (int round = 0; round < ROUNDS; round++) {
            randomOperands();
            check("vperm 0, 1, 2, 3", i -> (int) element(c, 8, i) & 31);
            check("vpermr 0, 1, 2, 3", i -> 31 - ((int) element(c, 8, i) & 31));
            machine.set(0, b);
            check("xxperm 32, 33, 35", i -> (int) element(c, 8, i) & 31);
            machine.set(0, b);
            check("xxpermr 32, 33, 35", i -> 31 - ((int) element(c, 8, i) & 31));
        }
    }

    @Test
    void ShiftDouble_allCounts_picksConsecutiveBytes() {
        for (int shb = 0; shb < 16; shb++) {
            int n = shb;
            check("vsldoi 0, 1, 2, " + n, i -> i + n);
        }
        for (int shw = 0; shw < 4; shw++) {
            int n = shw;
            check("xxsldwi 32, 33, 34, " + n, i -> i + 4 * n);
        }
    }

    @Test
    void MergeAndPermuteDoubleword_allForms_interleave() {
        for (int bytes = 1; bytes <= 4; bytes *= 2) {
            int n = bytes;
            char letter = "bhw".charAt(Integer.numberOfTrailingZeros(n));
            IntUnaryOperator high = i -> i / n % 2 * 16 + i / (2 * n) * n + i % n;
            check("vmrgh" + letter + " 0, 1, 2", high);
            check("vmrgl" + letter + " 0, 1, 2", i -> high.applyAsInt(i) + 8);
        }
        check("xxmrghw 32, 33, 34", i -> i / 4 % 2 * 16 + i / 8 * 4 + i % 4);
        check("xxmrglw 32, 33, 34", i -> i / 4 % 2 * 16 + i / 8 * 4 + i % 4 + 8);
        check("vmrgew 0, 1, 2", i -> i / 4 % 2 * 16 + i / 8 * 8 + i % 4);
        check("vmrgow 0, 1, 2", i -> i / 4 % 2 * 16 + i / 8 * 8 + i % 4 + 4);
        for (int dm = 0; dm < 4; dm++) {
            int selected = dm;
            check("xxpermdi 32, 33, 34, " + dm, i -> i < 8 ? (selected >> 1) * 8 + i : 16 + (selected & 1) * 8 + i % 8);
        }
    }

    @Test
    void Splat_allElements_repeatsOne() {
        for (int uim = 0; uim < 16; uim++) {
            int n = uim;
            check("vspltb 0, 2, " + n, i -> 16 + n);
            if (n < 8) {
                check("vsplth 0, 2, " + n, i -> 16 + 2 * n + i % 2);
            }
            if (n < 4) {
                check("vspltw 0, 2, " + n, i -> 16 + 4 * n + i % 4);
                check("xxspltw 32, 34, " + n, i -> 16 + 4 * n + i % 4);
            }
        }
        machine.run("vspltisb 0, -1");
        assertEquals("ffffffffffffffff_ffffffffffffffff", hex(machine.get(0)));
        machine.run("vspltish 0, -16");
        assertEquals("fff0fff0fff0fff0_fff0fff0fff0fff0", hex(machine.get(0)));
        machine.run("vspltisw 0, 15");
        assertEquals("0000000f0000000f_0000000f0000000f", hex(machine.get(0)));
        machine.run("xxspltib 32, 165");
        assertEquals("a5a5a5a5a5a5a5a5_a5a5a5a5a5a5a5a5", hex(machine.get(0)));
    }

    @Test
    void ByteReverse_allWidths_mirrorsElements() {
        check("xxbrh 32, 34", i -> 16 + (i ^ 1));
        check("xxbrw 32, 34", i -> 16 + (i ^ 3));
        check("xxbrd 32, 34", i -> 16 + (i ^ 7));
        check("xxbrq 32, 34", i -> 16 + (i ^ 15));
    }

    @Test
    void ExtractAndInsert_allPlaces_moveElements() {
        for (int bytes = 1; bytes <= 8; bytes *= 2) {
            char letter = "bhwd".charAt(Integer.numberOfTrailingZeros(bytes));
            String unsigned = bytes == 8 ? "" : "u";
            for (int place = 0; place <= 16 - bytes; place++) {
                long value = 0;
                long[] inserted = a.clone();
                for (int i = 0; i < bytes; i++) {
                    value = value << 8 | element(b, 8, place + i);
                    put(inserted, 8, place + i, element(b, 8, 8 - bytes + i));
                }
                machine.run("vextract" + unsigned + letter + " 0, 2, " + place);
                assertEquals(hex(new long[] {value, 0}), hex(machine.get(0)));
                machine.set(0, a);
                machine.run("vinsert" + letter + " 0, 2, " + place);
                assertEquals(hex(inserted), hex(machine.get(0)));
                if (bytes == 8) {
                    continue;
                }
                machine.p.setGpr(4, place | 0x30);
                machine.run("vextu" + letter + "lx 3, 4, 2");
                assertEquals(value, machine.p.gpr(3));
                machine.p.setGpr(4, 16 - bytes - place);
                machine.run("vextu" + letter + "rx 3, 4, 2");
                assertEquals(value, machine.p.gpr(3));
                if (bytes == 4) {
                    machine.run("xxextractuw 32, 34, " + place);
                    assertEquals(hex(new long[] {value, 0}), hex(machine.get(0)));
                    machine.set(0, a);
                    machine.run("xxinsertw 32, 34, " + place);
                    assertEquals(hex(inserted), hex(machine.get(0)));
                }
            }
        }
    }

    private static BigInteger unsigned(long[] v) {
        return new BigInteger(hex(v).replace("_", ""), 16);
    }

    private void checkQuadword(String instruction, BigInteger expected) {
        machine.run(instruction);
        BigInteger all = BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE);
        assertEquals(expected.and(all), unsigned(machine.get(0)), instruction);
    }

    @Test
    void WholeRegisterShifts_allCounts_agreeWithBigInteger() {
        for (int n = 0; n < 128; n++) {
            randomOperands();
            machine.set(2, -1, ~0x7fL | n);
            checkQuadword("vslo 0, 1, 2", unsigned(a).shiftLeft(n & 0x78));
            checkQuadword("vsro 0, 1, 2", unsigned(a).shiftRight(n & 0x78));
            long each = (n & 7) * 0x0101_0101_0101_0101L;
            machine.set(2, each, each);
            checkQuadword("vsl 0, 1, 2", unsigned(a).shiftLeft(n & 7));
            checkQuadword("vsr 0, 1, 2", unsigned(a).shiftRight(n & 7));
            // With one count for all bytes the variable forms shift the register as a whole, too.
            checkQuadword("vslv 0, 1, 2", unsigned(a).shiftLeft(n & 7));
            checkQuadword("vsrv 0, 1, 2", unsigned(a).shiftRight(n & 7));
        }
    }

    @Test
    void QuadwordArithmetic_randomOperands_agreesWithBigInteger() {
        BigInteger not = BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE);
        for (int round = 0; round < ROUNDS; round++) {
            randomOperands();
            BigInteger x = unsigned(a);
            BigInteger y = unsigned(b);
            BigInteger carry = unsigned(c).and(BigInteger.ONE);
            BigInteger complement = y.xor(not);
            checkQuadword("vadduqm 0, 1, 2", x.add(y));
            checkQuadword("vaddcuq 0, 1, 2", x.add(y).shiftRight(128));
            checkQuadword("vaddeuqm 0, 1, 2, 3", x.add(y).add(carry));
            checkQuadword("vaddecuq 0, 1, 2, 3", x.add(y).add(carry).shiftRight(128));
            checkQuadword("vsubuqm 0, 1, 2", x.subtract(y));
            checkQuadword(
                    "vsubcuq 0, 1, 2", x.add(complement).add(BigInteger.ONE).shiftRight(128));
            checkQuadword("vsubeuqm 0, 1, 2, 3", x.add(complement).add(carry));
            checkQuadword("vsubecuq 0, 1, 2, 3", x.add(complement).add(carry).shiftRight(128));
            b[1] = b[1] & ~15 | Math.floorMod(b[1], 10L);
            machine.set(2, b);
            BigInteger digit = BigInteger.valueOf(b[1] & 15);
            BigInteger tenfold = x.multiply(BigInteger.TEN);
            checkQuadword("vmul10uq 0, 1", tenfold);
            checkQuadword("vmul10cuq 0, 1", tenfold.shiftRight(128));
            checkQuadword("vmul10euq 0, 1, 2", tenfold.add(digit));
            checkQuadword("vmul10ecuq 0, 1, 2", tenfold.add(digit).shiftRight(128));
            machine.set(2, machine.vector(64));
            BigInteger sum = unsigned(c);
            for (int i = 0; i < 2; i++) {
                long[] left = {0, a[i]};
                long[] right = {0, machine.get(2)[i]};
                sum = sum.add(unsigned(left).multiply(unsigned(right)));
            }
            checkQuadword("vmsumudm 0, 1, 2, 3", sum);
        }
    }

    private static long bit(long[] v, int i) {
        return v[i >> 6] >>> 63 - (i & 63) & 1;
    }

    @Test
    void BitPermutes_randomIndexes_pickBits() {
        for (int round = 0; round < ROUNDS; round++) {
            randomOperands();
            b = machine.vector(8);
            machine.set(2, b);
            long quadword = 0;
            long[] doublewords = new long[2];
            long[] gathered = new long[2];
            long[] exclusive = new long[2];
            for (int i = 0; i < 16; i++) {
                int index = (int) element(b, 8, i);
                quadword = quadword << 1 | (index < 128 ? bit(a, index) : 0);
                doublewords[i >> 3] = doublewords[i >> 3] << 1 | (index < 64 ? a[i >> 3] >>> 63 - index & 1 : 0);
                int both = (int) element(c, 8, i);
                put(exclusive, 8, i, element(a, 8, both >> 4) ^ element(b, 8, both & 15));
                for (int j = 0; j < 8; j++) {
                    long one = bit(b, (i & 8) * 8 + j * 8 + (i & 7));
                    put(gathered, 8, i, element(gathered, 8, i) << 1 | one);
                }
            }
            machine.run("vbpermq 0, 1, 2");
            assertEquals(hex(new long[] {quadword, 0}), hex(machine.get(0)));
            machine.run("vbpermd 0, 1, 2");
            assertEquals(hex(doublewords), hex(machine.get(0)));
            machine.run("vgbbd 0, 2");
            assertEquals(hex(gathered), hex(machine.get(0)));
            machine.run("vpermxor 0, 1, 2, 3");
            assertEquals(hex(exclusive), hex(machine.get(0)));
        }
    }

    @Test
    void LeastSignificantBitCounts_eachFirstByte_countBytes() {
        for (int n = 0; n <= 16; n++) {
            long[] fromLeft = {machine.random.nextLong() & ~0x0101_0101_0101_0101L, 0xfefe_fefe_fefe_fefeL};
            long[] fromRight = fromLeft.clone();
            for (int i = n; i < 16; i++) {
                put(fromLeft, 8, i, element(fromLeft, 8, i) | 1);
                put(fromRight, 8, 15 - i, element(fromRight, 8, 15 - i) | 1);
            }
            machine.set(2, fromLeft);
            machine.run("vclzlsbb 3, 2");
            assertEquals(n, machine.p.gpr(3));
            machine.set(2, fromRight);
            machine.run("vctzlsbb 3, 2");
            assertEquals(n, machine.p.gpr(3));
        }
    }

    @Test
    void Pixels_allPixels_keepTheHighBitsOfChannels() {
        for (int pixel = 0; pixel < 1 << 16; pixel += 8) {
            long[] pixels = new long[2];
            for (int i = 0; i < 8; i++) {
                put(pixels, 16, i, pixel + i);
            }
            machine.set(2, pixels);
            machine.run("vupkhpx 1, 2");
            machine.run("vupklpx 3, 2");
            for (int i = 0; i < 8; i++) {
                int n = pixel + i;
                int expected = (n >> 15 == 0 ? 0 : 0xff) << 24 | (n >> 10 & 31) << 16 | (n >> 5 & 31) << 8 | n & 31;
                assertEquals(expected, (int) element(machine.get(i < 4 ? 1 : 3), 32, i % 4));
            }
            // Packing wants the five bits at the top of each channel.
            machine.set(4, toTop(machine.get(1)[0]), toTop(machine.get(1)[1]));
            machine.set(5, toTop(machine.get(3)[0]), toTop(machine.get(3)[1]));
            machine.run("vpkpx 0, 4, 5");
            assertEquals(hex(pixels), hex(machine.get(0)));
        }
    }

    /** Moves the five bits of the last three channels to the top, in two pixels. */
    private static long toTop(long pixels) {
        return pixels & 0x0100_0000_0100_0000L | (pixels & 0x001f_1f1f_001f_1f1fL) << 3;
    }
}

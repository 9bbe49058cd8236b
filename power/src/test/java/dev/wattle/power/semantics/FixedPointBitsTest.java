// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.State;
import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FixedPointBitsTest {
    private static final int X_FORM = 31 << 26 | 3 << 21 | 4 << 16 | 5 << 11;
    private static final int VA_FORM = 4 << 26 | 3 << 21 | 4 << 16 | 5 << 11 | 6 << 6;

    private final SingleInstruction machine = new SingleInstruction(ProcessorModel.POWER9);
    private final PowerProcessor p = machine.p;
    private final Random random = seeded();

    private static Random seeded() {
        long seed = System.nanoTime();
        System.out.println("FixedPointBitsTest seed " + seed);
        return new Random(seed);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private long compute(int word, long... operands) {
        for (int i = 0; i < operands.length; i++) {
            p.setGpr(4 + i, operands[i]);
        }
        assertEquals(0, machine.run(word));
        return p.gpr(3);
    }

    /** Runs a form whose source is RS = 3 and whose target is RA = 4. */
    private long logical(int xo, long rs, long rb) {
        p.setGpr(3, rs);
        p.setGpr(5, rb);
        assertEquals(0, machine.run(X_FORM | xo << 1));
        return p.gpr(4);
    }

    @Test
    void Remainders_randomOperands_haveTheSignOfTheDividend() {
        for (int i = 0; i < 1000; i++) {
            long a = random.nextLong() >> random.nextInt(64);
            long b = random.nextLong() >> random.nextInt(64);
            if (b == 0 || (int) b == 0) {
                continue;
            }
            assertEquals(a % b, compute(X_FORM | 777 << 1, a, b));
            assertEquals(Long.remainderUnsigned(a, b), compute(X_FORM | 265 << 1, a, b));
            assertEquals((int) a % (int) b, compute(X_FORM | 779 << 1, a, b));
            assertEquals(
                    Integer.toUnsignedLong(Integer.remainderUnsigned((int) a, (int) b)),
                    compute(X_FORM | 267 << 1, a, b));
        }
    }

    @Test
    void MultiplyAdd_randomOperands_agreesWithBigInteger() {
        BigInteger all = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
        for (int i = 0; i < 1000; i++) {
            long[] v = {random.nextLong(), random.nextLong() >> random.nextInt(64), random.nextLong()};
            BigInteger[] s = new BigInteger[3];
            BigInteger[] u = new BigInteger[3];
            for (int j = 0; j < 3; j++) {
                s[j] = BigInteger.valueOf(v[j]);
                u[j] = s[j].and(all);
            }
            BigInteger signed = s[0].multiply(s[1]).add(s[2]);
            BigInteger unsigned = u[0].multiply(u[1]).add(u[2]);
            assertEquals(signed.shiftRight(64).longValue(), compute(VA_FORM | 48, v));
            assertEquals(unsigned.shiftRight(64).longValue(), compute(VA_FORM | 49, v));
            assertEquals(signed.longValue(), compute(VA_FORM | 51, v));
        }
    }

    @Test
    void Bytes_randomOperands_areComparedAndCountedOneByOne() {
        for (int i = 0; i < 1000; i++) {
            long a = random.nextLong();
            long b = a ^ random.nextLong() & random.nextLong() & (0xffL << 8 * random.nextInt(8)) * 0x101;
            long equal = 0;
            long counts = 0;
            int parity = 0;
            for (int shift = 0; shift < 64; shift += 8) {
                long byteA = a >>> shift & 0xff;
                equal |= byteA == (b >>> shift & 0xff) ? 0xffL << shift : 0;
                counts |= (long) Long.bitCount(byteA) << shift;
                parity ^= (int) byteA & 1;
            }
            assertEquals(equal, logical(508, a, b));
            assertEquals(counts, logical(122, a, 0));
            assertEquals(parity, logical(186, a, 0));
            long parities = logical(154, a, 0);
            assertEquals(parity, parities >>> 32 ^ parities & 1);
        }
    }

    @Test
    void Bpermd_indices_selectBitsFromTheLeft() {
        assertEquals(0b1000_0011, logical(252, 0x003f_40ff_0201_3e3dL, 0x8000_0000_0000_0006L));
        assertEquals(0, logical(252, -1, -1));
        assertEquals(0xff, logical(252, 0, Long.MIN_VALUE));
    }

    @Test
    void CompareRanges_oneOrTwo_setGreaterThan() {
        int cmprb = 31 << 26 | 2 << 23 | 4 << 16 | 5 << 11 | 192 << 1;
        int cmprbTwo = cmprb | 1 << 21;
        int cmpeqb = 31 << 26 | 2 << 23 | 4 << 16 | 5 << 11 | 224 << 1;
        long letters = 0x5a41_7a61L;
        compute(cmprb, 'q', letters);
        assertEquals(4, p.cr(2));
        compute(cmprb, 'Q', letters);
        assertEquals(0, p.cr(2));
        compute(cmprbTwo, 'Q', letters);
        assertEquals(4, p.cr(2));
        compute(cmprbTwo, '1', letters);
        assertEquals(0, p.cr(2));
        compute(cmpeqb, 0x1234, 0x0011_2233_4455_6677L);
        assertEquals(0, p.cr(2));
        compute(cmpeqb, 0x1233, 0x0011_2233_4455_6677L);
        assertEquals(4, p.cr(2));
    }

    @Test
    void Setb_conditions_giveMinusOneOneAndZero() {
        int setb = 31 << 26 | 3 << 21 | 6 << 18 | 128 << 1;
        int[] fields = {8, 9, 4, 5, 2, 1};
        long[] results = {-1, -1, 1, 1, 0, 0};
        for (int i = 0; i < fields.length; i++) {
            p.setCr(6, fields[i]);
            assertEquals(results[i], compute(setb));
        }
    }

    @Test
    void Addex_carry_goesToOvWithoutSo() {
        p.setXer(0x4000_0000L);
        assertEquals(0, compute(X_FORM | 170 << 1, -2, 1));
        assertEquals(1, p.slot(State.OV));
        assertEquals(1, p.slot(State.OV32));
        assertEquals(0, p.slot(State.SO));
    }

    @Test
    void PackedDecimalSum_withAddg6s_isTheDecimalSum() {
        // The sequence that the book gives for adding packed decimals: add 6 to each digit, add, take 6 back where
        // no digit carried.
        for (int i = 0; i < 1000; i++) {
            long a = random.nextLong(1_000_000_000_000_000L);
            long b = random.nextLong(1_000_000_000_000_000L);
            long packedA = Long.parseLong(Long.toString(a), 16) + 0x0666_6666_6666_6666L;
            long packedB = Long.parseLong(Long.toString(b), 16);
            long correction = compute(X_FORM | 74 << 1, packedA, packedB) & 0x0fff_ffff_ffff_ffffL;
            long sum = packedA + packedB - correction;
            assertEquals(Long.toString(a + b), Long.toHexString(sum));
        }
    }

    @Test
    void Declets_cdtbcdAndCbcdtd_areInverse() {
        for (int i = 0; i < 1000; i++) {
            long left = Long.parseLong(Integer.toString(random.nextInt(1_000_000)), 16);
            long right = Long.parseLong(Integer.toString(random.nextInt(1_000_000)), 16);
            long bcd = left << 32 | right;
            assertEquals(bcd, logical(282, logical(314, bcd, 0), 0));
        }
    }

    @Test
    void Darn_forms_takeThePlatformsNumber() {
        machine.setRandomNumber(0x8765_4321_8765_4321L);
        int darn = 31 << 26 | 3 << 21 | 755 << 1;
        assertEquals(0x8765_4321L, compute(darn));
        assertEquals(0x8765_4321_8765_4321L, compute(darn | 1 << 16));
        assertEquals(0x8765_4321_8765_4321L, compute(darn | 2 << 16));
        assertEquals(-1, compute(darn | 3 << 16));
    }
}

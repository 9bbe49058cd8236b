// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.State;
import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Forms with OE = 1 against unbounded integers, in both computation modes and both processor models. */
class FixedPointOverflowTest {
    private static final int RT_RA_RB = 31 << 26 | 3 << 21 | 4 << 16 | 5 << 11 | 1 << 10;

    private static long operand(Random random) {
        long[] corners = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL};
        return switch (random.nextInt(3)) {
            case 0 -> corners[random.nextInt(corners.length)];
            case 1 -> random.nextLong() >> random.nextInt(64);
            default -> random.nextLong();
        };
    }

    private interface Check {
        void run(SingleInstruction machine, Random random, boolean sf);
    }

    private static void everyMode(Check check) {
        long seed = System.nanoTime();
        System.out.println("FixedPointOverflowTest seed " + seed);
        Random random = new Random(seed);
        for (ProcessorModel model : ProcessorModel.values()) {
            try (SingleInstruction machine = new SingleInstruction(model)) {
                for (int i = 0; i < 2000; i++) {
                    boolean sf = (i & 1) == 0;
                    machine.p.setMsr(Msr.ME | (sf ? Msr.SF : 0));
                    machine.p.setXer(random.nextInt(8) << 29);
                    check.run(machine, random, sf);
                }
            }
        }
    }

    private static BigInteger signed(long value, int bits) {
        return BigInteger.valueOf(bits == 64 ? value : (int) value);
    }

    private static BigInteger unsigned(long value, int bits) {
        BigInteger all = BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE);
        return BigInteger.valueOf(value).and(all);
    }

    private static boolean fits(BigInteger value, int bits) {
        return value.bitLength() < bits;
    }

    private static void expectOverflow(PowerProcessor p, boolean soBefore, boolean ov, boolean ov32) {
        assertEquals(ov ? 1 : 0, p.slot(State.OV));
        assertEquals(p.model().isa() >= 300 && ov32 ? 1 : 0, p.slot(State.OV32));
        assertEquals(soBefore || ov ? 1 : 0, p.slot(State.SO));
    }

    @Test
    void AddeoAndSubfeo_randomOperands_setCarriesAndOverflows() {
        everyMode((machine, random, sf) -> {
            PowerProcessor p = machine.p;
            boolean subtract = random.nextBoolean();
            long a = operand(random);
            long b = operand(random);
            long carry = p.slot(State.CA);
            boolean so = p.slot(State.SO) != 0;
            p.setGpr(4, a);
            p.setGpr(5, b);
            assertEquals(0, machine.run(RT_RA_RB | (subtract ? 136 : 138) << 1 | 1));
            long left = subtract ? ~a : a;
            BigInteger in = BigInteger.valueOf(carry);
            BigInteger sum64 = signed(left, 64).add(signed(b, 64)).add(in);
            BigInteger sum32 = signed(left, 32).add(signed(b, 32)).add(in);
            boolean ov32 = !fits(sum32, 32);
            assertEquals(sum64.longValue(), p.gpr(3));
            expectOverflow(p, so, sf ? !fits(sum64, 64) : ov32, ov32);
            boolean carry64 = unsigned(left, 64).add(unsigned(b, 64)).add(in).testBit(64);
            boolean carry32 = unsigned(left, 32).add(unsigned(b, 32)).add(in).testBit(32);
            assertEquals((sf ? carry64 : carry32) ? 1 : 0, p.slot(State.CA));
            assertEquals(p.model().isa() >= 300 && carry32 ? 1 : 0, p.slot(State.CA32));
            long compared = sf ? p.gpr(3) : (int) p.gpr(3);
            assertEquals((compared < 0 ? 8 : compared > 0 ? 4 : 2) | (int) p.slot(State.SO), p.cr(0));
        });
    }

    @Test
    void Nego_mostNegative_overflowsInItsMode() {
        try (SingleInstruction machine = new SingleInstruction(ProcessorModel.POWER9)) {
            PowerProcessor p = machine.p;
            int nego = 31 << 26 | 3 << 21 | 4 << 16 | 1 << 10 | 104 << 1;
            p.setGpr(4, Long.MIN_VALUE);
            machine.run(nego);
            assertEquals(Long.MIN_VALUE, p.gpr(3));
            expectOverflow(p, false, true, false);
            p.setXer(0);
            p.setGpr(4, 0x8000_0000L);
            machine.run(nego);
            expectOverflow(p, false, false, true);
            p.setMsr(Msr.ME);
            machine.run(nego);
            expectOverflow(p, false, true, true);
        }
    }

    private static void quotients(int xo, int bits, boolean extended, boolean isSigned) {
        everyMode((machine, random, sf) -> {
            PowerProcessor p = machine.p;
            long a = operand(random);
            long b = operand(random);
            boolean so = p.slot(State.SO) != 0;
            p.setGpr(4, a);
            p.setGpr(5, b);
            assertEquals(0, machine.run(RT_RA_RB | xo << 1));
            BigInteger dividend = isSigned ? signed(a, bits) : unsigned(a, bits);
            BigInteger divisor = isSigned ? signed(b, bits) : unsigned(b, bits);
            dividend = extended ? dividend.shiftLeft(bits) : dividend;
            boolean overflow = divisor.signum() == 0;
            if (!overflow) {
                BigInteger quotient = dividend.divide(divisor);
                overflow = isSigned ? !fits(quotient, bits) : quotient.bitLength() > bits;
                if (!overflow) {
                    String what = Long.toHexString(a) + " / " + Long.toHexString(b);
                    long got = bits == 64 ? p.gpr(3) : (int) p.gpr(3);
                    assertEquals(bits == 64 ? quotient.longValue() : quotient.intValue(), got, what);
                }
            }
            expectOverflow(p, so, overflow, overflow);
        });
    }

    @Test
    void Divwo_randomOperands_agreesWithBigInteger() {
        quotients(491, 32, false, true);
    }

    @Test
    void Divduo_randomOperands_agreesWithBigInteger() {
        quotients(457, 64, false, false);
    }

    @Test
    void Divweo_randomOperands_agreesWithBigInteger() {
        quotients(427, 32, true, true);
    }

    @Test
    void Divweuo_randomOperands_agreesWithBigInteger() {
        quotients(395, 32, true, false);
    }

    @Test
    void Divdeo_randomOperands_agreesWithBigInteger() {
        quotients(425, 64, true, true);
    }

    @Test
    void Divdeuo_randomOperands_agreesWithBigInteger() {
        quotients(393, 64, true, false);
    }

    @Test
    void Mulldo_randomOperands_overflowsBeyond64Bits() {
        everyMode((machine, random, sf) -> {
            PowerProcessor p = machine.p;
            boolean so = p.slot(State.SO) != 0;
            p.setGpr(4, operand(random));
            p.setGpr(5, operand(random));
            BigInteger product = signed(p.gpr(4), 64).multiply(signed(p.gpr(5), 64));
            machine.run(RT_RA_RB | 233 << 1);
            assertEquals(product.longValue(), p.gpr(3));
            expectOverflow(p, so, !fits(product, 64), !fits(product, 64));
        });
    }

    @Test
    void Mullwo_randomOperands_overflowsBeyond32Bits() {
        everyMode((machine, random, sf) -> {
            PowerProcessor p = machine.p;
            boolean so = p.slot(State.SO) != 0;
            p.setGpr(4, operand(random));
            p.setGpr(5, operand(random));
            BigInteger product = signed(p.gpr(4), 32).multiply(signed(p.gpr(5), 32));
            machine.run(RT_RA_RB | 235 << 1);
            assertEquals(product.longValue(), p.gpr(3));
            expectOverflow(p, so, !fits(product, 32), !fits(product, 32));
        });
    }
}

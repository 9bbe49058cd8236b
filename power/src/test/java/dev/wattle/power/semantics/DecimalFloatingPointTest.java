// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.semantics.decimal.Decimal;
import dev.wattle.power.semantics.decimal.DecimalFormat;
import java.math.BigInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** FPSCR, enabled exceptions and register pairs. Values are in the tests of the arithmetic. */
class DecimalFloatingPointTest {
    private static final int FRT = 4 << 21;
    private static final int FRA = 0;
    private static final int FRB = 2 << 11;
    private static final int DADD_RC = 59 << 26 | FRT | FRA | FRB | 2 << 1 | 1;
    private static final int DMUL = 59 << 26 | FRT | FRA | FRB | 34 << 1;
    private static final int DDIV = 59 << 26 | FRT | FRA | FRB | 546 << 1;
    private static final int DDIVQ = 63 << 26 | FRT | FRA | FRB | 546 << 1;
    private static final int DCMPO_CR3 = 59 << 26 | 3 << 23 | FRA | FRB | 130 << 1;
    private static final int DCTFIX = 59 << 26 | FRT | FRB | 290 << 1;
    private static final int DENBCD_SIGNED = 59 << 26 | FRT | 1 << 20 | FRB | 834 << 1;
    private static final int DDEDPDQ_SIGNED = 63 << 26 | FRT | 2 << 19 | FRB | 322 << 1;
    private static final int DRDPQ = 63 << 26 | FRT | FRB | 770 << 1;
    private static final int DXEX = 59 << 26 | FRT | FRB | 354 << 1;
    private static final int DSCLI_5 = 59 << 26 | FRT | FRA | 5 << 10 | 66 << 1;

    private static final long FX = 0x8000_0000L;
    private static final long FEX = 0x4000_0000L;
    private static final long VX = 0x2000_0000L;
    private static final long OX = 0x1000_0000L;
    private static final long ZX = 0x0400_0000L;
    private static final long XX = 0x0200_0000L;
    private static final long VXSNAN = 0x0100_0000L;
    private static final long VXZDZ = 0x0020_0000L;
    private static final long VXVC = 0x0008_0000L;
    private static final long VXCVI = 0x100;
    private static final long FR = 0x0004_0000L;
    private static final long FI = 0x0002_0000L;
    private static final long VE = 0x80;
    private static final long OE = 0x40;
    private static final long ZE = 0x10;
    private static final long TARGET = 0x0123_4567_89ab_cdefL;

    private final SingleInstruction machine = new SingleInstruction(ProcessorModel.POWER9);

    @AfterEach
    void close() {
        machine.close();
    }

    private static Decimal number(long coefficient, int exponent) {
        return Decimal.finite(coefficient < 0, BigInteger.valueOf(Math.abs(coefficient)), exponent);
    }

    private void operands(Decimal a, Decimal b, long fpscr) {
        machine.p.setFpr(0, DecimalFormat.LONG.encode(a));
        machine.p.setFpr(2, DecimalFormat.LONG.encode(b));
        machine.p.setFpr(4, TARGET);
        machine.p.setFpscr(fpscr);
    }

    private Decimal result() {
        return DecimalFormat.LONG.decode(0, machine.p.fpr(4));
    }

    @Test
    void Dadd_exactSum_setsFprfAndClearsFrFi() {
        operands(number(12, 0), number(-7, -1), FR | FI | XX);
        assertEquals(0, machine.run(DADD_RC));
        assertEquals(number(113, -1), result());
        assertEquals(XX | 0x4000, machine.p.fpscr());
        assertEquals(0, machine.p.cr(1));
    }

    @Test
    void Dadd_inexactSumRoundedUp_setsXxFrFiAndCr1() {
        operands(number(9_999_999_999_999_999L, 0), number(6, -1), 0);
        assertEquals(0, machine.run(DADD_RC));
        assertEquals(number(1_000_000_000_000_000L, 1), result());
        assertEquals(FX | XX | FR | FI | 0x4000, machine.p.fpscr());
        assertEquals(8, machine.p.cr(1));
    }

    @Test
    void Dmul_overflowWithRoundingTowardZero_isTheLargestNumber() {
        operands(number(1, 369), number(1, 369), 1L << 32);
        machine.run(DMUL);
        assertEquals(number(9_999_999_999_999_999L, 369), result());
        assertEquals(1L << 32 | FX | OX | XX | FI | 0x4000, machine.p.fpscr());
    }

    @Test
    void Dmul_enabledOverflow_deliversAdjustedExponent() {
        operands(number(3, 300), number(5, 200), OE);
        assertEquals(0, machine.run(DMUL));
        assertEquals(number(15, 500 - 576), result());
        assertEquals(FX | FEX | OX | OE | 0x4000, machine.p.fpscr());
    }

    @Test
    void Dmul_enabledOverflowWithInterrupts_takesProgramInterruptAfterDelivery() {
        operands(number(3, 300), number(5, 200), OE);
        machine.p.setMsr(machine.p.msr() | Msr.FE0);
        assertEquals(SingleInstruction.PROGRAM, machine.run(DMUL));
        assertEquals(number(15, 500 - 576), result());
    }

    @Test
    void Ddiv_enabledZeroDivide_leavesTargetAndFprf() {
        operands(number(1, 0), number(0, 0), ZE | 0x8000 | FR | FI);
        machine.run(DDIV);
        assertEquals(TARGET, machine.p.fpr(4));
        assertEquals(FX | FEX | ZX | ZE | 0x8000, machine.p.fpscr());
    }

    @Test
    void Ddiv_zeroByZero_isInvalid() {
        operands(number(0, 0), number(0, 0), 0);
        machine.run(DDIV);
        assertEquals(Decimal.defaultNan(), result());
        assertEquals(FX | VX | VXZDZ | 0x1_1000, machine.p.fpscr());
        operands(number(0, 0), number(0, 0), VE | 0x2000);
        machine.run(DDIV);
        assertEquals(TARGET, machine.p.fpr(4));
        assertEquals(FX | FEX | VX | VXZDZ | VE | 0x2000, machine.p.fpscr());
    }

    @Test
    void Ddiv_exceptionAlreadySet_doesNotSetFxAgain() {
        operands(number(1, 0), number(3, 0), XX);
        machine.run(DDIV);
        assertEquals(XX | FI | 0x4000, machine.p.fpscr());
    }

    @Test
    void Ddivq_pairs_haveTheLeftHalfInTheEvenRegister() {
        DecimalFormat format = DecimalFormat.EXTENDED;
        machine.p.setFpr(0, format.encodeHigh(number(1, 0)));
        machine.p.setFpr(1, format.encodeLow(number(1, 0)));
        machine.p.setFpr(2, format.encodeHigh(number(8, 0)));
        machine.p.setFpr(3, format.encodeLow(number(8, 0)));
        machine.run(DDIVQ);
        assertEquals(number(125, -3), format.decode(machine.p.fpr(4), machine.p.fpr(5)));
    }

    @Test
    void Dcmpo_signalingNan_isUnorderedAndInvalid() {
        operands(number(1, 0), new Decimal(Decimal.Kind.SIGNALING_NAN, false, BigInteger.ONE, 0), FR | FI);
        machine.run(DCMPO_CR3);
        assertEquals(1, machine.p.cr(3));
        assertEquals(FX | VX | VXSNAN | VXVC | FR | FI | 0x1000, machine.p.fpscr());
    }

    @Test
    void Dctfix_outOfRange_saturatesAndKeepsFprf() {
        operands(number(0, 0), number(-1, 19), 0x5000);
        machine.run(DCTFIX);
        assertEquals(Long.MIN_VALUE, machine.p.fpr(4));
        assertEquals(FX | VX | VXCVI | 0x5000, machine.p.fpscr());
    }

    @Test
    void Denbcd_signedAndInvalidDigits_encodesOrRefuses() {
        machine.p.setFpscr(0);
        machine.p.setFpr(2, 0x1234_5678_9012_345dL);
        machine.run(DENBCD_SIGNED);
        assertEquals(number(-123_456_789_012_345L, 0), result());
        machine.p.setFpr(2, 0x1234_56a8_9012_345dL);
        machine.run(DENBCD_SIGNED);
        assertEquals(Decimal.defaultNan(), result());
        assertEquals(FX | VX | VXCVI | 0x1_1000, machine.p.fpscr());
    }

    @Test
    void Ddedpdq_infinity_decodesItsTrailingSignificand() {
        DecimalFormat format = DecimalFormat.EXTENDED;
        Decimal infinity = new Decimal(Decimal.Kind.INFINITE, true, new BigInteger("12345678901234567890"), 0);
        machine.p.setFpr(2, format.encodeHigh(infinity));
        machine.p.setFpr(3, format.encodeLow(infinity));
        machine.run(DDEDPDQ_SIGNED);
        assertEquals(0x1_2345, machine.p.fpr(4));
        assertEquals(0x6789_0123_4567_890dL, machine.p.fpr(5));
    }

    @Test
    void Drdpq_result_isInTheEvenRegister() {
        DecimalFormat format = DecimalFormat.EXTENDED;
        machine.p.setFpr(2, format.encodeHigh(number(-25, 3)));
        machine.p.setFpr(3, format.encodeLow(number(-25, 3)));
        machine.p.setFpr(5, TARGET);
        machine.run(DRDPQ);
        assertEquals(number(-25, 3), result());
        assertEquals(0, machine.p.fpr(5));
    }

    @Test
    void Dxex_signalingNan_isMinusThree() {
        operands(number(0, 0), new Decimal(Decimal.Kind.SIGNALING_NAN, false, BigInteger.ONE, 0), 0);
        machine.run(DXEX);
        assertEquals(-3, machine.p.fpr(4));
        assertEquals(0, machine.p.fpscr());
    }

    @Test
    void Dscli_signalingNan_losesTheDigitBeforeTheSignificand() {
        Decimal nan = new Decimal(Decimal.Kind.SIGNALING_NAN, true, BigInteger.valueOf(98_765_432_109_876L), 0);
        operands(nan, number(0, 0), 0);
        machine.run(DSCLI_5);
        Decimal expected = new Decimal(Decimal.Kind.SIGNALING_NAN, true, BigInteger.valueOf(543_210_987_600_000L), 0);
        assertEquals(expected, result());
    }
}

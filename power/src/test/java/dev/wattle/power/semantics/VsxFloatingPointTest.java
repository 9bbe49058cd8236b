// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.semantics.floating.Fpscr;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Floating-point instructions of the vector-scalar and the vector facility. */
class VsxFloatingPointTest {
    private static final long ONE = 0x3ff0_0000_0000_0000L;
    private static final long TWO = 0x4000_0000_0000_0000L;
    private static final long THREE = 0x4008_0000_0000_0000L;
    private static final long FOUR = 0x4010_0000_0000_0000L;
    private static final long HUGE = 0x7fe0_0000_0000_0000L;
    private static final long INFINITY = 0x7ff0_0000_0000_0000L;
    private static final long QUIET = 0x7ff8_0000_0000_0001L;
    private static final long SIGNALING = 0x7ff0_0000_0000_0001L;
    private static final long OLD = 0x1234_5678_9abc_def0L;
    private static final long FX = 0x8000_0000L;
    private static final long QUAD_ONE = 0x3fff_0000_0000_0000L;

    private VectorMachine machine;
    private PowerProcessor p;

    @BeforeEach
    void start() {
        machine = new VectorMachine("VsxFloatingPointTest");
        p = machine.p;
        p.setVsr(1, OLD, OLD);
        machine.set(1, OLD, OLD);
    }

    @AfterEach
    void stop() {
        machine.close();
    }

    private void vsr(int n, long high, long low) {
        assertEquals(
                VectorMachine.hex(new long[] {high, low}), VectorMachine.hex(new long[] {p.vsrHigh(n), p.vsrLow(n)}));
    }

    private void fpscr(long expected) {
        assertEquals(Long.toHexString(expected), Long.toHexString(p.fpscr()));
    }

    @Test
    void scalar_result_clearsTheRightDoubleword() {
        p.setVsr(2, ONE, OLD);
        p.setVsr(3, TWO, OLD);
        machine.run("xsadddp 1, 2, 3");
        vsr(1, THREE, 0);
        fpscr(0x4000);
    }

    @Test
    void scalarMultiplyAdd_formsAAndM_pickTheirOperands() {
        p.setVsr(1, ONE, 0);
        p.setVsr(2, TWO, 0);
        p.setVsr(3, THREE, 0);
        machine.run("xsmsubadp 1, 2, 3");
        vsr(1, 0x4014_0000_0000_0000L, 0);
        p.setVsr(1, ONE, 0);
        machine.run("xsmsubmdp 1, 2, 3");
        vsr(1, ONE | Long.MIN_VALUE, 0);
        p.setVsr(1, ONE, 0);
        machine.run("xsnmaddmsp 1, 2, 3");
        vsr(1, 0xc014_0000_0000_0000L, 0);
    }

    @Test
    void vector_inexact_leavesFprfFrAndFi() {
        p.setVsr(2, ONE, ONE);
        p.setVsr(3, THREE, ONE);
        p.setFpscr(0x11000);
        machine.run("xvdivdp 1, 2, 3");
        vsr(1, 0x3fd5_5555_5555_5555L, ONE);
        fpscr(FX | Fpscr.XX | 0x11000);
    }

    @Test
    void vector_enabledExceptionInOneElement_leavesTheTarget() {
        p.setVsr(2, ONE, HUGE);
        p.setVsr(3, ONE, HUGE);
        p.setFpscr(Fpscr.OE);
        machine.run("xvadddp 1, 2, 3");
        vsr(1, OLD, OLD);
        fpscr(FX | Fpscr.FEX | Fpscr.OX | Fpscr.OE);
        p.setFpscr(0);
        machine.run("xvadddp 1, 2, 3");
        vsr(1, TWO, INFINITY);
        fpscr(FX | Fpscr.OX | Fpscr.XX);
    }

    @Test
    void vectorSingle_differentElements_areIndependent() {
        p.setVsr(2, 0x3f80_0000_7f80_0001L, 0x4040_0000_0000_0000L);
        p.setVsr(3, 0x4000_0000_3f80_0000L, 0xc040_0000_8000_0000L);
        machine.run("xvaddsp 1, 2, 3");
        vsr(1, 0x4040_0000_7fc0_0001L, 0);
        fpscr(FX | Fpscr.VX | Fpscr.VXSNAN);
    }

    @Test
    void vectorCompareRecord_allOrNone_setsCr6() {
        p.setVsr(2, ONE, QUIET);
        p.setVsr(3, ONE, ONE);
        machine.run("xvcmpeqdp. 1, 2, 3");
        vsr(1, -1, 0);
        assertEquals(0, p.cr(6));
        fpscr(0);
        machine.run("xvcmpgtdp. 1, 2, 3");
        vsr(1, 0, 0);
        assertEquals(2, p.cr(6));
        fpscr(FX | Fpscr.VX | Fpscr.VXVC);
        machine.run("xvcmpeqsp. 1, 3, 3");
        assertEquals(8, p.cr(6));
    }

    @Test
    void maximum_ofNaNs_prefersTheNumber() {
        p.setVsr(2, QUIET, 0);
        p.setVsr(3, ONE, 0);
        machine.run("xsmaxdp 1, 2, 3");
        vsr(1, ONE, 0);
        fpscr(0);
        machine.run("xsmaxcdp 1, 3, 2");
        vsr(1, QUIET, 0);
        machine.run("xsmaxjdp 1, 2, 3");
        vsr(1, QUIET, 0);
        p.setVsr(2, 0, 0);
        p.setVsr(3, Long.MIN_VALUE, 0);
        machine.run("xsmaxcdp 1, 2, 3");
        vsr(1, Long.MIN_VALUE, 0);
        machine.run("xsmaxjdp 1, 3, 2");
        vsr(1, 0, 0);
        p.setVsr(2, SIGNALING, 0);
        machine.run("xsmindp 1, 3, 2");
        vsr(1, QUIET, 0);
        fpscr(FX | Fpscr.VX | Fpscr.VXSNAN);
    }

    @Test
    void conversions_ofWords_standInBothHalves() {
        p.setVsr(2, 0xc000_0000_0000_0000L, QUIET);
        machine.run("xscvdpsxws 1, 2");
        vsr(1, 0xffff_fffe_ffff_fffeL, 0);
        machine.run("xscvdpsp 1, 2");
        vsr(1, 0xc000_0000_c000_0000L, 0);
        machine.run("xvcvdpuxws 1, 2");
        vsr(1, 0, 0);
        assertEquals(Fpscr.VXCVI, p.fpscr() & Fpscr.INVALID);
        p.setVsr(2, SIGNALING | 0x2000_0000, 0);
        p.setFpscr(0);
        machine.run("xscvdpspn 1, 2");
        vsr(1, 0x7f80_0001_7f80_0001L, 0);
        machine.run("xscvspdpn 1, 1");
        vsr(1, 0x7ff0_0000_2000_0000L, 0);
        fpscr(0);
    }

    @Test
    void dataClass_ofSinglePrecision_tellsDenormalAndForeignNumbers() {
        p.setVsr(2, 0xb690_0000_0000_0000L, 0);
        machine.run("xststdcsp 3, 2, 1");
        assertEquals(0b1011, p.cr(3));
        p.setVsr(2, 0x36a0_0000_0000_0000L, 0);
        machine.run("xststdcsp 3, 2, 2");
        assertEquals(0b0010, p.cr(3));
        machine.run("xststdcdp 3, 2, 2");
        assertEquals(0, p.cr(3));
        machine.run("xvtstdcdp 1, 2, 8");
        vsr(1, 0, -1);
    }

    @Test
    void quad_roundToOdd_makesInexactResultsOdd() {
        machine.set(2, QUAD_ONE, 0);
        machine.set(3, 0x3f00_0000_0000_0000L, 0);
        machine.run("xsaddqp 1, 2, 3");
        vsr(33, QUAD_ONE, 0);
        machine.run("xsaddqpo 1, 2, 3");
        vsr(33, QUAD_ONE, 1);
        fpscr(FX | Fpscr.XX | Fpscr.FI | Fpscr.FR | 0x4000);
    }

    @Test
    void quad_roundToIntegral_selectsItsMode() {
        machine.set(2, 0x4000_4000_0000_0000L, 0);
        machine.run("xsrqpi 1, 1, 2, 0");
        vsr(33, 0x4000_0000_0000_0000L, 0);
        machine.run("xsrqpi 0, 1, 2, 0");
        vsr(33, 0x4000_8000_0000_0000L, 0);
        fpscr(0x4000);
        machine.run("xsrqpix 1, 1, 2, 2");
        vsr(33, 0x4000_8000_0000_0000L, 0);
        fpscr(FX | Fpscr.XX | Fpscr.FI | Fpscr.FR | 0x4000);
        p.setFpscr(1);
        machine.run("xsrqpi 0, 1, 2, 3");
        vsr(33, 0x4000_0000_0000_0000L, 0);
    }

    @Test
    void quad_extendedPrecision_roundsTo64Bits() {
        machine.set(2, QUAD_ONE, 0x0001_0000_0000_0000L);
        machine.run("xsrqpxp 1, 1, 2, 0");
        vsr(33, QUAD_ONE, 0);
        machine.run("xsrqpxp 1, 1, 2, 2");
        vsr(33, QUAD_ONE, 0x0002_0000_0000_0000L);
    }

    @Test
    void quad_conversions_saturate() {
        machine.set(2, 0xc03f_0000_0000_0000L, 0);
        machine.run("xscvqpsdz 1, 2");
        vsr(33, Long.MIN_VALUE, 0);
        assertEquals(Fpscr.VXCVI, p.fpscr() & Fpscr.INVALID);
        machine.set(2, OLD, OLD);
        machine.run("xscvudqp 1, 2");
        machine.run("xscvqpudz 1, 1");
        vsr(33, OLD, 0);
    }

    @Test
    void vmx_nonJavaMode_flushesDenormals() {
        machine.set(2, 0x0000_0001_0080_0000L, 0x3f80_0000_8000_0001L);
        machine.set(3, 0x0000_0001_8080_0001L, 0x3f80_0000_8000_0001L);
        p.setVscr(0);
        machine.run("vaddfp 1, 2, 3");
        vsr(33, 0x0000_0002_8000_0001L, 0x4000_0000_8000_0002L);
        p.setVscr(0x10000);
        machine.run("vaddfp 1, 2, 3");
        vsr(33, 0x0000_0000_8000_0000L, 0x4000_0000_8000_0000L);
        fpscr(0);
    }

    @Test
    void vmx_toInteger_scalesAndSaturates() {
        machine.set(2, 0x3fc0_0000_ff80_0000L, 0x7fc0_0000_bf40_0000L);
        p.setVscr(0);
        machine.run("vctsxs 1, 2, 1");
        vsr(33, 0x0000_0003_8000_0000L, 0x0000_0000_ffff_ffffL);
        assertEquals(1, p.vscr());
        machine.run("vcfsx 1, 1, 1");
        vsr(33, 0x3fc0_0000_ce80_0000L, 0x0000_0000_bf00_0000L);
    }

    @Test
    void vmx_boundsRecord_setsCr6WhenAllAreWithin() {
        machine.set(2, 0x3f80_0000_bf80_0000L, 0);
        machine.set(3, 0x3f80_0000_3f80_0000L, 0);
        machine.run("vcmpbfp. 1, 2, 3");
        vsr(33, 0, 0);
        assertEquals(2, p.cr(6));
        machine.set(3, 0x3f00_0000_3f00_0000L, 0x7fc0_0000_0000_0000L);
        machine.run("vcmpbfp. 1, 2, 3");
        vsr(33, 0x8000_0000_4000_0000L, 0xc000_0000_0000_0000L);
        assertEquals(0, p.cr(6));
    }

    @Test
    void vmx_logarithmAndPower_ofPowersOfTwo_areExact() {
        machine.set(2, 0x4100_0000_3e80_0000L, 0x0000_0000_bf80_0000L);
        machine.run("vlogefp 1, 2");
        vsr(33, 0x4040_0000_c000_0000L, 0xff80_0000_7fc0_0000L);
        machine.set(2, 0x4040_0000_c000_0000L, 0xff80_0000_7f80_0000L);
        machine.run("vexptefp 1, 2");
        vsr(33, 0x4100_0000_3e80_0000L, 0x0000_0000_7f80_0000L);
    }

    @Test
    void tests_forDivisionAndRoot_tellDangerousOperands() {
        p.setVsr(2, ONE, FOUR);
        p.setVsr(3, HUGE, TWO);
        machine.run("xstdivdp 3, 2, 3");
        assertEquals(0b1010, p.cr(3));
        machine.run("xvtdivdp 3, 2, 2");
        assertEquals(0b1000, p.cr(3));
        p.setVsr(3, ONE, 1);
        machine.run("xvtsqrtdp 3, 3");
        assertEquals(0b1110, p.cr(3));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.Spr;
import dev.wattle.power.semantics.floating.Fpscr;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The floating-point facility as instructions see it: registers, FPSCR, CR, interrupts and storage. */
class FloatingPointTest {
    private static final long ONE = 0x3ff0_0000_0000_0000L;
    private static final long TWO = 0x4000_0000_0000_0000L;
    private static final long THREE = 0x4008_0000_0000_0000L;
    private static final long HUGE = 0x7fe0_0000_0000_0000L;
    private static final long TINY = 0x0010_0000_0000_0000L;
    private static final long INFINITY = 0x7ff0_0000_0000_0000L;
    private static final long SIGNALING = 0x7ff0_0000_0000_0001L;
    private static final long QUIET = 0x7ff8_0000_0000_0001L;
    private static final long OLD = 0x1234_5678_9abc_def0L;
    private static final long FX = 0x8000_0000L;
    private static final int POSITIVE_NORMAL = 0x4000;

    private VectorMachine machine;
    private PowerProcessor p;

    @BeforeEach
    void start() {
        machine = new VectorMachine("FloatingPointTest");
        p = machine.p;
        p.setFpr(1, OLD);
    }

    @AfterEach
    void stop() {
        machine.close();
    }

    private void operands(long a, long b) {
        p.setFpr(2, a);
        p.setFpr(3, b);
    }

    private void fpscr(long expected) {
        assertEquals(Long.toHexString(expected), Long.toHexString(p.fpscr()));
    }

    private void result(long expected) {
        assertEquals(Long.toHexString(expected), Long.toHexString(p.fpr(1)));
    }

    @Test
    void fdiv_inexact_setsFpscr() {
        operands(ONE, THREE);
        machine.run("fdiv 1, 2, 3");
        result(0x3fd5_5555_5555_5555L);
        fpscr(FX | Fpscr.XX | Fpscr.FI | POSITIVE_NORMAL);
        assertEquals(0, p.vsrLow(1));
    }

    @Test
    void fdiv_roundedUp_setsFr() {
        operands(TWO, THREE);
        p.setFpscr(2);
        machine.run("fdiv 1, 2, 3");
        result(0x3fe5_5555_5555_5556L);
        fpscr(FX | Fpscr.XX | Fpscr.FI | Fpscr.FR | POSITIVE_NORMAL | 2);
    }

    @Test
    void fadd_exceptionBitAlreadySet_leavesFxAlone() {
        operands(ONE, 0x3c00_0000_0000_0000L);
        p.setFpscr(Fpscr.XX);
        machine.run("fadd 1, 2, 3");
        fpscr(Fpscr.XX | Fpscr.FI | POSITIVE_NORMAL);
    }

    @Test
    void fadd_exact_clearsFiAndFr() {
        operands(ONE, TWO);
        p.setFpscr(Fpscr.XX | Fpscr.FI | Fpscr.FR);
        machine.run("fadd 1, 2, 3");
        fpscr(Fpscr.XX | POSITIVE_NORMAL);
    }

    @Test
    void faddRecord_invalid_setsCr1() {
        operands(SIGNALING, TWO);
        machine.run("fadd. 1, 2, 3");
        result(QUIET);
        fpscr(FX | Fpscr.VX | Fpscr.VXSNAN | Fpscr.FPRF_NAN);
        assertEquals(0b1010, p.cr(1));
    }

    @Test
    void fadd_invalidEnabled_leavesTargetAndFprf() {
        operands(SIGNALING, TWO);
        p.setFpscr(Fpscr.VE | Fpscr.FI | Fpscr.FR | POSITIVE_NORMAL);
        machine.run("fadd 1, 2, 3");
        result(OLD);
        fpscr(FX | Fpscr.FEX | Fpscr.VX | Fpscr.VXSNAN | Fpscr.VE | POSITIVE_NORMAL);
    }

    @Test
    void fdiv_zeroDivideEnabled_leavesTarget() {
        operands(ONE, 0);
        p.setFpscr(Fpscr.ZE);
        machine.run("fdiv 1, 2, 3");
        result(OLD);
        fpscr(FX | Fpscr.FEX | Fpscr.ZX | Fpscr.ZE);
    }

    @Test
    void fdiv_zeroDivideDisabled_isInfinity() {
        operands(ONE, 0);
        machine.run("fdiv 1, 2, 3");
        result(INFINITY);
        fpscr(FX | Fpscr.ZX | 0x5000);
    }

    @Test
    void fadd_enabledExceptionAndFe0_interruptsBehindTheUpdate() {
        operands(HUGE, HUGE);
        p.setFpscr(Fpscr.OE);
        p.setMsr(p.msr() | Msr.FE0);
        assertEquals(SingleInstruction.PROGRAM, machine.execute("fadd 1, 2, 3"));
        assertEquals(0x10_0000, p.spr(Spr.SRR1) & 0x78_0000 & ~0x8_0000L);
        // 2^1024 with an exponent less by 1536
        result(1023 + 1024 - 1536L << 52);
        fpscr(FX | Fpscr.FEX | Fpscr.OX | Fpscr.OE | POSITIVE_NORMAL);
    }

    @Test
    void fmul_underflowEnabled_adjustsExponent() {
        operands(TINY, TINY);
        p.setFpscr(Fpscr.UE);
        machine.run("fmul 1, 2, 3");
        result(1023 - 2044 + 1536L << 52);
        fpscr(FX | Fpscr.FEX | Fpscr.UX | Fpscr.UE | POSITIVE_NORMAL);
    }

    @Test
    void fmuls_overflowEnabled_adjustsExponentBy192() {
        operands(0x47e0_0000_0000_0000L, 0x47e0_0000_0000_0000L);
        p.setFpscr(Fpscr.OE);
        machine.run("fmuls 1, 2, 3");
        result(1023 + 254 - 192L << 52);
        fpscr(FX | Fpscr.FEX | Fpscr.OX | Fpscr.OE | POSITIVE_NORMAL);
    }

    @Test
    void fadds_denormalResult_isClassedAsSinglePrecision() {
        operands(0x3690_0000_0000_0000L, 0x36a0_0000_0000_0000L);
        machine.run("fadds 1, 2, 3");
        result(0x36b0_0000_0000_0000L);
        fpscr(FX | Fpscr.UX | Fpscr.XX | Fpscr.FI | Fpscr.FR | 0x14000);
    }

    @Test
    void fcmp_unordered_setsFpccAndExceptions() {
        operands(QUIET, ONE);
        p.setFpscr(0x10000 | Fpscr.FI);
        machine.run("fcmpu 2, 2, 3");
        assertEquals(1, p.cr(2));
        fpscr(0x11000 | Fpscr.FI);
        machine.run("fcmpo 2, 2, 3");
        fpscr(FX | Fpscr.VX | Fpscr.VXVC | 0x11000 | Fpscr.FI);
        operands(SIGNALING, ONE);
        p.setFpscr(Fpscr.VE);
        machine.run("fcmpo 7, 2, 3");
        fpscr(FX | Fpscr.FEX | Fpscr.VX | Fpscr.VXSNAN | Fpscr.VE | 0x1000);
        operands(ONE, TWO);
        p.setFpscr(0);
        machine.run("fcmpo 7, 2, 3");
        assertEquals(8, p.cr(7));
        fpscr(0x8000);
    }

    @Test
    void fsel_minusZero_selectsTheFirst() {
        p.setFpr(4, ONE);
        operands(Long.MIN_VALUE, TWO);
        machine.run("fsel 1, 2, 4, 3");
        result(ONE);
        operands(QUIET, TWO);
        machine.run("fsel 1, 2, 4, 3");
        result(TWO);
    }

    @Test
    void moves_ofNaN_onlyTouchTheSign() {
        operands(SIGNALING, SIGNALING | Long.MIN_VALUE);
        machine.run("fneg 1, 2");
        result(SIGNALING | Long.MIN_VALUE);
        machine.run("fabs 1, 3");
        result(SIGNALING);
        machine.run("fnabs 1, 2");
        result(SIGNALING | Long.MIN_VALUE);
        machine.run("fcpsgn 1, 3, 2");
        result(SIGNALING | Long.MIN_VALUE);
        p.setFpscr(0x9000_0000L);
        machine.run("fmr. 1, 2");
        result(SIGNALING);
        assertEquals(9, p.cr(1));
        machine.run("fmrgew 1, 2, 3");
        result(0x7ff0_0000_fff0_0000L);
        machine.run("fmrgow 1, 2, 3");
        result(0x0000_0001_0000_0001L);
        fpscr(0x9000_0000L);
    }

    @Test
    void mffsFamily_returnsAndSetsItsPart() {
        long all = 0x7_9fff_f7ffL;
        p.setFpscr(Fpscr.summarized(all));
        machine.run("mffs 1");
        result(0x7_ffff_f7ffL);
        machine.run("mffsl 1");
        result(0x7_0007_f0ffL);
        p.setFpr(2, 0);
        machine.run("mffscrn 1, 2");
        result(0x7_0000_00ffL);
        fpscr(0x7_ffff_f7fcL);
        machine.run("mffscdrni 1, 5");
        fpscr(0x5_ffff_f7fcL);
        machine.run("mffsce 1");
        result(0x5_ffff_f7fcL);
        fpscr(0x5_bfff_f704L);
    }

    @Test
    void mtfsf_fieldsAndWords_neverSetsSummaries() {
        p.setFpr(2, -1);
        machine.run("mtfsf 0x80, 2");
        fpscr(FX | Fpscr.OX);
        p.setFpscr(0);
        machine.run("mtfsf 0x01, 2, 0, 1");
        fpscr(Fpscr.DRN);
        machine.run("mtfsf 0, 2, 1, 0");
        fpscr(0x7_ffff_f7ffL);
        p.setFpr(2, 0);
        machine.run("mtfsf 0, 2, 1, 0");
        fpscr(0);
        machine.run("mtfsfi 2, 15");
        fpscr(Fpscr.VX | Fpscr.VXISI | Fpscr.VXIDI | Fpscr.VXZDZ | Fpscr.VXIMZ);
        machine.run("mtfsfi 7, 3, 1");
        assertEquals(3L << 32, p.fpscr() & Fpscr.DRN);
    }

    @Test
    void mtfsb_exceptionBit_setsFxAndSummaries() {
        p.setFpscr(Fpscr.OE);
        machine.run("mtfsb1 3");
        fpscr(FX | Fpscr.FEX | Fpscr.OX | Fpscr.OE);
        machine.run("mtfsb0 3");
        fpscr(FX | Fpscr.OE);
        machine.run("mtfsb1 2");
        fpscr(FX | Fpscr.OE);
        machine.run("mtfsb1. 31");
        fpscr(FX | Fpscr.OE | 1);
        assertEquals(8, p.cr(1));
    }

    @Test
    void mcrfs_exceptionField_isCopiedAndReset() {
        p.setFpscr(FX | Fpscr.VX | Fpscr.VXSNAN | Fpscr.UX | Fpscr.XX);
        machine.run("mcrfs 4, 1");
        assertEquals(0b1011, p.cr(4));
        fpscr(FX);
        p.setFpscr(Fpscr.FI | Fpscr.VX | Fpscr.VXVC);
        machine.run("mcrfs 4, 3");
        assertEquals(0b1010, p.cr(4));
        fpscr(Fpscr.FI);
    }

    @Test
    void loadsAndStores_ofSinglePrecision_changeFormat() {
        p.setGpr(5, SingleInstruction.DATA);
        machine.machine.storeBigEndian(SingleInstruction.DATA, 0x7f80_0001_8000_0001L);
        machine.run("lfs 1, 0(5)");
        result(0x7ff0_0000_2000_0000L);
        machine.run("lfsu 1, 4(5)");
        result(0xb6a0_0000_0000_0000L);
        assertEquals(SingleInstruction.DATA + 4, p.gpr(5));
        machine.run("stfsu 1, 4(5)");
        p.setGpr(6, 4);
        p.setFpr(1, 0x3fb9_9999_9999_999aL);
        machine.run("stfsx 1, 5, 6");
        assertEquals(0x8000_0001_3dcc_ccccL, machine.machine.storedBigEndian(SingleInstruction.DATA + 8));
    }

    @Test
    void loadsAndStores_ofDoublewords_inBothByteOrders() {
        p.setGpr(5, SingleInstruction.DATA);
        p.setGpr(6, 8);
        machine.machine.storeBigEndian(SingleInstruction.DATA + 8, 0x8102_0304_8506_0708L);
        machine.run("lfdux 1, 5, 6");
        result(0x8102_0304_8506_0708L);
        assertEquals(SingleInstruction.DATA + 8, p.gpr(5));
        machine.run("lfiwax 1, 0, 5");
        result(0xffff_ffff_8102_0304L);
        machine.run("lfiwzx 1, 0, 5");
        result(0x8102_0304L);
        machine.run("stfd 1, -8(5)");
        assertEquals(0x8102_0304L, machine.machine.storedBigEndian(SingleInstruction.DATA));
        machine.run("lfdp 2, -8(5)");
        assertEquals(0x8102_0304L, p.fpr(2));
        assertEquals(0x8102_0304_8506_0708L, p.fpr(3));
        p.setMsr(p.msr() | Msr.LE);
        machine.run("lfd 1, 0(5)");
        result(0x0807_0685_0403_0281L);
        machine.run("stfiwx 1, 6, 5");
        assertEquals(0x8102_0304L << 32, machine.machine.storedBigEndian(SingleInstruction.DATA + 16));
        machine.run("stfdp 2, 8(5)");
        assertEquals(0x0403_0281_0000_0000L, machine.machine.storedBigEndian(SingleInstruction.DATA + 16));
        assertEquals(0x0807_0685_0403_0281L, machine.machine.storedBigEndian(SingleInstruction.DATA + 24));
    }
}

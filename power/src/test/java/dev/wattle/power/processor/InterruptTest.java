// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.power.mmu.RadixTree;
import dev.wattle.power.model.ProcessorModel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each interrupt leaves behind, and where it goes. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class InterruptTest {
    private static final long CODE = GuestMachine.CODE;
    private static final long KERNEL = 0xc000_0000_0000_0000L;
    private static final long ILE = 1L << 25;

    private final GuestMachine m = new GuestMachine(ProcessorModel.POWER9);
    private final RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);

    @AfterEach
    void close() {
        m.close();
    }

    private void expect(long vector, long srr0, long srr1, long stoppedAt) {
        assertEquals(Long.toHexString(vector), Long.toHexString(stoppedAt));
        assertEquals(Long.toHexString(srr0), Long.toHexString(m.spr(Spr.SRR0)), "SRR0");
        assertEquals(Long.toHexString(srr1), Long.toHexString(m.spr(Spr.SRR1)), "SRR1");
    }

    /** Process 0 has all of memory at its real address in both quadrants, process 1 the same for problem state. */
    private void translate(long msr) {
        tree.map(0, 0, 0, 30, RadixTree.ALL | RadixTree.PRIVILEGED);
        tree.map(1, 0, 0, 30, RadixTree.ALL);
        m.p.radix().processTable(tree.patb1());
        m.p.setSpr(Spr.PIDR, 1);
        m.p.setMsr(msr);
    }

    @Test
    void systemCall_any_savesNextInstruction() {
        translate(GuestMachine.PROBLEM);
        expect(0xc00, CODE + 8, GuestMachine.PROBLEM, m.run("nop; sc"));
        assertEquals(GuestMachine.PRIVILEGED, m.p.msr());
    }

    @Test
    void systemCallOfHypervisor_problemState_isRefusedWithoutInterrupt() {
        translate(GuestMachine.PROBLEM);
        m.run("sc 1; sc");
        assertEquals(-3, m.p.gpr(3));
    }

    @ParameterizedTest
    @CsvSource({"trap, 20000", "'.long 0', 80000", "'tdi 31,3,5', 20000"})
    void program_privileged_saysWhy(String instruction, String bits) {
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.VEC);
        expect(
                0x700,
                CODE + 4,
                GuestMachine.PRIVILEGED | Msr.VEC | Long.parseLong(bits, 16),
                m.run("nop; " + instruction));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mfmsr 3", "mtmsrd 3", "rfid", "mfspr 3,26", "tlbie 3,4,0,1,1", "slbia 7", "msgsndp 3"})
    void program_problemState_isPrivileged(String instruction) {
        translate(GuestMachine.PROBLEM);
        expect(0x700, CODE, GuestMachine.PROBLEM | 0x4_0000, m.run(instruction));
    }

    @Test
    void program_enabledFloatingPointException_isPrecise() {
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.FP | Msr.FE0 | Msr.FE1);
        m.p.setFpscr(0x10); // ZE
        m.p.setFpr(1, Double.doubleToRawLongBits(1));
        m.p.setFpr(2, 0);
        m.p.setFpr(3, 77);
        expect(0x700, CODE + 4, m.p.msr() | 0x10_0000, m.run("nop; fdiv 3,1,2"));
        assertEquals(77, m.p.fpr(3));
    }

    @Test
    void program_oldFloatingPointExceptionEnabledByMtmsr_isImprecise() {
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.FP);
        m.p.setFpscr(0x6400_0010L); // FEX VX.. are summaries: ZX with ZE
        m.p.setGpr(3, GuestMachine.PRIVILEGED | Msr.FP | Msr.FE0);
        expect(0x700, CODE + 4, m.p.gpr(3) | 0x11_0000, m.run("mtmsrd 3; nop"));
    }

    @ParameterizedTest
    @CsvSource({
        "'fadd 1,2,3', 800",
        "'lfd 1,0(3)', 800",
        "'vaddubm 1,2,3', f20",
        "'lvx 1,0,3', f20",
        "'xxlor 1,2,3', f40",
        "'xvadddp 40,41,42', f40"
    })
    void unavailable_facilityOff_savesTheInstruction(String instruction, String vector) {
        expect(Long.parseLong(vector, 16), CODE + 4, GuestMachine.PRIVILEGED, m.run("nop; " + instruction));
    }

    @ParameterizedTest
    @CsvSource({
        "'mfspr 3,3', 2",
        "'mtspr 815,3', 8",
        "'mfspr 3,806', 7",
        "rfebb 1, 7",
        "'tbegin. 0', 5",
        "'mfspr 3,130', 5",
        "scv 0, 12"
    })
    void facilityUnavailable_problemState_numberIsInFscr(String instruction, int facility) {
        translate(GuestMachine.PROBLEM);
        m.p.setSpr(Spr.FSCR, 0x3300_0000_0000_0000L);
        expect(0xf60, CODE, GuestMachine.PROBLEM, m.run(instruction));
        assertEquals((long) facility << 56, m.spr(Spr.FSCR));
    }

    @Test
    void alignment_misalignedReservation_givesAddressAndLeavesDsisr() {
        m.p.setSpr(Spr.DSISR, 0x1234);
        m.p.setGpr(4, GuestMachine.DATA + 2);
        expect(0x600, CODE, GuestMachine.PRIVILEGED, m.run("lwarx 3,0,4"));
        assertEquals(GuestMachine.DATA + 2, m.spr(Spr.DAR));
        assertEquals(0x1234, m.spr(Spr.DSISR));
    }

    @ParameterizedTest
    @ValueSource(strings = {"lmw 30,0(4)", "stmw 30,0(4)", "lswi 3,4,8", "stswi 3,4,8"})
    void alignment_multipleInLittleEndianMode_interrupts(String instruction) {
        m.put(CODE, CODE, instruction, true);
        m.p.setGpr(4, GuestMachine.DATA);
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.LE);
        expect(0x600, CODE, GuestMachine.PRIVILEGED | Msr.LE, m.runFrom(CODE));
        assertEquals(GuestMachine.DATA, m.spr(Spr.DAR));
    }

    @Test
    void alignment_dcbzOfCachingInhibitedPage_interrupts() {
        translate(GuestMachine.PRIVILEGED | Msr.IR | Msr.DR);
        tree.map(0, KERNEL | 1L << 40, GuestMachine.DATA, 16, RadixTree.ALL | RadixTree.TOLERANT);
        m.p.setGpr(4, KERNEL | 1L << 40 | 0x88);
        m.memory.putLong(GuestMachine.DATA + 0x80, 5);
        expect(0x600, CODE + 4, m.p.msr(), m.run("std 4,0(4); dcbz 0,4"));
        assertEquals(KERNEL | 1L << 40 | 0x80, m.spr(Spr.DAR));
        assertEquals(5, m.memory.getLong(GuestMachine.DATA + 0x80));
    }

    @Test
    void dataStorage_reservationInCachingInhibitedPage_interrupts() {
        translate(GuestMachine.PRIVILEGED | Msr.IR | Msr.DR);
        tree.map(0, KERNEL | 1L << 40, GuestMachine.DATA, 16, RadixTree.ALL | RadixTree.TOLERANT);
        m.p.setGpr(4, KERNEL | 1L << 40);
        expect(0x300, CODE + 4, m.p.msr(), m.run("lwz 5,0(4); lwarx 3,0,4"));
        assertEquals(0x0400_0000, m.spr(Spr.DSISR));
    }

    @Test
    void alignment_power8_describesTheInstruction() {
        try (GuestMachine eight = new GuestMachine(ProcessorModel.POWER8)) {
            eight.p.setGpr(5, GuestMachine.DATA + 1);
            assertEquals(0x600, eight.run("nop; stwcx. 7,0,5"));
            // X-form: bits 29:30, 25, 21:24 and 6:15 of the instruction; the extended opcode is 0b0010010110.
            assertEquals(0b10 << 15 | 0 << 14 | 0b0010 << 10 | 7 << 5, eight.spr(Spr.DSISR));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0x4000_0000_0000_0001L, 0x8000_0000_0000_0000L, 1L << 53, 0xc010_0000_0000_0000L})
    void dataSegment_noSuchAddress_setsDarAlone(long ea) {
        translate(GuestMachine.PRIVILEGED | Msr.IR | Msr.DR);
        m.p.setSpr(Spr.DSISR, 7);
        m.p.setGpr(4, ea);
        expect(0x380, CODE, m.p.msr(), m.run("lbz 3,0(4)"));
        assertEquals(ea, m.spr(Spr.DAR));
        assertEquals(7, m.spr(Spr.DSISR));
    }

    @Test
    void instructionSegment_wrongQuadrant_interrupts() {
        translate(GuestMachine.PRIVILEGED | Msr.IR | Msr.DR);
        m.p.setGpr(4, 0x8000_0000_0000_0000L);
        expect(0x480, 0x8000_0000_0000_0000L, m.p.msr(), m.run("mtctr 4; bctr"));
    }

    @Test
    void instructionStorage_noTranslation_interrupts() {
        translate(GuestMachine.PROBLEM);
        m.p.setGpr(4, 1L << 40);
        expect(0x400, 1L << 40, m.p.msr() | 0x4000_0000, m.run("mtctr 4; bctr"));
    }

    /** Read and write but no execute; nothing; everything, but for privileged state. */
    @ParameterizedTest
    @CsvSource({"6, 10000000", "0, 10000000", "15, 08000000"})
    void instructionStorage_protection_saysWhich(int eaa, String bits) {
        translate(GuestMachine.PROBLEM);
        tree.map(1, 1L << 40, 0x1000, 12, eaa);
        m.p.setGpr(4, 1L << 40);
        expect(0x400, 1L << 40, m.p.msr() | Long.parseLong(bits, 16), m.run("mtctr 4; bctr"));
    }

    @Test
    void instructionStorage_nonIdempotentPage_isGuarded() {
        translate(GuestMachine.PROBLEM);
        tree.map(1, 1L << 40, 0x1000, 12, RadixTree.ALL | RadixTree.NON_IDEMPOTENT);
        m.p.setGpr(4, 1L << 40);
        expect(0x400, 1L << 40, m.p.msr() | 0x1000_0000, m.run("mtctr 4; bctr"));
    }

    @Test
    void machineCheck_loadOutsideMemory_realMode() {
        m.p.setGpr(4, GuestMachine.SIZE);
        expect(0x200, CODE + 4, GuestMachine.PRIVILEGED | 0x20_0000, m.run("nop; ld 3,0(4)"));
        assertEquals(GuestMachine.SIZE, m.spr(Spr.DAR));
        assertEquals(0x40, m.spr(Spr.DSISR));
        assertEquals(GuestMachine.PRIVILEGED, m.p.msr(), "MSR[ME] stays");
    }

    @Test
    void machineCheck_fetchOutsideMemory_realMode() {
        m.p.setGpr(4, GuestMachine.SIZE + 0x1000);
        expect(0x200, GuestMachine.SIZE + 0x1000, GuestMachine.PRIVILEGED | 0x080c_0000, m.run("mtctr 4; bctr"));
    }

    @Test
    void machineCheck_tableOutsideMemory_isTableWalk() {
        translate(GuestMachine.PROBLEM);
        long directory = tree.entry(1, 1L << 40, 21);
        m.memory.putLong(directory, RadixTree.VALID | 0x4000_0000L | 9);
        m.p.setGpr(4, 1L << 40);
        expect(0x200, CODE, GuestMachine.PROBLEM | 0x20_0000, m.run("ld 3,0(4)"));
        assertEquals(0x20, m.spr(Spr.DSISR));
        m.p.setMsr(GuestMachine.PROBLEM);
        expect(0x200, 1L << 40, GuestMachine.PROBLEM | 0x0810_0000, m.run("mtctr 4; bctr"));
    }

    @Test
    void machineCheck_power8_hasItsOwnCodes() {
        try (GuestMachine eight = new GuestMachine(ProcessorModel.POWER8)) {
            eight.p.setGpr(4, GuestMachine.SIZE);
            assertEquals(0x200, eight.run("ld 3,0(4)"));
            assertEquals(0x8000, eight.spr(Spr.DSISR));
            assertEquals(0x200, eight.run("mtctr 4; bctr"));
            assertEquals(GuestMachine.PRIVILEGED | 0x1c_0000, eight.spr(Spr.SRR1));
        }
    }

    @Test
    void asynchronous_disabled_waitForMsrEe() {
        m.p.interrupts().request(PowerProcessor.PENDING_EXTERNAL);
        m.p.setGpr(3, Msr.EE);
        expect(0x500, CODE + 8, GuestMachine.PRIVILEGED | Msr.EE, m.run("nop; mtmsrd 3,1; nop; nop"));
        assertTrue(m.p.interrupts().isRequested(PowerProcessor.PENDING_EXTERNAL), "a level stays");
    }

    @Test
    void asynchronous_kinds_goToTheirVectors() {
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.EE);
        m.p.interrupts().request(PowerProcessor.PENDING_DECREMENTER);
        expect(0x900, CODE, GuestMachine.PRIVILEGED | Msr.EE, m.run("nop"));
        m.p.interrupts().withdraw(PowerProcessor.PENDING_DECREMENTER);
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.EE);
        m.p.interrupts().request(PowerProcessor.PENDING_DOORBELL);
        expect(0xa00, CODE, GuestMachine.PRIVILEGED | Msr.EE, m.run("nop"));
        assertTrue(!m.p.interrupts().isRequested(PowerProcessor.PENDING_DOORBELL), "a doorbell rings once");
        m.p.interrupts().request(PowerProcessor.PENDING_SYSTEM_RESET);
        expect(0x100, CODE, GuestMachine.PRIVILEGED, m.run("nop"));
    }

    @Test
    void leave_withInterruptPendingBeside_takesItInTheNextRun() {
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.EE);
        m.program(CODE, "nop; b . - 4");
        m.p.leave();
        m.p.interrupts().request(PowerProcessor.PENDING_EXTERNAL);
        assertEquals(CODE - 4, m.runFrom(CODE), "left before anything else");
        assertEquals(0x500, m.runFrom(m.p.nia()));
    }

    @Test
    void doorbell_msgsndpAndMsgclrp_showInDpdes() {
        m.p.setGpr(4, 5L << 27);
        m.p.setGpr(5, 4L << 27);
        m.run("msgsndp 5; mfspr 6,176; msgsndp 4; mfspr 7,176; msgclrp 4; mfspr 8,176; sc 1");
        assertEquals(0, m.p.gpr(6));
        assertEquals(1, m.p.gpr(7));
        assertEquals(0, m.p.gpr(8));
    }

    @ParameterizedTest
    @CsvSource({"0, false, 0", "0, true, 0", "2, false, 0", "2, true, 18000", "3, false, 0", "3, true, c000000000004000"
    })
    void alternateLocation_interruptWithTranslation_movesVectors(long ail, boolean translation, String offset) {
        tree.map(0, 0, 0, 30, RadixTree.ALL | RadixTree.PRIVILEGED);
        m.p.radix().processTable(tree.patb1());
        for (boolean little : new boolean[] {false, true}) {
            m.setHandlers(little);
            m.p.setSpr(Spr.LPCR, ail << 23 | (little ? ILE : 0));
            m.p.setMsr(GuestMachine.PRIVILEGED | (translation ? Msr.IR | Msr.DR : 0));
            long handler = GuestMachine.PRIVILEGED | (little ? Msr.LE : 0) | (offset.equals("0") ? 0 : Msr.IR | Msr.DR);
            long base = Long.parseUnsignedLong(offset, 16);
            expect(base + 0xc00, CODE + 4, m.p.msr(), m.run("sc"));
            assertEquals(handler, m.p.msr());
            // AIL is not for machine check and system reset.
            m.p.setMsr(GuestMachine.PRIVILEGED | (translation ? Msr.IR | Msr.DR : 0));
            m.p.interrupts().request(PowerProcessor.PENDING_SYSTEM_RESET);
            expect(0x100, CODE, m.p.msr(), m.run("nop"));
            assertEquals(handler & ~(Msr.IR | Msr.DR), m.p.msr());
            m.p.setMsr(GuestMachine.PRIVILEGED | (translation ? Msr.IR | Msr.DR : 0));
            m.p.interrupts().request(PowerProcessor.PENDING_MACHINE_CHECK);
            expect(0x200, CODE, m.p.msr(), m.run("nop"));
            assertEquals(handler & ~(Msr.IR | Msr.DR), m.p.msr());
        }
    }

    @ParameterizedTest
    @CsvSource({"0, true, 17000", "2, true, 17000", "3, true, c000000000003000", "3, false, 17000"})
    void systemCallVectored_level_goesBeyondTheVector(long ail, boolean translation, String vector) {
        tree.map(0, 0, 0, 30, RadixTree.ALL | RadixTree.PRIVILEGED);
        m.p.radix().processTable(tree.patb1());
        m.p.setSpr(Spr.LPCR, ail << 23);
        m.p.setSpr(Spr.FSCR, 1L << 12);
        long msr = GuestMachine.PRIVILEGED | Msr.RI | Msr.FP | (translation ? Msr.IR | Msr.DR : 0);
        m.p.setMsr(msr);
        m.p.setSpr(Spr.SRR0, 11);
        m.p.setSpr(Spr.SRR1, 12);
        boolean relocated = translation && ail >= 2;
        assertEquals(Long.parseUnsignedLong(vector, 16) + 3 * 0x20, m.run("nop; scv 3"));
        assertEquals(CODE + 8, m.p.slot(State.LR));
        assertEquals(msr, m.p.slot(State.CTR));
        assertEquals(11, m.spr(Spr.SRR0));
        assertEquals(12, m.spr(Spr.SRR1));
        assertEquals(GuestMachine.PRIVILEGED | Msr.RI | (relocated ? Msr.IR | Msr.DR : 0), m.p.msr(), "EE and RI stay");
    }

    @Test
    void counts_afterInterrupts_tellKinds() {
        m.run("sc");
        assertEquals(1L, m.p.interrupts().counts().get(Interrupt.SYSTEM_CALL));
    }
}

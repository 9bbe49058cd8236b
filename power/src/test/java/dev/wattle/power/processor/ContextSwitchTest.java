// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.mmu.RadixTree;
import dev.wattle.power.model.ProcessorModel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * System calls, returns and changes of access rights, done many times: an engine may do all but the first of them
 * without Java, and must heed what changes in between.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ContextSwitchTest {
    private static final long CODE = GuestMachine.CODE;
    private static final long DATA = GuestMachine.DATA;
    private static final long KERNEL = 3L << 62;
    private static final long LPCR_ILE = 1L << 25;
    private static final long FSCR_SCV = 1L << 12;
    private static final long NO_LOAD = 1L << 62;
    private static final int CALLS = 100;

    private final GuestMachine m = new GuestMachine(ProcessorModel.POWER9);
    private final RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);

    @BeforeEach
    void map() {
        tree.map(0, KERNEL, 0, 30, RadixTree.ALL | RadixTree.PRIVILEGED);
        tree.map(0, 0, 0, 30, RadixTree.ALL);
        m.p.radix().processTable(tree.patb1());
    }

    @AfterEach
    void close() {
        m.close();
    }

    private void problemLoop(String call) {
        m.program(
                CODE,
                "li 3,%d; mtctr 3; again: addi 5,5,1; %s; addi 6,6,1; bdnz again; li 0,1; %s"
                        .formatted(CALLS, call, call));
        m.p.setSpr(Spr.FSCR, FSCR_SCV);
        m.p.setMsr(GuestMachine.PROBLEM);
    }

    @ParameterizedTest
    @CsvSource({"0, false", "0, true", "3, false", "3, true"})
    void systemCalls_many_returnToTheirCallers(long ail, boolean little) {
        m.p.setSpr(Spr.LPCR, ail << 23 | (little ? LPCR_ILE : 0));
        long handler = ail == 3 ? 0x4c00 : 0xc00;
        m.put(handler, handler, "addi 7,7,1; mfmsr 8; cmpwi 0,0; beq 0,on; sc 1; on: mfspr 9,26; rfid", little);
        problemLoop("sc");
        m.runFrom(CODE);
        assertEquals(CALLS, m.p.gpr(5));
        assertEquals(CALLS, m.p.gpr(6));
        assertEquals(CALLS + 1, m.p.gpr(7));
        assertEquals(GuestMachine.PRIVILEGED | (little ? Msr.LE : 0) | (ail == 3 ? Msr.IR | Msr.DR : 0), m.p.gpr(8));
        assertEquals(CODE + 16, m.p.gpr(9));
        assertEquals(GuestMachine.PROBLEM, m.spr(Spr.SRR1));
        assertEquals(CALLS + 1L, m.p.interrupts().counts().get(Interrupt.SYSTEM_CALL));
    }

    @ParameterizedTest
    @CsvSource({"0, false", "3, false", "3, true"})
    void vectoredCalls_many_returnToTheirCallers(long ail, boolean little) {
        m.p.setSpr(Spr.LPCR, ail << 23 | (little ? LPCR_ILE : 0));
        long handler = (ail == 3 ? 0x3000 : 0x1_7000) + 2 * 0x20;
        m.put(handler, handler, "mfmsr 8; mfctr 10; cmpwi 0,0; beq 0,on; sc 1; on: addi 7,7,1; rfscv", little);
        m.program(
                CODE,
                "li 3,%d; again: scv 2; addi 6,6,1; addi 3,3,-1; cmpwi 3,0; bne again; li 0,1; scv 2".formatted(CALLS));
        m.p.setSpr(Spr.FSCR, FSCR_SCV);
        m.p.setMsr(GuestMachine.PROBLEM | Msr.RI);
        m.runFrom(CODE);
        assertEquals(CALLS, m.p.gpr(6));
        assertEquals(CALLS, m.p.gpr(7));
        assertEquals(GuestMachine.PROBLEM | Msr.RI, m.p.gpr(10));
        assertEquals(
                GuestMachine.PRIVILEGED | Msr.EE | Msr.RI | (little ? Msr.LE : 0) | (ail == 3 ? Msr.IR | Msr.DR : 0),
                m.p.gpr(8));
        assertEquals(CALLS + 1L, m.p.interrupts().counts().get(Interrupt.SYSTEM_CALL_VECTORED));
    }

    @Test
    void vectoredCall_afterHandlerForbidsIt_isUnavailable() {
        m.program(0x1_7000, "addi 7,7,1; cmpwi 7,50; bne on; mtspr 153,8; on: rfscv");
        problemLoop("scv 0");
        assertEquals(0xf60, m.runFrom(CODE));
        assertEquals(50, m.p.gpr(7));
        assertEquals(CODE + 12, m.spr(Spr.SRR0));
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "70"})
    void interrupt_requestedInHandler_comesAtReturn(int call) {
        m.program(0xc00, "addi 7,7,1; sc 1; rfid");
        m.program(0x500, "mfspr 9,26; mr 10,7; sc 1; rfid");
        problemLoop("sc");
        m.hypercall = p -> {
            if (p.nia() < 0xc00) {
                p.interrupts().withdraw(PowerProcessor.PENDING_EXTERNAL);
                p.setGpr(11, p.gpr(11) + 1);
            } else if (p.gpr(7) == call) {
                p.interrupts().request(PowerProcessor.PENDING_EXTERNAL);
            } else if (p.gpr(0) == 1) {
                p.leave();
            }
        };
        m.runFrom(CODE);
        assertEquals(CODE + 16, m.p.gpr(9));
        assertEquals(call, m.p.gpr(10));
        assertEquals(1, m.p.gpr(11));
        assertEquals(CALLS, m.p.gpr(6));
    }

    @Test
    void interrupt_waitingForEe_comesBehindMtmsrd() {
        m.program(0x500, "mfspr 9,26; sc 1");
        m.p.interrupts().request(PowerProcessor.PENDING_EXTERNAL);
        m.p.setGpr(3, Msr.EE);
        m.p.setGpr(4, 0);
        assertEquals(0x504, m.run("li 5,1; mtmsrd 3,1; li 5,2; mtmsrd 4,1; li 5,3; sc 1"));
        assertEquals(CODE + 8, m.p.gpr(9));
        assertEquals(1, m.p.gpr(5));
        assertEquals(GuestMachine.PRIVILEGED | Msr.EE, m.spr(Spr.SRR1));
    }

    @Test
    void mtmsrd_eeAndRi_changesThoseAlone() {
        m.p.setGpr(3, -1);
        m.p.setGpr(4, 0);
        m.run("mtmsrd 3,1; mfmsr 5; mtmsrd 4,1; mfmsr 6; mtmsr 3,1; mfmsr 7; sc 1");
        assertEquals(GuestMachine.PRIVILEGED | Msr.EE | Msr.RI, m.p.gpr(5));
        assertEquals(GuestMachine.PRIVILEGED, m.p.gpr(6));
        assertEquals(GuestMachine.PRIVILEGED | Msr.EE | Msr.RI, m.p.gpr(7));
    }

    @Test
    void facility_switchedByMtmsrd_isHeeded() {
        m.program(0x800, "addi 7,7,1; mfspr 8,26; addi 8,8,4; mtspr 26,8; rfid");
        m.p.setGpr(3, GuestMachine.PRIVILEGED | Msr.FP);
        m.p.setGpr(4, GuestMachine.PRIVILEGED);
        m.run("li 5,%d; mtctr 5; again: mtmsrd 3; fmr 1,2; mtmsrd 4; fmr 1,2; bdnz again; sc 1".formatted(CALLS));
        assertEquals(CALLS, m.p.gpr(7));
    }

    @Test
    void accessRights_changedManyTimes_holdForEachLoad() {
        m.memory.putLong(DATA, 1);
        m.program(0x300, "addi 7,7,1; mfspr 8,26; addi 8,8,4; mtspr 26,8; rfid");
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.IR | Msr.DR);
        m.p.setGpr(3, NO_LOAD);
        m.p.setGpr(4, DATA);
        m.p.setGpr(9, 0);
        m.program(
                CODE,
                "li 5,%d; mtctr 5; again: mtspr 29,3; ld 6,0(4); mtspr 29,9; ld 6,0(4); add 10,10,6; bdnz again; sc 1"
                        .formatted(CALLS));
        m.runFrom(KERNEL | CODE);
        assertEquals(CALLS, m.p.gpr(7), "loads that were refused");
        assertEquals(CALLS, m.p.gpr(10), "loads that were not");
    }

    @Test
    void accessRights_inProblemState_arePrivileged() {
        m.p.setMsr(GuestMachine.PROBLEM);
        assertEquals(0x700, m.run("mtspr 29,3"));
    }

    @Test
    void process_switchedByHandler_isTheOneReturnedTo() {
        for (int pid = 1; pid <= 2; pid++) {
            tree.map(pid, 0, 0, 16, RadixTree.ALL);
            tree.map(pid, CODE, CODE, 16, RadixTree.ALL);
            tree.map(pid, DATA, DATA + pid * 0x1_0000L, 16, RadixTree.ALL);
            m.memory.putLong(DATA + pid * 0x1_0000L, pid == 1 ? 1 : 1000);
        }
        m.program(0xc00, "xori 8,8,3; cmpwi 0,0; beq 0,on; sc 1; on: mtspr 48,8; rfid");
        m.program(
                CODE,
                "li 3,%d; mtctr 3; again: ld 6,0(4); add 10,10,6; sc; bdnz again; li 0,1; sc".formatted(2 * CALLS));
        m.p.setGpr(8, 1);
        m.p.setGpr(4, DATA);
        m.p.setSpr(Spr.PIDR, 1);
        m.p.setMsr(GuestMachine.PROBLEM);
        m.runFrom(CODE);
        assertEquals(CALLS * 1001L, m.p.gpr(10));
    }

    @Test
    void translations_ofManyPages_staySeen() {
        // So many pages that the software TLB grows, which moves it.
        int pages = 400;
        for (int i = 0; i < pages; i++) {
            m.memory.putLong(DATA + i * 8L, i);
            tree.map(0, (1L << 32) + i * 0x40_0000L, DATA, 12, RadixTree.ALL);
        }
        m.program(0xc00, "cmpwi 0,0; beq 0,on; sc 1; on: rfid");
        m.program(
                CODE,
                "li 12,8; again: li 3,%d; mtctr 3; mr 5,4; li 7,0; next: ldx 6,5,7; add 10,10,6; addi 7,7,8;"
                                .formatted(pages)
                        + " addis 5,5,64; sc; bdnz next; addi 12,12,-1; cmpwi 12,0; bne again; li 0,1; sc");
        m.p.setGpr(4, 1L << 32);
        m.p.setMsr(GuestMachine.PROBLEM);
        m.runFrom(CODE);
        assertEquals(8L * pages * (pages - 1) / 2, m.p.gpr(10));
        // Nor does anything of the old one remain: now the pages are others.
        for (int i = 0; i < pages; i++) {
            m.memory.putLong(DATA + 0x1000 + i * 8L, 1);
            tree.map(0, (1L << 32) + i * 0x40_0000L, DATA + 0x1000, 12, RadixTree.ALL);
        }
        m.p.invalidateTranslations();
        m.p.setGpr(0, 0);
        m.p.setGpr(10, 0);
        m.p.setMsr(GuestMachine.PROBLEM);
        m.runFrom(CODE);
        assertEquals(8L * pages, m.p.gpr(10));
    }

    @Test
    void return_toEnabledFloatingPointExceptions_interruptsIfOneWaits() {
        m.program(
                0xc00,
                "addi 7,7,1; cmpwi 7,%d; bne 0,on; mfspr 8,27; ori 8,8,0x900; mtspr 27,8; on: rfid".formatted(50));
        m.p.setFpscr(0x4000_0000L);
        problemLoop("sc");
        m.p.setMsr(GuestMachine.PROBLEM | Msr.FP);
        assertEquals(0x700, m.runFrom(CODE));
        assertEquals(50, m.p.gpr(7));
        assertEquals(CODE + 16, m.spr(Spr.SRR0));
    }

    @Test
    void return_withEventToTake_branches() {
        m.program(0xc00, "addi 7,7,1; cmpwi 7,50; bne 0,on; mtspr 806,4; on: cmpwi 0,0; beq 0,out; sc 1; out: rfid");
        m.program(CODE + 0x100, "li 0,1; mr 11,5; sc");
        problemLoop("sc");
        m.p.setGpr(4, 1L << 63 | 1L << 32 | 1);
        m.p.setSpr(Spr.EBBHR, CODE + 0x100);
        m.p.setSpr(Spr.FSCR, 1L << 7);
        m.p.setMsr(GuestMachine.PROBLEM);
        m.runFrom(CODE);
        assertEquals(50, m.p.gpr(11));
        assertEquals(CODE + 16, m.spr(Spr.EBBRR));
    }

    @Test
    void step_afterManyCalls_isTraced() {
        m.program(0xc00, "addi 7,7,1; cmpwi 7,50; bne 0,on; mfspr 8,27; ori 8,8,0x400; mtspr 27,8; on: rfid");
        problemLoop("sc");
        assertEquals(0xd00, m.runFrom(CODE));
        assertEquals(50, m.p.gpr(7));
        assertEquals(CODE + 20, m.spr(Spr.SRR0));
    }
}

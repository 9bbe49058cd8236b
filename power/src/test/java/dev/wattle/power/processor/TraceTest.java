// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.mmu.RadixTree;
import dev.wattle.power.model.ProcessorModel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Trace interrupts by MSR[TE] and CIABR, and the data address watchpoint. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TraceTest {
    private static final long CODE = GuestMachine.CODE;
    private static final long TRACED = 0x4000_0000L;
    private static final long BY_CIABR = 0x0010_0000L;
    private static final long STEPPED = GuestMachine.PRIVILEGED | Msr.SE;
    private static final long BRANCHES = GuestMachine.PRIVILEGED | Msr.BE;

    private final GuestMachine m = new GuestMachine(ProcessorModel.POWER9);

    @AfterEach
    void close() {
        m.close();
    }

    private void expect(long vector, long srr0, long srr1, long stoppedAt) {
        assertEquals(Long.toHexString(vector), Long.toHexString(stoppedAt));
        assertEquals(Long.toHexString(srr0), Long.toHexString(m.spr(Spr.SRR0)), "SRR0");
        assertEquals(Long.toHexString(srr1), Long.toHexString(m.spr(Spr.SRR1)), "SRR1");
    }

    @Test
    void singleStep_everyInstruction_isTracedOnceCompleted() {
        m.p.setMsr(STEPPED);
        expect(0xd00, CODE + 4, STEPPED | TRACED, m.run("li 3,1; li 4,2; b . + 8; nop; sc 1"));
        assertEquals(1, m.p.gpr(3));
        assertEquals(CODE, m.spr(Spr.SIAR));
        m.p.setMsr(STEPPED);
        expect(0xd00, CODE + 8, STEPPED | TRACED, m.runFrom(CODE + 4));
        m.p.setMsr(STEPPED);
        expect(0xd00, CODE + 16, STEPPED | TRACED, m.runFrom(CODE + 8));
        assertEquals(GuestMachine.PRIVILEGED, m.p.msr());
    }

    /** Blocks that have run before lead to each other without a look at anything, unless they are traced. */
    @Test
    void singleStep_codeThatHasBeenTracedBefore_isTracedAgain() {
        m.program(CODE, "li 3,1; li 4,2; li 5,3; nop");
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 3; i++) {
                m.p.setMsr(STEPPED);
                expect(0xd00, CODE + 4 * (i + 1), STEPPED | TRACED, m.runFrom(CODE + 4 * i));
            }
        }
    }

    @Test
    void singleStep_returnToTracedCode_tracesItsFirstInstruction() {
        m.program(CODE + 0x40, "li 3,5; nop");
        m.p.setSpr(Spr.SRR0, CODE + 0x40);
        m.p.setSpr(Spr.SRR1, STEPPED);
        expect(0xd00, CODE + 0x44, STEPPED | TRACED, m.run("rfid"));
    }

    @Test
    void singleStep_mtmsrdThatTurnsItOn_isNotTracedItself() {
        m.p.setGpr(3, STEPPED);
        expect(0xd00, CODE + 8, STEPPED | TRACED, m.run("mtmsrd 3; li 4,1; nop"));
    }

    @Test
    void singleStep_systemCallTrapAndFault_takeTheirOwnInterrupt() {
        m.p.setMsr(STEPPED);
        expect(0xc00, CODE + 4, STEPPED, m.run("sc"));
        m.p.setMsr(STEPPED);
        expect(0x700, CODE, STEPPED | 0x2_0000, m.run("trap"));
        m.p.setMsr(STEPPED);
        m.p.setGpr(4, GuestMachine.SIZE);
        expect(0x200, CODE, STEPPED | 0x20_0000, m.run("lbz 3,0(4)"));
        // Nothing of the instruction that did not complete is left over.
        assertEquals(CODE + 4, m.run("nop; sc 1"));
    }

    @Test
    void singleStep_rfid_isNotTraced() {
        m.program(CODE + 0x40, "sc 1");
        m.p.setSpr(Spr.SRR0, CODE + 0x40);
        m.p.setSpr(Spr.SRR1, GuestMachine.PRIVILEGED);
        m.p.setMsr(STEPPED);
        assertEquals(CODE + 0x40, m.run("rfid"));
    }

    @Test
    void branchTrace_branchesAlone_areTraced() {
        m.p.setMsr(BRANCHES);
        expect(0xd00, CODE + 12, BRANCHES | TRACED, m.run("li 3,1; nop; bc 12,2,. + 8; sc 1"));
        m.p.setMsr(BRANCHES);
        m.p.putSlot(State.CTR, CODE + 0x40);
        expect(0xd00, CODE + 0x40, BRANCHES | TRACED, m.run("bctr"));
    }

    @Test
    void ciabr_privilegedMatch_tracesThatInstruction() {
        m.p.setSpr(Spr.CIABR, CODE + 8 | 2);
        m.p.debugRegistersChanged();
        expect(0xd00, CODE + 12, GuestMachine.PRIVILEGED | TRACED | BY_CIABR, m.run("nop; nop; li 3,9; li 4,8; sc 1"));
        assertEquals(9, m.p.gpr(3));
        m.p.setSpr(Spr.CIABR, 0);
        m.p.debugRegistersChanged();
        assertEquals(CODE + 16, m.runFrom(CODE));
    }

    @Test
    void ciabr_otherPrivilege_doesNotMatch() {
        RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);
        tree.map(0, 0, 0, 30, RadixTree.ALL);
        m.p.radix().processTable(tree.patb1());
        m.p.setSpr(Spr.CIABR, CODE + 4 | 1);
        m.p.debugRegistersChanged();
        assertEquals(CODE + 8, m.run("nop; nop; sc 1"));
        m.p.setMsr(GuestMachine.PROBLEM);
        expect(0xd00, CODE + 8, GuestMachine.PROBLEM | TRACED | BY_CIABR, m.runFrom(CODE));
    }

    @Test
    void ciabr_setByHypercall_isInForceAtOnce() {
        m.hypercall = p -> {
            if (p.gpr(3) == 1) {
                p.setSpr(Spr.CIABR, CODE + 16 | 2);
                p.setGpr(3, 0);
            } else {
                p.leave();
            }
        };
        expect(
                0xd00,
                CODE + 20,
                GuestMachine.PRIVILEGED | TRACED | BY_CIABR,
                m.run("li 3,1; sc 1; nop; nop; nop; sc 1"));
    }

    private void watch(long address, long dawrx) {
        m.p.setSpr(Spr.DAWR0, address);
        m.p.setSpr(Spr.DAWRX0, dawrx);
        m.p.debugRegistersChanged();
    }

    @Test
    void dawr_storeMatch_interruptsBeforeTheStore() {
        // In the TLB before it is watched.
        m.p.setGpr(4, GuestMachine.DATA);
        assertEquals(CODE + 8, m.run("std 4,0(4); std 4,8(4); sc 1"));
        watch(GuestMachine.DATA + 8, 0x40 | 0x08 | 2);
        m.memory.putLong(GuestMachine.DATA + 8, 6);
        expect(0x300, CODE + 4, GuestMachine.PRIVILEGED, m.runFrom(CODE));
        assertEquals(GuestMachine.DATA + 8, m.spr(Spr.DAR));
        assertEquals(0x0240_0000, m.spr(Spr.DSISR));
        assertEquals(6, m.memory.getLong(GuestMachine.DATA + 8));
        watch(0, 0);
        assertEquals(CODE + 8, m.runFrom(CODE));
        assertEquals(GuestMachine.DATA, m.memory.getLong(GuestMachine.DATA + 8));
    }

    @Test
    void dawr_loads_matchByDirectionRangeAndOverlap() {
        m.p.setGpr(4, GuestMachine.DATA);
        watch(GuestMachine.DATA + 8, 0x20 | 0x08 | 2 | 1 << 10);
        assertEquals(CODE + 12, m.run("std 4,8(4); ld 3,0(4); lbz 3,24(4); sc 1"));
        expect(0x300, CODE, GuestMachine.PRIVILEGED, m.run("lwz 3,5(4)"));
        assertEquals(0x0040_0000, m.spr(Spr.DSISR));
        expect(0x300, CODE, GuestMachine.PRIVILEGED, m.run("lbz 3,23(4)"));
        expect(0x300, CODE + 4, GuestMachine.PRIVILEGED, m.run("li 5,8; lwarx 3,5,4"));
    }

    @Test
    void dawr_translationAndPrivilege_mustMatch() {
        RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);
        tree.map(0, 0, 0, 30, RadixTree.ALL);
        m.p.radix().processTable(tree.patb1());
        m.p.setGpr(4, GuestMachine.DATA);
        // Problem state, translated accesses.
        watch(GuestMachine.DATA, 0x20 | 0x10 | 1);
        assertEquals(CODE + 4, m.run("ld 3,0(4); sc 1"));
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.DR);
        assertEquals(CODE + 4, m.runFrom(CODE));
        m.p.setMsr(GuestMachine.PROBLEM);
        expect(0x300, CODE, GuestMachine.PROBLEM, m.runFrom(CODE));
        // Untranslated accesses.
        watch(GuestMachine.DATA, 0x20 | 2);
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.DR);
        assertEquals(CODE + 4, m.runFrom(CODE));
        m.p.setMsr(GuestMachine.PRIVILEGED);
        expect(0x300, CODE, GuestMachine.PRIVILEGED, m.runFrom(CODE));
    }
}

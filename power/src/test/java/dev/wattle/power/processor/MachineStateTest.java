// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.mmu.RadixTree;
import dev.wattle.power.model.ProcessorModel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What rfid, rfscv, mtmsr and mtmsrd do to the MSR, and where execution goes on. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MachineStateTest {
    private static final long CODE = GuestMachine.CODE;
    private static final long NEXT = CODE + 0x100;

    private final GuestMachine m = new GuestMachine(ProcessorModel.POWER9);

    @AfterEach
    void close() {
        m.close();
    }

    private long returnTo(long srr1) {
        m.program(NEXT, "sc 1");
        m.p.setSpr(Spr.SRR0, NEXT + 3);
        m.p.setSpr(Spr.SRR1, srr1);
        m.p.setMsr(GuestMachine.PRIVILEGED);
        return m.run("rfid");
    }

    @Test
    void rfid_anyBits_setsThoseOfAGuest() {
        long settable = Msr.SF | Msr.TM | Msr.VEC | Msr.VSX | Msr.EE | Msr.FP | Msr.FE0 | Msr.FE1 | Msr.PMM | Msr.RI;
        assertEquals(NEXT, returnTo(settable | Msr.HV | 0x7800_0000L), "low bits of SRR0 are ignored");
        assertEquals(settable | Msr.ME, m.p.msr());
    }

    @Test
    void rfid_withoutMe_keepsMe() {
        returnTo(Msr.SF);
        assertEquals(GuestMachine.PRIVILEGED, m.p.msr());
    }

    @Test
    void rfid_toProblemState_forcesTranslationAndInterrupts() {
        RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);
        tree.map(0, 0, 0, 30, RadixTree.ALL);
        m.p.radix().processTable(tree.patb1());
        m.program(NEXT, "sc");
        m.p.setSpr(Spr.SRR0, NEXT);
        m.p.setSpr(Spr.SRR1, Msr.SF | Msr.PR);
        assertEquals(0xc00, m.run("rfid"));
        assertEquals(NEXT + 4, m.spr(Spr.SRR0));
        assertEquals(GuestMachine.PROBLEM, m.spr(Spr.SRR1));
    }

    @Test
    void rfid_toLittleEndian_switchesByteOrder() {
        m.put(NEXT, NEXT, "sc 1", true);
        m.p.setSpr(Spr.SRR0, NEXT);
        m.p.setSpr(Spr.SRR1, Msr.SF | Msr.LE);
        assertEquals(NEXT, m.run("rfid"));
        assertEquals(GuestMachine.PRIVILEGED | Msr.LE, m.p.msr());
    }

    @Test
    void rfid_to32BitMode_cutsTheAddress() {
        m.program(NEXT, "sc 1");
        m.p.setSpr(Spr.SRR0, 0x5_0000_0000L + NEXT);
        m.p.setSpr(Spr.SRR1, 0);
        assertEquals(NEXT, m.run("rfid"));
    }

    @Test
    void rfscv_any_takesLrAndCtr() {
        m.program(NEXT, "sc 1");
        m.p.putSlot(State.LR, NEXT | 2);
        m.p.putSlot(State.CTR, Msr.SF | Msr.RI | Msr.FP);
        assertEquals(NEXT, m.run("rfscv"));
        assertEquals(GuestMachine.PRIVILEGED | Msr.RI | Msr.FP, m.p.msr());
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 33, 2L << 33, 3L << 33})
    void rfid_intoTransaction_isTmBadThing(long ts) {
        m.p.setSpr(Spr.SRR0, NEXT);
        m.p.setSpr(Spr.SRR1, GuestMachine.PRIVILEGED | ts);
        assertEquals(0x700, m.run("nop; rfid"));
        assertEquals(CODE + 4, m.spr(Spr.SRR0));
        assertEquals(GuestMachine.PRIVILEGED | 0x20_0000, m.spr(Spr.SRR1));
    }

    @Test
    void mtmsrd_intoTransaction_isTmBadThing() {
        m.p.setGpr(3, GuestMachine.PRIVILEGED | 1L << 33);
        assertEquals(0x700, m.run("mtmsrd 3"));
        assertEquals(CODE, m.spr(Spr.SRR0));
        assertEquals(GuestMachine.PRIVILEGED | 0x20_0000, m.spr(Spr.SRR1));
    }

    @Test
    void mtmsrd_anyBits_keepsHvMeLe() {
        m.p.setGpr(3, Msr.SF | Msr.HV | Msr.TM | Msr.VEC | Msr.LE | Msr.RI);
        m.run("mtmsrd 3; mfmsr 4; sc 1");
        assertEquals(Msr.SF | Msr.TM | Msr.VEC | Msr.ME | Msr.RI, m.p.gpr(4));
    }

    @Test
    void mtmsrd_withL_changesEeAndRiAlone() {
        m.p.setGpr(3, Msr.EE | Msr.RI | Msr.FP | Msr.PR);
        m.run("mtmsrd 3,1; mfmsr 4; li 5,0; mtmsrd 5,1; mfmsr 6; sc 1");
        assertEquals(GuestMachine.PRIVILEGED | Msr.EE | Msr.RI, m.p.gpr(4));
        assertEquals(GuestMachine.PRIVILEGED, m.p.gpr(6));
    }

    @Test
    void mtmsr_anyBits_keepsTheUpperHalf() {
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.TM);
        m.p.setGpr(3, Msr.FP | Msr.RI | Msr.LE);
        m.run("mtmsr 3; mfmsr 4; sc 1");
        assertEquals(GuestMachine.PRIVILEGED | Msr.TM | Msr.FP | Msr.RI, m.p.gpr(4));
    }

    @Test
    void mtmsrd_to32BitMode_goesOnBelow4GiB() {
        RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);
        tree.map(0, 0, 0, 30, RadixTree.ALL);
        m.p.radix().processTable(tree.patb1());
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.IR | Msr.DR);
        m.p.setGpr(3, Msr.IR | Msr.DR);
        m.program(CODE, "mtmsrd 3; sc 1");
        assertEquals(CODE + 4, m.runFrom(0xc000_0000_0000_0000L + CODE));
    }

    @Test
    void fetch_end32BitAddressSpace_wrapsAround() {
        RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);
        tree.map(0, 0, 0, 12, RadixTree.ALL);
        tree.map(0, 0xffff_f000L, CODE, 12, RadixTree.ALL);
        m.p.radix().processTable(tree.patb1());
        m.program(CODE + 0xffc, "li 5,7");
        m.p.setMsr(Msr.ME | Msr.IR | Msr.DR);
        assertEquals(0, m.runFrom(0xffff_fffcL));
        assertEquals(7, m.p.gpr(5));
    }

    @Test
    void eventBasedBranch_eventSaidToHaveOccurred_branchesOnceInProblemState() {
        RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);
        tree.map(0, 0, 0, 30, RadixTree.ALL);
        m.p.radix().processTable(tree.patb1());
        m.p.setSpr(Spr.FSCR, 1L << 7);
        m.p.setSpr(Spr.EBBHR, NEXT);
        m.program(NEXT, "mfspr 4,805; mfspr 5,806; mtspr 802,3; rfebb 1");
        m.p.setGpr(3, 1L << 63 | 1L << 32 | 1);
        m.p.setMsr(GuestMachine.PROBLEM);
        m.p.setGpr(6, 0);
        assertEquals(0xc00, m.run("mtspr 806,3; addi 6,6,1; sc"));
        assertEquals(CODE + 4, m.p.gpr(4));
        assertEquals(1L << 32 | 1, m.p.gpr(5));
        assertEquals(1, m.p.gpr(6));
        assertEquals(1L << 63, m.spr(Spr.BESCR));
    }

    @Test
    void rfebb_intoTransaction_isTmBadThing() {
        m.p.setSpr(Spr.BESCR, 1L << 30);
        assertEquals(0x700, m.run("rfebb 1"));
        assertEquals(GuestMachine.PRIVILEGED | 0x20_0000, m.spr(Spr.SRR1));
    }
}

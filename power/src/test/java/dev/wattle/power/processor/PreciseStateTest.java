// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.engine.ir.Slots;
import dev.wattle.power.mmu.RadixTree;
import dev.wattle.power.model.ProcessorModel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An instruction that faults has changed nothing, and those before it everything. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PreciseStateTest {
    private static final long CODE = GuestMachine.CODE;
    private static final long KERNEL = 0xc000_0000_0000_0000L;
    /** Two pages of 4 KiB, real pages far from each other; behind them nothing. */
    private static final long PAGES = KERNEL | 0x40_0000_0000L;

    private static final long FIRST = GuestMachine.DATA;
    private static final long SECOND = GuestMachine.DATA + 0x5000;

    private final GuestMachine m = new GuestMachine(ProcessorModel.POWER9);
    private final RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);

    @BeforeEach
    void map() {
        tree.map(0, 0, 0, 30, RadixTree.ALL);
        tree.map(0, PAGES, FIRST, 12, RadixTree.ALL);
        tree.map(0, PAGES + 0x1000, SECOND, 12, RadixTree.ALL);
        m.p.radix().processTable(tree.patb1());
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.IR | Msr.DR);
    }

    @AfterEach
    void close() {
        m.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
    void loadAndStore_acrossPages_areWhole(int first) {
        m.p.setGpr(4, PAGES + 0x1000 - first);
        m.p.setGpr(5, 0x1122_3344_5566_7788L);
        m.run("stdx 5,0,4; ldx 6,0,4; ldbrx 7,0,4; lwzx 8,0,4; sc 1");
        assertEquals(0x1122_3344_5566_7788L, m.p.gpr(6));
        assertEquals(0x8877_6655_4433_2211L, m.p.gpr(7));
        assertEquals(0x1122_3344L, m.p.gpr(8));
        for (int i = 0; i < 8; i++) {
            long real = i < first ? FIRST + 0x1000 - first + i : SECOND + i - first;
            assertEquals(0x11 * (i + 1), m.memory.getByte(real) & 0xff);
        }
    }

    @Test
    void vectorLoop_thatFaults_hasAddedUpToThere() {
        m.p.setMsr(m.p.msr() | Msr.FP | Msr.VEC | Msr.VSX);
        m.p.setFpscr(0x200_0000);
        m.p.setGpr(4, PAGES + 0x1000);
        m.p.putSlot(State.CTR, 1000);
        m.p.setVr(1, 1, 2);
        m.p.setVr(2, 0, 0);
        m.p.setFpr(1, Double.doubleToRawLongBits(1.5));
        m.p.setFpr(2, Double.doubleToRawLongBits(0.25));
        m.memory.putLong(SECOND + 0xff0, 3);
        m.memory.putLong(SECOND + 0xff8, 4);
        assertEquals(0x300, m.run("""
                loop: vaddudm v2,v2,v1
                fadd f2,f2,f1
                lxvd2x vs3,0,r4
                addi r4,r4,16
                bdnz loop
                """));
        assertEquals(CODE + 8, m.spr(Spr.SRR0));
        assertEquals(PAGES + 0x2000, m.spr(Spr.DAR));
        assertEquals(0x101, m.p.vrHigh(2));
        assertEquals(0x202, m.p.vrLow(2));
        assertEquals(0.25 + 1.5 * 0x101, Double.longBitsToDouble(m.p.fpr(2)));
        assertEquals(3, m.p.vsrHigh(3));
        assertEquals(4, m.p.vsrLow(3));
    }

    @Test
    void storeConditional_thatFaults_leavesTheComparisonBeforeIt() {
        m.p.setGpr(4, PAGES + 0x2000);
        m.p.setGpr(5, 1);
        m.p.setGpr(6, 2);
        m.p.setGpr(9, PAGES);
        m.p.setCrWord(0);
        assertEquals(0x300, m.run("lwarx 7,0,9; cmpd 5,6; stwcx. 5,0,4"));
        assertEquals(CODE + 8, m.spr(Spr.SRR0));
        assertEquals(8, m.p.cr(0));
    }

    @ParameterizedTest
    @CsvSource({
        "'stdx 5,0,4', 6",
        "'stwx 5,0,4', 2",
        "'sthx 5,0,4', 1",
        "'stdbrx 5,0,4', 3",
        "'stdux 5,4,9', 6",
        "'stwu 5,0(4)', 1",
        "'stmw 30,0(4)', 6",
        "'stswi 5,4,7', 3",
        "'stfdx 1,0,4', 4"
    })
    void store_secondPageMissing_changesNothing(String instruction, int first) {
        m.p.setMsr(m.p.msr() | Msr.FP);
        long ea = PAGES + 0x2000 - first;
        m.p.setGpr(4, ea);
        m.p.setGpr(5, -1);
        m.p.setGpr(9, 0);
        m.p.setGpr(30, -1);
        m.p.setGpr(31, -1);
        m.p.setFpr(1, -1);
        long before = m.memory.getLong(SECOND + 0xff8);
        assertEquals(0x300, m.run("li 3,1; " + instruction + "; li 3,2"));
        assertEquals(CODE + 4, m.spr(Spr.SRR0));
        assertEquals(PAGES + 0x2000, m.spr(Spr.DAR));
        assertEquals(0x4200_0000, m.spr(Spr.DSISR));
        assertEquals(1, m.p.gpr(3));
        assertEquals(ea, m.p.gpr(4));
        assertEquals(before, m.memory.getLong(SECOND + 0xff8));
    }

    @ParameterizedTest
    @CsvSource({
        "'ldx 5,0,4', 6",
        "'lwzx 5,0,4', 2",
        "'lhax 5,0,4', 1",
        "'ldbrx 5,0,4', 3",
        "'ldux 5,4,9', 6",
        "'lwzu 5,0(4)', 1",
        "'lswi 5,4,7', 3",
        "'lfdx 5,0,4', 4",
        "'lmw 30,0(4)', 6"
    })
    void load_secondPageMissing_changesNothing(String instruction, int first) {
        m.p.setMsr(m.p.msr() | Msr.FP);
        long ea = PAGES + 0x2000 - first;
        m.p.setGpr(4, ea);
        m.p.setGpr(9, 0);
        m.p.setFpr(5, 77);
        for (int r : new int[] {5, 6, 30, 31}) {
            m.p.setGpr(r, 77);
        }
        assertEquals(0x300, m.run("li 3,1; " + instruction + "; li 3,2"));
        assertEquals(CODE + 4, m.spr(Spr.SRR0));
        assertEquals(PAGES + 0x2000, m.spr(Spr.DAR));
        assertEquals(0x4000_0000, m.spr(Spr.DSISR));
        assertEquals(1, m.p.gpr(3));
        assertEquals(ea, m.p.gpr(4));
        assertEquals(77, m.p.fpr(5));
        for (int r : new int[] {5, 6, 30, 31}) {
            assertEquals(77, m.p.gpr(r));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"lbzu 5,8(4)", "lwzux 5,4,9", "ldu 5,8(4)", "stbu 5,8(4)", "stwux 5,4,9", "stdu 5,8(4)"})
    void updateForm_faulting_leavesRa(String instruction) {
        m.p.setGpr(4, PAGES + 0x2000);
        m.p.setGpr(5, 6);
        m.p.setGpr(9, 8);
        assertEquals(0x300, m.run(instruction));
        assertEquals(PAGES + 0x2000, m.p.gpr(4));
        assertEquals(6, m.p.gpr(5));
        assertEquals(PAGES + 0x2008, m.spr(Spr.DAR));
    }

    @Test
    void fault_inTheMiddleOfABlock_hasPreciseState() {
        m.p.setGpr(4, PAGES + 0x2000);
        m.p.setGpr(6, 5);
        long completed = m.p.slot(Slots.COMPLETED);
        assertEquals(0x300, m.run("addic. 6,6,-5; li 7,3; mtctr 7; crset 31; ld 8,0(4); li 7,4; mtctr 7; sc 1"));
        assertEquals(CODE + 16, m.spr(Spr.SRR0));
        assertEquals(0, m.p.gpr(6));
        assertEquals(2, m.p.cr(0));
        assertEquals(1, m.p.slot(State.CA));
        assertEquals(3, m.p.slot(State.CTR));
        assertEquals(1, m.p.crBit(31));
        // Four before the fault, and the handler's hypercall.
        assertEquals(5, m.p.slot(Slots.COMPLETED) - completed);
    }

    @Test
    void fault_repaired_instructionIsExecutedAgain() {
        m.p.setGpr(4, PAGES + 0x1ffc);
        m.p.setGpr(30, 1);
        m.p.setGpr(31, 2);
        assertEquals(0x300, m.run("stmw 30,0(4); lmw 28,-8(4); sc 1"));
        tree.map(0, PAGES + 0x2000, FIRST, 12, RadixTree.ALL);
        m.p.setMsr(m.spr(Spr.SRR1));
        assertEquals(CODE + 8, m.runFrom(m.spr(Spr.SRR0)));
        assertEquals(1, m.p.gpr(30));
        assertEquals(2, m.p.gpr(31));
        assertEquals(1, m.memory.getInt(SECOND + 0xffc));
        assertEquals(2, m.memory.getInt(FIRST));
    }

    @Test
    void access_end32BitAddressSpace_wrapsAround() {
        tree.map(0, 0xffff_f000L, SECOND, 12, RadixTree.ALL);
        m.p.setMsr(Msr.ME | Msr.DR);
        m.p.setGpr(4, 0x7_ffff_fffcL);
        m.p.setGpr(5, 0x0102_0304_4400_0022L);
        m.run("std 5,0(4); ld 6,0(4); sc 1");
        assertEquals(0x0102_0304_4400_0022L, m.p.gpr(6));
        assertEquals(0x0102_0304, m.memory.getInt(SECOND + 0xffc));
        assertEquals(0x4400_0022, m.memory.getInt(0));
    }

    @Test
    void fault_in32BitMode_cutsDarAndSrr0() {
        m.p.setMsr(Msr.ME | Msr.DR);
        m.p.setGpr(4, 0xff_8000_0000L);
        m.program(CODE, "lbz 3,16(4)");
        assertEquals(0x300, m.runFrom(CODE));
        assertEquals(0x8000_0010L, m.spr(Spr.DAR));
        assertEquals(CODE, m.spr(Spr.SRR0));
        assertEquals(Msr.ME | Msr.DR, m.spr(Spr.SRR1));
        assertEquals(GuestMachine.PRIVILEGED, m.p.msr());
    }
}

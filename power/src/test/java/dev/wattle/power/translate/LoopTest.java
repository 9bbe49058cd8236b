// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.mmu.RadixTree;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.GuestMachine;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.Spr;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What code of loops keeps from turn to turn is given up where it is no longer right. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LoopTest {
    private static final long CODE = GuestMachine.CODE;
    private static final long DATA = 0x40_0000;
    private static final long MAPPED = 0xc000_0040_0000_0000L;

    private final GuestMachine m = new GuestMachine(ProcessorModel.POWER9);

    @AfterEach
    void close() {
        m.close();
    }

    private void translation(RadixTree tree) {
        tree.map(0, 0, 0, 30, RadixTree.ALL);
        m.p.radix().processTable(tree.patb1());
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.IR | Msr.DR);
    }

    @Test
    void fault_inALaterTurn_seesTheComparisonOfTheTurnBefore() {
        RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);
        tree.map(0, MAPPED, DATA, 16, RadixTree.ALL);
        translation(tree);
        m.memory.fill(DATA, 0x1_0000, (byte) 1);
        m.memory.putInt(DATA + 0xfffc, -1);
        m.p.setGpr(8, MAPPED - 4);
        m.program(CODE, "lwzu 9,4(8); cmpwi 1,9,5; bne 1,. - 8; sc 1");
        // The loop's end is behind the end of the page.
        assertEquals(0x300, m.runFrom(CODE));
        assertEquals(MAPPED + 0xfffc, m.p.gpr(8));
        assertEquals(-1 & 0xffff_ffffL, m.p.gpr(9));
        assertEquals(8, m.p.cr(1));
        assertEquals(MAPPED + 0x1_0000, m.p.spr(Spr.DAR));
    }

    @Test
    void mapping_changedAfterALoop_holdsForItsNextRun() {
        RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);
        tree.map(0, MAPPED, DATA, 16, RadixTree.ALL);
        translation(tree);
        m.memory.putLong(DATA, 0x11);
        m.memory.putLong(DATA + 0x1_0000, 0x22);
        m.program(CODE, "li 5,100; mtctr 5; ld 3,0(8); add 4,4,3; bdnz . - 8; sc 1");
        m.p.setGpr(8, MAPPED);
        m.p.setGpr(4, 0);
        m.runFrom(CODE);
        assertEquals(100 * 0x11, m.p.gpr(4));
        tree.map(0, MAPPED, DATA + 0x1_0000, 16, RadixTree.ALL);
        m.p.setGpr(8, MAPPED);
        m.program(CODE + 0x100, "tlbie 8,9,2,1,1; ptesync; sc 1");
        m.p.setGpr(9, 0);
        m.runFrom(CODE + 0x100);
        m.p.setGpr(4, 0);
        m.runFrom(CODE);
        assertEquals(100 * 0x22, m.p.gpr(4));
    }

    @Test
    void store_intoTheLoopThatDoesIt_isSeenInTheNextTurn() {
        m.p.setGpr(8, CODE);
        m.p.setGpr(9, GuestMachine.word("addi 3,3,100"));
        m.p.setGpr(10, 0);
        m.p.setGpr(3, 0);
        // In the fifth turn the store goes into the loop, before that behind it.
        m.program(
                CODE,
                "addi 3,3,1; addi 10,10,1; cmpwi 10,5; li 7,0x100; isel 7,0,7,2; stwx 9,8,7; isync; cmpwi 1,10,9; "
                        + "blt 1,. - 32; sc 1");
        m.runFrom(CODE);
        assertEquals(9, m.p.gpr(10));
        assertEquals(5 + 4 * 100, m.p.gpr(3));
        assertEquals(2, m.p.cr(1));
    }

    @Test
    void comparison_ofAnOperandThatTheLoopChanges_isThatOfItsTime() {
        // CR2 is compared before its operand changes, and nothing reads it but the end.
        m.program(CODE, "cmpwi 2,3,7; addi 3,3,1; cmpwi 3,20; blt . - 12; mfcr 4; sc 1");
        m.p.setGpr(3, 0);
        m.runFrom(CODE);
        assertEquals(20, m.p.gpr(3));
        assertEquals(4, m.p.cr(2));
        assertEquals(2, m.p.cr(0));
        assertEquals(2 << 28 | 4 << 20, m.p.gpr(4));
    }

    /** Two blocks and a way back on which a comparison is pending that the first block repeats behind its load. */
    private static final String TWO_BLOCKS =
            "lwzu 9,4(8); cmpwi 1,9,7; bne 1,. + 8; addi 3,3,1; cmpwi 1,10,2; addi 10,10,1; b . - 24; sc 1";

    @Test
    void fault_inALoopOfSeveralBlocks_seesTheComparisonThatWasPendingOnTheWayBack() {
        RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);
        tree.map(0, MAPPED, DATA, 16, RadixTree.ALL);
        translation(tree);
        m.memory.fill(DATA, 0x1_0000, (byte) 0);
        m.memory.putInt(DATA + 0x100, 7);
        m.program(CODE, TWO_BLOCKS);
        for (int i = 0; i < 3; i++) {
            m.p.setGpr(3, 0);
            m.p.setGpr(8, MAPPED - 4);
            m.p.setGpr(10, i == 2 ? -0x4000 + 3 : 0);
            m.p.setMsr(GuestMachine.PRIVILEGED | Msr.IR | Msr.DR);
            assertEquals(0x300, m.runFrom(CODE));
            assertEquals(MAPPED + 0x1_0000, m.p.spr(Spr.DAR));
            assertEquals(1, m.p.gpr(3));
            assertEquals(i == 2 ? 2 : 4, m.p.cr(1));
        }
    }

    @Test
    void store_intoALoopOfSeveralBlocks_isSeenWithTheComparisonOfTheWayBack() {
        m.memory.fill(DATA, 0x1_0000, (byte) 0);
        m.p.setGpr(3, 0);
        m.p.setGpr(8, DATA - 4);
        m.p.setGpr(10, 0);
        m.p.setGpr(11, CODE);
        m.p.setGpr(12, GuestMachine.word("b . + 44"));
        m.p.setGpr(14, 3);
        // In turn 5000 the store replaces the first instruction, whose successor finds the comparison of r10 - 1.
        m.program(
                CODE,
                "lwzu 9,4(8); cmpwi 1,9,7; bne 1,. + 8; addi 3,3,1; cmpwi 2,10,4999; li 7,0x2000; isel 7,0,7,10; "
                        + "stwx 12,11,7; cmpwi 1,10,2; addi 10,10,1; b . - 40; sc 1");
        m.runFrom(CODE);
        assertEquals(5000, m.p.gpr(10));
        assertEquals(0, m.p.gpr(3));
        assertEquals(4, m.p.cr(1));
        assertEquals(2, m.p.cr(2));
    }

    @Test
    void store_intoABlockThatOverwritesAComparison_leavesThatForTheNewCode() {
        m.p.setGpr(3, 0);
        m.p.setGpr(5, 0);
        m.p.setGpr(10, 0);
        m.p.setGpr(11, CODE + 36);
        m.p.setGpr(12, GuestMachine.word("mfcr 5"));
        // In turn 5000 the store replaces the last comparison, so that there is no other than the one before.
        m.program(
                CODE,
                "addi 10,10,1; cmpwi 2,10,5000; li 7,0x2000; isel 7,0,7,10; stwx 12,11,7; cmpwi 1,10,3; bne 1,. + 12; "
                        + "addi 3,3,1; b . + 4; cmpwi 1,10,9999; blt 1,. - 40; sc 1");
        m.runFrom(CODE);
        assertEquals(5000, m.p.gpr(10));
        assertEquals(1, m.p.gpr(3));
        assertEquals(4, m.p.gpr(5) >>> 24 & 15);
        assertEquals(4, m.p.cr(1));
    }

    /** The second block's load is near that of the first, and not always executed. */
    private void runNearLoads(int lastWord) {
        RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);
        tree.map(0, MAPPED, DATA, 16, RadixTree.ALL);
        translation(tree);
        m.memory.fill(DATA, 0x1_0000, (byte) 0);
        for (int at = 2; at < 0xfff0; at += 24) {
            m.memory.putInt(DATA + at, 7);
            m.memory.putInt(DATA + at + 4, at);
        }
        m.memory.putInt(DATA + 0xfffa, lastWord);
        m.program(CODE, "lwz 9,0(8); cmpwi 9,7; bne . + 12; lwz 10,4(8); add 3,3,10; addi 8,8,8; b . - 24; sc 1");
        m.p.setGpr(3, 0);
        m.p.setGpr(8, MAPPED + 2);
        assertEquals(0x300, m.runFrom(CODE));
        long sum = 0;
        for (int at = 2; at < 0xfff0; at += 24) {
            sum += at;
        }
        assertEquals(sum, m.p.gpr(3));
    }

    @Test
    void access_ofALaterBlock_thatIsNotExecuted_doesNotFault() {
        runNearLoads(0);
        assertEquals(CODE, m.p.spr(Spr.SRR0));
        assertEquals(MAPPED + 0x1_0002, m.p.gpr(8));
        assertEquals(MAPPED + 0x1_0002, m.p.spr(Spr.DAR));
    }

    @Test
    void access_ofALaterBlock_faultsWhereItIs() {
        runNearLoads(7);
        assertEquals(CODE + 12, m.p.spr(Spr.SRR0));
        assertEquals(MAPPED + 0xfffa, m.p.gpr(8));
        assertEquals(7, m.p.gpr(9));
    }
}

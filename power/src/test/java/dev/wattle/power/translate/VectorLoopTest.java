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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Vectors in loops: accesses that are looked for together, and what stays in the host's vector registers. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class VectorLoopTest {
    private static final long CODE = GuestMachine.CODE;
    private static final long FROM = 0x40_0000;
    private static final long TO = 0x50_0000;
    private static final long MAPPED_FROM = 0xc000_0040_0000_0000L;
    private static final long MAPPED_TO = 0xc000_0050_0000_0000L;
    private static final int PAGE = 0x1_0000;
    private static final int PAGES = 3;

    private final GuestMachine m = new GuestMachine(ProcessorModel.POWER9);

    @BeforeEach
    void map() {
        RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);
        tree.map(0, 0, 0, 30, RadixTree.ALL);
        for (int i = 0; i < PAGES; i++) {
            // Neighbours by effective address are none by real address.
            tree.map(0, MAPPED_FROM + i * PAGE, FROM + (PAGES - 1 - i) * PAGE, 16, RadixTree.ALL);
            tree.map(0, MAPPED_TO + i * PAGE, TO + i * 2 * PAGE, 16, RadixTree.ALL);
        }
        m.p.radix().processTable(tree.patb1());
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.IR | Msr.DR | Msr.FP | Msr.VEC | Msr.VSX);
        for (int at = 0; at < PAGES * PAGE; at += 8) {
            m.memory.putLong(FROM + at, at * 0x9e37_79b9_7f4a_7c15L);
        }
    }

    @AfterEach
    void close() {
        m.close();
    }

    private long from(long offset) {
        return FROM + (PAGES - 1 - offset / PAGE) * PAGE + offset % PAGE;
    }

    private static long to(long offset) {
        return TO + offset / PAGE * 2 * PAGE + offset % PAGE;
    }

    private void assertCopied(long start, long end, long distance) {
        for (long at = start; at < end; at += 8) {
            assertEquals(
                    m.memory.getLong(from(at + distance)), m.memory.getLong(to(at)), () -> "not what was to be copied");
        }
    }

    private void copy(String program, long first, long second, long third, int turns) {
        m.program(CODE, program);
        m.p.setGpr(5, first);
        m.p.setGpr(6, second);
        m.p.setGpr(7, third);
        m.p.setGpr(4, turns);
        m.runFrom(CODE);
    }

    private static final String COPY = "mtctr 4; lxvd2x 32,8,5; lxvd2x 33,8,6; lxvd2x 34,8,7; stxvd2x 32,9,5; "
            + "addi 8,8,48; stxvd2x 33,9,6; stxvd2x 34,9,7; addi 9,9,48; bdnz . - 32; sc 1";

    @Test
    void accesses_offOneBase_withSmallIndices_copyAcrossPages() {
        m.p.setGpr(8, MAPPED_FROM);
        m.p.setGpr(9, MAPPED_TO);
        copy(COPY, 0, 16, 32, PAGES * PAGE / 48);
        assertCopied(0, PAGES * PAGE / 48 * 48, 0);
    }

    @Test
    void accesses_offOneBase_whoseIndicesAreNotSmallLater_copyWhatTheySay() {
        m.p.setGpr(8, MAPPED_FROM);
        m.p.setGpr(9, MAPPED_TO);
        copy(COPY, 0, 16, 32, 100);
        assertCopied(0, 4800, 0);
        // The third block of each turn comes from a page further on, or from below.
        m.p.setGpr(8, MAPPED_FROM + 0x4000);
        m.p.setGpr(9, MAPPED_TO + 0x4000);
        copy(COPY, 0, 16, PAGE + 32, 200);
        for (int turn = 0; turn < 200; turn++) {
            long at = 0x4000 + turn * 48L;
            assertCopied(at, at + 32, 0);
            assertCopied(PAGE + at + 32, PAGE + at + 48, 0);
        }
        m.p.setGpr(8, MAPPED_FROM + 0x8000);
        m.p.setGpr(9, MAPPED_TO + 0x8000);
        copy(COPY, -16, 0, 16, 200);
        assertCopied(0x8000 - 16, 0x8000 - 16 + 200 * 48, 0);
    }

    @Test
    void accesses_whoseFirstIsIndexed_countFromTheirBase() {
        m.p.setGpr(8, MAPPED_FROM);
        m.p.setGpr(9, MAPPED_TO);
        copy(
                "mtctr 4; lxvd2x 32,8,7; lxvd2x 33,8,6; lxvd2x 34,8,5; stxvd2x 32,9,7; stxvd2x 33,9,6; "
                        + "stxvd2x 34,9,5; addi 8,8,48; addi 9,9,48; bdnz . - 32; sc 1",
                0,
                16,
                32,
                PAGES * PAGE / 48);
        assertCopied(0, PAGES * PAGE / 48 * 48, 0);
    }

    @Test
    void fault_ofAnIndexedAccess_isExact() {
        m.p.setGpr(8, MAPPED_FROM + PAGES * PAGE - 4800);
        m.p.setGpr(9, MAPPED_TO);
        m.p.setGpr(3, 7);
        copy(COPY, 0, 16, 48, 200);
        // The last turn that begins within the page has its third access behind it.
        assertEquals(0x300, m.p.nia() - 4);
        assertEquals(MAPPED_FROM + PAGES * PAGE, m.p.spr(Spr.DAR));
        assertEquals(MAPPED_FROM + PAGES * PAGE - 48, m.p.gpr(8));
        assertEquals(CODE + 12, m.p.spr(Spr.SRR0));
    }

    @Test
    void accesses_roundedToQuadwords_copyFromAnyAddress() {
        m.p.setGpr(8, MAPPED_FROM + 13);
        m.p.setGpr(9, MAPPED_TO + 3);
        copy(
                "mtctr 4; lvx 0,0,8; lvx 1,8,6; lvx 2,8,7; addi 8,8,48; stvx 0,0,9; stvx 1,9,6; stvx 2,9,7; "
                        + "addi 9,9,48; bdnz . - 32; sc 1",
                0,
                16,
                32,
                PAGES * PAGE / 48);
        assertCopied(0, PAGES * PAGE / 48 * 48, 0);
    }

    @Test
    void words_keptInVectorRegisters_areMovedFromTurnToTurn() {
        m.p.setVsr(0, 1, 2);
        m.p.setVsr(1, 3, 4);
        m.p.setVsr(2, 5, 6);
        m.p.setGpr(3, 0);
        m.p.setGpr(5, 0x1_0000_0007L);
        // A queue of three words: one goes in, one comes out, and all move on.
        m.run("li 4,3001; mtctr 4; mtvsrwz 0,5; mfvsrwz 6,2; add 3,3,6; xxlor 2,1,1; xxlor 1,0,0; addi 5,5,3; "
                + "mtvsrwa 3,5; mfvsrd 7,3; xxlor 4,3,0; bdnz . - 36; sc 1");
        long sum = 5 + 3;
        for (int i = 0; i < 2999; i++) {
            sum += 7 + 3L * i;
        }
        assertEquals(sum, m.p.gpr(3));
        assertEquals(7 + 3 * 3001, m.p.gpr(7));
        assertEquals(7 + 3 * 3000, m.p.vsrHigh(0));
        assertEquals(0, m.p.vsrLow(0));
        assertEquals(7 + 3 * 2999, m.p.vsrHigh(2));
        assertEquals(0, m.p.vsrLow(2));
        assertEquals(7 + 3 * 3001, m.p.vsrHigh(3));
        assertEquals((7 + 3 * 3001) | (7 + 3 * 3000), m.p.vsrHigh(4));
    }

    @Test
    void exceptionEnabled_leavesBothHalvesOfTheTarget() {
        m.p.setFpscr(0x80);
        m.p.setVsr(0, 0x11, 0x22);
        m.p.setVsr(3, 0x7ff8_0000_0000_0001L, 0);
        m.p.setGpr(9, MAPPED_TO);
        // An invalid conversion, then the whole register.
        m.run("xxlor 1,0,0; fctidz 0,3; stxvd2x 0,0,9; lfd 0,0(9); xxlor 2,0,0; sc 1");
        assertEquals(0x11, m.memory.getLong(TO));
        assertEquals(0x22, m.memory.getLong(TO + 8));
        assertEquals(0x11, m.p.vsrHigh(2));
        assertEquals(0, m.p.vsrLow(2));
    }
}

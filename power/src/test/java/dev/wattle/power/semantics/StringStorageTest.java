// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PowerProcessor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StringStorageTest {
    private static final long EA = SingleInstruction.DATA;
    private static final int LMW = 46 << 26 | 29 << 21 | 4 << 16 | 2;
    private static final int STMW = 47 << 26 | 29 << 21 | 4 << 16 | 2;
    private static final int LSWI = 31 << 26 | 31 << 21 | 4 << 16 | 597 << 1;
    private static final int STSWI = 31 << 26 | 31 << 21 | 4 << 16 | 725 << 1;
    private static final int LSWX = 31 << 26 | 6 << 21 | 4 << 16 | 5 << 11 | 533 << 1;
    private static final int STSWX = 31 << 26 | 6 << 21 | 4 << 16 | 5 << 11 | 661 << 1;
    private static final int LQ = 56 << 26 | 6 << 21 | 4 << 16;
    private static final int STQ = 62 << 26 | 6 << 21 | 4 << 16 | 2;

    private final SingleInstruction machine = new SingleInstruction(ProcessorModel.POWER9);
    private final PowerProcessor p = machine.p;

    @AfterEach
    void close() {
        machine.close();
    }

    @Test
    void Multiple_loadAndStore_moveWordsFromAnyAddress() {
        p.setGpr(4, EA + 1);
        machine.storeBigEndian(EA, 0x0000_0011_2233_4455L);
        machine.storeBigEndian(EA + 8, 0x6677_8899_aabb_ccddL);
        assertEquals(0, machine.run(LMW));
        assertEquals(0x1122_3344L, p.gpr(29));
        assertEquals(0x5566_7788L, p.gpr(30));
        assertEquals(0x99aa_bbccL, p.gpr(31));
        p.setGpr(31, -1);
        assertEquals(0, machine.run(STMW));
        assertEquals(0x6677_88ff_ffff_ffddL, machine.storedBigEndian(EA + 8));
    }

    @Test
    void StringImmediate_pastLastRegister_goesOnWithFirst() {
        p.setGpr(4, EA);
        p.setGpr(0, -1);
        machine.storeBigEndian(EA, 0x1122_3344_5566_7788L);
        assertEquals(0, machine.run(LSWI | 6 << 11));
        assertEquals(0x1122_3344L, p.gpr(31));
        assertEquals(0x5566_0000L, p.gpr(0));
        p.setGpr(31, 0xa1a2_a3a4L);
        p.setGpr(0, 0xb1b2_b3b4L);
        assertEquals(0, machine.run(STSWI | 5 << 11));
        assertEquals(0xa1a2_a3a4_b166_7788L, machine.storedBigEndian(EA));
    }

    @Test
    void StringIndexed_countInXer_movesThatManyBytes() {
        p.setGpr(4, EA);
        p.setGpr(5, 1);
        p.setGpr(6, 77);
        p.setXer(0);
        assertEquals(0, machine.run(LSWX));
        assertEquals(77, p.gpr(6));
        machine.storeBigEndian(EA, 0x1122_3344_5566_7788L);
        p.setXer(3);
        assertEquals(0, machine.run(LSWX));
        assertEquals(0x2233_4400L, p.gpr(6));
        p.setGpr(6, 0xa1a2_a3a4L);
        assertEquals(0, machine.run(STSWX));
        assertEquals(0x11a1_a2a3_5566_7788L, machine.storedBigEndian(EA));
    }

    @Test
    void MultipleAndString_littleEndian_takeAlignmentInterrupts() {
        p.setMsr(Msr.SF | Msr.ME | Msr.LE);
        p.setGpr(4, EA);
        for (int word : new int[] {LMW, STMW, LSWI, STSWI, LSWX, STSWX}) {
            assertEquals(SingleInstruction.ALIGNMENT, machine.run(word));
        }
    }

    @Test
    void Quadword_bothByteOrders_keepHalvesInOrder() {
        for (boolean little : new boolean[] {false, true}) {
            p.setMsr(Msr.SF | Msr.ME | (little ? Msr.LE : 0));
            p.setGpr(4, EA);
            p.setGpr(6, 1);
            p.setGpr(7, 2);
            assertEquals(0, machine.run(STQ));
            assertEquals(little ? 2L << 56 : 1, machine.storedBigEndian(EA));
            assertEquals(little ? 1L << 56 : 2, machine.storedBigEndian(EA + 8));
            p.setGpr(6, 0);
            p.setGpr(7, 0);
            assertEquals(0, machine.run(LQ));
            assertEquals(1, p.gpr(6));
            assertEquals(2, p.gpr(7));
            assertEquals(SingleInstruction.PROGRAM, machine.run(LQ | 1 << 21));
            p.setGpr(4, EA + 8);
            assertEquals(SingleInstruction.ALIGNMENT, machine.run(LQ));
        }
    }
}

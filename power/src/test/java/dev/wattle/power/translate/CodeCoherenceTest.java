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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Translated code follows the guest's: when code is stored to, and when the mode changes. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CodeCoherenceTest {
    private static final long CODE = GuestMachine.CODE;

    private final GuestMachine m = new GuestMachine(ProcessorModel.POWER9);

    @AfterEach
    void close() {
        m.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "stw 9,0x20(8)",
                "stwx 9,8,7",
                "stmw 31,0x20(8)",
                "dcbz 8,6",
                "std 9,0x1c(8)",
                "stwbrx 5,8,7",
                "stswi 9,8,4"
            })
    void store_toCodeThatHasRun_isSeenAfterIsync(String store) {
        int word = GuestMachine.word("li 3,2");
        m.p.setGpr(8, CODE);
        m.p.setGpr(7, 0x20);
        m.p.setGpr(6, 0x80);
        m.p.setGpr(9, word & 0xffff_ffffL);
        m.p.setGpr(31, word);
        m.p.setGpr(5, Integer.reverseBytes(word));
        String base = store.startsWith("stswi") ? "addi 8,8,0x20; " : "nop; ";
        String program = base + store + "; dcbst 0,8; icbi 0,8; isync; b . + 12; nop; nop; li 3,1; sc 1";
        m.program(CODE, program);
        m.program(CODE + 0x80, "li 4,1; sc 1");
        // Once with the store elsewhere, so that the code to be changed has been translated.
        m.runFrom(CODE + 0x20);
        m.runFrom(CODE + 0x80);
        assertEquals(1, m.p.gpr(3));
        m.runFrom(CODE);
        if (store.startsWith("dcbz")) {
            assertEquals(0x700, m.runFrom(CODE + 0x80), "zeros are no instruction");
        } else {
            assertEquals(2, m.p.gpr(3));
        }
    }

    @Test
    void store_intoTheRunningBlock_isSeenByTheNextRun() {
        m.p.setGpr(8, CODE);
        m.p.setGpr(9, GuestMachine.word("li 3,7"));
        m.program(CODE, "stw 9,8(8); isync; li 3,1; sc 1");
        m.runFrom(CODE);
        assertEquals(7, m.p.gpr(3));
    }

    @Test
    void store_acrossPagesIntoCode_dropsBoth() {
        m.program(CODE + 0xffc, "li 3,1; li 4,1; sc 1");
        m.runFrom(CODE + 0xffc);
        long words = (long) GuestMachine.word("li 3,2") << 32 | GuestMachine.word("li 4,2") & 0xffff_ffffL;
        m.p.setGpr(8, CODE + 0xffc);
        m.p.setGpr(9, words);
        m.program(CODE, "std 9,0(8); sc 1");
        m.runFrom(CODE);
        m.runFrom(CODE + 0xffc);
        assertEquals(2, m.p.gpr(3));
        assertEquals(2, m.p.gpr(4));
    }

    @Test
    void store_throughAnotherMapping_isSeen() {
        RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);
        tree.map(0, 0, 0, 30, RadixTree.ALL);
        tree.map(0, 0xc000_0040_0000_0000L, CODE + 0x1_0000, 16, RadixTree.ALL);
        m.p.radix().processTable(tree.patb1());
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.IR | Msr.DR);
        m.p.setGpr(8, 0xc000_0040_0000_0000L);
        m.p.setGpr(9, GuestMachine.word("li 3,2"));
        m.program(CODE, "stw 9,0x100(8); stw 9,0(8); sc 1");
        m.program(CODE + 0x1_0000, "li 3,1; sc 1");
        // The store's page is in the TLB as writable before there is code in it.
        m.program(CODE + 0x40, "stw 9,0x100(8); sc 1");
        m.runFrom(CODE + 0x40);
        m.runFrom(CODE + 0x1_0000);
        assertEquals(1, m.p.gpr(3));
        m.runFrom(CODE);
        m.runFrom(CODE + 0x1_0000);
        assertEquals(2, m.p.gpr(3));
    }

    @Test
    void write_throughGuestMemory_isSeen() {
        m.run("li 3,1; sc 1");
        m.memory.putInt(CODE, GuestMachine.word("li 3,2"));
        m.runFrom(CODE);
        assertEquals(2, m.p.gpr(3));
        byte[] three = {0x38, 0x60, 0, 3};
        m.memory.write(CODE, three, 0, 4);
        m.runFrom(CODE);
        assertEquals(3, m.p.gpr(3));
        m.memory.fill(CODE, 4, (byte) 0);
        assertEquals(0x700, m.runFrom(CODE));
    }

    @Test
    void link_loopOverAModeChange_usesTheModeOfTheMoment() {
        // The same two words run as 64-bit and as 32-bit code; what they do shows the mode.
        m.p.setGpr(9, GuestMachine.PRIVILEGED);
        m.p.setGpr(10, Msr.ME);
        m.p.setGpr(4, 0x1_0000_0000L);
        m.p.setGpr(7, 0);
        m.program(CODE, """
                li 6,4
                mtctr 6
                loop: cmpdi 1,4,0
                add. 5,4,4
                mfcr 8
                srwi 8,8,28
                slwi 7,7,4
                or 7,7,8
                xor 9,9,10
                xor 10,9,10
                xor 9,9,10
                mtmsrd 9
                bdnz loop
                sc 1
                """);
        m.runFrom(CODE);
        // 64-bit: greater; 32-bit: the low word is zero.
        assertEquals(0x4242, m.p.gpr(7));
    }

    @Test
    void facility_turnedOffInTheKernel_isOffInTranslatedCode() {
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.FP);
        m.p.setGpr(9, GuestMachine.PRIVILEGED);
        m.program(CODE, "b . + 4; fmr 1,2; mtmsrd 9; b . - 8");
        assertEquals(0x800, m.runFrom(CODE));
        assertEquals(CODE + 4, m.spr(Spr.SRR0));
    }

    @Test
    void fallThrough_endOfPage_goesOnInTheNextMapping() {
        RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);
        tree.map(0, 0, 0, 30, RadixTree.ALL);
        long ea = 0xc000_0040_0000_0000L;
        tree.map(0, ea, CODE, 12, RadixTree.ALL);
        tree.map(0, ea + 0x1000, CODE + 0x8000, 12, RadixTree.ALL);
        m.p.radix().processTable(tree.patb1());
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.IR | Msr.DR);
        m.program(CODE + 0xffc, "li 3,1; li 3,2; sc 1");
        m.program(CODE + 0x8000, "li 4,9; sc 1");
        assertEquals(ea + 0x1004, m.runFrom(ea + 0xffc));
        assertEquals(1, m.p.gpr(3));
        assertEquals(9, m.p.gpr(4));
    }

    @Test
    void code_changedBeforeEachCall_isExecutedAsItIs() {
        // Sixty versions, then one that stays: each call adds what the instruction says at the moment.
        m.p.setGpr(4, CODE + 0x100);
        m.p.setGpr(5, GuestMachine.word("addi 3,3,0") & 0xffff_ffffL);
        m.p.setGpr(7, 60);
        m.program(CODE + 0x100, "addi 3,3,0; addi 6,6,1; blr");
        m.program(
                CODE,
                "li 8,100; again: addi 9,9,1; cmpw 9,7; bgt steady; addi 5,5,1; stw 5,0(4); dcbst 0,4; sync;"
                        + " icbi 0,4; isync; steady: mtctr 4; bctrl; addi 8,8,-1; cmpwi 8,0; bne again; sc 1");
        m.runFrom(CODE);
        assertEquals(100, m.p.gpr(6));
        assertEquals(60 * 61 / 2 + 40 * 60, m.p.gpr(3));
        // What has become steady is watched again.
        m.program(CODE + 0x100, "addi 3,3,1000");
        m.p.setGpr(3, 0);
        m.p.setGpr(9, 1000);
        m.runFrom(CODE);
        assertEquals(100_000, m.p.gpr(3));
    }

    @Test
    void code_changedAndInterrupted_isInterruptedThere() {
        m.p.setGpr(4, CODE + 0x100);
        m.p.setGpr(5, GuestMachine.word("addi 3,3,0") & 0xffff_ffffL);
        m.p.setGpr(11, GuestMachine.word("trap") & 0xffff_ffffL);
        m.program(CODE + 0x100, "addi 3,3,0; nop; blr");
        m.program(
                CODE,
                "li 8,20; again: addi 5,5,1; stw 5,0(4); dcbst 0,4; sync; icbi 0,4; isync; mtctr 4; bctrl;"
                        + " addi 8,8,-1; cmpwi 8,0; bne again; stw 11,4(4); addi 5,5,1; stw 5,0(4); sync; icbi 0,4;"
                        + " isync; mtctr 4; bctrl; sc 1");
        assertEquals(0x700, m.runFrom(CODE));
        assertEquals(CODE + 0x104, m.p.spr(Spr.SRR0));
        assertEquals(21 * 22 / 2, m.p.gpr(3));
    }
}

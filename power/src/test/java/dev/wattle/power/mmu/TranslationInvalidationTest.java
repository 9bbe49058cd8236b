// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.mmu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.GuestMachine;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.Spr;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What tlbie, tlbiel and moves to PIDR make the processor forget. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TranslationInvalidationTest {
    private static final long CODE = GuestMachine.CODE;
    private static final long KERNEL = 0xc000_0000_0000_0000L;
    private static final long OLD = 0x20_0000;
    private static final long NEW = 0x40_0000;
    private static final int PID = 2;

    private final GuestMachine m = new GuestMachine(ProcessorModel.POWER9);
    private final RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);

    TranslationInvalidationTest() {
        tree.map(0, 0, 0, 30, RadixTree.ALL);
        m.p.radix().processTable(tree.patb1());
        m.p.setSpr(Spr.PIDR, PID);
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.IR | Msr.DR);
        m.memory.putLong(OLD, 1);
        m.memory.putLong(NEW, 2);
    }

    @AfterEach
    void close() {
        m.close();
    }

    /**
     * Loads from an address that is mapped to OLD, maps it to NEW, executes an instruction, and loads again.
     *
     * @return 2 if the translation was forgotten, 1 if not
     */
    private long loadAround(int pid, long ea, int log2, String instruction, long rb, long rs) {
        long entry = tree.map(pid, ea, OLD, log2, RadixTree.ALL);
        m.p.invalidateTranslations();
        m.p.setGpr(4, ea);
        m.p.setGpr(6, rb);
        m.p.setGpr(7, rs);
        m.p.setGpr(8, entry | KERNEL);
        m.p.setGpr(9, RadixTree.VALID | RadixTree.LEAF | NEW | RadixTree.ALL);
        m.program(CODE, "ld 3,0(4); std 9,0(8); " + instruction + "; ld 5,0(4); sc 1");
        m.runFrom(KERNEL + CODE);
        assertEquals(1, m.p.gpr(3));
        return m.p.gpr(5);
    }

    @ParameterizedTest
    @CsvSource({
        // IS, AP, log2 of the page, PID, RIC: by page
        "0, 0, 12, 2, 0",
        "0, 5, 16, 2, 0",
        "0, 1, 21, 2, 0",
        "0, 2, 30, 2, 0",
        "0, 0, 12, 2, 2",
        "0, 7, 12, 2, 0",
        // by process, partition, everything
        "1, 0, 12, 2, 0",
        "1, 0, 12, 2, 2",
        "2, 0, 16, 0, 2",
        "3, 0, 21, 0, 2",
        "1, 0, 12, 2, 3"
    })
    void tlbie_thisProcess_forgets(int is, int ap, int log2, long pid, int ric) {
        long ea = 0x40_0000_0000L;
        long rb = (is == 0 ? ea : 0) | is << 10 | ap << 5;
        if (log2 == 30) {
            // The page is 1 GiB at real address 0: only its start can be remapped.
            long entry = tree.map(PID, ea, 0, 30, RadixTree.ALL);
            m.p.setGpr(4, ea + OLD);
            m.p.setGpr(6, rb);
            m.p.setGpr(7, pid << 32);
            m.p.setGpr(8, entry | KERNEL);
            m.p.setGpr(9, 0);
            m.program(CODE, "ld 3,0(4); std 9,0(8); tlbie 6,7,0,1,1; ld 5,0(4); sc 1");
            assertEquals(0x300, m.runFrom(KERNEL + CODE));
            return;
        }
        assertEquals(2, loadAround(PID, ea, log2, "tlbie 6,7," + ric + ",1,1", rb, pid << 32));
        assertEquals(2, loadAround(PID, ea, log2, "tlbiel 6,7," + ric + ",1,1", rb, pid << 32));
    }

    /** Linux has each page forgotten three times for the sake of POWER9's errata. */
    @Test
    void tlbie_ofTheSamePageAgain_forgetsWhatHasBeenEnteredSince() {
        long ea = 0x40_0000_0000L;
        long entry = tree.map(PID, ea, OLD, 12, RadixTree.ALL);
        m.p.setGpr(4, ea);
        m.p.setGpr(6, ea);
        m.p.setGpr(7, (long) PID << 32);
        m.p.setGpr(8, entry | KERNEL);
        m.p.setGpr(9, RadixTree.VALID | RadixTree.LEAF | NEW | RadixTree.ALL);
        m.p.setGpr(10, RadixTree.VALID | RadixTree.LEAF | OLD | RadixTree.ALL);
        String twice = "tlbie 6,7,0,1,1; tlbie 6,7,0,1,1; ";
        m.program(
                CODE,
                "ld 3,0(4); std 9,0(8); " + twice + "ld 5,0(4); std 10,0(8); " + twice + "ld 11,0(4); std 9,0(8); "
                        + "tlbie 6,7,0,1,1; ld 12,0(4); sc 1");
        m.runFrom(KERNEL + CODE);
        assertEquals(1, m.p.gpr(3));
        assertEquals(2, m.p.gpr(5));
        assertEquals(1, m.p.gpr(11));
        assertEquals(2, m.p.gpr(12));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 5", "1, 0", "2, 0", "3, 0"})
    void tlbie_processZero_forgetsUpperQuadrant(int is, int ap) {
        long ea = KERNEL | 0x40_0000_0000L;
        long rb = (is == 0 ? ea : 0) | is << 10 | ap << 5;
        assertEquals(2, loadAround(0, ea, ap == 5 ? 16 : 12, "tlbie 6,7,0,1,1", rb, 0));
        rb &= ~KERNEL;
        assertEquals(2, loadAround(0, ea, ap == 5 ? 16 : 12, "tlbie 6,7,0,1,1", rb, 0), "quadrant not named");
    }

    @Test
    void tlbie_processZeroInLowerQuadrant_forgets() {
        m.p.setSpr(Spr.PIDR, 0);
        m.p.processChanged();
        assertEquals(2, loadAround(0, 0x40_0000_0000L, 12, "tlbie 6,7,0,1,1", KERNEL | 0x40_0000_0000L, 0));
        assertEquals(2, loadAround(0, 0x40_0000_0000L, 12, "tlbie 6,7,0,1,1", 1 << 10, 0));
    }

    @ParameterizedTest
    @CsvSource({"3, 1", "40, 40"})
    void tlbie_allOfProcessZero_forgetsThePagesThatChanged(int pages, int forgotten) {
        long ea = KERNEL | 0x40_0000_0000L;
        long changed = 0;
        for (int i = 0; i < pages; i++) {
            changed = tree.map(0, ea + i * 0x1_0000L, OLD + i * 0x1_0000L, 16, RadixTree.ALL);
        }
        m.p.invalidateTranslations();
        m.p.setGpr(6, 1 << 10);
        m.p.setGpr(7, 0);
        m.p.setGpr(8, changed | KERNEL);
        m.p.setGpr(9, RadixTree.VALID | RadixTree.LEAF | NEW | RadixTree.ALL);
        m.p.setGpr(10, pages);
        m.p.setGpr(11, 0x1_0000);
        String walk = "mtctr 10; add 3,12,11; subf 3,11,3; ldx 5,0,3; add 3,3,11; bdnz . - 8; ";
        m.p.setGpr(12, ea);
        m.program(CODE, walk + "std 9,0(8); tlbie 6,7,0,1,1; sc 1; " + walk + "sc 1");
        m.runFrom(KERNEL + CODE);
        long entries = m.p.tlbCounts().get("tlb entries");
        m.runFrom(m.p.nia());
        assertEquals(2, m.p.gpr(5));
        // The table of pages itself is one more, where all had to be forgotten.
        assertEquals(forgotten, m.p.tlbCounts().get("tlb entries") - entries);
    }

    @Test
    void tlbie_pageWalkCacheAlone_keepsTranslations() {
        assertEquals(1, loadAround(PID, 0x40_0000_0000L, 12, "tlbie 6,7,1,1,1", 1 << 10, (long) PID << 32));
    }

    @Test
    void tlbie_partitionScoped_forgetsEverything() {
        assertEquals(2, loadAround(PID, 0x40_0000_0000L, 12, "tlbie 6,7,2,0,1", 2 << 10, 0));
    }

    @Test
    void tlbiel_allCongruenceClasses_forget() {
        m.p.setGpr(10, 128);
        assertEquals(
                2,
                loadAround(
                        PID,
                        0x40_0000_0000L,
                        12,
                        "mtctr 10; tlbiel 6,7,0,1,1; addi 6,6,0x1000; bdnz . - 8",
                        1 << 10,
                        (long) PID << 32));
    }

    @Test
    void tlbie_codePageItself_isFetchedAnewAfterIsync() {
        long ea = 0x40_0000_0000L;
        String program = "std 9,0(8); tlbie 6,7,0,1,1; isync; ";
        m.put(OLD, ea, program + "li 3,1; sc 1", false);
        m.put(NEW, ea, program + "li 3,2; sc 1", false);
        long entry = tree.map(PID, ea, OLD, 12, RadixTree.ALL);
        m.p.setGpr(6, ea);
        m.p.setGpr(7, (long) PID << 32);
        m.p.setGpr(8, entry | KERNEL);
        m.p.setGpr(9, RadixTree.VALID | RadixTree.LEAF | OLD | RadixTree.ALL);
        // The first run links the blocks of the page.
        m.runFrom(ea);
        m.runFrom(ea);
        assertEquals(1, m.p.gpr(3));
        m.p.setGpr(9, RadixTree.VALID | RadixTree.LEAF | NEW | RadixTree.ALL);
        m.runFrom(ea);
        assertEquals(2, m.p.gpr(3));
    }

    @Test
    void pidr_changed_switchesLowerQuadrant() {
        long ea = 0x40_0000_0000L;
        tree.map(PID, ea, OLD, 16, RadixTree.ALL);
        tree.map(PID + 1, ea, NEW, 16, RadixTree.ALL);
        m.p.setGpr(4, ea);
        m.p.setGpr(7, PID + 1);
        m.program(CODE, "ld 3,0(4); mtspr 48,7; ld 5,0(4); sc 1");
        m.runFrom(KERNEL + CODE);
        assertEquals(1, m.p.gpr(3));
        assertEquals(2, m.p.gpr(5));
    }

    @Test
    void amr_changed_isHeededAtOnce() {
        long ea = 0x40_0000_0000L;
        tree.map(PID, ea, OLD, 16, RadixTree.ALL);
        m.p.setGpr(4, ea);
        m.p.setGpr(7, 1L << 63);
        m.program(CODE, "std 4,8(4); mtspr 29,7; ld 5,0(4); std 4,0(4); sc 1");
        assertEquals(0x300, m.runFrom(KERNEL + CODE));
        assertEquals(KERNEL + CODE + 12, m.spr(Spr.SRR0));
        assertEquals(0x0a00_0000, m.spr(Spr.DSISR));
        assertEquals(1, m.p.gpr(5));
    }

    @Test
    void iamr_changed_isHeededAtOnce() {
        long ea = 0x40_0000_0000L;
        tree.map(PID, ea, OLD, 16, RadixTree.ALL);
        m.program(OLD, "mtspr 61,7; isync; sc 1");
        m.p.setGpr(7, 1L << 62);
        assertEquals(0x400, m.runFrom(ea));
        assertEquals(ea + 4, m.spr(Spr.SRR0));
        assertEquals(GuestMachine.PRIVILEGED | Msr.IR | Msr.DR | 0x0800_0000, m.spr(Spr.SRR1));
    }

    @Test
    void dataStorage_eachFault_setsDsisr() {
        long ea = 0x40_0000_0000L;
        tree.map(PID, ea, OLD, 12, RadixTree.READ);
        tree.map(PID, ea + 0x1000, OLD, 12, RadixTree.READ | RadixTree.PRIVILEGED);
        m.program(CODE, "stb 3,0(4)");
        m.program(CODE + 8, "lbz 3,0(4)");
        m.p.setGpr(4, ea);
        assertEquals(0x300, fault(CODE));
        assertEquals(0x0a00_0000, m.spr(Spr.DSISR));
        m.p.setGpr(4, ea + 0x2000);
        assertEquals(0x300, fault(CODE));
        assertEquals(0x4200_0000, m.spr(Spr.DSISR));
        assertEquals(0x300, fault(CODE + 8));
        assertEquals(0x4000_0000, m.spr(Spr.DSISR));
        m.memory.putLong(tree.entry(PID, ea + 0x2000, 12), RadixTree.VALID | 9);
        assertEquals(0x300, fault(CODE + 8));
        assertEquals(0x0008_0000, m.spr(Spr.DSISR));
        assertEquals(ea + 0x2000, m.spr(Spr.DAR));
    }

    private long fault(long code) {
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.IR | Msr.DR);
        return m.runFrom(KERNEL + code);
    }

    @Test
    void segmentBuffer_radixGuest_isEmpty() {
        m.p.setGpr(3, 5);
        m.p.setCr(0, 15);
        m.p.setGpr(4, 0);
        m.p.setGpr(5, 6);
        assertEquals(
                KERNEL + CODE + 24,
                m.runFrom(programAt("slbia 7; slbie 4; slbmte 3,4; slbmfee 3,4; slbfee. 5,4; slbsync; sc 1")));
        assertEquals(0, m.p.gpr(3));
        assertEquals(0, m.p.gpr(5));
        assertEquals(0, m.p.cr(0));
    }

    private long programAt(String text) {
        m.program(CODE, text);
        return KERNEL + CODE;
    }

    /** Loads from an address in process PID, switches to another and back with something between, and loads again. */
    private long loadAcross(String between) {
        long ea = 0x40_0000_0000L;
        long entry = tree.map(PID, ea, OLD, 16, RadixTree.ALL);
        m.p.invalidateTranslations();
        m.p.setGpr(4, ea);
        m.p.setGpr(6, ea | 5 << 5);
        m.p.setGpr(7, (long) PID << 32);
        m.p.setGpr(8, entry | KERNEL);
        m.p.setGpr(9, RadixTree.VALID | RadixTree.LEAF | NEW | RadixTree.ALL);
        m.p.setGpr(10, PID + 1);
        m.p.setGpr(11, PID);
        m.program(
                CODE, "ld 3,0(4); mtspr 48,10; isync; std 9,0(8); " + between + "mtspr 48,11; isync; ld 5,0(4); sc 1");
        m.runFrom(KERNEL + CODE);
        assertEquals(1, m.p.gpr(3));
        return m.p.gpr(5);
    }

    @Test
    void pidr_changedAndChangedBack_keepsTranslations() {
        assertEquals(1, loadAcross(""));
    }

    @Test
    void tlbie_ofAnotherProcess_forgetsWhatIsKeptForIt() {
        assertEquals(2, loadAcross("tlbie 6,7,0,1,1; "));
        m.p.setSpr(Spr.PIDR, PID);
        m.p.processChanged();
        assertEquals(2, loadAcross("li 6,0x400; tlbie 6,7,2,1,1; "));
    }
}

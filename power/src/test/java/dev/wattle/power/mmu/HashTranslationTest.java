// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.mmu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.wattle.power.mmu.HashEntries.Page;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.GuestMachine;
import dev.wattle.power.processor.Interrupts;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.Spr;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Guest code under hash translation: segments, pages, faults, and what the processor must not remember. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HashTranslationTest {
    private static final long CODE = GuestMachine.CODE;
    private static final long DATA = GuestMachine.DATA;
    private static final long KERNEL = 0xc000_0000_0000_0000L;
    private static final long KERNEL_SEGMENT = 0x123;
    private static final long USER = 0x1000_0000L;
    private static final long SEGMENT = 0x4567;
    private static final long OTHER_SEGMENT = 0x4568;
    private static final long TRANSLATED = GuestMachine.PRIVILEGED | Msr.IR | Msr.DR;
    private static final long OPEN = HashEntries.OPEN;

    private GuestMachine m = new GuestMachine(ProcessorModel.POWER9);
    private final HashPageTable table = new HashPageTable(18);
    private final HashEntries entries = new HashEntries(table);

    HashTranslationTest() {
        start();
    }

    private void start() {
        entries.mapRealMode();
        // The kernel: code, handlers and data, by large pages, where it does not matter.
        entries.map(new Page(false, KERNEL_SEGMENT, 0, 24, 24), 0, OPEN);
        m.p.hashPageTable(Optional.of(table), 24);
        segment(0, KERNEL, HashEntries.slbv(false, KERNEL_SEGMENT, 24, 0));
        m.p.setMsr(TRANSLATED);
    }

    private void segment(int entry, long ea, long slbv) {
        m.p.setSegment(entry, ea & Slb.ESID | Slb.VALID, slbv);
    }

    private void userSegment(long segment) {
        segment(1, USER, HashEntries.slbv(false, segment, 12, Slb.KP));
    }

    @AfterEach
    void close() {
        m.close();
        table.close();
    }

    /** Runs privileged code in the kernel's segment; answers the vector that ended it, or 0 for its own sc 1. */
    private long run(String text) {
        m.program(CODE, text + "; sc 1");
        long end = m.runFrom(KERNEL + CODE);
        return end >= KERNEL + CODE && end < KERNEL + CODE + 0x1000 ? 0 : end & 0xffff;
    }

    private long load(long ea) {
        m.p.setGpr(4, ea);
        return run("ld 3,0(4)");
    }

    private long store(long ea) {
        m.p.setGpr(4, ea);
        return run("std 3,0(4)");
    }

    @ParameterizedTest
    @CsvSource({
        "false, 12, 12", "false, 12, 16", "false, 12, 24", "false, 16, 16", "false, 16, 24", "false, 24, 24",
        "true, 12, 12", "true, 12, 16", "true, 12, 24", "true, 16, 16", "true, 16, 24", "true, 24, 24"
    })
    void translate_everyPageSize_findsThePage(boolean isTerabyte, int base, int actual) {
        long offset = 0x5a3_b000 & -1L << base;
        long ea = (isTerabyte ? 0x7f00_0000_0000L : USER) + offset;
        long real = (actual == 24 ? 0 : DATA) | (0x5a3_b000L & (1L << actual) - 1 & -1L << base);
        long index = entries.map(new Page(isTerabyte, SEGMENT, offset, base, actual), real & -1L << actual, OPEN);
        segment(3, ea, HashEntries.slbv(isTerabyte, SEGMENT, base, 0));
        m.memory.putLong(real + 8, 0x1122_3344);
        assertEquals(0, load(ea + 8));
        assertEquals(0x1122_3344, m.p.gpr(3));
        assertEquals(HashPageTable.R_R, table.r(index) & (HashPageTable.R_R | HashPageTable.R_C));
        m.p.setGpr(3, 77);
        assertEquals(0, store(ea + 16));
        assertEquals(77, m.memory.getLong(real + 16));
        assertEquals(HashPageTable.R_R | HashPageTable.R_C, table.r(index) & (HashPageTable.R_R | HashPageTable.R_C));
    }

    @Test
    void translate_mixedPagesInOneSegment_eachHasItsSize() {
        userSegment(SEGMENT);
        entries.map(Page.small(SEGMENT, 0x1_0000), DATA, OPEN);
        entries.map(new Page(false, SEGMENT, 0x2_3000, 12, 16), DATA + 0x1_0000, OPEN);
        m.memory.putLong(DATA, 1);
        m.memory.putLong(DATA + 0x1_3000, 2);
        assertEquals(0, load(USER + 0x1_0000));
        assertEquals(1, m.p.gpr(3));
        assertEquals(0, load(USER + 0x2_3000));
        assertEquals(2, m.p.gpr(3));
        // The next small page has no entry, whatever the pages around it are like.
        assertEquals(0x300, load(USER + 0x1_1000));
    }

    @Test
    void translate_secondaryGroup_isFound() {
        userSegment(SEGMENT);
        entries.map(Page.small(SEGMENT, 0x5000), DATA, OPEN, true);
        m.memory.putLong(DATA, 5);
        assertEquals(0, load(USER + 0x5000));
        assertEquals(5, m.p.gpr(3));
    }

    @Test
    void translate_noSegment_takesSegmentInterrupts() {
        assertEquals(0x380, load(USER + 0x1238));
        assertEquals(USER + 0x1238, m.spr(Spr.DAR));
        assertEquals(TRANSLATED, m.spr(Spr.SRR1));
        m.p.setMsr(TRANSLATED);
        m.p.setGpr(4, USER + 0x40);
        assertEquals(0x480, run("mtctr 4; bctr"));
        assertEquals(USER + 0x40, m.spr(Spr.SRR0));
        assertEquals(TRANSLATED, m.spr(Spr.SRR1));
    }

    @Test
    void translate_noEntry_takesStorageInterrupts() {
        userSegment(SEGMENT);
        assertEquals(0x300, load(USER + 0x5008));
        assertEquals(USER + 0x5008, m.spr(Spr.DAR));
        assertEquals(0x4000_0000L, m.spr(Spr.DSISR));
        m.p.setMsr(TRANSLATED);
        assertEquals(0x300, store(USER + 0x5008));
        assertEquals(0x4200_0000L, m.spr(Spr.DSISR));
        m.p.setMsr(TRANSLATED);
        m.p.setGpr(4, USER + 0x40);
        assertEquals(0x400, run("mtctr 4; bctr"));
        assertEquals(TRANSLATED | 0x4000_0000L, m.spr(Spr.SRR1));
    }

    @Test
    void translate_noExecute_isAPropertyOfSegmentPageAndGuard() {
        for (int kind = 0; kind < 3; kind++) {
            long flags = kind == 0 ? HashPageTable.R_N : kind == 1 ? HashPageTable.R_G : 0;
            long offset = 0x1_0000L * (kind + 1);
            entries.map(Page.small(SEGMENT, offset), DATA, OPEN | flags);
            segment(1, USER, HashEntries.slbv(false, SEGMENT, 12, kind == 2 ? Slb.N : 0));
            m.p.setMsr(TRANSLATED);
            m.p.setGpr(4, USER + offset);
            assertEquals(0x400, run("mtctr 4; bctr"), "kind " + kind);
            assertEquals(TRANSLATED | 0x1000_0000L, m.spr(Spr.SRR1));
            m.p.setMsr(TRANSLATED);
            assertEquals(0, load(USER + offset), "data");
        }
    }

    @Test
    void translate_storageKeys_denyByAmrAndIamr() {
        userSegment(SEGMENT);
        // Key 21: 0b10 in the upper bits, 0b101 in the lower.
        entries.map(Page.small(SEGMENT, 0x5000), DATA, OPEN | 2L << 60 | 5L << 9);
        long load = 1L << 2 * (31 - 21);
        assertEquals(0, load(USER + 0x5000));
        m.p.setGpr(5, load);
        assertEquals(0x300, run("mtspr 29,5; ld 3,0(4)"));
        assertEquals(Interrupts.DSISR_CLASS, m.spr(Spr.DSISR));
        m.p.setMsr(TRANSLATED);
        assertEquals(0, run("li 5,0; mtspr 29,5; ld 3,0(4); std 3,0(4)"));
        m.p.setGpr(5, load << 1);
        assertEquals(0x300, run("mtspr 29,5; ld 3,0(4); std 3,0(4)"));
        assertEquals(Interrupts.DSISR_CLASS | Interrupts.DSISR_STORE, m.spr(Spr.DSISR));
        m.p.setMsr(TRANSLATED);
        // Another key, whose first two bits are the same.
        m.p.setGpr(5, load << 3);
        assertEquals(0, run("mtspr 29,5; ld 3,0(4); std 3,0(4)"));
        m.memory.putInt(DATA, GuestMachine.SC_1);
        m.p.setGpr(5, load);
        assertEquals(0x400, run("mtspr 61,5; isync; mtctr 4; bctr"));
        assertEquals(TRANSLATED | 0x0020_0000L, m.spr(Spr.SRR1));
    }

    @Test
    void access_cachingInhibited_deniesAtomicsAndClearing() {
        userSegment(SEGMENT);
        entries.map(Page.small(SEGMENT, 0x5000), DATA, HashPageTable.R_I | HashPageTable.R_G | 2);
        m.p.setGpr(4, USER + 0x5000);
        assertEquals(0, run("ld 3,0(4); std 3,8(4)"));
        assertEquals(0x300, run("lwarx 3,0,4"));
        assertEquals(Interrupts.DSISR_INVALID_ATTRIBUTE, m.spr(Spr.DSISR));
        m.p.setMsr(TRANSLATED);
        assertEquals(0x600, run("dcbz 0,4"));
    }

    // Instructions

    @Test
    void slbmte_entries_areReadBack() {
        long first = 0x7f00_0000_0000L | Slb.VALID;
        long second = HashEntries.slbv(true, 0x1234_5678L, 16, Slb.KS | Slb.KP | Slb.N | Slb.CLASS);
        m.p.setGpr(5, first | 17);
        m.p.setGpr(6, second);
        m.p.setGpr(7, 17);
        m.p.setGpr(8, 0x7f00_1234_5678L);
        assertEquals(0, run("slbmte 6,5; slbmfee 3,7; slbmfev 9,7; slbfee. 10,8; mfcr 11"));
        assertEquals(first, m.p.gpr(3));
        assertEquals(second, m.p.gpr(9));
        assertEquals(second, m.p.gpr(10));
        assertEquals(2, m.p.gpr(11) >>> 28);
        m.p.setGpr(8, 0x7e00_1234_5678L);
        m.p.setGpr(7, 18);
        assertEquals(0, run("slbmfee 3,7; slbmfev 9,7; slbfee. 10,8; mfcr 11"));
        assertEquals(0, m.p.gpr(3) | m.p.gpr(9) | m.p.gpr(10) | m.p.gpr(11) >>> 28);
    }

    @Test
    void slbmte_undefinedOperands_areIllegal() {
        long[][] bad = {
            {USER | Slb.VALID | 32, HashEntries.slbv(false, 1, 12, 0)},
            {USER | Slb.VALID | 5, 3L << 62},
            {USER | Slb.VALID | 5, 0x120},
            {USER | Slb.VALID | 5, 0x30}
        };
        for (long[] operands : bad) {
            m.p.setMsr(TRANSLATED);
            m.p.setGpr(5, operands[0]);
            m.p.setGpr(6, operands[1]);
            assertEquals(0x700, run("slbmte 6,5"));
            assertEquals(Interrupts.ILLEGAL, m.spr(Spr.SRR1) & Interrupts.SRR1_INFORMATION);
        }
    }

    @ParameterizedTest
    @CsvSource({
        // IH, and whether entries 0 (class 0), 1 (class 0) and 2 (class 1) stay
        "0, true, false, false",
        "1, true, false, false",
        "2, true, false, false",
        "3, true, true, false",
        "6, true, false, false",
        "7, true, true, true"
    })
    void slbia_hint_says(int ih, boolean zero, boolean one, boolean two) {
        segment(1, USER, HashEntries.slbv(false, SEGMENT, 12, 0));
        segment(2, USER + (1L << 28), HashEntries.slbv(false, SEGMENT, 12, Slb.CLASS));
        assertEquals(0, run("slbia " + ih));
        Slb slb = m.p.hash().slb();
        assertEquals(zero, slb.isValid(0));
        assertEquals(one, slb.isValid(1));
        assertEquals(two, slb.isValid(2));
    }

    @Test
    void slbie_sizeMustMatch() {
        segment(1, USER, HashEntries.slbv(false, SEGMENT, 12, 0));
        m.p.setGpr(5, USER | 1L << 25);
        assertEquals(0, run("slbie 5"));
        assertEquals(true, m.p.hash().slb().isValid(1));
        m.p.setGpr(5, USER | Slb.VALID);
        assertEquals(0, run("slbieg 3,5"));
        assertEquals(false, m.p.hash().slb().isValid(1));
    }

    @Test
    void mtsr_power8_setsTheEntryOfTheSegment() {
        m.close();
        m = new GuestMachine(ProcessorModel.POWER8);
        start();
        m.p.setGpr(5, 0x6000_0000L | SEGMENT);
        m.p.setGpr(6, 0x3000_0000L);
        assertEquals(0, run("mtsr 2,5; mfsr 7,2; mtsrin 5,6; mfsrin 8,6"));
        assertEquals(m.p.gpr(5), m.p.gpr(7));
        assertEquals(m.p.gpr(5), m.p.gpr(8));
        assertEquals(0x2000_0000L | Slb.VALID, m.p.hash().slb().esid(2));
        assertEquals(
                HashEntries.slbv(false, SEGMENT, 12, Slb.KS | Slb.KP),
                m.p.hash().slb().vsid(2));
        assertEquals(
                HashEntries.slbv(false, SEGMENT, 12, Slb.KS | Slb.KP),
                m.p.hash().slb().vsid(3));
    }

    @ParameterizedTest
    @EnumSource(ProcessorModel.class)
    void tlbie_isTheHypervisors(ProcessorModel model) {
        m.close();
        m = new GuestMachine(model);
        start();
        m.p.setMsr(TRANSLATED);
        assertEquals(0x700, run("tlbie 3,4"));
        assertEquals(Interrupts.PRIVILEGED, m.spr(Spr.SRR1) & Interrupts.SRR1_INFORMATION);
    }

    /** As Linux does when it takes a processor offline: all congruence classes, whatever the partition. */
    @ParameterizedTest
    @EnumSource(ProcessorModel.class)
    void tlbiel_isTheOperatingSystemsToo(ProcessorModel model) {
        m.close();
        m = new GuestMachine(model);
        start();
        for (long selector : new long[] {0, 2, 3}) {
            m.p.setMsr(TRANSLATED);
            m.p.setGpr(3, selector << 10);
            assertEquals(0, run("tlbiel 3; addi 3,3,0x1000; tlbiel 3"));
        }
        m.p.setMsr(TRANSLATED | Msr.PR);
        assertNotEquals(0, run("tlbiel 3"), "privileged");
    }

    // What must be forgotten

    @Test
    void slbie_cachedTranslation_isForgotten() {
        userSegment(SEGMENT);
        entries.map(Page.small(SEGMENT, 0x5000), DATA, OPEN);
        m.p.setGpr(4, USER + 0x5000);
        m.p.setGpr(5, USER);
        assertEquals(0x380, run("ld 3,0(4); slbie 5; ld 3,0(4)"));
        m.p.setMsr(TRANSLATED);
        userSegment(SEGMENT);
        assertEquals(0x380, run("ld 3,0(4); slbia; ld 3,0(4)"));
    }

    @Test
    void slbmte_cachedTranslation_isOfTheNewSegment() {
        entries.map(Page.small(SEGMENT, 0x5000), DATA, OPEN);
        entries.map(Page.small(OTHER_SEGMENT, 0x5000), DATA + 0x1000, OPEN);
        m.memory.putLong(DATA, 1);
        m.memory.putLong(DATA + 0x1000, 2);
        userSegment(SEGMENT);
        m.p.setGpr(4, USER + 0x5000);
        m.p.setGpr(5, USER | Slb.VALID | 1);
        m.p.setGpr(6, HashEntries.slbv(false, OTHER_SEGMENT, 12, 0));
        assertEquals(0, run("ld 3,0(4); slbmte 6,5; ld 7,0(4)"));
        assertEquals(1, m.p.gpr(3));
        assertEquals(2, m.p.gpr(7));
    }

    @Test
    void fetch_afterSegmentChange_isOfTheNewSegment() {
        entries.map(Page.small(SEGMENT, 0x5000), DATA, OPEN);
        entries.map(Page.small(OTHER_SEGMENT, 0x5000), DATA + 0x1000, OPEN);
        m.program(DATA, "li 7,1; blr");
        m.program(DATA + 0x1000, "li 7,2; blr");
        userSegment(SEGMENT);
        m.p.setGpr(4, USER + 0x5000);
        m.p.setGpr(5, USER | Slb.VALID | 1);
        m.p.setGpr(6, HashEntries.slbv(false, OTHER_SEGMENT, 12, 0));
        assertEquals(0, run("mtctr 4; bctrl; mr 8,7; slbmte 6,5; isync; bctrl"));
        assertEquals(1, m.p.gpr(8));
        assertEquals(2, m.p.gpr(7));
    }

    /** Problem state of two address spaces by turns, whose segments are loaded as an operating system does. */
    @Test
    void problemState_addressSpacesByTurns_eachSeesItsOwn() {
        long[] spaces = {SEGMENT, OTHER_SEGMENT};
        for (int i = 0; i < 2; i++) {
            entries.map(Page.small(spaces[i], 0x5000), DATA + 0x1000L * i, OPEN);
            entries.map(Page.small(spaces[i], 0), CODE + 0x8000, OPEN);
            m.memory.putLong(DATA + 0x1000L * i, 10 + i);
        }
        m.program(CODE + 0x8000, "ld 3,0(4); addi 3,3,1; std 3,0(4); sc 1; sc");
        m.hypercall = p -> {
            if ((p.msr() & Msr.PR) == 0) {
                p.leave();
            }
        };
        m.p.setGpr(4, USER + 0x5000);
        for (int i = 0; i < 8; i++) {
            m.p.setMsr(TRANSLATED);
            userSegment(spaces[i & 1]);
            m.p.setMsr(GuestMachine.PROBLEM);
            assertEquals(0xc00, m.runFrom(USER));
            assertEquals(11 + (i & 1) + (i >> 1), m.memory.getLong(DATA + 0x1000L * (i & 1)), "turn " + i);
        }
        long entries = m.p.tlbCounts().get("tlb entries");
        m.p.setMsr(TRANSLATED);
        userSegment(spaces[0]);
        m.p.setMsr(GuestMachine.PROBLEM);
        assertEquals(0xc00, m.runFrom(USER));
        assertEquals(0, m.p.tlbCounts().get("tlb entries") - entries, "translated once for all turns");
    }

    /** A translation that is in use, and the page table entry changed by the hypervisor. */
    @ParameterizedTest
    @CsvSource({"false", "true"})
    void forgetPage_inUse_isTranslatedAgain(boolean problem) {
        userSegment(SEGMENT);
        long index = entries.map(Page.small(SEGMENT, 0x5000), DATA, OPEN);
        entries.map(Page.small(SEGMENT, 0), CODE + 0x8000, OPEN);
        m.memory.putLong(DATA, 1);
        m.memory.putLong(DATA + 0x1000, 2);
        m.program(CODE + 0x8000, "ld 3,0(4); std 3,8(4); nop; sc");
        m.p.setGpr(4, USER + 0x5000);
        runUser(problem);
        assertEquals(1, m.p.gpr(3));
        long v = table.v(index);
        long r = table.r(index);
        table.set(index, v, r & ~HashPageTable.R_RPN | DATA + 0x1000);
        m.p.forgetPage(index, v, r);
        runUser(problem);
        assertEquals(2, m.p.gpr(3));
        assertEquals(2, m.memory.getLong(DATA + 0x1008));
        // The change bit comes again with the next store, not with a load.
        long before = table.clear(index, HashPageTable.R_C | HashPageTable.R_R);
        assertNotEquals(0, before & HashPageTable.R_C);
        m.p.forgetPage(index, v, before);
        runUser(problem);
        assertEquals(HashPageTable.R_R | HashPageTable.R_C, table.r(index) & (HashPageTable.R_R | HashPageTable.R_C));
        before = table.r(index);
        table.set(index, 0, 0);
        m.p.forgetPage(index, v, before);
        m.p.setMsr(problem ? GuestMachine.PROBLEM : TRANSLATED);
        assertEquals(0x300, m.runFrom(USER));
    }

    private void runUser(boolean problem) {
        m.p.setMsr(problem ? GuestMachine.PROBLEM : TRANSLATED);
        assertEquals(0xc00, m.runFrom(USER));
    }

    /** The same for code, by the entry of a page that is being executed. */
    @Test
    void forgetPage_ofCode_isFetchedAgain() {
        userSegment(SEGMENT);
        long index = entries.map(Page.small(SEGMENT, 0), CODE + 0x8000, OPEN);
        m.program(CODE + 0x8000, "li 3,1; sc");
        m.program(CODE + 0x9000, "li 3,2; sc");
        runUser(true);
        assertEquals(1, m.p.gpr(3));
        long v = table.v(index);
        long r = table.r(index);
        table.set(index, v, r & ~HashPageTable.R_RPN | CODE + 0x9000);
        m.p.forgetPage(index, v, r);
        runUser(true);
        assertEquals(2, m.p.gpr(3));
    }

    @Test
    void lookUp_changesNothing() {
        userSegment(SEGMENT);
        long index = entries.map(Page.small(SEGMENT, 0x5000), DATA, HashPageTable.R_M | 3);
        var found = m.p.lookUp(USER + 0x5123).orElseThrow();
        assertEquals(DATA + 0x123, found.realAddress());
        assertEquals(false, found.isWritable());
        assertEquals(0, table.r(index) & 0x180);
        assertEquals(Optional.empty(), m.p.lookUp(USER + 0x6000));
        assertEquals(Optional.empty(), m.p.lookUp(USER + (1L << 28)));
        m.p.setMsr(GuestMachine.PRIVILEGED);
        assertEquals(DATA, m.p.lookUp(DATA).orElseThrow().realAddress());
        assertEquals(Optional.empty(), m.p.lookUp(GuestMachine.SIZE));
    }

    // Real mode

    @Test
    void realMode_throughTheArea_reachesAllThatIsMapped() {
        m.p.setMsr(GuestMachine.PRIVILEGED);
        m.memory.putLong(DATA, 0x77);
        m.p.setGpr(4, DATA);
        // The upper four bits of the address do not count.
        m.p.setGpr(5, DATA | 3L << 62);
        m.program(CODE, "ld 3,0(4); ld 6,0(5); std 3,8(4); sc 1");
        m.runFrom(CODE);
        assertEquals(0x77, m.p.gpr(3));
        assertEquals(0x77, m.p.gpr(6));
        assertEquals(0x77, m.memory.getLong(DATA + 8));
    }

    @Test
    void realMode_noEntry_isAStorageInterrupt() {
        m.p.setMsr(GuestMachine.PRIVILEGED);
        m.p.setGpr(4, 0x1234_5678_9000L);
        m.program(CODE, "ld 3,0(4); sc 1");
        assertEquals(0x300, m.runFrom(CODE));
        assertEquals(0x1234_5678_9000L, m.spr(Spr.DAR));
        assertEquals(0x4000_0000L, m.spr(Spr.DSISR));
        m.p.setGpr(4, GuestMachine.SIZE);
        m.program(CODE, "std 3,0(4); sc 1");
        assertEquals(0x300, m.runFrom(CODE));
        assertEquals(0x4200_0000L, m.spr(Spr.DSISR));
        m.program(CODE, "mtctr 4; bctr");
        assertEquals(0x400, m.runFrom(CODE));
        assertEquals(0x4000_0000L, m.spr(Spr.SRR1) & Interrupts.SRR1_INFORMATION);
    }

    @Test
    void realMode_entryRemoved_isForgotten() {
        // Another area, of small pages, so that one of them can go.
        m.close();
        m = new GuestMachine(ProcessorModel.POWER9);
        long page = 0;
        for (long at = 0; at < GuestMachine.SIZE; at += 1 << 16) {
            long index = entries.map(new Page(true, 0x1ff_ffff, at, 16, 16), at, HashPageTable.R_M);
            page = at == DATA ? index : page;
        }
        m.p.hashPageTable(Optional.of(table), 16);
        m.p.setMsr(GuestMachine.PRIVILEGED);
        m.p.setGpr(4, DATA);
        m.memory.putLong(DATA, 3);
        m.program(CODE, "ld 3,0(4); sc 1");
        m.runFrom(CODE);
        assertEquals(3, m.p.gpr(3));
        long v = table.v(page);
        long r = table.r(page);
        table.set(page, 0, 0);
        m.p.forgetPage(page, v, r);
        assertEquals(0x300, m.runFrom(CODE));
    }

    @Test
    void difference_segments_areCompared() {
        try (GuestMachine other = new GuestMachine(ProcessorModel.POWER9)) {
            PowerProcessor p = other.p;
            p.setSegment(0, KERNEL & Slb.ESID | Slb.VALID, HashEntries.slbv(false, KERNEL_SEGMENT, 24, 0));
            p.setMsr(TRANSLATED);
            assertEquals("", m.p.difference(p));
            userSegment(SEGMENT);
            assertEquals("SLB 1", m.p.difference(p).substring(0, 5));
        }
    }
}

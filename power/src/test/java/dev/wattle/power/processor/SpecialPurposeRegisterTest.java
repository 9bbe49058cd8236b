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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may read and write which special purpose register, and what that does. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SpecialPurposeRegisterTest {
    private static final long CODE = GuestMachine.CODE;
    private static final long UNTOUCHED = 0x7777_7777_7777_7777L;
    private static final long ILLEGAL = 0x8_0000;
    private static final long PRIVILEGED = 0x4_0000;

    private final GuestMachine m = new GuestMachine(ProcessorModel.POWER9);

    SpecialPurposeRegisterTest() {
        RadixTree tree = new RadixTree(m.memory, GuestMachine.TABLES);
        tree.map(0, 0, 0, 30, RadixTree.ALL);
        m.p.radix().processTable(tree.patb1());
    }

    @AfterEach
    void close() {
        m.close();
    }

    private void problemState() {
        m.p.setMsr(GuestMachine.PROBLEM);
    }

    private long read(int spr) {
        m.p.setGpr(3, UNTOUCHED);
        assertEquals(CODE + 4, m.run("mfspr 3," + spr + "; sc 1"));
        return m.p.gpr(3);
    }

    private void write(int spr, long value) {
        m.p.setGpr(3, value);
        assertEquals(CODE + 4, m.run("mtspr " + spr + ",3; sc 1"));
    }

    @ParameterizedTest
    @ValueSource(ints = {17, 19, 26, 27, 28, 29, 61, 144, 157, 272, 273, 274, 275, 784, 787, 795, 815, 823, 804})
    void privilegedStorage_written_isReadBack(int spr) {
        write(spr, 0x0123_4567_89ab_cdefL);
        assertEquals(0x0123_4567_89ab_cdefL, read(spr));
    }

    @ParameterizedTest
    @ValueSource(ints = {18, 159, 256})
    void wordRegisters_written_keep32Bits(int spr) {
        write(spr, -1);
        assertEquals(0xffff_ffffL, read(spr));
    }

    /** Hypervisor registers, undefined ones, and those that are read-only or write-only. */
    @ParameterizedTest
    @ValueSource(ints = {318, 314, 190, 180, 187, 188, 464, 855, 310, 284, 2, 500, 816, 1008, 31, 894, 152, 808, 811})
    void notForGuests_readInPrivilegedState_doesNothing(int spr) {
        assertEquals(UNTOUCHED, read(spr));
    }

    @ParameterizedTest
    @ValueSource(ints = {318, 314, 187, 310, 286, 2, 500, 287, 1023, 309, 848, 849, 176, 136, 259, 268, 810})
    void notForGuests_writtenInPrivilegedState_doesNothing(int spr) {
        long before = m.spr(spr);
        write(spr, 5);
        assertEquals(before, m.spr(spr));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 5, 6})
    void fewNumbers_inPrivilegedState_areIllegal(int spr) {
        assertEquals(0x700, m.run("mfspr 3," + spr));
        assertEquals(GuestMachine.PRIVILEGED | ILLEGAL, m.spr(Spr.SRR1));
        assertEquals(0x700, m.run("mtspr " + spr + ",3"));
    }

    @Test
    void hypervisorRegister_enhancedVirtualisation_isIllegal() {
        m.p.setSpr(Spr.LPCR, 1L << 21);
        assertEquals(0x700, m.run("mfspr 3,318"));
        assertEquals(GuestMachine.PRIVILEGED | ILLEGAL, m.spr(Spr.SRR1));
    }

    @ParameterizedTest
    @CsvSource({
        "mfspr, 26, 40000", "mtspr, 26, 40000", "mfspr, 318, 40000", "mfspr, 287, 40000", "mtspr, 22, 40000",
        "mfspr, 0, 80000", "mfspr, 2, 80000", "mtspr, 268, 80000", "mtspr, 259, 80000", "mfspr, 500, 40000",
        "mfspr, 48, 40000", "mtspr, 787, 40000", "mtspr, 771, 80000", "mtspr, 768, 80000"
    })
    void forbidden_inProblemState_isPrivilegedOrIllegalByNumber(String move, int spr, String bits) {
        problemState();
        assertEquals(0x700, m.run(move.equals("mfspr") ? "mfspr 3," + spr : "mtspr " + spr + ",3"));
        assertEquals(CODE, m.spr(Spr.SRR0));
        assertEquals(GuestMachine.PROBLEM | Long.parseLong(bits, 16), m.spr(Spr.SRR1));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 9, 13, 136, 256, 259, 268, 269, 771, 780, 808, 896, 898})
    void problemStateRegisters_readInProblemState_areAllowed(int spr) {
        problemState();
        assertEquals(0xc00, m.run("mfspr 3," + spr + "; sc"));
    }

    @Test
    void amr_writtenInProblemState_isMaskedByUamor() {
        m.p.setSpr(Spr.AMR, 0x00ff_0000_0000_0000L);
        m.p.setSpr(Spr.UAMOR, 0x0ff0_0000_0000_0000L);
        problemState();
        m.p.setGpr(3, 0x0aaa_aaaa_aaaa_aaaaL);
        m.run("mtspr 13,3; mfspr 4,13; sc");
        assertEquals(0x0aaf_0000_0000_0000L, m.p.gpr(4));
        write(13, 0);
        assertEquals(0, m.spr(Spr.AMR), "privileged state may change all of it");
    }

    @ParameterizedTest
    @CsvSource({"0, true, false", "1, false, false", "2, true, true", "3, true, true"})
    void performanceCounters_problemState_followPmcc(long pmcc, boolean readable, boolean writable) {
        m.p.setSpr(Spr.MMCR0, pmcc << 18);
        problemState();
        assertEquals(readable ? 0xc00 : 0xf60, m.run("mfspr 3,771; sc"));
        problemState();
        assertEquals(writable ? 0xc00 : pmcc == 0 ? 0x700 : 0xf60, m.run("mtspr 771,3; sc"));
        problemState();
        assertEquals(readable && pmcc != 3 ? 0xc00 : 0xf60, m.run("mfspr 3,775; sc"));
        if (!readable) {
            assertEquals(3, m.spr(Spr.FSCR) >>> 56);
        }
    }

    @Test
    void mmcr0_problemState_showsThreeBits() {
        m.p.setGpr(4, 0);
        m.p.setSpr(Spr.MMCR0, 0xfffb_ffffL);
        problemState();
        m.run("mfspr 3,779; mtspr 779,4; sc");
        assertEquals(0x8400_0080L, m.p.gpr(3));
        assertEquals(0x7bfb_ff7fL, m.spr(Spr.MMCR0));
    }

    @Test
    void branchEventRegister_aliases_setAndReset() {
        m.p.setSpr(Spr.BESCR, 0);
        m.p.setGpr(3, 0x1_0000_0000L);
        m.p.setGpr(4, 0x8000_0000L);
        m.run("mtspr 800,3; mfspr 5,806; mtspr 801,4; mfspr 6,803; mtspr 802,3; mtspr 803,4; mfspr 7,800; sc 1");
        assertEquals(0x1_0000_0000L, m.p.gpr(5));
        assertEquals(0x8000_0001L, m.p.gpr(6));
        assertEquals(0, m.p.gpr(7));
    }

    @Test
    void priority_written_keepsItsFieldAlone() {
        write(896, -1);
        assertEquals(0x001c_0000_0000_0000L, read(896));
        assertEquals(0x001c_0000, read(898));
        write(898, 0x0008_0000);
        assertEquals(0x0008_0000_0000_0000L, read(896));
    }

    @Test
    void control_runLatch_showsForTheThread() {
        write(152, 1);
        assertEquals(0x8001, read(136));
        write(152, 0);
        assertEquals(0, read(136));
    }

    @Test
    void identity_any_isTheModels() {
        assertEquals(0x004e_1202, read(287));
        assertEquals(0, read(1023));
    }

    @Test
    void tmRegisters_upperHalf_isWrittenAlone() {
        m.p.setMsr(GuestMachine.PRIVILEGED | Msr.TM);
        write(130, 0x1111_1111_2222_2222L);
        write(131, 0x3333_3333);
        assertEquals(0x3333_3333_2222_2222L, read(130));
        assertEquals(0x3333_3333, read(131));
        write(128, -1);
        assertEquals(-4, read(128));
    }

    @Test
    void power8_ownRegisters_exist() {
        try (GuestMachine eight = new GuestMachine(ProcessorModel.POWER8)) {
            for (int spr : new int[] {31, 48, 888, 889, 890, 892, 893, 894, 895}) {
                eight.p.setGpr(3, spr);
                eight.run("mtspr " + spr + ",3; mfspr 4," + spr + "; sc 1");
                assertEquals(spr, eight.p.gpr(4));
            }
            for (int spr : new int[] {144, 823, 464}) {
                eight.p.setGpr(4, UNTOUCHED);
                eight.run("mtspr " + spr + ",3; mfspr 4," + spr + "; sc 1");
                assertEquals(UNTOUCHED, eight.p.gpr(4), "not before 3.0");
            }
        }
    }

    // Timers

    @Test
    void timeBase_read_isTheClocks() {
        m.ticks = 0x1234_5678_9abc_def0L;
        assertEquals(m.ticks, read(268));
        assertEquals(0x1234_5678L, read(269));
        m.run("mftb 5,268; mftb 6,269; sc 1");
        assertEquals(m.ticks, m.p.gpr(5));
        assertEquals(0x1234_5678L, m.p.gpr(6));
        assertEquals(m.ticks, read(849));
        assertEquals(m.ticks, read(309));
        assertEquals(m.ticks, read(308));
    }

    @Test
    void instructionCount_read_countsThoseCompleted() {
        m.run("mfspr 3,848; nop; nop; mfspr 4,848; sc 1");
        assertEquals(3, m.p.gpr(4) - m.p.gpr(3));
    }

    @Test
    void decrementer_large_isSignExtended() {
        m.ticks = 1000;
        write(22, 100);
        assertEquals(1101, m.decrementerDue);
        m.ticks = 1050;
        assertEquals(50, read(22));
        m.ticks = 1103;
        assertEquals(-3, read(22));
        write(22, 1L << 55);
        assertEquals(-1L << 55, read(22), "56 bits");
    }

    @Test
    void decrementer_small_has32Bits() {
        m.p.setSpr(Spr.LPCR, 0);
        m.ticks = 1000;
        write(22, 0x7_0000_0010L);
        assertEquals(0x10, read(22));
        m.ticks = 1020;
        assertEquals(0xffff_fffcL, read(22));
    }

    @Test
    void decrementer_negative_interruptsUntilItIsNot() {
        m.ticks = 10;
        m.p.setGpr(3, -1);
        m.p.setGpr(4, 1000);
        m.p.setGpr(5, Msr.EE);
        assertEquals(0x900, m.run("mtdec 3; nop; mtmsrd 5,1; nop"));
        assertEquals(CODE + 12, m.spr(Spr.SRR0));
        assertEquals(0x900, m.run("mtmsrd 5,1; nop"), "it is a level");
        assertEquals(CODE + 8, m.run("mtdec 4; mtmsrd 5,1; sc 1"));
    }
}

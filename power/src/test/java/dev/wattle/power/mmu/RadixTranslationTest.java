// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.mmu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.power.mmu.Translation.Fault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Walks of radix trees that the test builds: sizes, permissions, R and C, keys, shapes and bounds. */
class RadixTranslationTest {
    private static final long KERNEL = 0xc000_0000_0000_0000L;
    private static final long EA = 0x0000_1234_4000_0000L;
    private static final int PID = 3;
    private static final long NO_STORE = 1L << 63;
    private static final long NO_LOAD = 1L << 62;

    private final GuestMemory memory = GuestMemory.allocate(16L << 20);
    private final RadixTree tree = new RadixTree(memory, 0x10_0000);
    private final RadixMmu mmu = new RadixMmu(memory);
    private final Translation out = new Translation();
    private boolean problem = true;
    private long amr;
    private long iamr;

    RadixTranslationTest() {
        mmu.processTable(tree.patb1());
    }

    @AfterEach
    void close() {
        memory.close();
    }

    private boolean translate(long ea, Access access) {
        return mmu.translate(ea, access, problem, PID, amr, iamr, out);
    }

    private void expectFault(Fault fault, long ea, Access access) {
        assertFalse(translate(ea, access));
        assertEquals(fault, out.fault);
    }

    @ParameterizedTest
    @ValueSource(ints = {12, 16, 21, 30})
    void translate_pageOfEachSize_findsIt(int log2) {
        long real = 1L << 31;
        tree.map(PID, EA, real, log2, RadixTree.ALL);
        long offset = (1L << log2) - 5;
        assertTrue(translate(EA + offset, Access.STORE));
        assertEquals(1L << log2, out.pageBytes);
        assertEquals(real, out.realAddress);
        assertTrue(out.readable);
        assertTrue(out.writable);
        assertFalse(out.cachingInhibited);
        expectFault(Fault.NOT_FOUND, EA + (1L << log2), Access.LOAD);
    }

    @Test
    void translate_quadrants_selectProcesses() {
        tree.map(PID, EA, 0x1000, 12, RadixTree.ALL);
        tree.map(0, EA, 0x2000, 12, RadixTree.ALL);
        assertTrue(translate(EA, Access.LOAD));
        assertEquals(0x1000, out.realAddress);
        assertTrue(translate(KERNEL | EA, Access.LOAD));
        assertEquals(0x2000, out.realAddress);
        expectFault(Fault.SEGMENT, 1L << 62 | EA, Access.LOAD);
        expectFault(Fault.SEGMENT, 2L << 62 | EA, Access.FETCH);
        expectFault(Fault.SEGMENT, EA | 1L << 52, Access.STORE);
        expectFault(Fault.SEGMENT, KERNEL | 1L << 61, Access.STORE);
    }

    @ParameterizedTest
    @CsvSource({
        // Encoded access authority, then who may load, store and fetch: p problem, P privileged state.
        "0, '', '', ''",
        "1, '', '', pP",
        "2, pP, pP, ''",
        "3, pP, pP, pP",
        "4, pP, '', ''",
        "5, pP, '', pP",
        "6, pP, pP, ''",
        "7, pP, pP, pP",
        "8, '', '', ''",
        "9, '', '', P",
        "12, P, '', ''",
        "14, P, P, ''",
        "15, P, P, P"
    })
    void translate_accessAuthority_allowsWhatItSays(int authority, String load, String store, String fetch) {
        tree.map(PID, EA, 0x1000, 12, authority);
        for (Access access : Access.values()) {
            String allowed = switch (access) {
                case LOAD -> load;
                case STORE -> store;
                case FETCH -> fetch;
            };
            for (boolean state : new boolean[] {true, false}) {
                problem = state;
                assertEquals(allowed.contains(state ? "p" : "P"), translate(EA, access), access + " problem " + state);
            }
        }
    }

    @Test
    void translate_load_setsReferenceAlone() {
        long entry = tree.map(PID, EA, 0x1000, 12, RadixTree.READ | RadixTree.WRITE);
        long before = memory.getLong(entry);
        assertTrue(translate(EA, Access.LOAD));
        assertEquals(before | RadixTree.R, memory.getLong(entry));
        assertFalse(out.writable, "the first store must come back to set C");
        assertTrue(translate(EA, Access.STORE));
        assertEquals(before | RadixTree.R | RadixTree.C, memory.getLong(entry));
        assertTrue(out.writable);
    }

    @Test
    void translate_refusedAccess_leavesEntryAlone() {
        long entry = tree.map(PID, EA, 0x1000, 12, RadixTree.READ);
        long before = memory.getLong(entry);
        expectFault(Fault.PROTECTION, EA, Access.STORE);
        expectFault(Fault.NO_EXECUTE, EA, Access.FETCH);
        assertEquals(before, memory.getLong(entry));
    }

    @Test
    void translate_keyZero_governsPrivilegedAccessToProblemPagesAlone() {
        tree.map(PID, EA, 0x1000, 12, RadixTree.ALL);
        tree.map(PID, EA + 0x1000, 0x1000, 12, RadixTree.ALL | RadixTree.PRIVILEGED);
        amr = NO_STORE | NO_LOAD;
        iamr = 1L << 62;
        for (Access access : Access.values()) {
            problem = true;
            assertTrue(translate(EA, access));
            problem = false;
            expectFault(Fault.PROTECTION, EA, access);
            assertTrue(translate(EA + 0x1000, access));
        }
        amr = NO_STORE;
        assertTrue(translate(EA, Access.LOAD));
        assertFalse(out.writable);
        expectFault(Fault.PROTECTION, EA, Access.STORE);
        amr = NO_LOAD;
        assertTrue(translate(EA, Access.STORE));
        assertFalse(out.readable);
        expectFault(Fault.PROTECTION, EA, Access.LOAD);
    }

    @Test
    void translate_attributes_saySo() {
        tree.map(PID, EA, 0x1000, 12, RadixTree.ALL | RadixTree.NON_IDEMPOTENT);
        assertTrue(translate(EA, Access.LOAD));
        assertTrue(out.cachingInhibited);
        expectFault(Fault.NO_EXECUTE, EA, Access.FETCH);
        tree.map(PID, EA, 0x1000, 12, RadixTree.ALL | RadixTree.TOLERANT);
        assertTrue(translate(EA, Access.FETCH));
        assertTrue(out.cachingInhibited);
        tree.map(PID, EA, 0x1000, 12, RadixTree.ALL | 0x10);
        assertTrue(translate(EA, Access.FETCH));
        assertFalse(out.cachingInhibited);
    }

    @Test
    void translate_processBeyondTable_isNotFound() {
        assertFalse(mmu.translate(EA, Access.LOAD, true, 256, 0, 0, out));
        assertEquals(Fault.NOT_FOUND, out.fault);
    }

    @Test
    void translate_noProcessTable_isNotFound() {
        mmu.reset();
        expectFault(Fault.NOT_FOUND, EA, Access.LOAD);
    }

    @Test
    void translate_tablesOutsideMemory_areBadAddresses() {
        tree.map(PID, EA, 0x1000, 12, RadixTree.ALL);
        long directory = tree.entry(PID, EA, 21);
        memory.putLong(directory, RadixTree.VALID | 1L << 40 | 9);
        expectFault(Fault.BAD_TABLE_ADDRESS, EA, Access.LOAD);
        memory.putLong(tree.processEntry(PID), 1L << 62 | 5 << 5 | 1L << 40 | 13);
        expectFault(Fault.BAD_TABLE_ADDRESS, EA, Access.LOAD);
        mmu.processTable(1L << 40);
        expectFault(Fault.BAD_TABLE_ADDRESS, EA, Access.LOAD);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 12, 14, 31})
    void translate_otherRootSize_isBadConfiguration(int bits) {
        tree.map(PID, EA, 0x1000, 12, RadixTree.ALL);
        long entry = tree.processEntry(PID);
        memory.putLong(entry, memory.getLong(entry) & ~31L | bits);
        expectFault(Fault.BAD_CONFIGURATION, EA, Access.LOAD);
    }

    @Test
    void translate_otherShapes_areBadConfigurations() {
        tree.map(PID, EA, 0x1000, 12, RadixTree.ALL);
        long middle = tree.entry(PID, EA, 30);
        long good = memory.getLong(middle);
        memory.putLong(middle, good & ~31L | 8);
        expectFault(Fault.BAD_CONFIGURATION, EA, Access.LOAD);
        memory.putLong(middle, good);
        assertTrue(translate(EA, Access.LOAD));
        long root = tree.processEntry(PID);
        long rootValue = memory.getLong(root);
        // 51 bits of effective address: RTS is 20.
        memory.putLong(root, rootValue & ~0xe0L | 4 << 5);
        expectFault(Fault.BAD_CONFIGURATION, EA, Access.LOAD);
        memory.putLong(root, rootValue);
        // A page of 2^39 bytes, and a fifth level.
        long top = (rootValue & 0x0fff_ffff_ffff_ff00L) + (EA >>> 39) * 8;
        long topValue = memory.getLong(top);
        memory.putLong(top, RadixTree.VALID | RadixTree.LEAF | RadixTree.ALL);
        expectFault(Fault.BAD_CONFIGURATION, EA, Access.LOAD);
        memory.putLong(top, topValue);
        memory.putLong(tree.entry(PID, EA, 12), RadixTree.VALID | 0x1000 | 9);
        expectFault(Fault.BAD_CONFIGURATION, EA, Access.LOAD);
    }

    @Test
    void translate_misalignedTable_ignoresTheBitsBelow() {
        tree.map(PID, EA, 0x1000, 12, RadixTree.ALL);
        long middle = tree.entry(PID, EA, 30);
        memory.putLong(middle, memory.getLong(middle) | 0x300);
        assertTrue(translate(EA, Access.LOAD));
    }
}

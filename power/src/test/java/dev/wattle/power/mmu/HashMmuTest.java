// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.mmu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.power.mmu.HashEntries.Page;
import dev.wattle.power.mmu.Translation.Fault;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HashMmuTest {
    private static final long SEGMENT = 0x77;

    private final HashPageTable table = new HashPageTable(18);
    private final HashEntries entries = new HashEntries(table);
    private final HashMmu mmu = new HashMmu();
    private final Translation out = new Translation();

    HashMmuTest() {
        mmu.table(Optional.of(table), 24);
    }

    @AfterEach
    void close() {
        table.close();
    }

    /** Basic storage protection: the table of the book (2.07B, Book III-S, 5.7.10.3), and its reserved lines. */
    @ParameterizedTest
    @CsvSource({
        "0, 0, RW", "0, 1, RW", "0, 2, RW", "0, 3, R", "0, 4, -", "0, 5, -", "0, 6, R", "0, 7, -",
        "1, 0, -", "1, 1, R", "1, 2, RW", "1, 3, R", "1, 4, -", "1, 5, -", "1, 6, -", "1, 7, -"
    })
    void protection_keyAndPp_allow(int key, int pp, String rights) {
        long flags = HashPageTable.R_M | pp & 3 | (long) (pp >> 2) << 63;
        entries.map(Page.small(SEGMENT, 0), 0x1000, flags);
        for (boolean problem : new boolean[] {false, true}) {
            long slbv = HashEntries.slbv(false, SEGMENT, 12, key == 0 ? 0 : problem ? Slb.KP : Slb.KS);
            assertEquals(rights.contains("R"), mmu.translate(0, slbv, Access.LOAD, problem, 0, 0, out));
            assertEquals(rights.contains("R") ? Fault.NONE : Fault.PROTECTION, out.fault);
            assertEquals(rights.contains("R"), mmu.translate(0, slbv, Access.FETCH, problem, 0, 0, out));
            assertEquals(rights.contains("W"), mmu.translate(0, slbv, Access.STORE, problem, 0, 0, out));
            assertEquals(rights.contains("W") ? Fault.NONE : Fault.PROTECTION, out.fault);
        }
    }

    @Test
    void protection_pageAndClass_areTold() {
        long slbv = HashEntries.slbv(false, SEGMENT, 12, Slb.KP);
        entries.map(Page.small(SEGMENT, 0), 0x1000, HashPageTable.R_M);
        assertFalse(mmu.translate(0, slbv, Access.LOAD, true, 1L << 62, 0, out));
        assertEquals(Fault.PROTECTION_AND_CLASS, out.fault);
        assertFalse(mmu.translate(0, slbv, Access.LOAD, false, 1L << 62, 0, out));
        assertEquals(Fault.CLASS, out.fault);
        assertFalse(mmu.translate(0, slbv, Access.FETCH, false, 0, 1L << 62, out));
        assertEquals(Fault.CLASS, out.fault);
        assertTrue(mmu.translate(0, slbv, Access.FETCH, false, -1, 0, out), "the AMR is not for fetches");
    }

    @Test
    void translate_load_offersStoresOnlyOncePageIsChanged() {
        long slbv = HashEntries.slbv(false, SEGMENT, 12, 0);
        entries.map(Page.small(SEGMENT, 0), 0x1000, HashPageTable.R_M);
        assertTrue(mmu.translate(0, slbv, Access.LOAD, false, 0, 0, out));
        assertTrue(out.readable);
        assertFalse(out.writable);
        assertTrue(mmu.translate(0, slbv, Access.STORE, false, 0, 0, out));
        assertTrue(out.writable);
        assertTrue(mmu.translate(0, slbv, Access.LOAD, false, 0, 0, out));
        assertTrue(out.writable);
    }

    @Test
    void translate_entryOfAnotherBaseSize_doesNotMatch() {
        // A 64 KiB page of a 64 KiB segment, where the same virtual page of 4 KiB hashes to.
        entries.map(new Page(false, SEGMENT, 0, 16, 16), 0x1_0000, HashPageTable.R_M);
        assertFalse(mmu.translate(0, HashEntries.slbv(false, SEGMENT, 12, 0), Access.LOAD, false, 0, 0, out));
        assertEquals(Fault.NOT_FOUND, out.fault);
        assertTrue(mmu.translate(0, HashEntries.slbv(false, SEGMENT, 16, 0), Access.LOAD, false, 0, 0, out));
    }

    @Test
    void translate_withoutTable_findsNothing() {
        mmu.table(Optional.empty(), 24);
        assertFalse(mmu.translate(0, HashEntries.slbv(false, SEGMENT, 12, 0), Access.LOAD, false, 0, 0, out));
        assertEquals(Fault.NOT_FOUND, out.fault);
    }

    @Test
    void encoding_sizesThatDoNotMix_areRefused() {
        assertThrows(IllegalArgumentException.class, () -> PageSizes.encoding(24, 16));
        assertThrows(IllegalArgumentException.class, () -> PageSizes.encoding(16, 12));
        assertThrows(IllegalArgumentException.class, () -> new HashPageTable(17));
        assertThrows(IllegalArgumentException.class, () -> new HashPageTable(47));
    }

    @Test
    void shiftForMemory_isTheNextPowerOfTwoOver128() {
        assertEquals(18, HashPageTable.shiftForMemory(16 << 20));
        assertEquals(23, HashPageTable.shiftForMemory(1 << 30));
        assertEquals(24, HashPageTable.shiftForMemory((1 << 30) + 1));
        assertEquals(35, HashPageTable.shiftForMemory(4L << 40));
    }

    /** Tables full of random entries, searched by a second walk that is written from the book and knows nothing of this. */
    @Test
    void translate_randomTables_asTheBooksWalk() {
        SplittableRandom random = new SplittableRandom(1);
        int[][] sizes = {{12, 12}, {12, 16}, {12, 24}, {16, 16}, {16, 24}, {24, 24}};
        for (int i = 0; i < 3000; i++) {
            int[] size = sizes[random.nextInt(sizes.length)];
            boolean isTerabyte = random.nextBoolean();
            long offset = random.nextLong(1L << (random.nextBoolean() ? 16 : isTerabyte ? 40 : 28));
            long flags = random.nextLong() & (0x3000_0000_0000_0ff7L | 1L << 63);
            long real = random.nextLong(1L << 50) & -1L << size[1];
            try {
                entries.map(
                        new Page(isTerabyte, 1 + random.nextInt(3), offset, size[0], size[1]),
                        real,
                        flags & ~0x8L,
                        random.nextBoolean());
            } catch (IllegalStateException e) {
                // That group has enough.
            }
        }
        int hits = 0;
        for (int i = 0; i < 100_000; i++) {
            boolean isTerabyte = random.nextBoolean();
            int base = sizes[random.nextInt(sizes.length)][0];
            long offset = random.nextLong(1L << (random.nextInt(4) != 0 ? 16 : isTerabyte ? 40 : 28));
            long slbv = HashEntries.slbv(isTerabyte, 1 + random.nextInt(3), base, random.nextLong() & 0xc00);
            Access access = Access.values()[random.nextInt(3)];
            boolean problem = random.nextBoolean();
            long amr = random.nextLong() & random.nextLong();
            long iamr = random.nextLong() & random.nextLong();
            String expected = BookWalk.translate(table, offset, slbv, access, problem, amr, iamr);
            boolean allowed = mmu.translate(offset, slbv, access, problem, amr, iamr, out);
            String actual =
                    allowed ? "%x".formatted(out.realAddress | offset & out.pageBytes - 1) : out.fault.toString();
            assertEquals(expected, actual);
            hits += allowed ? 1 : 0;
        }
        assertTrue(hits > 1000, hits + " hits");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.ir.Slots;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SoftTlbTest {
    private static final long LOW = 0x10_0000;
    private static final long HIGH = 0xc000_0000_0010_0000L;
    private static final long HOST = 0x7000_0000_0000L;

    private final Arena arena = Arena.ofConfined();
    private final long state = arena.allocate(Slots.COUNT * 8L, 64).address();
    private final SoftTlb tlb = new SoftTlb(arena, state);
    private final int first = tlb.table(10);
    private final int second = tlb.table(11);

    @AfterEach
    void close() {
        arena.close();
    }

    private boolean hits(int context, long ea, int bytes, int limit) {
        long entry = tlb.address(context) + (ea >>> 11 & tlb.mask(context));
        boolean hit = SoftTlb.allows(entry, ea, bytes, limit);
        // What generated code asks is never more than that, and the same but near the end of a page.
        boolean quick =
                Long.compareUnsigned(ea ^ HostMemory.getLong(entry + SoftTlb.TAG), HostMemory.getLong(entry + limit))
                        < 0;
        assertTrue(hit || !quick || bytes > 8);
        assertTrue(quick || !hit || (ea & 4095) > 4088);
        return hit;
    }

    private boolean reads(long ea, int bytes) {
        return hits(first, ea, bytes, SoftTlb.READ_LIMIT);
    }

    @Test
    void Access_withinAPage_hitsAndOneThatCrossesItsEndMisses() {
        tlb.put(first, LOW, 4096, HOST, true, true);
        assertTrue(reads(LOW, 8));
        assertTrue(reads(LOW + 4088, 8));
        assertFalse(reads(LOW + 4089, 8));
        assertTrue(reads(LOW + 4095, 1));
        assertFalse(reads(LOW + 4096, 1));
        assertFalse(reads(LOW - 1, 1));
    }

    @Test
    void Copies_anythingThatAllowsLess_forgetsThem() {
        tlb.put(first, LOW, 65536, HOST, true, true);
        List<Runnable> changes = List.of(
                () -> tlb.put(first, LOW, 65536, HOST, true, false),
                () -> tlb.flushRange(first, LOW, 1),
                () -> tlb.protect(HOST, 4096),
                tlb::flush,
                tlb::forgetRecent);
        for (Runnable change : changes) {
            tlb.put(first, LOW, 65536, HOST, true, true);
            HostMemory.putLong(state + (Slots.RECENT + 1) * 8L, 100);
            HostMemory.putLong(state + (Slots.RECENT + 4 * Slots.RECENTS - 2) * 8L, 100);
            HostMemory.putLong(state + Slots.RECENT_USED * 8L, 1);
            change.run();
            assertEquals(0, HostMemory.getLong(state + (Slots.RECENT + 1) * 8L));
            assertEquals(0, HostMemory.getLong(state + (Slots.RECENT + 4 * Slots.RECENTS - 2) * 8L));
            assertEquals(0, HostMemory.getLong(state + Slots.RECENT_USED * 8L));
        }
    }

    @Test
    void CopiesForBases_anythingThatAllowsLess_forgetsThoseOfTheTable() {
        List<Runnable> changes = List.of(
                () -> tlb.put(first, LOW, 65536, HOST, true, false),
                () -> tlb.flushRange(first, LOW, 1),
                () -> tlb.protect(HOST, 4096),
                () -> tlb.flush(first),
                tlb::flush);
        for (Runnable change : changes) {
            tlb.put(first, LOW, 65536, HOST, true, true);
            tlb.put(second, HIGH, 65536, HOST + 65536, true, true);
            for (int i = 0; i < SoftTlb.BASES; i++) {
                HostMemory.putLong(tlb.address(first) + SoftTlb.base(i) + SoftTlb.WRITE_LIMIT, 100);
                HostMemory.putLong(tlb.address(first) + SoftTlb.base(i) + SoftTlb.READ_LIMIT, 100);
            }
            change.run();
            for (int i = 0; i < SoftTlb.BASES; i++) {
                assertEquals(0, HostMemory.getLong(tlb.address(first) + SoftTlb.base(i) + SoftTlb.WRITE_LIMIT));
                assertEquals(0, HostMemory.getLong(tlb.address(first) + SoftTlb.base(i) + SoftTlb.READ_LIMIT));
            }
        }
    }

    @Test
    void Protect_ofWhatOnlyACopyAllows_saysThatItWasAllowed() {
        tlb.put(first, LOW, 65536, HOST, true, true);
        long entry = tlb.address(first) + (LOW >>> 11 & tlb.mask(first));
        HostMemory.copy(entry, tlb.address(first) + SoftTlb.base(1), 32);
        // Another page takes its place.
        tlb.put(first, LOW + (1L << 40), 65536, HOST + (1L << 40), true, true);
        assertTrue(tlb.protect(HOST, 4096));
        assertFalse(tlb.protect(HOST, 4096));
        HostMemory.copy(tlb.address(first) + (LOW >>> 11 & tlb.mask(first)), state + Slots.RECENT * 8L, 32);
        HostMemory.putLong(state + Slots.RECENT_USED * 8L, 1);
        tlb.put(first, LOW, 65536, HOST, true, true);
        assertTrue(tlb.protect(HOST + (1L << 40), 4096));
        assertFalse(tlb.protect(HOST + (1L << 40), 4096));
    }

    @Test
    void CopiesForBases_tableGrows_areNotInTheNewOne() {
        tlb.put(first, LOW, 65536, HOST, true, true);
        HostMemory.putLong(tlb.address(first) + SoftTlb.base(0) + SoftTlb.READ_LIMIT, 100);
        long before = tlb.grown();
        for (long i = 0; tlb.grown() == before; i++) {
            // Two that displace each other.
            tlb.put(first, LOW + (i & 1) * (1L << 40), 65536, HOST, true, true);
        }
        assertEquals(0, HostMemory.getLong(tlb.address(first) + SoftTlb.base(0) + SoftTlb.READ_LIMIT));
    }

    @Test
    void Permission_readOnly_missesStores() {
        tlb.put(first, LOW, 65536, HOST, true, false);
        assertTrue(reads(LOW + 65528, 8));
        assertFalse(hits(first, LOW, 1, SoftTlb.WRITE_LIMIT));
    }

    @Test
    void Address_sameIndexOtherTag_misses() {
        tlb.put(first, LOW, 65536, HOST, true, true);
        assertFalse(reads(LOW + (1L << 27), 1));
        assertFalse(reads(~LOW, 8));
        assertFalse(hits(second, LOW, 1, SoftTlb.READ_LIMIT));
    }

    @Test
    void Flush_ofOneTable_keepsTheOther() {
        tlb.put(first, LOW, 65536, HOST, true, true);
        tlb.put(second, HIGH, 65536, HOST, true, true);
        tlb.flush(first);
        assertFalse(reads(LOW, 1));
        assertTrue(hits(second, HIGH, 1, SoftTlb.READ_LIMIT));
        tlb.flush();
        assertFalse(hits(second, HIGH, 1, SoftTlb.READ_LIMIT));
    }

    @Test
    void Tables_moreThanThereAre_reuseTheLeastRecentlyWantedEmptied() {
        tlb.put(first, LOW, 65536, HOST, true, true);
        for (long key = 100; tlb.reused() == 0; key++) {
            tlb.table(11);
            tlb.table(key);
        }
        assertEquals(second, tlb.table(11));
        assertTrue(tlb.key(first) != 10);
        assertFalse(reads(LOW, 1));
    }

    @Test
    void Table_whoseEntriesDisplaceEachOther_growsAndKeepsThem() {
        // Two addresses for each of many entries, alternately.
        for (int round = 0; round < 8; round++) {
            for (long i = 0; i < 1024; i++) {
                tlb.put(first, i << 16, 65536, HOST + (i << 16), true, true);
            }
        }
        assertTrue(tlb.grown() > 0);
        for (long i = 0; i < 1024; i++) {
            assertTrue(reads(i << 16, 8));
        }
        tlb.protect(HOST + (700L << 16), 4096);
        assertFalse(hits(first, 700L << 16, 1, SoftTlb.WRITE_LIMIT));
        assertTrue(hits(first, 701L << 16, 1, SoftTlb.WRITE_LIMIT));
    }

    @Test
    void FlushRange_ofOnePage_keepsItsNeighbours() {
        tlb.put(first, LOW, 65536, HOST, true, true);
        tlb.put(first, LOW + 65536, 65536, HOST, true, true);
        tlb.put(second, LOW, 65536, HOST, true, true);
        tlb.flushRange(first, LOW, 4096);
        tlb.flushRange(second, LOW, 4096);
        assertFalse(reads(LOW, 1));
        assertFalse(hits(second, LOW, 1, SoftTlb.READ_LIMIT));
        assertTrue(reads(LOW + 65536, 1));
    }

    @Test
    void FlushRange_ofAHugePage_dropsWhateverLiesInIt() {
        for (long ea = 0; ea < 1L << 27; ea += 1L << 20) {
            tlb.put(first, ea, 65536, HOST, true, true);
        }
        tlb.flushRange(first, 0, 1L << 30);
        for (long ea = 0; ea < 1L << 27; ea += 1L << 20) {
            assertFalse(reads(ea, 1));
        }
    }

    @Test
    void Protect_ofAHostPage_withdrawsWritingButNotReading() {
        tlb.put(first, LOW, 65536, HOST, true, true);
        tlb.put(second, HIGH, 65536, HOST, true, true);
        tlb.put(first, LOW + 65536, 65536, HOST + 65536, true, true);
        tlb.protect(HOST + 4096, 4096);
        assertTrue(reads(LOW, 1));
        assertFalse(hits(first, LOW, 1, SoftTlb.WRITE_LIMIT));
        assertFalse(hits(second, HIGH, 1, SoftTlb.WRITE_LIMIT));
        assertTrue(hits(first, LOW + 65536, 1, SoftTlb.WRITE_LIMIT));
    }
}

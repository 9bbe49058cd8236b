// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.memory;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SoftTlbTest {
    private static final long LOW = 0x10_0000;
    private static final long HIGH = 0xc000_0000_0010_0000L;
    private static final long HOST = 0x7000_0000_0000L;

    private final Arena arena = Arena.ofConfined();
    private final SoftTlb tlb = new SoftTlb(arena, 2);

    @AfterEach
    void close() {
        arena.close();
    }

    private boolean hits(int context, long ea, int bytes, int limit) {
        long entry = SoftTlb.entry(tlb.table(context), ea);
        long distance = (ea ^ HostMemory.getLong(entry + SoftTlb.TAG)) + bytes - 1;
        return Long.compareUnsigned(distance, HostMemory.getLong(entry + limit)) < 0;
    }

    private boolean reads(long ea, int bytes) {
        return hits(0, ea, bytes, SoftTlb.READ_LIMIT);
    }

    @Test
    void Access_withinAPage_hitsAndOneThatCrossesItsEndMisses() {
        tlb.put(0, LOW, 4096, HOST, true, true);
        assertTrue(reads(LOW, 8));
        assertTrue(reads(LOW + 4088, 8));
        assertFalse(reads(LOW + 4089, 8));
        assertTrue(reads(LOW + 4095, 1));
        assertFalse(reads(LOW + 4096, 1));
        assertFalse(reads(LOW - 1, 1));
    }

    @Test
    void Permission_readOnly_missesStores() {
        tlb.put(0, LOW, 65536, HOST, true, false);
        assertTrue(reads(LOW + 65528, 8));
        assertFalse(hits(0, LOW, 1, SoftTlb.WRITE_LIMIT));
    }

    @Test
    void Address_sameIndexOtherTag_misses() {
        tlb.put(0, LOW, 65536, HOST, true, true);
        assertFalse(reads(LOW + (1L << 27), 1));
        assertFalse(reads(~LOW, 8));
        assertFalse(hits(1, LOW, 1, SoftTlb.READ_LIMIT));
    }

    @Test
    void FlushHalf_ofLowAddresses_keepsHighOnes() {
        tlb.put(0, LOW, 65536, HOST, true, true);
        tlb.put(0, HIGH, 65536, HOST, true, true);
        tlb.flushHalf(0, false);
        assertFalse(reads(LOW, 1));
        assertTrue(reads(HIGH, 1));
        tlb.flush();
        assertFalse(reads(HIGH, 1));
    }

    @Test
    void FlushRange_ofOnePage_keepsItsNeighbours() {
        tlb.put(0, LOW, 65536, HOST, true, true);
        tlb.put(0, LOW + 65536, 65536, HOST, true, true);
        tlb.put(1, LOW, 65536, HOST, true, true);
        tlb.flushRange(LOW, 4096);
        assertFalse(reads(LOW, 1));
        assertFalse(hits(1, LOW, 1, SoftTlb.READ_LIMIT));
        assertTrue(reads(LOW + 65536, 1));
    }

    @Test
    void FlushRange_ofAHugePage_dropsWhateverLiesInIt() {
        for (long ea = 0; ea < 1L << 27; ea += 1L << 20) {
            tlb.put(0, ea, 65536, HOST, true, true);
        }
        tlb.flushRange(0, 1L << 30);
        for (long ea = 0; ea < 1L << 27; ea += 1L << 20) {
            assertFalse(reads(ea, 1));
        }
    }

    @Test
    void Protect_ofAHostPage_withdrawsWritingButNotReading() {
        tlb.put(0, LOW, 65536, HOST, true, true);
        tlb.put(1, HIGH, 65536, HOST, true, true);
        tlb.put(0, LOW + 65536, 65536, HOST + 65536, true, true);
        tlb.protect(HOST + 4096, 4096);
        assertTrue(reads(LOW, 1));
        assertFalse(hits(0, LOW, 1, SoftTlb.WRITE_LIMIT));
        assertFalse(hits(1, HIGH, 1, SoftTlb.WRITE_LIMIT));
        assertTrue(hits(0, LOW + 65536, 1, SoftTlb.WRITE_LIMIT));
    }
}

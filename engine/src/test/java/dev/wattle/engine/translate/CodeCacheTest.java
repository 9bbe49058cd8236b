// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.BlockBuilder;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.memory.GuestMemory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CodeCacheTest {
    private final GuestMemory memory = GuestMemory.allocate(1 << 20);
    private final List<Long> watched = new ArrayList<>();
    /** Every block is four instructions long. */
    private final CodeCache cache = new CodeCache(
            memory,
            new FrontEnd() {
                @Override
                public void translate(long code, int pageOffset, int pageBytes, int mode, BlockBuilder out) {
                    for (int i = 0; i < 4; i++) {
                        out.beginInstruction(4);
                    }
                    out.end(Op.FALL_THROUGH, 0, 0, 0, 0);
                }

                @Override
                public long addressMask(int mode) {
                    return -1;
                }
            },
            new CodeWatch(),
            0,
            watched::add);

    @AfterEach
    void close() {
        memory.close();
    }

    @Test
    void Block_ofAnotherMode_isNotFound() {
        CodePage page = cache.page(0x5123, CodePage.SMALL);
        Block one = cache.translate(page, 0x20, 1);
        Block two = cache.translate(page, 0x20, 2);
        assertSame(one, page.find(0x20, 1));
        assertSame(two, page.find(0x20, 2));
        assertFalse(page.find(0x20, 3).valid);
        assertFalse(page.find(0x24, 1).valid);
        assertEquals(List.of(0x5000L), watched);
    }

    @Test
    void Lines_overwrittenInARow_takeTheRestOfTheirPieceWithThem() {
        List<Block> dropped = new ArrayList<>();
        cache.onDrop(dropped::add);
        CodePage page = cache.page(0x10000, CodePage.LARGE);
        for (int offset = 0; offset < 0x2000; offset += 0x40) {
            cache.translate(page, offset, 1);
        }
        // Three here and three there are none in a row.
        for (int start : new int[] {0x200, 0x800}) {
            for (int at = start; at < start + 0xc0; at += 8) {
                cache.written(0x10000 + at, 8);
            }
        }
        assertEquals(6, dropped.size());
        int writes = 0;
        for (int at = 0xc00; cache.isWatched(0x10000 + at, 8); at += 8) {
            cache.written(0x10000 + at, 8);
            writes++;
        }
        assertEquals(64, dropped.size());
        assertTrue(writes < 40, "writes " + writes);
        assertTrue(page.find(0x1000, 1).valid);
        assertTrue(cache.isWatched(0x11000, 8));
    }

    @Test
    void Block_forgotten_isNotFoundAndNotReportedWhenItsCodeChanges() {
        List<Block> dropped = new ArrayList<>();
        cache.onDrop(dropped::add);
        CodePage page = cache.page(0x5000, CodePage.SMALL);
        Block one = cache.translate(page, 0x40, 1);
        Block two = cache.translate(page, 0x40, 2);
        Block three = cache.translate(page, 0x40, 3);
        cache.forget(two);
        cache.forget(two);
        assertFalse(two.valid);
        assertFalse(page.find(0x40, 2).valid);
        assertSame(one, page.find(0x40, 1));
        assertSame(three, page.find(0x40, 3));
        cache.written(0x5044, 4);
        assertEquals(List.of(three, one), dropped);
        Block again = cache.translate(page, 0x40, 2);
        cache.forget(again);
        assertFalse(page.find(0x40, 2).valid);
        // Nobody knows of the lines that were covered until they are written to.
        for (int i = 0; i < 5; i++) {
            assertTrue(cache.isWatched(0x5000, 4096));
            cache.written(0x5044, 4);
        }
        assertFalse(cache.isWatched(0x5000, 4096));
    }

    @Test
    void Write_dropsTheBlocksOfTheTouchedLineOnly() {
        CodePage page = cache.page(0x5000, CodePage.SMALL);
        Block inLine = cache.translate(page, 0x40, 0);
        Block intoLine = cache.translate(page, 0x38, 0);
        Block elsewhere = cache.translate(page, 0x80, 0);
        cache.written(0x5044, 4);
        assertFalse(inLine.valid);
        assertFalse(intoLine.valid);
        assertTrue(elsewhere.valid);
        assertSame(elsewhere, page.find(0x80, 0));
        assertTrue(cache.isWatched(0x5000, 1));
    }

    @Test
    void Page_withoutBlocksLeft_isWatchedNoMoreAndWatchedAgainWhenTranslated() {
        CodePage page = cache.page(0x5000, CodePage.SMALL);
        cache.translate(page, 0, 0);
        assertTrue(cache.isWatched(0x4fff, 2));
        cache.written(0x4ff0, 0x20);
        assertTrue(cache.isWatched(0x5000, 4096), "whoever changes code may do so again");
        writeSomeMore(0x5000);
        assertFalse(cache.isWatched(0x5000, 4096));
        cache.translate(page, 0, 0);
        assertTrue(cache.isWatched(0x5fff, 1));
        assertEquals(List.of(0x5000L, 0x5000L), watched);
    }

    @Test
    void Write_throughGuestMemory_dropsBlocks() {
        memory.onWrite(cache::written);
        Block block = cache.translate(cache.page(0x6000, CodePage.SMALL), 0, 0);
        memory.write(0x5ffc, new byte[8], 0, 8);
        assertFalse(block.valid);
    }

    @Test
    void LargePage_writtenAnywhere_dropsTheBlocksOfThatLineThatMayBeginInThePieceBefore() {
        CodePage page = cache.page(0x2_5123, CodePage.LARGE);
        assertEquals(0x2_0000, page.realAddress);
        Block across = cache.translate(page, 0x5ff8, 0);
        Block behind = cache.translate(page, 0x6040, 0);
        assertEquals(List.of(0x2_5000L, 0x2_6000L), watched);
        cache.written(0x2_6000, 8);
        assertFalse(across.valid);
        assertTrue(behind.valid);
        assertTrue(cache.isWatched(0x2_6000, 4));
        cache.written(0x2_6044, 1);
        assertFalse(behind.valid);
        writeSomeMore(0x2_6044);
        assertFalse(cache.isWatched(0x2_6000, 4));
    }

    @Test
    void SamePlace_inPagesOfBothSizes_isDroppedFromBoth() {
        Block small = cache.translate(cache.page(0x3_1000, CodePage.SMALL), 0x80, 0);
        Block large = cache.translate(cache.page(0x3_1000, CodePage.LARGE), 0x1080, 0);
        cache.written(0x3_1080, 4);
        assertFalse(small.valid);
        assertFalse(large.valid);
        writeSomeMore(0x3_1080);
        assertFalse(cache.isWatched(0x3_1000, 4));
    }

    @Test
    void Write_amongManyBlocks_leavesThoseOfOtherLinesFound() {
        CodePage page = cache.page(0x7000, CodePage.LARGE);
        for (int offset = 0; offset < CodePage.LARGE; offset += 64) {
            cache.translate(page, offset, 0);
            if (offset + 64 < CodePage.LARGE) {
                cache.translate(page, offset + 56, 0);
            }
        }
        for (int line = 1; line < CodePage.LARGE / 64; line += 2) {
            cache.written(page.realAddress + 64L * line + 63, 1);
        }
        for (int line = 1; line < CodePage.LARGE / 64; line++) {
            boolean isWritten = line % 2 != 0;
            assertNotEquals(isWritten, page.find(64 * line, 0).valid, "line " + line);
            // Blocks across the end of a line go with either.
            assertFalse(page.find(64 * line - 8, 0).valid, "before line " + line);
        }
        for (int line = 2; line < CodePage.LARGE / 64; line += 2) {
            assertTrue(cache.isWatched(page.realAddress + 64L * line, 4), "line " + line);
            cache.written(page.realAddress + 64L * line, 4);
            assertFalse(page.find(64 * line, 0).valid, "line " + line);
        }
    }

    private void writeSomeMore(long ra) {
        for (int i = 0; i < 4; i++) {
            cache.written(ra, 1);
        }
    }
}

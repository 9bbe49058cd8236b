// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.translate;

import dev.wattle.engine.ir.Block;
import java.util.Arrays;
import java.util.function.Consumer;

/** The translations that start in one 4 KiB page of guest real memory. */
public final class CodePage {
    /** Bytes of a code page, and the unit in which writes to code are watched. */
    public static final int BYTES = 4096;

    private static final int LINE_SHIFT = 6;

    /** Guest real address of the page. */
    public final long realAddress;

    private final Block[] blocks = new Block[BYTES / 4];
    /** Bit n: some valid block covers a byte of 64-byte line n. */
    private long coveredLines;

    CodePage(long realAddress) {
        this.realAddress = realAddress;
        Arrays.fill(blocks, Block.NONE);
    }

    /** The valid block at a byte offset for a mode, or {@link Block#NONE}. */
    public Block find(int offset, int mode) {
        Block block = blocks[offset >> 2];
        while (block.mode != mode && block != Block.NONE) {
            block = block.otherMode;
        }
        return block;
    }

    void add(Block block) {
        int index = block.pageOffset >> 2;
        block.otherMode = blocks[index];
        blocks[index] = block;
        coveredLines |= lines(block.pageOffset, block.byteLength);
    }

    boolean isEmpty() {
        return coveredLines == 0;
    }

    private static long lines(int offset, int bytes) {
        int first = offset >> LINE_SHIFT;
        int last = Math.min(offset + Math.max(bytes, 1) - 1 >> LINE_SHIFT, 63);
        return -1L << first & -1L >>> 63 - last;
    }

    /** Drops every block that covers a touched 64-byte line. */
    void written(int offset, int bytes, Consumer<Block> dropped) {
        long touched = lines(offset, bytes);
        if ((touched & coveredLines) == 0) {
            return;
        }
        long covered = 0;
        for (int i = 0; i < blocks.length; i++) {
            Block kept = Block.NONE;
            for (Block block = blocks[i]; block != Block.NONE; ) {
                Block other = block.otherMode;
                long lines = lines(block.pageOffset, block.byteLength);
                if ((lines & touched) != 0) {
                    block.valid = false;
                    dropped.accept(block);
                } else {
                    covered |= lines;
                    block.otherMode = kept;
                    kept = block;
                }
                block = other;
            }
            blocks[i] = kept;
        }
        coveredLines = covered;
    }
}

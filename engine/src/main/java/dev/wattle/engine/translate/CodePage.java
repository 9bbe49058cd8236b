// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.translate;

import dev.wattle.engine.ir.Block;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The translations that start in one page of guest real memory. A page has the size of the guest's mapping that it was
 * fetched by, or 64 KiB if that is larger: within it, code may go on and jump without asking where it is.
 */
public final class CodePage {
    /** Bytes of the smallest code page, and the unit in which writes to code are watched. */
    public static final int SMALL = 4096;
    /** Bytes of the largest code page. */
    public static final int LARGE = 1 << 16;

    /** So many writes to a piece with few blocks, past them all, are dearer than those blocks. */
    private static final int IDLE_WRITES = 16;

    private static final int FEW_BLOCKS = 8;
    /** After so many writes to a piece without blocks nobody is thought to be changing code there. */
    private static final int LAST_WRITES = 4;

    /** So many lines of code overwritten one behind the other, and nobody is thought to execute the rest of a piece. */
    private static final int MANY_LINES_IN_A_ROW = 4;

    private static final int PIECE_SHIFT = 12;
    private static final int LINE_SHIFT = 6;
    private static final Block[] NO_BLOCKS = new Block[0];

    /** Guest real address of the page. */
    public final long realAddress;
    /** {@link #SMALL} or {@link #LARGE}. */
    public final int bytes;

    /** For each 4 KiB the blocks that start there, by word; empty while there are none. */
    private final Block[][] pieces;
    /** For each 4 KiB how many blocks there are in that. */
    private final int[] counts;
    /** For each 4 KiB how often it has been written to, since a block was added, without a change of one. */
    private final int[] idleWrites;
    /** Where the last write ended, and how many lines of code have been overwritten up to there without a gap. */
    private int writtenUpTo = -1;

    private int linesInARow;
    /** Bytes of the longest block that there has been. */
    private int longest;

    /** How many translations of its code have been kept for later runs. */
    public int kept;

    /** For each 4 KiB: bit n tells that some valid block covers a byte of 64-byte line n. */
    private final long[] coveredLines;

    CodePage(long realAddress, int bytes) {
        this.realAddress = realAddress;
        this.bytes = bytes;
        pieces = new Block[bytes / SMALL][];
        Arrays.fill(pieces, NO_BLOCKS);
        coveredLines = new long[pieces.length];
        idleWrites = new int[pieces.length];
        counts = new int[pieces.length];
    }

    /** Byte offset in the page of the instruction at an effective address that is mapped to it. */
    public int offset(long ea) {
        return (int) ea & bytes - 4;
    }

    /** Effective address of the page's start, from one within it. */
    public long base(long ea) {
        return ea & -bytes;
    }

    /** The valid block at a byte offset for a mode, or {@link Block#NONE}. */
    public Block find(int offset, int mode) {
        Block[] blocks = pieces[offset >> PIECE_SHIFT];
        if (blocks.length == 0) {
            return Block.NONE;
        }
        Block block = blocks[offset >> 2 & SMALL / 4 - 1];
        while (block.mode != mode && block != Block.NONE) {
            block = block.otherMode;
        }
        return block;
    }

    void add(Block block) {
        int piece = block.pageOffset >> PIECE_SHIFT;
        if (pieces[piece].length == 0) {
            pieces[piece] = new Block[SMALL / 4];
            Arrays.fill(pieces[piece], Block.NONE);
        }
        int index = block.pageOffset >> 2 & SMALL / 4 - 1;
        block.otherMode = pieces[piece][index];
        pieces[piece][index] = block;
        counts[piece]++;
        longest = Math.max(longest, block.byteLength);
        int last = lastPiece(block);
        for (int i = piece; i <= last; i++) {
            idleWrites[i] = 0;
            coveredLines[i] |= lines(block.pageOffset, block.byteLength, i);
        }
    }

    /** Has a block not found any more, though its code has not changed; false if it was not found before. */
    boolean remove(Block block) {
        int piece = block.pageOffset >> PIECE_SHIFT;
        Block[] blocks = pieces[piece];
        if (blocks.length == 0) {
            return false;
        }
        int index = block.pageOffset >> 2 & SMALL / 4 - 1;
        if (blocks[index] == block) {
            blocks[index] = block.otherMode;
        } else {
            Block before = blocks[index];
            while (before.otherMode != block) {
                if (before == Block.NONE) {
                    return false;
                }
                before = before.otherMode;
            }
            before.otherMode = block.otherMode;
        }
        block.otherMode = Block.NONE;
        // The lines that it covered are taken for covered until somebody writes there.
        left(piece, 1);
        return true;
    }

    /** Counts blocks of a piece that are no more. */
    private void left(int piece, int gone) {
        counts[piece] -= gone;
        if (counts[piece] == 0) {
            pieces[piece] = NO_BLOCKS;
        }
    }

    /** The last 4 KiB of the page that a block has a byte of. */
    static int lastPiece(Block block) {
        return block.pageOffset + Math.max(block.byteLength, 1) - 1 >> PIECE_SHIFT;
    }

    /**
     * Whether no valid block covers a byte of a 4 KiB piece, and that has been written to often enough since to believe
     * that none will.
     */
    boolean isAbandoned(int piece) {
        return coveredLines[piece] == 0 && idleWrites[piece] >= LAST_WRITES;
    }

    /** The lines of a piece that a byte range of the page touches. */
    private static long lines(int offset, int length, int piece) {
        int start = piece << PIECE_SHIFT;
        int from = Math.max(offset - start, 0);
        int to = Math.min(offset + Math.max(length, 1) - 1 - start, SMALL - 1);
        if (from > SMALL - 1 || to < 0) {
            return 0;
        }
        return -1L << (from >> LINE_SHIFT) & -1L >>> 63 - (to >> LINE_SHIFT);
    }

    /** Drops every block that covers a touched 64-byte line. The range lies within one 4 KiB piece. */
    void written(int offset, int length, Consumer<Block> onDrop) {
        int piece = offset >> PIECE_SHIFT;
        if (offset != writtenUpTo) {
            linesInARow = 0;
        }
        writtenUpTo = offset + length;
        long touched = lines(offset, length, piece);
        if ((touched & coveredLines[piece]) == 0) {
            if (coveredLines[piece] == 0) {
                idleWrites[piece]++;
                return;
            }
            if (++idleWrites[piece] < IDLE_WRITES || blocksIn(piece) > FEW_BLOCKS) {
                return;
            }
            // Data with a little code among it, such as a stack with a trampoline: writing is worth more.
            touched = -1;
        } else if (++linesInARow >= MANY_LINES_IN_A_ROW) {
            // Other contents take the place of code, whose memory is used for something else.
            touched = -1;
        }
        long dropped = touched | drop(touched, piece, onDrop);
        coveredLines[piece] = coveredLines[piece] & ~dropped | covered(dropped, piece);
    }

    /** How many blocks may have a byte in a piece; counted once, until a block is added. */
    private int blocksIn(int piece) {
        if (idleWrites[piece] > IDLE_WRITES) {
            return FEW_BLOCKS + 1;
        }
        int count = 0;
        for (int i = Math.max(piece - 1, 0); i <= piece; i++) {
            for (Block block : pieces[i]) {
                count += block == Block.NONE ? 0 : 1;
            }
        }
        return count;
    }

    /** Offset of the first instruction that a block with a byte in some lines of a piece may start with. */
    private int firstStart(long lines, int piece) {
        int first = (piece << PIECE_SHIFT) + (Long.numberOfTrailingZeros(lines) << LINE_SHIFT);
        return Math.max(first - longest & -4, 0);
    }

    /** Offset behind the last one. */
    private static int endOfStarts(long lines, int piece) {
        return (piece << PIECE_SHIFT) + (64 - Long.numberOfLeadingZeros(lines) << LINE_SHIFT);
    }

    /** Drops blocks that touch lines of a piece; gives all lines there that they have had. */
    private long drop(long touched, int piece, Consumer<Block> onDrop) {
        long droppedLines = 0;
        int end = endOfStarts(touched, piece);
        for (int start = firstStart(touched, piece); start < end; start += 4) {
            Block[] blocks = pieces[start >> PIECE_SHIFT];
            if (blocks.length == 0) {
                start |= SMALL - 4;
                continue;
            }
            int i = start >> 2 & SMALL / 4 - 1;
            if (blocks[i] == Block.NONE) {
                continue;
            }
            Block kept = Block.NONE;
            for (Block block = blocks[i]; block != Block.NONE; ) {
                Block other = block.otherMode;
                long lines = lines(block.pageOffset, block.byteLength, piece);
                if ((lines & touched) != 0) {
                    block.valid = false;
                    left(start >> PIECE_SHIFT, 1);
                    onDrop.accept(block);
                    droppedLines |= lines;
                } else {
                    block.otherMode = kept;
                    kept = block;
                }
                block = other;
            }
            blocks[i] = kept;
        }
        return droppedLines;
    }

    /** Which of some lines of a piece valid blocks have a byte of. */
    private long covered(long lines, int piece) {
        long covered = 0;
        int end = endOfStarts(lines, piece);
        for (int start = firstStart(lines, piece); start < end; start += 4) {
            Block[] blocks = pieces[start >> PIECE_SHIFT];
            if (blocks.length == 0) {
                start |= SMALL - 4;
                continue;
            }
            for (Block block = blocks[start >> 2 & SMALL / 4 - 1]; block != Block.NONE; block = block.otherMode) {
                covered |= lines(block.pageOffset, block.byteLength, piece) & lines;
            }
        }
        return covered;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.ir;

/**
 * A translated run of guest instructions within one page of guest real memory.
 *
 * <p>It holds no effective address: the same block serves every mapping of its page. Links to following blocks are kept
 * only where the successor lies in the same page and so shares its mapping.
 */
public final class Block {
    /** The block that is not there: never valid, never executed. */
    public static final Block NONE = new Block(new long[0], new long[0], new int[0], 0, 0, 0, 0, 0, 0);

    /** Operations, see {@link BlockBuilder}. */
    public final long[] words;
    /** Immediates, one for each operation. */
    public final long[] immediates;
    /** For each operation, ordinal of its guest instruction << 16 | byte offset of that from the block's start. */
    public final int[] where;
    /** Guest instructions in the block. */
    public final int instructions;
    /** Byte offset of the first instruction in its page. */
    public final int pageOffset;
    /** Bytes of the page. */
    public final int pageBytes;
    /** Bytes of guest code. */
    public final int byteLength;
    /** The mode bits the block was translated for. */
    public final int mode;
    /** Effective addresses are kept within these bits. */
    public final long addressMask;
    /** Successor when the branch is taken; {@link #NONE} while not linked. */
    public Block taken;
    /** Successor behind the block; {@link #NONE} while not linked. */
    public Block next;
    /** Another block of the same offset for another mode, or {@link #NONE}. */
    public Block otherMode;
    /** Of a block without operations: the same with them, once it has been decoded again; {@link #NONE} before. */
    public Block decoded;
    /** False once the guest has changed the code. */
    public boolean valid;
    /** How often a back-end has found it to be where a loop starts that is executed much. */
    public int heat;
    /** How many loops of several blocks that a back-end has found have it among their blocks. */
    public int regions;
    /** Where the jump at its end leads, if that is in a register and a back-end has looked. */
    public JumpTargets jumpTargets = JumpTargets.NONE;
    /** How often a back-end could not do together what it does together in this block. */
    public int refusals;
    /** How many instructions the processor had completed when that was counted last. */
    public long refusedAt;
    /** Which of the first 64 of the guest's slots a back-end has found small numbers in that may be indices, a bit each. */
    public long smallSlots;
    /** How many blocks at its place have become invalid before it, each soon after it was translated. */
    public int changes;
    /** Of an invalid block: a hash of the code that was last executed in its place, and how often that has come again. */
    public long laterCode;

    public int laterRuns;
    /** Guest real address of its page, as far as the store of translations has said. */
    public long realPage;
    /** Where a back-end has put the block's host code, 0 while it has none. */
    public long hostCode;
    /** The number that the back-end has given to that. */
    public int hostEntry;

    Block(
            long[] words,
            long[] immediates,
            int[] where,
            int instructions,
            int pageOffset,
            int pageBytes,
            int byteLength,
            int mode,
            long addressMask) {
        this.words = words;
        this.immediates = immediates;
        this.where = where;
        this.instructions = instructions;
        this.pageOffset = pageOffset;
        this.pageBytes = pageBytes;
        this.byteLength = byteLength;
        this.mode = mode;
        this.addressMask = addressMask;
        this.valid = instructions > 0;
        // Only NONE itself is made while NONE does not exist; nobody follows its links, since it is never valid.
        this.taken = NONE;
        this.decoded = NONE;
        this.next = NONE;
        this.otherMode = NONE;
    }

    /** A block whose operations are not known, since its host code was made earlier. */
    public static Block withoutOperations(
            int instructions, int pageOffset, int pageBytes, int byteLength, int mode, long addressMask) {
        return new Block(
                NONE.words,
                NONE.immediates,
                NONE.where,
                instructions,
                pageOffset,
                pageBytes,
                byteLength,
                mode,
                addressMask);
    }

    /** Whether the block has operations: see {@link #withoutOperations}. */
    public boolean hasOperations() {
        return words.length != 0;
    }

    /** Whether the block may go on at its own start. */
    public boolean loops() {
        int last = words.length - 1;
        int end = Op.of(words[last]);
        return (end == Op.GOTO || end == Op.BRANCH_NZ || end == Op.BRANCH_BIT_SET || end == Op.BRANCH_BIT_CLEAR)
                && immediates[last] == pageOffset;
    }

    /** A listing of the operations, one a line. */
    public String listing() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < words.length; i++) {
            long w = words[i];
            text.append(String.format(
                    "%3d +%03x %-16s d=%d a=%d b=%d c=%d imm=%x%n",
                    where[i] >>> 16,
                    where[i] & 0xffff,
                    Op.name((int) w & 0xff),
                    w >>> 8 & 0xfff,
                    w >>> 20 & 0xfff,
                    w >>> 32 & 0xfff,
                    w >>> 44 & 0xfff,
                    immediates[i]));
        }
        return text.toString();
    }
}

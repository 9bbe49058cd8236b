// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.translate;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.BlockBuilder;
import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.engine.memory.HostMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The translations of one processor, found by guest real page, offset and mode.
 *
 * <p>Effective addresses play no part, so that an address space switch, {@code fork} or {@code exec} translates nothing
 * again. Pages that hold translations are write-watched: whoever writes guest memory calls {@link #written} first.
 */
public final class CodeCache {
    /** Upper bound of translated blocks before some are dropped and made again: all, unless the engine knows better. */
    private static final int BLOCK_LIMIT = 400_000;

    /** Translations of one page that are kept at most. */
    private static final int MOST_KEPT = 4096;

    private final GuestMemory memory;
    private final FrontEnd frontEnd;
    private final BlockBuilder builder = new BlockBuilder();
    private final Map<Long, CodePage> pages = new HashMap<>();
    private final CodeWatch watched;
    private final int processor;
    private final Watch watch;
    /** The code that was decoded last: others may change it in memory at any time, and what is made of it must be of one. */
    private final MemorySegment copy = Arena.ofAuto().allocate(FrontEnd.MOST_BYTES, Long.BYTES);

    private Consumer<Block> dropped = block -> {};
    private Runnable full = this::dropAll;
    private long translations;
    private int blocks;

    /** Told when a page becomes code, so that writable TLB entries over it can be withdrawn. */
    @FunctionalInterface
    public interface Watch {
        void watch(long realAddress);
    }

    /**
     * Makes the translations of a processor.
     *
     * @param watched what the processors that share the memory have translations of
     * @param processor the number of this one there
     */
    public CodeCache(GuestMemory memory, FrontEnd frontEnd, CodeWatch watched, int processor, Watch watch) {
        this.memory = memory;
        this.frontEnd = frontEnd;
        this.watched = watched;
        this.processor = processor;
        this.watch = watch;
    }

    private boolean isWatched(long ra) {
        return (watched.processors(ra) >>> processor & 1) != 0;
    }

    /** Has every block that becomes invalid because its code changes reported. */
    public void onDrop(Consumer<Block> listener) {
        dropped = listener;
    }

    /** Has somebody else {@link #forget} some blocks when there are too many, before another is added. */
    public void onFull(Runnable action) {
        full = action;
    }

    /** Has a block not found any more, though its code has not changed, and become invalid. */
    public void forget(Block block) {
        if (block.valid && page(block.realPage, block.pageBytes).remove(block)) {
            blocks--;
        }
        block.valid = false;
    }

    private void drop(Block block) {
        blocks--;
        dropped.accept(block);
    }

    /** How many blocks have been translated. */
    public long translations() {
        return translations;
    }

    /** Whether some processor may have translations of a byte of {@code [ra, ra + bytes)}. */
    public boolean isWatched(long ra, long bytes) {
        return watchers(ra, bytes) != 0;
    }

    /** The processors, by bits, that may have translations of a byte of {@code [ra, ra + bytes)}. */
    public long watchers(long ra, long bytes) {
        long all = 0;
        for (long page = ra & -CodePage.SMALL; page < ra + bytes; page += CodePage.SMALL) {
            all |= watched.processors(page);
        }
        return all;
    }

    private static long key(long ra, int bytes) {
        return ra & -bytes | (bytes == CodePage.LARGE ? 1 : 0);
    }

    /**
     * The page of a guest real address in RAM.
     *
     * @param bytes its size, {@link CodePage#SMALL} or {@link CodePage#LARGE}; all of it is RAM
     */
    public CodePage page(long ra, int bytes) {
        long key = key(ra, bytes);
        CodePage page = pages.get(key);
        if (page == null) {
            page = new CodePage(ra & -bytes, bytes);
            pages.put(key, page);
        }
        return page;
    }

    /** Translates the code at an offset of a page. */
    public Block translate(CodePage page, int offset, int mode) {
        if (blocks >= BLOCK_LIMIT) {
            full.run();
        }
        watch(page, offset, Integer.BYTES);
        Block block;
        do {
            block = operations(page, offset, mode);
        } while (watch(page, offset, block.byteLength));
        add(page, block);
        translations++;
        return block;
    }

    /**
     * Has changes of some code of a page noticed from now on. Code is read behind this, since others change it as they
     * like.
     *
     * @return whether changes of some of it have not been noticed before
     */
    public boolean watch(CodePage page, int offset, int bytes) {
        boolean isNew = false;
        for (int at = offset & -CodePage.SMALL; at < offset + bytes; at += CodePage.SMALL) {
            long ra = page.realAddress + at;
            if (!isWatched(ra) && watched.add(processor, ra)) {
                watch.watch(ra);
                isNew = true;
            }
        }
        return isNew;
    }

    /**
     * Decodes the code at an offset of a page, into a block that nobody finds by that. Whoever is going to add a block made
     * of it calls {@link #watch} before.
     */
    public Block operations(CodePage page, int offset, int mode) {
        builder.clear();
        HostMemory.copy(
                memory.hostAddress(page.realAddress + offset),
                copy.address(),
                Math.min(page.bytes - offset, FrontEnd.MOST_BYTES));
        frontEnd.translate(copy.address(), offset, page.bytes, mode, builder);
        Block block = builder.build(offset, page.bytes, mode, frontEnd.addressMask(mode));
        block.realPage = page.realAddress;
        return block;
    }

    /** Host address of the guest code that was decoded last, as it was then. */
    public long decodedCode() {
        return copy.address();
    }

    /** Decodes the code of a block that has no operations, into one that has them and that nobody finds. */
    public Block operations(Block block) {
        return operations(page(block.realPage, block.pageBytes), block.pageOffset, block.mode);
    }

    /** Whether a block's translation should be kept for later runs: not those of code that changes all the time. */
    public boolean mayKeep(Block block) {
        return ++page(block.realPage, block.pageBytes).kept <= MOST_KEPT;
    }

    /** Host address of the code of a block. */
    public long hostAddress(Block block) {
        return memory.hostAddress(block.realPage + block.pageOffset);
    }

    /** Host address of the code at an offset of a page. */
    public long hostAddress(CodePage page, int offset) {
        return memory.hostAddress(page.realAddress + offset);
    }

    /** Adds a block for code that has been decoded, and does not keep its operations. */
    public Block translated(CodePage page, Block operations) {
        translations++;
        return adopt(page, operations.pageOffset, operations.mode, operations.instructions, operations.byteLength);
    }

    /** Adds a block of the code at an offset of a page whose host code was made earlier. */
    public Block adopt(CodePage page, int offset, int mode, int instructions, int byteLength) {
        if (blocks >= BLOCK_LIMIT) {
            full.run();
        }
        Block block = block(page, offset, mode, instructions, byteLength);
        add(page, block);
        return block;
    }

    /** Makes an invalid block, which nobody finds, for host code of the code at an offset of a page that is not used. */
    public Block placeholder(CodePage page, int offset, int mode, int instructions, int byteLength) {
        Block block = block(page, offset, mode, instructions, byteLength);
        block.valid = false;
        return block;
    }

    private Block block(CodePage page, int offset, int mode, int instructions, int byteLength) {
        Block block =
                Block.withoutOperations(instructions, offset, page.bytes, byteLength, mode, frontEnd.addressMask(mode));
        block.realPage = page.realAddress;
        return block;
    }

    private void add(CodePage page, Block block) {
        page.add(block);
        blocks++;
    }

    /** The guest code that a block was made from, as it stands in memory now. */
    public byte[] guestCode(Block block) {
        return BlockListing.guestCode(block, hostAddress(block));
    }

    /** Drops translations of code that has just changed, or is about to be changed by this processor. */
    public void written(long ra, long bytes) {
        long end = ra + bytes;
        for (long at = ra; at < end; ) {
            long pieceEnd = (at & -CodePage.SMALL) + CodePage.SMALL;
            if (isWatched(at)) {
                int length = (int) (Math.min(end, pieceEnd) - at);
                boolean isAbandoned = written(at, length, CodePage.SMALL) & written(at, length, CodePage.LARGE);
                if (isAbandoned) {
                    watched.remove(processor, at);
                }
            }
            at = pieceEnd;
        }
    }

    /** Drops translations of the page of one size; says whether that 4 KiB piece need not be watched. */
    private boolean written(long ra, int length, int pageBytes) {
        CodePage page = pages.get(key(ra, pageBytes));
        if (page == null) {
            return true;
        }
        int offset = (int) ra & pageBytes - 1;
        page.written(offset, length, this::drop);
        return page.isAbandoned(offset / CodePage.SMALL);
    }

    /** Drops all translations. */
    public void dropAll() {
        for (CodePage page : pages.values()) {
            for (int offset = 0; offset < page.bytes; offset += CodePage.SMALL) {
                page.written(offset, CodePage.SMALL, this::drop);
                watched.remove(processor, page.realAddress + offset);
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.translate;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.BlockBuilder;
import dev.wattle.engine.memory.GuestMemory;
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
    /** Upper bound of translated blocks before everything is dropped and made again. */
    private static final int BLOCK_LIMIT = 400_000;

    private static final int PAGE_SHIFT = 12;
    private static final int CHUNK_SHIFT = 30;
    private static final int CHUNK_PAGES = 1 << CHUNK_SHIFT - PAGE_SHIFT;

    private final GuestMemory memory;
    private final FrontEnd frontEnd;
    private final BlockBuilder builder = new BlockBuilder();
    private final Map<Long, CodePage> pages = new HashMap<>();
    /** For each 4 KiB page whether it holds translations, in chunks made when one is needed. */
    private final boolean[][] watched;

    private final Watch watch;
    private Consumer<Block> dropped = block -> {};
    private long translations;
    private int blocks;

    /** Told when a page becomes code, so that writable TLB entries over it can be withdrawn. */
    @FunctionalInterface
    public interface Watch {
        void watch(long realAddress);
    }

    public CodeCache(GuestMemory memory, FrontEnd frontEnd, Watch watch) {
        this.memory = memory;
        this.frontEnd = frontEnd;
        this.watch = watch;
        this.watched = new boolean[(int) (memory.size() - 1 >>> CHUNK_SHIFT) + 1][0];
        memory.onWrite(this::written);
    }

    private boolean isWatched(long ra) {
        boolean[] chunk = watched[(int) (ra >>> CHUNK_SHIFT)];
        return chunk.length != 0 && chunk[(int) (ra >>> PAGE_SHIFT) & CHUNK_PAGES - 1];
    }

    private void setWatched(long ra, boolean value) {
        int chunk = (int) (ra >>> CHUNK_SHIFT);
        if (watched[chunk].length == 0) {
            watched[chunk] = new boolean[CHUNK_PAGES];
        }
        watched[chunk][(int) (ra >>> PAGE_SHIFT) & CHUNK_PAGES - 1] = value;
    }

    /** Has every block that becomes invalid reported. */
    public void onDrop(Consumer<Block> listener) {
        dropped = listener;
    }

    /** How many blocks have been translated. */
    public long translations() {
        return translations;
    }

    /** Whether a byte of {@code [ra, ra + bytes)} lies in a page with translations. */
    public boolean isWatched(long ra, long bytes) {
        for (long page = ra & -CodePage.BYTES; page < ra + bytes; page += CodePage.BYTES) {
            if (isWatched(page)) {
                return true;
            }
        }
        return false;
    }

    /** The page of a guest real address in RAM. */
    public CodePage page(long ra) {
        long real = ra & -CodePage.BYTES;
        CodePage page = pages.get(real);
        if (page == null) {
            page = new CodePage(real);
            pages.put(real, page);
        }
        return page;
    }

    /** Translates the code at an offset of a page. */
    public Block translate(CodePage page, int offset, int mode) {
        if (blocks >= BLOCK_LIMIT) {
            dropAll();
        }
        builder.clear();
        frontEnd.translate(memory.hostAddress(page.realAddress + offset), offset, mode, builder);
        Block block = builder.build(offset, mode, frontEnd.addressMask(mode));
        if (page.isEmpty()) {
            setWatched(page.realAddress, true);
            watch.watch(page.realAddress);
        }
        page.add(block);
        blocks++;
        translations++;
        return block;
    }

    /** Drops translations of code that is about to change, or has just changed. */
    public void written(long ra, long bytes) {
        long end = ra + bytes;
        for (long at = ra; at < end; ) {
            long pageEnd = (at & -CodePage.BYTES) + CodePage.BYTES;
            if (isWatched(at)) {
                CodePage page = page(at);
                page.written((int) (at & CodePage.BYTES - 1), (int) (Math.min(end, pageEnd) - at), dropped);
                if (page.isEmpty()) {
                    setWatched(at, false);
                }
            }
            at = pageEnd;
        }
    }

    private void dropAll() {
        for (CodePage page : pages.values()) {
            page.written(0, CodePage.BYTES, dropped);
            setWatched(page.realAddress, false);
        }
        blocks = 0;
    }
}

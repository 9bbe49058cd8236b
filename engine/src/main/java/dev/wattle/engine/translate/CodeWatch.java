// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.translate;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Which processors hold translations of code in each 4 KiB page of guest memory, so that whoever writes there knows whom to
 * tell. Thread-safe.
 *
 * <p>A processor adds itself before it reads the code that it translates, and a writer looks behind its write: so one of
 * the two sees the other.
 */
public final class CodeWatch {
    /** Processors are numbered from 0, below this. */
    public static final int MOST_PROCESSORS = 64;

    private static final int PAGE_SHIFT = 12;
    private static final int CHUNK_SHIFT = 30;
    private static final int CHUNK_PAGES = 1 << CHUNK_SHIFT - PAGE_SHIFT;
    private final AtomicLongArray noChunk = new AtomicLongArray(0);

    /** For each GiB a word for each page, with a bit for each processor; made when one is needed, then kept. */
    private volatile AtomicLongArray[] chunks = {};

    /**
     * Adds a processor to those of a page.
     *
     * @return whether it was not among them
     */
    public boolean add(int processor, long ra) {
        long bit = 1L << processor;
        return (chunk(ra).getAndAccumulate(index(ra), bit, (old, more) -> old | more) & bit) == 0;
    }

    /** Takes a processor from those of a page. */
    public void remove(int processor, long ra) {
        AtomicLongArray chunk = find(ra);
        if (chunk.length() != 0) {
            chunk.getAndAccumulate(index(ra), ~(1L << processor), (old, rest) -> old & rest);
        }
    }

    /** The processors of a page: bit n is that of number n. */
    public long processors(long ra) {
        AtomicLongArray chunk = find(ra);
        return chunk.length() == 0 ? 0 : chunk.get(index(ra));
    }

    private static int index(long ra) {
        return (int) (ra >>> PAGE_SHIFT) & CHUNK_PAGES - 1;
    }

    private AtomicLongArray find(long ra) {
        AtomicLongArray[] all = chunks;
        int number = (int) (ra >>> CHUNK_SHIFT);
        return number < all.length ? all[number] : noChunk;
    }

    private AtomicLongArray chunk(long ra) {
        AtomicLongArray chunk = find(ra);
        return chunk.length() != 0 ? chunk : make((int) (ra >>> CHUNK_SHIFT));
    }

    private synchronized AtomicLongArray make(int number) {
        AtomicLongArray[] all = chunks;
        if (number >= all.length) {
            int old = all.length;
            all = Arrays.copyOf(all, number + 1);
            Arrays.fill(all, old, all.length, noChunk);
        } else {
            all = all.clone();
        }
        if (all[number].length() == 0) {
            all[number] = new AtomicLongArray(CHUNK_PAGES);
        }
        chunks = all;
        return all[number];
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import dev.wattle.power.mmu.RadixMmu;
import dev.wattle.power.mmu.Translation;

/**
 * Pages of process 0 that have been translated, with their page table entries.
 *
 * <p>An operating system that changes one page of its own, as when it patches an instruction through a temporary mapping,
 * may name no page when it invalidates translations but all of process 0. They are few, since they are large; so the
 * entries are read again, and what still translates as before need not be forgotten.
 */
final class SystemPages {
    /** More pages than this are forgotten. */
    private static final int MOST = 32;

    private final long[] ea = new long[MOST];
    private final long[] bytes = new long[MOST];
    private final long[] entry = new long[MOST];
    private int count;
    /** Whether there have been more than there is room for. */
    private boolean overflown;

    /** Told which pages have changed. */
    @FunctionalInterface
    interface Changed {
        void changed(long ea, long bytes);
    }

    /** Remembers the page of an effective address, which has just been translated. */
    void translated(long address, Translation translation) {
        long first = address & -translation.pageBytes;
        for (int i = 0; i < count; i++) {
            if (ea[i] == first && bytes[i] == translation.pageBytes) {
                entry[i] = translation.entry;
                return;
            }
        }
        if (count == MOST) {
            overflown = true;
            return;
        }
        ea[count] = first;
        bytes[count] = translation.pageBytes;
        entry[count] = translation.entry;
        count++;
    }

    /** Forgets all pages, with all translations. */
    void clear() {
        count = 0;
        overflown = false;
    }

    /**
     * Reads all entries again, and forgets the pages whose entries have changed.
     *
     * @return whether that was possible: if not, nothing is known of some pages
     */
    boolean review(RadixMmu radix, Translation scratch, Changed changed) {
        if (overflown) {
            return false;
        }
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (radix.find(ea[i], 0, scratch) && scratch.entry == entry[i] && scratch.pageBytes == bytes[i]) {
                ea[kept] = ea[i];
                bytes[kept] = bytes[i];
                entry[kept] = entry[i];
                kept++;
            } else {
                changed.changed(ea[i], bytes[i]);
            }
        }
        count = kept;
        return true;
    }
}

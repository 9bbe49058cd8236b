// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.translate;

import dev.wattle.engine.memory.HostMemory;
import java.lang.foreign.Arena;

/**
 * Where generated code looks for a jump's target that the jump table of its context does not know: a hash table from
 * guest real address, page size and mode to host code. So what one process has run is found by all others, and by the
 * next one of the same number.
 *
 * <p>It has sets of two entries, of which that made later comes first. An entry is two host-order longs, the key and the
 * host address of the block's code.
 */
public final class CodeTable {
    /** Mode bits are below this. */
    static final int MODES = 2048;

    /** The byte offset of a key's set: the low word of {@code key * FACTOR}, shifted right, under a mask. */
    public static final int FACTOR = 0x9e37_79b1;

    private static final int SETS_LOG2 = 17;
    private static final int SET_BYTES = 32;

    public static final int SHIFT = 32 - SETS_LOG2 - 5;
    public static final int SET_MASK = ((1 << SETS_LOG2) - 1) * SET_BYTES;
    /** Byte offset of the second entry of a set. */
    public static final int SECOND = 16;

    /** Real addresses are below {@code 1 << MODE_SHIFT}. */
    private static final int MODE_SHIFT = 48;

    private static final int LARGE_PAGE = 1;
    /** A bit of all keys, so that memory which nobody has written to has none. */
    private static final int IS_KEY = 2;

    private static final long NO_KEY = 0;

    private long start;

    /** Makes the table; gives its host address. */
    long allocate(Arena arena) {
        start = arena.allocate((long) SET_BYTES << SETS_LOG2, 64).address();
        return start;
    }

    /** What the code at a real address is found by; grows with the address as that does, within the page. */
    static long key(long realAddress, int pageBytes, int mode) {
        return realAddress | (long) mode << MODE_SHIFT | IS_KEY | (pageBytes == CodePage.LARGE ? LARGE_PAGE : 0);
    }

    private long set(long key) {
        return start + ((int) key * FACTOR >>> SHIFT & SET_MASK);
    }

    void put(long key, long hostCode) {
        enter(set(key), key, hostCode);
    }

    /** Enters in a set of two, here or in a jump table, what comes first from now on. */
    static void enter(long set, long key, long hostCode) {
        long other = HostMemory.getLong(set);
        if (other != key) {
            HostMemory.putLong(set + SECOND, other);
            HostMemory.putLong(set + SECOND + 8, HostMemory.getLong(set + 8));
        }
        HostMemory.putLong(set, key);
        HostMemory.putLong(set + 8, hostCode);
    }

    void forget(long key, long hostCode) {
        long set = set(key);
        for (long entry = set; entry <= set + SECOND; entry += SECOND) {
            if (HostMemory.getLong(entry + 8) == hostCode && HostMemory.getLong(entry) == key) {
                HostMemory.putLong(entry, NO_KEY);
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.translate;

import dev.wattle.engine.memory.HostMemory;
import java.lang.foreign.Arena;

/**
 * Where generated code looks for the target of a jump that it cannot know: tables of sets of two from effective address
 * to host code, one for each fetch context and mode.
 *
 * <p>The entry of a set that was made later comes first. An entry is two host-order longs, the effective address and
 * the host address of the block's code. Tables are made when they are first wanted; a processor whose engine does not
 * use them has none.
 */
public final class JumpTables {
    /** Mode bits are below this. */
    public static final int MODES = 2048;

    private static final int SETS_LOG2 = 13;

    /** Mask of what in an address says which set is its own; a set's byte offset is that times 8. */
    public static final int SET_MASK = ((1 << SETS_LOG2) - 1) * 4;

    /** Byte offset of the second entry of a set. */
    public static final int SECOND = 16;

    private static final int SET_BYTES = 32;
    private static final long TABLE_BYTES = (long) SET_BYTES << SETS_LOG2;

    private final Arena arena;
    private final long[] tables;
    private final boolean[] dirty;
    private boolean enabled;
    private int current;

    /**
     * @param contexts fetch contexts are below this
     */
    public JumpTables(Arena arena, int contexts) {
        this.arena = arena;
        tables = new long[contexts * MODES];
        dirty = new boolean[contexts * MODES];
    }

    /** Has tables made from now on. */
    public void enable() {
        enabled = true;
    }

    /**
     * The table of a mode and fetch context, which is the current one then.
     *
     * @return its host address, or 0 if the engine uses none
     */
    public long table(int mode, int context) {
        if (!enabled) {
            return 0;
        }
        current = context * MODES + mode;
        if (tables[current] == 0) {
            tables[current] = arena.allocate(TABLE_BYTES, 64).address();
            HostMemory.fill(tables[current], TABLE_BYTES, (byte) -1);
        }
        return tables[current];
    }

    /**
     * Enters in the current table where the code of an effective address is.
     *
     * @return the host address of the set that it is in, for {@link #forget}
     */
    public long put(long ea, long code) {
        long entry = tables[current] + (ea & SET_MASK) * (SET_BYTES / 4);
        long other = HostMemory.getLong(entry);
        if (other != ea) {
            HostMemory.putLong(entry + SECOND, other);
            HostMemory.putLong(entry + SECOND + 8, HostMemory.getLong(entry + 8));
        }
        HostMemory.putLong(entry, ea);
        HostMemory.putLong(entry + 8, code);
        dirty[current] = true;
        return entry;
    }

    /** Empties those of a set's entries that lead to some code. */
    public static void forget(long set, long code) {
        for (long entry = set; entry <= set + SECOND; entry += SECOND) {
            if (HostMemory.getLong(entry + 8) == code) {
                HostMemory.putLong(entry, -1);
            }
        }
    }

    /** Empties the tables of a fetch context. */
    public void clear(int context) {
        for (int i = context * MODES; i < (context + 1) * MODES; i++) {
            if (dirty[i]) {
                dirty[i] = false;
                HostMemory.fill(tables[i], TABLE_BYTES, (byte) -1);
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.translate;

import dev.wattle.engine.memory.HostMemory;
import java.lang.foreign.Arena;

/**
 * Where generated code looks for the target of a jump that it cannot know: direct-mapped tables from effective address
 * to host code, one for each mode and fetch context.
 *
 * <p>An entry is two host-order longs, the effective address and the host address of the block's code. Tables are made
 * when they are first wanted; a processor whose engine does not use them has none.
 */
public final class JumpTables {
    /** Logarithm of the entries in a table. */
    public static final int ENTRIES_LOG2 = 12;

    /** Byte mask of an entry's offset; an address's offset is its number times 4, since instructions have 4 bytes. */
    public static final int OFFSET_MASK = ((1 << ENTRIES_LOG2) - 1) * 16;

    private static final long TABLE_BYTES = 16L << ENTRIES_LOG2;
    private static final int CONTEXT_SHIFT = 16;

    private final Arena arena;
    private long[] keys = new long[16];
    private long[] tables = new long[16];
    private boolean[] used = new boolean[16];
    private int count;
    private boolean enabled;

    public JumpTables(Arena arena) {
        this.arena = arena;
    }

    /** Has tables made from now on. */
    public void enable() {
        enabled = true;
    }

    /**
     * The table of a mode and fetch context.
     *
     * @return its host address, or 0 if the engine uses none
     */
    public long table(int mode, int context) {
        if (!enabled) {
            return 0;
        }
        long key = (long) context << CONTEXT_SHIFT | mode;
        for (int i = 0; i < count; i++) {
            if (keys[i] == key) {
                used[i] = true;
                return tables[i];
            }
        }
        return add(key);
    }

    private long add(long key) {
        if (count == keys.length) {
            keys = java.util.Arrays.copyOf(keys, count * 2);
            tables = java.util.Arrays.copyOf(tables, count * 2);
            used = java.util.Arrays.copyOf(used, count * 2);
        }
        long table = arena.allocate(TABLE_BYTES, 64).address();
        HostMemory.fill(table, TABLE_BYTES, (byte) -1);
        keys[count] = key;
        tables[count] = table;
        used[count] = true;
        count++;
        return table;
    }

    /** Enters where the code of an effective address is. */
    public static void put(long table, long ea, long code) {
        long entry = table + (ea << 2 & OFFSET_MASK);
        HostMemory.putLong(entry, ea);
        HostMemory.putLong(entry + 8, code);
    }

    /**
     * Empties all tables.
     *
     * @param current the table in use, which may be filled again without another call of {@link #table}
     */
    public void clear(long current) {
        for (int i = 0; i < count; i++) {
            if (used[i]) {
                HostMemory.fill(tables[i], TABLE_BYTES, (byte) -1);
                used[i] = tables[i] == current;
            }
        }
    }
}

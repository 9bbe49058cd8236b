// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.translate;

import dev.wattle.engine.memory.HostMemory;
import java.lang.foreign.Arena;

/**
 * Where generated code looks for the context that a processor is about to enter: what a change of its mode, of its
 * translation or of its access rights leads to. So a system call and the return from it need no Java.
 *
 * <p>A context is named by a key, a word in which the guest architecture says all that it depends on, but for what
 * selects the table: a processor has one for each of its fetch contexts' processes. An entry has eight host-order longs;
 * a key that two tables know may lead to different contexts. An entry says nothing that Java would not work out again,
 * so that it may be forgotten at any time.
 */
public final class Contexts {
    /** Byte offsets within an entry: the key, and what the word that holds the guest's mode becomes. */
    public static final int KEY = 0;

    public static final int WORD = 8;
    /** As {@link dev.wattle.engine.ir.Slots#TLB}, and the slots after it. */
    public static final int TLB = 16;

    public static final int TLB_MASK = 24;
    /** As {@link dev.wattle.engine.ir.Slots#JUMP_TABLE}. */
    public static final int JUMP_TABLE = 32;
    /** As {@link dev.wattle.engine.ir.Slots#CONTEXT}. */
    public static final int CONTEXT = 40;
    /** Bits of an instruction address that count. */
    public static final int ADDRESS_MASK = 48;

    /** The byte offset of a key's entry: the low word of {@code key * FACTOR}, shifted right, under a mask. */
    public static final int FACTOR = 0x9e37_79b1;

    public static final int SHIFT = 20;
    public static final int INDEX_MASK = 0xfc0;

    /** No key has this value. */
    private static final long NO_KEY = -1;

    private static final int ENTRY_BYTES = 64;
    private static final int TABLE_BYTES = INDEX_MASK + ENTRY_BYTES;

    private final long start;
    private final boolean[] isUsed;

    /**
     * @param count how many tables
     */
    public Contexts(Arena arena, int count) {
        start = arena.allocate((long) count * TABLE_BYTES, ENTRY_BYTES).address();
        isUsed = new boolean[count];
        HostMemory.fill(start, (long) count * TABLE_BYTES, (byte) NO_KEY);
    }

    /** Host address of a table. */
    public long address(int table) {
        return start + (long) table * TABLE_BYTES;
    }

    /**
     * Enters a context that is the current one.
     *
     * @param key not -1
     */
    public void put(int table, long key, long word, long tlb, long tlbMask, long jumpTable, long context, long mask) {
        long entry = address(table) + ((int) key * FACTOR >>> SHIFT & INDEX_MASK);
        HostMemory.putLong(entry + KEY, key);
        HostMemory.putLong(entry + WORD, word);
        HostMemory.putLong(entry + TLB, tlb);
        HostMemory.putLong(entry + TLB_MASK, tlbMask);
        HostMemory.putLong(entry + JUMP_TABLE, jumpTable);
        HostMemory.putLong(entry + CONTEXT, context);
        HostMemory.putLong(entry + ADDRESS_MASK, mask);
        isUsed[table] = true;
    }

    /** Forgets all contexts. */
    public void clear() {
        for (int table = 0; table < isUsed.length; table++) {
            clear(table);
        }
    }

    /** Forgets the contexts of a table. */
    public void clear(int table) {
        if (isUsed[table]) {
            isUsed[table] = false;
            HostMemory.fill(address(table), TABLE_BYTES, (byte) NO_KEY);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.translate;

import dev.wattle.engine.memory.HostMemory;
import java.lang.foreign.Arena;
import java.util.Arrays;

/**
 * Where generated code looks for the target of a jump that it cannot know: tables of sets of two from effective address
 * to host code, one for each fetch context and mode.
 *
 * <p>The entry of a set that was made later comes first. An entry is two host-order longs, the effective address and
 * the host address of the block's code. Generated code makes entries, too, from what it finds in {@link CodeTable}; for
 * that each table has the pages of its context before it, direct-mapped by 64 KiB of effective address. A page's entry
 * is four host-order longs: the first effective address, the bytes from there on, and what is to be added to an
 * effective address for the key in the code table.
 *
 * <p>Tables are made when they are first wanted; a processor whose engine does not use them has none.
 */
public final class JumpTables {
    /** Mode bits are below this. */
    public static final int MODES = CodeTable.MODES;

    private static final int SETS_LOG2 = 12;

    /** Bytes of code that share a set: two instructions, so that calls in a row do not displace each other's returns. */
    private static final int CODE_BYTES = 8;
    /** Mask of what in an address says which set is its own. */
    public static final int SET_MASK = ((1 << SETS_LOG2) - 1) * CODE_BYTES;
    /** Logarithm of what that is to be multiplied with for the set's byte offset. */
    public static final int SET_SCALE = 2;

    /** Byte offset of the second entry of a set. */
    public static final int SECOND = CodeTable.SECOND;

    private static final int SET_BYTES = 32;
    private static final long SETS_BYTES = (long) SET_BYTES << SETS_LOG2;

    private static final int PAGES = 512;
    private static final int PAGE_BYTES = 32;
    /** A page's entry is at this byte offset from the table, plus the address shifted right under a mask. */
    public static final int PAGE_TAG = -PAGES * PAGE_BYTES;

    public static final int PAGE_LIMIT = PAGE_TAG + 8;
    public static final int PAGE_KEY = PAGE_TAG + 16;
    public static final int PAGE_SHIFT = 11;
    public static final int PAGE_MASK = (PAGES - 1) * PAGE_BYTES;

    private static final int HEADER_BYTES = 64;
    /** Byte offset from a table of a long that is not 0 if there may be something in its sets. */
    public static final int USED = PAGE_TAG - HEADER_BYTES;

    private final Arena arena;
    private final long[] tables;
    /** The numbers of those that have been made. */
    private int[] made = new int[16];

    private int count;
    private final CodeTable code = new CodeTable();
    private boolean enabled;
    private int current;

    /**
     * @param contexts fetch contexts are below this
     */
    public JumpTables(Arena arena, int contexts) {
        this.arena = arena;
        tables = new long[contexts * MODES];
    }

    /**
     * Has tables made from now on.
     *
     * @return the host address of the code table
     */
    public long enable() {
        enabled = true;
        return code.allocate(arena);
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
            long start = arena.allocate(SETS_BYTES - USED, 64).address();
            tables[current] = start - USED;
            HostMemory.fill(tables[current], SETS_BYTES, (byte) -1);
            if (count == made.length) {
                made = Arrays.copyOf(made, count * 2);
            }
            made[count++] = current;
        }
        return tables[current];
    }

    /** Enters in the current table, and in the code table, where the code of an effective address on a page is. */
    public void put(long ea, CodePage page, long hostCode) {
        long table = tables[current];
        CodeTable.enter(table + ((ea & SET_MASK) << SET_SCALE), ea, hostCode);
        HostMemory.putLong(table + USED, 1);
        long key = CodeTable.key(page.realAddress + page.offset(ea), page.bytes, current % MODES);
        long entry = table + (ea >>> PAGE_SHIFT & PAGE_MASK);
        HostMemory.putLong(entry + PAGE_TAG, page.base(ea));
        HostMemory.putLong(entry + PAGE_LIMIT, page.bytes);
        HostMemory.putLong(entry + PAGE_KEY, key - ea);
        code.put(key, hostCode);
    }

    /** Enters in the code table where the code at an offset of a page is. */
    public void put(CodePage page, int offset, int mode, long hostCode) {
        code.put(CodeTable.key(page.realAddress + offset, page.bytes, mode), hostCode);
    }

    /** Has an address's code no longer found in the code table, if it is this. */
    public void forget(long realAddress, int pageBytes, int mode, long hostCode) {
        code.forget(CodeTable.key(realAddress, pageBytes, mode), hostCode);
    }

    /** Has no jump table know any code: some of it is no more. */
    public void forgetJumps() {
        for (int i = 0; i < count; i++) {
            clearSets(tables[made[i]]);
        }
    }

    /** Empties the tables of a fetch context. */
    public void clear(int context) {
        for (int i = 0; i < count; i++) {
            if (made[i] / MODES == context) {
                long table = tables[made[i]];
                clearSets(table);
                HostMemory.fill(table + PAGE_TAG, PAGES * (long) PAGE_BYTES, (byte) 0);
            }
        }
    }

    private static void clearSets(long table) {
        if (HostMemory.getLong(table + USED) != 0) {
            HostMemory.putLong(table + USED, 0);
            HostMemory.fill(table, SETS_BYTES, (byte) -1);
        }
    }
}

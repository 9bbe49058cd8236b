// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.mmu;

import dev.wattle.engine.memory.GuestMemory;

/** A process table and radix trees of the shape that POWER9 has, in guest memory, built by tests. */
public final class RadixTree {
    public static final long VALID = 1L << 63;
    public static final long LEAF = 1L << 62;
    public static final long R = 0x100;
    public static final long C = 0x80;
    public static final long NON_IDEMPOTENT = 0x20;
    public static final long TOLERANT = 0x30;
    public static final long PRIVILEGED = 8;
    public static final long READ = 4;
    public static final long WRITE = 2;
    public static final long EXECUTE = 1;
    /** Read, write and execute, in every state, marked referenced and changed. */
    public static final long ALL = READ | WRITE | EXECUTE | R | C;

    /** Log2 of the process table's size less 12. */
    public static final int PRTS = 0;

    private static final long RTS_52 = 1L << 62 | 5L << 5;

    private final GuestMemory memory;
    private final long processTable;
    private long next;

    /** Makes an empty process table; tables follow behind it. */
    public RadixTree(GuestMemory memory, long processTable) {
        this.memory = memory;
        this.processTable = processTable;
        memory.fill(processTable, 4096, (byte) 0);
        next = processTable + 0x1_0000;
    }

    /** What the partition table entry says of the process table. */
    public long patb1() {
        return processTable | PRTS;
    }

    /** Real address of a process's entry. */
    public long processEntry(int pid) {
        return processTable + 16L * pid;
    }

    private long table(int indexBits) {
        long bytes = 8L << indexBits;
        long at = (next + bytes - 1) / bytes * bytes;
        memory.fill(at, bytes, (byte) 0);
        next = at + bytes;
        return at;
    }

    /**
     * Maps a page.
     *
     * @param log2 of its size: 12, 16, 21 or 30
     * @param flags of the entry beside VALID and LEAF
     * @return the real address of the entry
     */
    public long map(int pid, long ea, long real, int log2, long flags) {
        long entry = entry(pid, ea, log2);
        memory.putLong(entry, VALID | LEAF | real | flags);
        return entry;
    }

    /** The address of the entry for a page of a size, with the tables that lead to it. */
    public long entry(int pid, long ea, int log2) {
        long process = processEntry(pid);
        if (memory.getLong(process) == 0) {
            memory.putLong(process, RTS_52 | table(13) | 13);
        }
        long within = ea & 0x3fff_ffff_ffff_ffffL;
        long at = (memory.getLong(process) & 0x0fff_ffff_ffff_ff00L) + (within >>> 39) * 8;
        int bits = 39;
        while (bits > log2) {
            int indexBits = bits == 21 && log2 == 16 ? 5 : 9;
            if (memory.getLong(at) == 0) {
                memory.putLong(at, VALID | table(indexBits) | indexBits);
            }
            bits -= indexBits;
            at = (memory.getLong(at) & 0x0fff_ffff_ffff_ff00L) + (within >>> bits & (1L << indexBits) - 1) * 8;
        }
        return at;
    }
}

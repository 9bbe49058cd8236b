// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.mmu;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.power.mmu.Translation.Fault;
import java.nio.ByteOrder;

/**
 * Radix tree translation, process-scoped only: the translation of a partition whose hypervisor maps guest real
 * addresses one to one (Power ISA 3.0B, Book III, 5.7.10).
 *
 * <p>The shape of a tree is that which POWER9 supports: 52 bits of effective address, resolved by 13, 9, 9 and then 9
 * or 5 bits, so that pages have 1 GiB, 2 MiB, and 4 KiB or 64 KiB. Another shape is an unsupported configuration.
 */
public final class RadixMmu {
    private static final long VALID = 1L << 63;
    private static final long LEAF = 1L << 62;
    private static final long NEXT_LEVEL_BASE = 0x0fff_ffff_ffff_ff00L;
    private static final long REAL_PAGE = 0x01ff_ffff_ffff_f000L;
    private static final long REFERENCE = 0x100;
    private static final long CHANGE = 0x080;
    private static final long PRIVILEGED = 0x8;
    private static final long READ = 0x4;
    private static final long WRITE = 0x2;
    private static final long EXECUTE = 0x1;
    /** ATT: 0b10 non-idempotent I/O, which is guarded; 0b11 tolerant I/O. */
    private static final long ATTRIBUTE = 0x30;

    private static final long NON_IDEMPOTENT = 0x20;
    private static final long CACHING_INHIBITED = 0x20;
    /** Effective address bits that a tree resolves, and how many of them at its root. */
    private static final int TREE_BITS = 52;

    private static final int ROOT_INDEX_BITS = 13;
    /** AMR key 0: store and load not permitted. */
    private static final long AMR_NO_STORE = 1L << 63;

    private static final long AMR_NO_LOAD = 1L << 62;
    /** IAMR key 0: execution not permitted. */
    private static final long IAMR_NO_EXECUTE = 1L << 62;

    private final GuestMemory memory;
    private long processTable;
    private boolean enabled;
    private boolean active;

    public RadixMmu(GuestMemory memory) {
        this.memory = memory;
    }

    /**
     * Sets the process table.
     *
     * @param patb1 second doubleword of the partition table entry: PRTB in bits 4:51, PRTS in bits 59:63
     */
    public void processTable(long patb1) {
        processTable = patb1;
        enabled = true;
        active = true;
    }

    /** Forgets the process table: every translation fails. */
    public void reset() {
        processTable = 0;
        enabled = false;
        active = true;
    }

    /** Has translation be as another does it, of the same memory. */
    public void adopt(RadixMmu other) {
        processTable = other.processTable;
        enabled = other.enabled;
        active = other.active;
    }

    /** Whether translation is by radix tree (LPCR[HR] = 1); at first it is not. */
    public boolean isActive() {
        return active;
    }

    /** Has translation be by hash page table (LPCR[HR] = 0). */
    public void deactivate() {
        processTable = 0;
        enabled = false;
        active = false;
    }

    /**
     * Translates.
     *
     * @param ea effective address
     * @param access what for
     * @param problem MSR[PR]
     * @param pid PIDR
     * @param amr AMR, whose key 0 governs privileged access to problem-state pages
     * @param iamr IAMR, likewise for execution
     * @param out receives the outcome
     * @return whether the access is allowed
     */
    public boolean translate(long ea, Access access, boolean problem, long pid, long amr, long iamr, Translation out) {
        boolean allowed;
        do {
            if (!find(ea, pid, out)) {
                return false;
            }
            // Without a fault, software changed the entry while its R and C bits were being set: look again.
            allowed = leaf(out.entry, out.entryHost, access, problem, amr, iamr, out);
        } while (!allowed && out.fault == Fault.NONE);
        return allowed;
    }

    /**
     * Finds the page of an effective address, without a look at what may be done to it, and without a change of its
     * entry.
     *
     * @param out receives the page and its entry, or why there is none
     * @return whether there is one
     */
    public boolean find(long ea, long pid, Translation out) {
        out.fault = Fault.NONE;
        long process;
        switch ((int) (ea >>> 62)) {
            case 0 -> process = pid & 0xffff_ffffL;
            case 3 -> process = 0;
            default -> {
                return out.fail(Fault.SEGMENT);
            }
        }
        if (!enabled) {
            return out.fail(Fault.NOT_FOUND);
        }
        long tableBytes = 1L << 12 + (processTable & 0x1f);
        long entry = (processTable & 0x0fff_ffff_ffff_f000L) + process * 16;
        if (process * 16 >= tableBytes) {
            return out.fail(Fault.NOT_FOUND);
        }
        if (!memory.contains(entry, 16)) {
            return out.fail(Fault.BAD_TABLE_ADDRESS);
        }
        long root = HostMemory.getLongBe(memory.hostAddress(entry));
        int size = (int) (root >>> 58 & 0x18 | root >>> 5 & 7) + 31;
        long within = ea & 0x3fff_ffff_ffff_ffffL;
        if (within >>> size != 0) {
            return out.fail(Fault.SEGMENT);
        }
        return walk(within, size, root, out);
    }

    /**
     * Finds the page of an effective address and what may be done to it, without a change of its entry.
     *
     * @return whether there is one; {@link Translation#readable} and {@link Translation#writable} say more
     */
    public boolean lookUp(long ea, boolean problem, long pid, long amr, Translation out) {
        if (!find(ea, pid, out)) {
            return false;
        }
        permit(out.entry, problem, amr, out);
        return true;
    }

    private static void permit(long entry, boolean problem, long amr, Translation out) {
        boolean privilegedPage = (entry & PRIVILEGED) != 0;
        boolean keyed = !problem && !privilegedPage;
        boolean allowed = !problem || !privilegedPage;
        out.readable = allowed && (entry & (READ | WRITE)) != 0 && !(keyed && (amr & AMR_NO_LOAD) != 0);
        out.writable = allowed && (entry & WRITE) != 0 && !(keyed && (amr & AMR_NO_STORE) != 0);
    }

    private boolean walk(long within, int size, long root, Translation out) {
        long table = root & NEXT_LEVEL_BASE;
        int indexBits = (int) root & 0x1f;
        int bits = size;
        for (int level = 0; ; level++) {
            if (!isSupported(level, bits, indexBits)) {
                return out.fail(Fault.BAD_CONFIGURATION);
            }
            bits -= indexBits;
            // A table is aligned to its size: address bits below that do not count.
            long base = table & -8L << indexBits;
            long address = base + (within >>> bits & (1L << indexBits) - 1) * 8;
            if (!memory.contains(address, 8)) {
                return out.fail(Fault.BAD_TABLE_ADDRESS);
            }
            long host = memory.hostAddress(address);
            long entry = HostMemory.getLongBe(host);
            if ((entry & VALID) == 0) {
                return out.fail(Fault.NOT_FOUND);
            }
            if ((entry & LEAF) != 0) {
                if (level == 0) {
                    return out.fail(Fault.BAD_CONFIGURATION);
                }
                out.pageBytes = 1L << bits;
                out.realAddress = entry & REAL_PAGE & -out.pageBytes;
                out.entry = entry;
                out.entryHost = host;
                out.entryReal = address;
                return true;
            }
            table = entry & NEXT_LEVEL_BASE;
            indexBits = (int) entry & 0x1f;
        }
    }

    private static boolean isSupported(int level, int bits, int indexBits) {
        return switch (level) {
            case 0 -> bits == TREE_BITS && indexBits == ROOT_INDEX_BITS;
            case 1, 2 -> indexBits == 9;
            case 3 -> indexBits == 9 || indexBits == 5;
            default -> false;
        };
    }

    private boolean leaf(long entry, long host, Access access, boolean problem, long amr, long iamr, Translation out) {
        boolean privilegedPage = (entry & PRIVILEGED) != 0;
        boolean keyed = !problem && !privilegedPage;
        permit(entry, problem, amr, out);
        boolean readable = out.readable;
        boolean writable = out.writable;
        if (problem && privilegedPage) {
            return out.fail(Fault.PROTECTION);
        }
        switch (access) {
            case LOAD -> {
                if (!readable) {
                    return out.fail(Fault.PROTECTION);
                }
            }
            case STORE -> {
                if (!writable) {
                    return out.fail(Fault.PROTECTION);
                }
            }
            case FETCH -> {
                if ((entry & EXECUTE) == 0 || (entry & ATTRIBUTE) == NON_IDEMPOTENT) {
                    return out.fail(Fault.NO_EXECUTE);
                }
                if (keyed && (iamr & IAMR_NO_EXECUTE) != 0) {
                    return out.fail(Fault.PROTECTION);
                }
            }
        }
        long wanted = entry | REFERENCE | (access == Access.STORE ? CHANGE : 0);
        if (wanted != entry) {
            boolean big = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN;
            if (!HostMemory.compareAndSetLong(
                    host, big ? entry : Long.reverseBytes(entry), big ? wanted : Long.reverseBytes(wanted))) {
                return false;
            }
            memory.markDirty(out.entryReal, 8);
        }
        out.entry = wanted;
        out.readable = readable;
        out.cachingInhibited = (entry & CACHING_INHIBITED) != 0;
        out.writable = writable && (wanted & CHANGE) != 0;
        return true;
    }
}

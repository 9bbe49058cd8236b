// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.mmu;

import dev.wattle.power.mmu.Translation.Fault;
import java.util.Optional;

/**
 * Translation by segment lookaside buffer and hash page table (Power ISA 2.07B, Book III-S, 5.7; 3.0B, Book III, 5.7.9),
 * with the virtual real mode area for accesses with translation off.
 */
public final class HashMmu {
    /** AMR: store and load not permitted, for key 31. IAMR: execution not permitted. */
    private static final long NO_STORE = 2;

    private static final long NO_LOAD = 1;
    private static final int KEYS_LESS_1 = 31;

    /** Effective address bits that count in real mode. */
    private static final long REAL_ADDRESS = 0x0fff_ffff_ffff_ffffL;

    private static final int READ = 1;
    private static final int WRITE = 2;

    private final Slb slb = new Slb();
    private Optional<HashPageTable> table = Optional.empty();
    /** Virtual segment doubleword of the virtual real mode area. */
    private long vrma;

    /** The segment lookaside buffer. */
    public Slb slb() {
        return slb;
    }

    /**
     * Sets the page table.
     *
     * @param newTable empty for none: no page is found then, and real mode is not translated
     * @param vrmaBase logarithm of the base page size of the virtual real mode area
     */
    public void table(Optional<HashPageTable> newTable, int vrmaBase) {
        table = newTable;
        vrma = Slb.B_1T | HashPageTable.VRMA_SEGMENT << 24 | PageSizes.slbEncoding(vrmaBase);
    }

    /** The page table; empty for none. */
    public Optional<HashPageTable> table() {
        return table;
    }

    /**
     * Translates an address of real mode through the virtual real mode area. Its pages are the hypervisor's to protect,
     * and no storage key is looked at: the area is accessed as by privileged software with Ks 0.
     *
     * @param ea effective address, of which bits 0:3 do not count
     */
    public boolean translateReal(long ea, Access access, Translation out) {
        out.fault = Fault.NONE;
        if ((ea & REAL_ADDRESS) >>> Slb.SHIFT_1T != 0) {
            return out.fail(Fault.NOT_FOUND);
        }
        return translate(ea, vrma, access, false, 0, 0, out);
    }

    /**
     * Translates with a segment lookaside buffer entry.
     *
     * @param ea effective address
     * @param slbv virtual segment doubleword of the entry
     * @param access what for
     * @param problem MSR[PR]
     * @param out receives the outcome
     * @return whether the access is allowed
     */
    public boolean translate(long ea, long slbv, Access access, boolean problem, long amr, long iamr, Translation out) {
        out.fault = Fault.NONE;
        if (access == Access.FETCH && (slbv & Slb.N) != 0) {
            return out.fail(Fault.NO_EXECUTE);
        }
        while (true) {
            long index = find(ea, slbv);
            if (index < 0) {
                return out.fail(Fault.NOT_FOUND);
            }
            out.fault = Fault.NONE;
            boolean allowed = page(table.get(), index, slbv, access, problem, amr, iamr, out);
            // Without a fault, the entry has changed while its R and C bits were being set. Another processor may have
            // put
            // that of another page in its place, too.
            if (find(ea, slbv) == index && (allowed || out.fault != Fault.NONE)) {
                return allowed;
            }
        }
    }

    /**
     * Finds the page of an effective address and what may be done to it, without a change of its entry.
     *
     * @return whether there is one; {@link Translation#readable} and {@link Translation#writable} say more
     */
    public boolean lookUp(long ea, long slbv, boolean problem, long amr, Translation out) {
        out.fault = Fault.NONE;
        long index = find(ea, slbv);
        if (index < 0) {
            return out.fail(Fault.NOT_FOUND);
        }
        long r = table.get().r(index);
        int actual = PageSizes.actualIn(PageSizes.baseOf(slbv), table.get().v(index), r);
        permit(r, slbv, problem, amr, out);
        out.pageBytes = 1L << actual;
        out.realAddress = r & HashPageTable.R_RPN & -out.pageBytes;
        return true;
    }

    /** The same for an address of real mode. */
    public boolean lookUpReal(long ea, Translation out) {
        return (ea & REAL_ADDRESS) >>> Slb.SHIFT_1T == 0 ? lookUp(ea, vrma, false, 0, out) : out.fail(Fault.NOT_FOUND);
    }

    /** The number of the entry for an effective address, or -1. */
    private long find(long ea, long slbv) {
        if (table.isEmpty()) {
            return -1;
        }
        HashPageTable t = table.get();
        boolean isTerabyte = (slbv & Slb.B) != 0;
        int base = PageSizes.baseOf(slbv);
        long offset = ea & (1L << Slb.segmentShift(slbv)) - 1;
        long segment = Slb.segment(slbv);
        long hash = HashPageTable.hash(isTerabyte, segment, offset, base);
        long pattern = HashPageTable.pattern(isTerabyte, segment, offset, base);
        long index = find(t, t.group(hash), pattern, base);
        return index >= 0 ? index : find(t, t.group(~hash), pattern | HashPageTable.V_SECONDARY, base);
    }

    /** Sets what may be done to a page, as far as its R and C bits do not matter. */
    private static void permit(long r, long slbv, boolean problem, long amr, Translation out) {
        int rights = rights(r, slbv, problem);
        long classBits = amr >>> 2 * (KEYS_LESS_1 - classOf(r));
        out.readable = (rights & READ) != 0 && (classBits & NO_LOAD) == 0;
        out.writable = (rights & WRITE) != 0 && (classBits & NO_STORE) == 0;
    }

    private static int classOf(long r) {
        return (int) (r >>> 57 & 0x18 | r >>> 9 & 7);
    }

    private static int rights(long r, long slbv, boolean problem) {
        boolean key = (slbv & (problem ? Slb.KP : Slb.KS)) != 0;
        return rights((int) (r & HashPageTable.R_PP | r >>> 61 & 4), key);
    }

    private static long find(HashPageTable t, long group, long pattern, int base) {
        long mask = HashPageTable.V_B_AVPN | HashPageTable.V_SECONDARY | HashPageTable.V_VALID;
        for (long index = group; index < group + HashPageTable.GROUP; index++) {
            long v = t.v(index);
            if (((v ^ pattern) & mask) == 0 && PageSizes.actualIn(base, v, t.r(index)) != 0) {
                return index;
            }
        }
        return -1;
    }

    private static boolean page(
            HashPageTable t,
            long index,
            long slbv,
            Access access,
            boolean problem,
            long amr,
            long iamr,
            Translation out) {
        long r = t.r(index);
        int actual = PageSizes.actualIn(PageSizes.baseOf(slbv), t.v(index), r);
        if (actual == 0) {
            return false;
        }
        int rights = rights(r, slbv, problem);
        long classBits = amr >>> 2 * (KEYS_LESS_1 - classOf(r));
        boolean readable = (rights & READ) != 0;
        boolean writable = (rights & WRITE) != 0;
        boolean guarded = (r & HashPageTable.R_G) != 0;
        switch (access) {
            case LOAD -> {
                if (!readable || (classBits & NO_LOAD) != 0) {
                    return out.fail(protection(!readable, (classBits & NO_LOAD) != 0));
                }
            }
            case STORE -> {
                if (!writable || (classBits & NO_STORE) != 0) {
                    return out.fail(protection(!writable, (classBits & NO_STORE) != 0));
                }
            }
            case FETCH -> {
                boolean classDenies = (iamr >>> 2 * (KEYS_LESS_1 - classOf(r)) & 1) != 0;
                if ((r & HashPageTable.R_N) != 0 || guarded) {
                    return out.fail(classDenies ? Fault.NO_EXECUTE_AND_CLASS : Fault.NO_EXECUTE);
                }
                if (!readable || classDenies) {
                    return out.fail(protection(!readable, classDenies));
                }
            }
        }
        long marks = HashPageTable.R_R | (access == Access.STORE ? HashPageTable.R_C : 0);
        if (!t.mark(index, r, marks)) {
            return false;
        }
        out.pageBytes = 1L << actual;
        out.realAddress = r & HashPageTable.R_RPN & -out.pageBytes;
        out.entry = r | marks;
        permit(r, slbv, problem, amr, out);
        out.writable &= (out.entry & HashPageTable.R_C) != 0;
        out.cachingInhibited = (r & HashPageTable.R_I) != 0;
        return true;
    }

    private static Fault protection(boolean page, boolean pageClass) {
        return page ? pageClass ? Fault.PROTECTION_AND_CLASS : Fault.PROTECTION : Fault.CLASS;
    }

    /** What PP0, PP and the key of the segment allow; reserved combinations allow nothing. */
    private static int rights(int pp, boolean key) {
        return switch (pp) {
            case 0 -> key ? 0 : READ | WRITE;
            case 1 -> key ? READ : READ | WRITE;
            case 2 -> READ | WRITE;
            case 3 -> READ;
            case 6 -> key ? 0 : READ;
            default -> 0;
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_FUNCTION;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P2;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P3;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P4;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_P5;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;

import dev.wattle.hypervisor.papr.hash.PartitionPageTable;

/** Calls of Power ISA 3.0 about translation: which kind it is, and what processors are to forget of it. */
final class TranslationHypercalls {
    private static final long MODIFY = 0x10;
    private static final long REGISTER = 0x08;
    private static final long RADIX = 0x04;
    private static final long SEGMENT_TABLES = 0x02;
    private static final long GTSE = 0x01;
    private static final long FLAGS = 0x1f;
    /** The process table's size, as a logarithm less 12. */
    private static final long MOST_SIZE = 24;

    private static final int HASH_TABLE_BITS = 38;
    private static final long PAGE_SIZE_BITS = 7;

    private static final long TARGETS = 7;
    private static final long TYPE_TLB = 2;
    /** Translations, page walk cache, process table cache; 1 is for guests of the guest. */
    private static final long TYPES = 0xe;

    private static final long MOST_PID = 0xffff_ffffL;
    private static final long ALL_PAGE_SIZES = -1;
    /** Pages that are forgotten one by one; for more, the whole process is. */
    private static final long FEW_PAGES = 64;

    /** Logarithms of page sizes by their bit. */
    private static final int[] PAGE_SHIFTS = {12, 16, 21, 30};

    private final PartitionPageTable pageTable;

    TranslationHypercalls(PartitionPageTable pageTable) {
        this.pageTable = pageTable;
    }

    void define(HypercallTable table) {
        table.define(HcallNumber.H_REGISTER_PROC_TBL, c -> c.exclusively(() -> registerProcessTable(c)))
                .define(HcallNumber.H_RPT_INVALIDATE, TranslationHypercalls::invalidate)
                // Segment tables in memory are not offered, and radix guests have H_RPT_INVALIDATE.
                .define(HcallNumber.H_CLEAN_SLB, c -> H_FUNCTION)
                .define(HcallNumber.H_INVALIDATE_PID, c -> H_FUNCTION);
    }

    /** r4 = flags, r5 = base of the table, r6 = page size (hash only), r7 = log2 of the table's size less 12. */
    private long registerProcessTable(HypercallContext c) {
        long flags = c.argument(0);
        if ((flags & ~FLAGS) != 0) {
            return H_PARAMETER;
        }
        boolean radix = (flags & RADIX) != 0;
        boolean gtse = (flags & GTSE) != 0;
        if ((flags & MODIFY) == 0) {
            // The table stays; the guest says how it translates, which has to be the way that it does.
            if (radix != c.isRadix() || (flags & SEGMENT_TABLES) != 0) {
                return H_PARAMETER;
            }
            if (!radix && pageTable.demand().isEmpty()) {
                return H_PARAMETER;
            }
            c.allowInvalidation(gtse);
            return H_SUCCESS;
        }
        if ((flags & REGISTER) == 0) {
            // The kind of translation stays as it was, whatever the flags say.
            c.registerProcessTable(0, c.isRadix(), gtse);
            return H_SUCCESS;
        }
        return radix ? registerRadix(c, gtse) : registerHash(c, gtse);
    }

    private long registerRadix(HypercallContext c, boolean gtse) {
        long base = c.argument(1);
        long size = c.argument(3);
        if ((c.argument(0) & SEGMENT_TABLES) != 0 || !c.hasRadix()) {
            return H_PARAMETER;
        }
        if ((base & 0xfff) != 0 || base >>> 60 != 0) {
            return H_P2;
        }
        if (c.argument(2) != 0) {
            return H_P3;
        }
        if (size < 0 || size > MOST_SIZE) {
            return H_P4;
        }
        long bytes = 1L << (size + 12);
        if ((base & (bytes - 1)) != 0 || !c.memory().contains(base, bytes)) {
            return H_P2;
        }
        pageTable.release();
        c.registerProcessTable(base | size, true, gtse);
        return H_SUCCESS;
    }

    /** A table for translation by hash with a software-managed SLB, which no processor looks into. */
    private long registerHash(HypercallContext c, boolean gtse) {
        if ((c.argument(0) & SEGMENT_TABLES) != 0) {
            return H_PARAMETER;
        }
        if (c.argument(1) >>> HASH_TABLE_BITS != 0) {
            return H_P2;
        }
        if ((c.argument(2) & ~PAGE_SIZE_BITS) != 0) {
            return H_P3;
        }
        long size = c.argument(3);
        if (size < 0 || size > MOST_SIZE) {
            return H_P4;
        }
        c.registerProcessTable(0, false, gtse);
        return pageTable.demand().isEmpty() ? H_PARAMETER : H_SUCCESS;
    }

    /** r4 = PID, r5 = targets, r6 = types, r7 = page sizes, r8 and r9 = first effective address, and behind the last. */
    private static long invalidate(HypercallContext c) {
        if (!c.isRadix()) {
            return ReturnCode.H_UNSUPPORTED;
        }
        long pid = c.argument(0);
        long type = c.argument(2);
        long sizes = c.argument(3);
        long start = c.argument(4);
        long end = c.argument(5);
        if (pid < 0 || pid > MOST_PID) {
            return H_PARAMETER;
        }
        if (c.argument(1) == 0 || (c.argument(1) & ~TARGETS) != 0) {
            return H_P2;
        }
        if (type == 0 || (type & ~TYPES) != 0) {
            return H_P3;
        }
        if (sizes == 0 || sizes != ALL_PAGE_SIZES && (sizes & -1L << PAGE_SHIFTS.length) != 0) {
            return H_P4;
        }
        if (Long.compareUnsigned(end, start) < 0) {
            return H_P5;
        }
        if (type == TYPE_TLB && sizes != ALL_PAGE_SIZES && forgetPages(c, pid, sizes, start, end)) {
            return H_SUCCESS;
        }
        c.forgetProcess(pid);
        return H_SUCCESS;
    }

    /** Forgets page by page, unless there are too many. */
    private static boolean forgetPages(HypercallContext c, long pid, long sizes, long start, long end) {
        for (int i = 0; i < PAGE_SHIFTS.length; i++) {
            if ((sizes >>> i & 1) != 0 && (end - start >>> PAGE_SHIFTS[i]) >= FEW_PAGES) {
                return false;
            }
        }
        for (int i = 0; i < PAGE_SHIFTS.length; i++) {
            if ((sizes >>> i & 1) != 0) {
                long bytes = 1L << PAGE_SHIFTS[i];
                long pages = (end - 1 >>> PAGE_SHIFTS[i]) - (start >>> PAGE_SHIFTS[i]) + 1;
                for (long page = 0; page < pages; page++) {
                    c.forgetPage(pid, (start & -bytes) + page * bytes, bytes);
                }
            }
        }
        return true;
    }
}

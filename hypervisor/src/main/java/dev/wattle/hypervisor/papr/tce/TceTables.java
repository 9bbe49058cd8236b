// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.tce;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.hypervisor.papr.hcall.HypercallContext;
import dev.wattle.hypervisor.papr.hcall.HypercallTable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The TCE tables of a partition by logical I/O bus number (LIOBN), and the hypercalls on them: H_GET_TCE, H_PUT_TCE,
 * H_PUT_TCE_INDIRECT and H_STUFF_TCE (LoPAR, "TCE Table Management"). An unknown LIOBN, or a page that is not in its
 * window, is H_PARAMETER, and no entry changes.
 */
public final class TceTables {
    /** Entries in one call of H_PUT_TCE_INDIRECT: a page of them. */
    private static final int INDIRECT_LIMIT = 512;

    private static final long LIST_ALIGNMENT = 4096;

    private final Map<Long, TceTable> tables = new ConcurrentHashMap<>();

    /**
     * Adds a window.
     *
     * @throws IllegalArgumentException if the number is taken
     */
    public void add(long liobn, TceTable table) {
        if (tables.putIfAbsent(liobn, table) != null) {
            throw new IllegalArgumentException("LIOBN 0x" + Long.toHexString(liobn) + " is taken");
        }
    }

    /** Removes a window, if it is there. */
    public void remove(long liobn) {
        tables.remove(liobn);
    }

    /** Defines the hypercalls. */
    public void define(HypercallTable hypercalls) {
        hypercalls
                .define(HcallNumber.H_GET_TCE, this::get)
                .define(HcallNumber.H_PUT_TCE, this::put)
                .define(HcallNumber.H_PUT_TCE_INDIRECT, this::putIndirect)
                .define(HcallNumber.H_STUFF_TCE, this::stuff);
    }

    /** r4 = LIOBN, r5 = I/O bus address; result r4 = entry. */
    private long get(HypercallContext c) {
        TceTable table = tables.get(c.argument(0));
        long ioba = c.argument(1);
        if (table == null || !table.contains(ioba, 1)) {
            return H_PARAMETER;
        }
        c.result(0, table.get(ioba));
        return H_SUCCESS;
    }

    /** r4 = LIOBN, r5 = I/O bus address, r6 = entry. */
    private long put(HypercallContext c) {
        TceTable table = tables.get(c.argument(0));
        long ioba = c.argument(1);
        if (table == null || !table.contains(ioba, 1)) {
            return H_PARAMETER;
        }
        table.put(ioba, c.argument(2));
        return H_SUCCESS;
    }

    /** r4 = LIOBN, r5 = I/O bus address, r6 = real address of a page of entries, r7 = number of them, 1 to 512. */
    private long putIndirect(HypercallContext c) {
        TceTable table = tables.get(c.argument(0));
        long ioba = c.argument(1);
        long list = c.argument(2);
        long count = c.argument(3);
        GuestMemory memory = c.memory();
        if (table == null
                || count < 1
                || count > INDIRECT_LIMIT
                || (list & LIST_ALIGNMENT - 1) != 0
                || !memory.contains(list, count * Long.BYTES)
                || !table.contains(ioba, count)) {
            return H_PARAMETER;
        }
        for (long i = 0; i < count; i++) {
            table.put(ioba + i * table.pageBytes(), memory.getLong(list + i * Long.BYTES));
        }
        return H_SUCCESS;
    }

    /** r4 = LIOBN, r5 = I/O bus address, r6 = entry, r7 = number of pages that get it. */
    private long stuff(HypercallContext c) {
        TceTable table = tables.get(c.argument(0));
        long ioba = c.argument(1);
        long tce = c.argument(2);
        long count = c.argument(3);
        if (table == null || !table.contains(ioba, count)) {
            return H_PARAMETER;
        }
        for (long i = 0; i < count; i++) {
            table.put(ioba + i * table.pageBytes(), tce);
        }
        return H_SUCCESS;
    }
}

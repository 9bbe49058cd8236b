// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;

import dev.wattle.engine.memory.GuestMemory;

/** Calls that act on guest memory in place of the guest: page initialisation and cache management. */
final class MemoryHypercalls {
    private static final long PAGE = 4096;
    private static final long PAGE_INIT_ZERO = 1L << (63 - 48);
    private static final long PAGE_INIT_COPY = 1L << (63 - 49);
    /** ICACHE_INVALIDATE and ICACHE_SYNCHRONIZE: nothing to do where instruction fetch is coherent. */
    private static final long PAGE_INIT_CACHE = 1L << (63 - 50) | 1L << (63 - 51);

    void define(HypercallTable table) {
        table.define(HcallNumber.H_PAGE_INIT, this::pageInit)
                .define(HcallNumber.H_LOGICAL_CI_LOAD, LogicalAccess::load)
                .define(HcallNumber.H_LOGICAL_CI_STORE, LogicalAccess::store)
                .define(HcallNumber.H_LOGICAL_CACHE_LOAD, LogicalAccess::load)
                .define(HcallNumber.H_LOGICAL_CACHE_STORE, LogicalAccess::store)
                .define(HcallNumber.KVMPPC_H_LOGICAL_MEMOP, LogicalMemop::call)
                .define(HcallNumber.H_LOGICAL_ICBI, c -> H_SUCCESS)
                .define(HcallNumber.H_LOGICAL_DCBF, c -> H_SUCCESS);
    }

    /** r4 = flags, r5 = destination page, r6 = source page. */
    private long pageInit(HypercallContext c) {
        long flags = c.argument(0);
        long destination = c.argument(1);
        long source = c.argument(2);
        GuestMemory memory = c.memory();
        if ((flags & ~(PAGE_INIT_ZERO | PAGE_INIT_COPY | PAGE_INIT_CACHE)) != 0
                || (destination & (PAGE - 1)) != 0
                || !memory.contains(destination, PAGE)) {
            return H_PARAMETER;
        }
        if ((flags & PAGE_INIT_COPY) != 0) {
            if ((source & (PAGE - 1)) != 0 || !memory.contains(source, PAGE)) {
                return H_PARAMETER;
            }
            byte[] page = new byte[(int) PAGE];
            memory.read(source, page, 0, page.length);
            memory.write(destination, page, 0, page.length);
        } else if ((flags & PAGE_INIT_ZERO) != 0) {
            memory.fill(destination, PAGE, (byte) 0);
        }
        return H_SUCCESS;
    }
}

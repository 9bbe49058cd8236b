// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;

import dev.wattle.engine.memory.GuestMemory;

/** Calls that act on guest memory in place of the guest: page initialisation and real-mode loads and stores. */
final class MemoryHypercalls {
    private static final long PAGE = 4096;
    private static final long PAGE_INIT_ZERO = 1L << (63 - 48);
    private static final long PAGE_INIT_COPY = 1L << (63 - 49);
    /** ICACHE_INVALIDATE and ICACHE_SYNCHRONIZE: nothing to do where instruction fetch is coherent. */
    private static final long PAGE_INIT_CACHE = 1L << (63 - 50) | 1L << (63 - 51);

    void define(HypercallTable table) {
        table.define(HcallNumber.H_PAGE_INIT, this::pageInit)
                .define(HcallNumber.H_LOGICAL_CI_LOAD, this::load)
                .define(HcallNumber.H_LOGICAL_CI_STORE, this::store)
                .define(HcallNumber.H_LOGICAL_CACHE_LOAD, this::load)
                .define(HcallNumber.H_LOGICAL_CACHE_STORE, this::store)
                .define(HcallNumber.H_LOGICAL_ICBI, c -> H_SUCCESS)
                .define(HcallNumber.H_LOGICAL_DCBF, c -> H_SUCCESS)
                .define(HcallNumber.H_CLEAN_SLB, c -> H_SUCCESS)
                .define(HcallNumber.H_INVALIDATE_PID, c -> H_SUCCESS);
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

    /** r4 = size in bytes, r5 = logical real address; result r4. */
    private long load(HypercallContext c) {
        long size = c.argument(0);
        long address = c.argument(1);
        GuestMemory memory = c.memory();
        if (!isAccess(memory, address, size)) {
            return H_PARAMETER;
        }
        long value = switch ((int) size) {
            case 1 -> memory.getByte(address) & 0xffL;
            case 2 -> memory.getShort(address) & 0xffffL;
            case 4 -> memory.getInt(address) & 0xffff_ffffL;
            default -> memory.getLong(address);
        };
        c.result(0, value);
        return H_SUCCESS;
    }

    /** r4 = size in bytes, r5 = logical real address, r6 = value. */
    private long store(HypercallContext c) {
        long size = c.argument(0);
        long address = c.argument(1);
        long value = c.argument(2);
        GuestMemory memory = c.memory();
        if (!isAccess(memory, address, size)) {
            return H_PARAMETER;
        }
        switch ((int) size) {
            case 1 -> memory.putByte(address, (byte) value);
            case 2 -> memory.putShort(address, (short) value);
            case 4 -> memory.putInt(address, (int) value);
            default -> memory.putLong(address, value);
        }
        return H_SUCCESS;
    }

    private static boolean isAccess(GuestMemory memory, long address, long size) {
        return (size == 1 || size == 2 || size == 4 || size == 8)
                && (address & (size - 1)) == 0
                && memory.contains(address, size);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_RESOURCE;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;

import dev.wattle.engine.memory.GuestMemory;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * H_REGISTER_VPA: the areas that a partition registers per virtual processor (PAPR, "H_REGISTER_VPA"): the virtual
 * processor area (VPA), the dispatch trace log (DTL) and the SLB shadow buffer. The two latter hang on the VPA: they
 * can be registered only after it, and it can be deregistered only after them.
 */
final class VirtualProcessorAreas {
    private static final int FUNCTION_SHIFT = 63 - 18;
    private static final int REGISTER_VPA = 1;
    private static final int REGISTER_DTL = 2;
    private static final int REGISTER_SLB_SHADOW = 3;
    private static final int DEREGISTER_VPA = 5;
    private static final int DEREGISTER_DTL = 6;
    private static final int DEREGISTER_SLB_SHADOW = 7;

    private static final int CACHE_LINE = 128;
    private static final int VPA_MINIMUM = 640;
    private static final int SLB_SHADOW_MINIMUM = 8;
    private static final int DTL_MINIMUM = 48;
    private static final int VPA_SIZE_OFFSET = 4;
    private static final int SIZE_OFFSET = 4;
    private static final int SHARED_PROCESSOR_OFFSET = 9;
    private static final int SHARED_PROCESSOR = 2;
    private static final long NONE = -1;

    private static final class Areas {
        private long vpa = NONE;
        private long dispatchTraceLog = NONE;
        private long slbShadow = NONE;
    }

    private final Map<Long, Areas> byServer = new HashMap<>();
    private final ReentrantLock lock = new ReentrantLock();

    /** r4 = function in bits 16:18, r5 = server, r6 = real address of the area. */
    long register(HypercallContext c) {
        int function = (int) (c.argument(0) >>> FUNCTION_SHIFT) & 7;
        long server = c.argument(1);
        long address = c.argument(2);
        if (server < 0 || server >= c.serverCount()) {
            return H_PARAMETER;
        }
        lock.lock();
        try {
            Areas areas = byServer.computeIfAbsent(server, s -> new Areas());
            return switch (function) {
                case REGISTER_VPA -> registerVpa(c.memory(), areas, address);
                case REGISTER_DTL -> registerDispatchTraceLog(c.memory(), areas, address);
                case REGISTER_SLB_SHADOW -> registerSlbShadow(c.memory(), areas, address);
                case DEREGISTER_VPA -> {
                    if (areas.dispatchTraceLog != NONE || areas.slbShadow != NONE) {
                        yield H_RESOURCE;
                    }
                    areas.vpa = NONE;
                    yield H_SUCCESS;
                }
                case DEREGISTER_DTL -> {
                    areas.dispatchTraceLog = NONE;
                    yield H_SUCCESS;
                }
                case DEREGISTER_SLB_SHADOW -> {
                    areas.slbShadow = NONE;
                    yield H_SUCCESS;
                }
                default -> H_PARAMETER;
            };
        } finally {
            lock.unlock();
        }
    }

    private static long registerVpa(GuestMemory memory, Areas areas, long address) {
        if (address == 0 || address % CACHE_LINE != 0 || !memory.contains(address, VPA_MINIMUM)) {
            return H_PARAMETER;
        }
        int size = memory.getShort(address + VPA_SIZE_OFFSET) & 0xffff;
        if (size < VPA_MINIMUM || crossesPage(address, size)) {
            return H_PARAMETER;
        }
        areas.vpa = address;
        long shared = address + SHARED_PROCESSOR_OFFSET;
        memory.putByte(shared, (byte) (memory.getByte(shared) | SHARED_PROCESSOR));
        return H_SUCCESS;
    }

    private static long registerSlbShadow(GuestMemory memory, Areas areas, long address) {
        if (address == 0 || !memory.contains(address, SLB_SHADOW_MINIMUM)) {
            return H_PARAMETER;
        }
        long size = memory.getInt(address + SIZE_OFFSET) & 0xffff_ffffL;
        if (size < SLB_SHADOW_MINIMUM || crossesPage(address, size) || !memory.contains(address, size)) {
            return H_PARAMETER;
        }
        if (areas.vpa == NONE) {
            return H_RESOURCE;
        }
        areas.slbShadow = address;
        return H_SUCCESS;
    }

    private static long registerDispatchTraceLog(GuestMemory memory, Areas areas, long address) {
        if (address == 0 || !memory.contains(address, DTL_MINIMUM)) {
            return H_PARAMETER;
        }
        long size = memory.getInt(address + SIZE_OFFSET) & 0xffff_ffffL;
        if (size < DTL_MINIMUM || !memory.contains(address, size)) {
            return H_PARAMETER;
        }
        if (areas.vpa == NONE) {
            return H_RESOURCE;
        }
        areas.dispatchTraceLog = address;
        return H_SUCCESS;
    }

    private static boolean crossesPage(long address, long size) {
        return (address & 0xfff) + size > 0x1000;
    }
}

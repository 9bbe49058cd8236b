// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_RESOURCE;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.papr.area.ProcessorAreas;
import dev.wattle.hypervisor.papr.area.ProcessorAreas.Area;

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
    private static final int SLB_SHADOW_MINIMUM = 8;
    private static final int VPA_SIZE_OFFSET = 4;
    private static final int SIZE_OFFSET = 4;

    private VirtualProcessorAreas() {}

    /** r4 = function in bits 16:18, r5 = server, r6 = real address of the area. */
    static long register(HypercallContext c) {
        int function = (int) (c.argument(0) >>> FUNCTION_SHIFT) & 7;
        long server = c.argument(1);
        long address = c.argument(2);
        if (!c.isServer(server)) {
            return H_PARAMETER;
        }
        ProcessorAreas areas = c.areas((int) server);
        return switch (function) {
            case REGISTER_VPA -> registerVpa(c.memory(), areas, address);
            case REGISTER_DTL -> registerDispatchTraceLog(c.memory(), areas, address);
            case REGISTER_SLB_SHADOW -> registerSlbShadow(c.memory(), areas, address);
            case DEREGISTER_VPA -> answer(areas.setVpa(Area.NONE));
            case DEREGISTER_DTL -> answer(areas.setDispatchTraceLog(Area.NONE));
            case DEREGISTER_SLB_SHADOW -> answer(areas.setSlbShadow(Area.NONE));
            default -> H_PARAMETER;
        };
    }

    private static long answer(boolean done) {
        return done ? H_SUCCESS : H_RESOURCE;
    }

    private static long registerVpa(GuestMemory memory, ProcessorAreas areas, long address) {
        if (address == 0 || address % CACHE_LINE != 0 || !memory.contains(address, ProcessorAreas.VPA_BYTES)) {
            return H_PARAMETER;
        }
        int size = memory.getShort(address + VPA_SIZE_OFFSET) & 0xffff;
        if (size < ProcessorAreas.VPA_BYTES || crossesPage(address, size)) {
            return H_PARAMETER;
        }
        return answer(areas.setVpa(new Area(address, size)));
    }

    private static long registerSlbShadow(GuestMemory memory, ProcessorAreas areas, long address) {
        if (address == 0 || !memory.contains(address, SLB_SHADOW_MINIMUM)) {
            return H_PARAMETER;
        }
        long size = memory.getInt(address + SIZE_OFFSET) & 0xffff_ffffL;
        if (size < SLB_SHADOW_MINIMUM || crossesPage(address, size) || !memory.contains(address, size)) {
            return H_PARAMETER;
        }
        return answer(areas.setSlbShadow(new Area(address, size)));
    }

    private static long registerDispatchTraceLog(GuestMemory memory, ProcessorAreas areas, long address) {
        if (address == 0 || !memory.contains(address, ProcessorAreas.LOG_ENTRY_BYTES)) {
            return H_PARAMETER;
        }
        long size = memory.getInt(address + SIZE_OFFSET) & 0xffff_ffffL;
        if (size < ProcessorAreas.LOG_ENTRY_BYTES || !memory.contains(address, size)) {
            return H_PARAMETER;
        }
        return answer(areas.setDispatchTraceLog(new Area(address, size)));
    }

    private static boolean crossesPage(long address, long size) {
        return (address & 0xfff) + size > 0x1000;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_TOO_HARD;

import dev.wattle.engine.memory.GuestMemory;
import java.util.OptionalLong;

/**
 * H_LOGICAL_CI_LOAD, H_LOGICAL_CI_STORE, H_LOGICAL_CACHE_LOAD and H_LOGICAL_CACHE_STORE: accesses to real addresses for
 * guests whose address translation is off, and that could not say how storage is to be cached (PAPR, "Cache Inhibited
 * Load/Store"). They reach memory and the devices and I/O events of the I/O bus. Values are big-endian.
 */
public final class LogicalAccess {
    private LogicalAccess() {}

    /**
     * r4 = size in bytes, r5 = logical real address; result r4.
     *
     * @return H_TOO_HARD if nobody is at the address
     */
    public static long load(HypercallContext c) {
        long size = c.argument(0);
        long address = c.argument(1);
        if (!isSize(size)) {
            return H_PARAMETER;
        }
        GuestMemory memory = c.memory();
        if (!memory.contains(address, size)) {
            OptionalLong data = c.io().read(address, (int) size, c.server());
            if (data.isEmpty()) {
                return H_TOO_HARD;
            }
            c.result(0, Long.reverseBytes(data.getAsLong()) >>> 64 - 8 * size);
            return H_SUCCESS;
        }
        if (!isAligned(address, size)) {
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

    /**
     * r4 = size in bytes, r5 = logical real address, r6 = value.
     *
     * @return H_TOO_HARD if nobody is at the address
     */
    public static long store(HypercallContext c) {
        long size = c.argument(0);
        long address = c.argument(1);
        long value = c.argument(2);
        if (!isSize(size)) {
            return H_PARAMETER;
        }
        GuestMemory memory = c.memory();
        if (!memory.contains(address, size)) {
            return c.io().write(address, (int) size, Long.reverseBytes(value) >>> 64 - 8 * size, c.server())
                    ? H_SUCCESS
                    : H_TOO_HARD;
        }
        if (!isAligned(address, size)) {
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

    private static boolean isSize(long size) {
        return size == 1 || size == 2 || size == 4 || size == 8;
    }

    private static boolean isAligned(long address, long size) {
        return (address & size - 1) == 0;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;

import dev.wattle.engine.memory.GuestMemory;
import java.util.OptionalLong;

/**
 * KVMPPC_H_LOGICAL_MEMOP, by which firmware in real mode copies or inverts a run of elements, in memory or on devices
 * such as frame buffers. Private to firmware and monitor: {@code ibm,hypertas-functions} has no name for it.
 */
public final class LogicalMemop {
    /** Elements in one call. Firmware moves a screen at a time; a call must not keep the vCPU for long. */
    private static final long COUNT_LIMIT = 1 << 24;

    private static final int LARGEST_ELEMENT = 3;
    private static final long OPERATION_COPY = 0;
    private static final long OPERATION_INVERT = 1;
    private static final int CHUNK = 1 << 16;

    private LogicalMemop() {}

    /**
     * r4 = destination, r5 = source, r6 = log2 of the bytes of an element (0 to 3), r7 = number of elements, r8 = 0 to copy
     * them, 1 to copy their complement. Source and destination may overlap: the result is as if all had been read first.
     *
     * @return H_PARAMETER if the operation or the size is not one of these, an address is not aligned to the size, there
     *     are more than 2^24 elements, or an element is neither in memory nor on a device
     */
    public static long call(HypercallContext c) {
        long destination = c.argument(0);
        long source = c.argument(1);
        long shift = c.argument(2);
        long count = c.argument(3);
        long operation = c.argument(4);
        if (shift < 0
                || shift > LARGEST_ELEMENT
                || count < 0
                || count > COUNT_LIMIT
                || (operation != OPERATION_COPY && operation != OPERATION_INVERT)
                || ((destination | source) & (1L << shift) - 1) != 0) {
            return H_PARAMETER;
        }
        long bytes = count << shift;
        boolean invert = operation == OPERATION_INVERT;
        GuestMemory memory = c.memory();
        if (memory.contains(destination, bytes) && memory.contains(source, bytes)) {
            move(memory, destination, source, bytes, invert);
            return H_SUCCESS;
        }
        return moveElements(c, destination, source, 1 << shift, count, invert);
    }

    private static void move(GuestMemory memory, long destination, long source, long bytes, boolean invert) {
        byte[] chunk = new byte[(int) Math.min(bytes, CHUNK)];
        boolean fromTheEnd = Long.compareUnsigned(destination - source, bytes) < 0;
        for (long done = 0; done < bytes; ) {
            int part = (int) Math.min(chunk.length, bytes - done);
            long offset = fromTheEnd ? bytes - done - part : done;
            memory.read(source + offset, chunk, 0, part);
            if (invert) {
                for (int i = 0; i < part; i++) {
                    chunk[i] = (byte) ~chunk[i];
                }
            }
            memory.write(destination + offset, chunk, 0, part);
            done += part;
        }
    }

    private static long moveElements(
            HypercallContext c, long destination, long source, int size, long count, boolean invert) {
        boolean fromTheEnd = Long.compareUnsigned(destination - source, count * size) < 0;
        for (long i = 0; i < count; i++) {
            long offset = (fromTheEnd ? count - 1 - i : i) * size;
            OptionalLong value = load(c, source + offset, size);
            if (value.isEmpty()
                    || !store(c, destination + offset, size, invert ? ~value.getAsLong() : value.getAsLong())) {
                return H_PARAMETER;
            }
        }
        return H_SUCCESS;
    }

    /** The bytes as they lie in storage, the one at the lowest address least significant. */
    private static OptionalLong load(HypercallContext c, long address, int size) {
        GuestMemory memory = c.memory();
        if (!memory.contains(address, size)) {
            return c.io().read(address, size, c.server());
        }
        long value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << Byte.SIZE | memory.getByte(address + i) & 0xff;
        }
        return OptionalLong.of(value);
    }

    private static boolean store(HypercallContext c, long address, int size, long value) {
        GuestMemory memory = c.memory();
        if (!memory.contains(address, size)) {
            return c.io().write(address, size, value, c.server());
        }
        for (int i = 0; i < size; i++) {
            memory.putByte(address + i, (byte) (value >>> Byte.SIZE * i));
        }
        return true;
    }
}

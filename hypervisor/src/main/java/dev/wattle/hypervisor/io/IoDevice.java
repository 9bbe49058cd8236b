// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.io;

import java.nio.ByteOrder;

/**
 * A device on the I/O bus. It sees offsets into its range, never its own address. Few need to know which vCPU accesses them:
 * those have a context for each, and override the methods that are told its server number.
 *
 * <p>The methods may be called by any vCPU's thread, several at a time; a device locks what it must.
 */
public interface IoDevice {
    /**
     * A load by the guest.
     *
     * @param offset from the start of the device's range; not necessarily a multiple of {@code size}
     * @param size bytes: 1, 2, 4 or 8, all of them within the device's range
     * @return the value, in the low {@code size} bytes, in the device's byte order: in little-endian order the byte at
     *     {@code offset} is the least significant
     */
    long read(long offset, int size);

    /**
     * A store by the guest.
     *
     * @param offset as for {@link #read}
     * @param size as for {@link #read}
     * @param value as for {@link #read}; the bytes above {@code size} are 0
     */
    void write(long offset, int size, long value);

    /**
     * A load by a vCPU.
     *
     * @param server interrupt server number of the vCPU
     */
    default long read(long offset, int size, int server) {
        return read(offset, size);
    }

    /**
     * A store by a vCPU.
     *
     * @param server interrupt server number of the vCPU
     */
    default void write(long offset, int size, long value, int server) {
        write(offset, size, value);
    }

    /** Which byte of a value has the lowest address; little-endian as on PCI, unless the device says otherwise. */
    default ByteOrder byteOrder() {
        return ByteOrder.LITTLE_ENDIAN;
    }
}

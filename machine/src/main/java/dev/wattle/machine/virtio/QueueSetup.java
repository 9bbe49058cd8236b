// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

import java.nio.ByteOrder;

/**
 * Where a virtqueue is, as its driver has told.
 *
 * @param size entries
 * @param descriptors guest physical address of the descriptor table (or ring)
 * @param driver guest physical address of the driver area: the available ring
 * @param device guest physical address of the device area: the used ring
 * @param features what has been negotiated
 * @param order of the fields in memory: little-endian, but for drivers of before version 1 the guest's
 */
public record QueueSetup(int size, long descriptors, long driver, long device, long features, ByteOrder order) {
    boolean has(long feature) {
        return (features & feature) != 0;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

import java.nio.ByteOrder;
import java.util.List;

/**
 * What a device works with from when its driver is ready to its reset.
 *
 * @param features that have been negotiated
 * @param queues those that the driver uses, by number; unused ones have no request ever
 * @param events tells the driver
 * @param order of fields in requests: little-endian, but for drivers of before version 1 the guest's
 */
public record VirtioSession(long features, List<Virtqueue> queues, Events events, ByteOrder order) {
    /** What a device tells its driver. Any thread. */
    public interface Events {
        /** Requests of a queue have been given back. */
        void used(int queue);

        /** The configuration has changed. */
        void configurationChanged();

        /** Something is wrong that only a reset can put right (2.1.2). */
        void needsReset();
    }

    /** Whether all of some feature bits have been negotiated. */
    public boolean has(long bits) {
        return (features & bits) == bits;
    }
}

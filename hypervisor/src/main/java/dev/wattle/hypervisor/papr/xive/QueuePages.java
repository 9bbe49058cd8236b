// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import dev.wattle.hypervisor.io.IoDevice;
import java.nio.ByteOrder;

/**
 * The ESB pages of event queues: two pages of 64 KiB for each, for notifications and for escalations. Stores do nothing.
 */
final class QueuePages implements IoDevice {
    private static final int OFFSET_MASK = 0xfff;

    private final XiveRouter router;

    QueuePages(XiveRouter router) {
        this.router = router;
    }

    @Override
    public ByteOrder byteOrder() {
        return ByteOrder.BIG_ENDIAN;
    }

    @Override
    public long read(long offset, int size) {
        int queue = (int) (offset >>> EsbPages.PAIR_SHIFT);
        if (size != Long.BYTES || (offset & Long.BYTES - 1) != 0 || queue >= router.queueCount()) {
            return -1;
        }
        boolean escalations = (offset >>> EsbPages.PAGE_SHIFT & 1) != 0;
        return router.queue(queue).load(escalations, (int) offset & OFFSET_MASK);
    }

    @Override
    public void write(long offset, int size, long value) {
        // There is nothing to trigger.
    }
}

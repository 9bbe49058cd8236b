// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.TimeBase;

/** The time base that follows the host's monotonic clock. */
final class HostTimeBase extends TimeBase {
    private final long start = System.nanoTime();

    @Override
    protected long ticks(PowerProcessor processor) {
        // 512 MHz is 64 ticks in 125 ns; split so that the product stays within 64 bits for centuries.
        long nanos = System.nanoTime() - start;
        return nanos / 125 * 64 + nanos % 125 * 64 / 125;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.TimeBase;

/** The time base that counts completed instructions, one tick each, and what idling skipped. */
final class VirtualTimeBase extends TimeBase {
    private long skipped;

    @Override
    protected long ticks(PowerProcessor processor) {
        return processor.completed() + skipped;
    }

    /** Jumps ahead, as if the processor had idled for that long. */
    void skip(long ticks) {
        skipped += ticks;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.block;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/** What a block device has done since it was made. Any thread. */
public final class BlockStatistics {
    final LongAdder reads = new LongAdder();
    final LongAdder readBytes = new LongAdder();
    final LongAdder writes = new LongAdder();
    final LongAdder writtenBytes = new LongAdder();
    final LongAdder flushes = new LongAdder();
    final LongAdder discards = new LongAdder();
    final LongAdder zeroes = new LongAdder();
    final LongAdder failures = new LongAdder();
    final LongAdder unsupported = new LongAdder();
    final LongAdder notifications = new LongAdder();
    final LongAdder interrupts = new LongAdder();

    BlockStatistics() {}

    /** The numbers by names for people. */
    public Map<String, Long> counts() {
        Map<String, Long> counts = new TreeMap<>();
        counts.put("reads", reads.sum());
        counts.put("read bytes", readBytes.sum());
        counts.put("writes", writes.sum());
        counts.put("written bytes", writtenBytes.sum());
        counts.put("flushes", flushes.sum());
        counts.put("discards", discards.sum());
        counts.put("zeroes written", zeroes.sum());
        counts.put("failed requests", failures.sum());
        counts.put("unsupported requests", unsupported.sum());
        counts.put("notifications", notifications.sum());
        counts.put("interrupts", interrupts.sum());
        return counts;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/** Counts durations by powers of two of nanoseconds. Thread-safe. */
public final class LatencyHistogram {
    private static final int BUCKETS = 40;

    private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);

    LatencyHistogram() {}

    void add(long nanos) {
        counts.incrementAndGet(bucket(nanos));
    }

    private static int bucket(long nanos) {
        return nanos <= 0 ? 0 : Math.min(BUCKETS - 1, Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos));
    }

    /**
     * One row.
     *
     * @param nanos durations from this on, to twice as much
     */
    public record Bucket(long nanos, long count) {}

    /** The rows that are not empty, shortest first. */
    public List<Bucket> buckets() {
        List<Bucket> rows = new ArrayList<>();
        for (int i = 0; i < BUCKETS; i++) {
            long count = counts.get(i);
            if (count != 0) {
                rows.add(new Bucket(1L << i, count));
            }
        }
        return rows;
    }
}

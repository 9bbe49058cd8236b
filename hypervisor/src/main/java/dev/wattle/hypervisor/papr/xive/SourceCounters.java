// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What one source has counted. {@code triggers = forwarded + queued + merged + dropped}, but for a level that is still there
 * at an end of interrupt, which is reissued without a trigger.
 */
public final class SourceCounters {
    private static final int TRIGGERS = 0;
    private static final int FORWARDED = 1;
    private static final int QUEUED = 2;
    private static final int MERGED = 3;
    private static final int DROPPED = 4;
    private static final int REISSUED = 5;
    private static final int ENDS = 6;
    private static final int COUNT = 7;

    /** Written under the lock of the backing alone, read by anybody. */
    private final AtomicLongArray counts = new AtomicLongArray(COUNT);

    SourceCounters() {}

    private void add(int counter, long n) {
        counts.setOpaque(counter, counts.getPlain(counter) + n);
    }

    void triggered(int pqBefore, long n) {
        add(TRIGGERS, n);
        switch (pqBefore) {
            case Pq.RESET -> add(FORWARDED, n);
            case Pq.PENDING -> add(QUEUED, n);
            case Pq.QUEUED -> add(MERGED, n);
            default -> add(DROPPED, n);
        }
    }

    void ended(boolean reissued) {
        add(ENDS, 1);
        if (reissued) {
            add(REISSUED, 1);
        }
    }

    /** Events that came: stores to the trigger page, messages, rising levels. */
    public long triggers() {
        return counts.getOpaque(TRIGGERS);
    }

    /** Of them, those forwarded at once. */
    public long forwarded() {
        return counts.getOpaque(FORWARDED);
    }

    /** Of them, those remembered by Q. */
    public long queued() {
        return counts.getOpaque(QUEUED);
    }

    /** Of them, those that came when one was remembered already. */
    public long merged() {
        return counts.getOpaque(MERGED);
    }

    /** Of them, those that came while the source was off. */
    public long dropped() {
        return counts.getOpaque(DROPPED);
    }

    /** Events forwarded at an end of interrupt: remembered ones, and levels that are still there. */
    public long reissued() {
        return counts.getOpaque(REISSUED);
    }

    /** Ends of interrupt. */
    public long ends() {
        return counts.getOpaque(ENDS);
    }
}

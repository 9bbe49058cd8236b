// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import dev.wattle.engine.translate.CodeCache;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Writes to guest memory by other threads than the processor's, such as those of devices. Translations of code that they
 * overwrite belong to the processor's thread, which drops them when it next looks at pending work, so before it takes the
 * interrupt by which its guest learns of the write, and when the guest executes {@code icbi}, as it must before it runs
 * what it has been brought (Power ISA 3.0B, book II, 1.8).
 */
final class ForeignWrites {
    private record Range(long start, long length) {}

    private final ConcurrentLinkedQueue<Range> ranges = new ConcurrentLinkedQueue<>();
    private final CodeCache codeCache;
    private final Runnable attention;
    private volatile Thread owner = Thread.currentThread();

    /** @param attention has the processor look at pending work; called by any thread */
    ForeignWrites(CodeCache codeCache, Runnable attention) {
        this.codeCache = codeCache;
        this.attention = attention;
    }

    /** Only the processor's thread may call this, while no other is. */
    void ownedBy(Thread thread) {
        owner = thread;
    }

    /** Called before each write by others than the guest's own stores. Any thread. */
    void written(long ra, long length) {
        if (Thread.currentThread() == owner) {
            codeCache.written(ra, length);
        } else if (codeCache.isWatched(ra, length)) {
            ranges.add(new Range(ra, length));
            attention.run();
        }
    }

    /** Drops what has been overwritten. On the processor's thread, between blocks. */
    void settle() {
        for (Range range = ranges.poll(); range != null; range = ranges.poll()) {
            codeCache.written(range.start, range.length);
        }
    }
}

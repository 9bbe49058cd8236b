// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A stay of a vCPU between two instructions: wanted by one thread, made by that which runs the vCPU. */
final class Halt {
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    /** Whether it has begun, or need not begin any more. */
    private final AtomicBoolean decided = new AtomicBoolean();

    /** Stays until {@link #end}, unless that is not wanted any more. On the vCPU's thread. */
    void stay() {
        if (!decided.compareAndSet(false, true)) {
            return;
        }
        begun.countDown();
        boolean interrupted = false;
        while (ended.getCount() != 0) {
            try {
                ended.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits a moment for the stay to begin; whether it has. */
    boolean hasBegun() {
        try {
            return begun.await(1, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return begun.getCount() == 0;
        }
    }

    /** The stay is not wanted any more; false if it has begun, or is about to. */
    boolean cancel() {
        return decided.compareAndSet(false, true);
    }

    /** Ends the stay. */
    void end() {
        ended.countDown();
    }
}

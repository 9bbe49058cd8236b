// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * How long a vCPU that has nothing to do looks for work before its thread gives the host's processor up, as KVM's halt_poll_ns:
 * to wake a thread takes the host many times longer than an interrupt does. The time grows while waits turn out to be short,
 * and is 0 after a long one: an idle guest costs nothing. There is no polling where a vCPU, or anything else that the vCPUs of
 * this VM do, might want the processor.
 *
 * <p>One for each vCPU, used by its thread.
 */
final class HaltPolling {
    private static final long FIRST_NANOS = 10_000;
    private static final long MOST_NANOS = 100_000;

    /** How many vCPUs of the VM execute or poll. */
    private final AtomicInteger awake;

    private final int hostProcessors;
    private long nanos;

    /** @param awake shared by the vCPUs of a VM */
    HaltPolling(AtomicInteger awake, int hostProcessors) {
        this.awake = awake;
        this.hostProcessors = hostProcessors;
    }

    /** The vCPU executes from now on. */
    void begin() {
        awake.incrementAndGet();
    }

    /** The vCPU neither executes nor polls from now on. */
    void end() {
        awake.decrementAndGet();
    }

    /**
     * Looks for work for a while.
     *
     * @return whether there is some
     */
    boolean poll(BooleanSupplier work) {
        if (nanos == 0) {
            return false;
        }
        long start = System.nanoTime();
        do {
            if (work.getAsBoolean()) {
                return true;
            }
            Thread.onSpinWait();
        } while (System.nanoTime() - start < nanos && awake.get() <= hostProcessors);
        return false;
    }

    /** Takes note of how long there was no work. */
    void waited(long nanosWaited) {
        if (nanosWaited > MOST_NANOS) {
            nanos = 0;
        } else if (nanosWaited > nanos) {
            nanos = Math.min(MOST_NANOS, Math.max(FIRST_NANOS, 2 * nanos));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Brings all vCPUs of a VM to a stop for something that none may be executing beside.
 *
 * <p>Lock order: the lock of this, then {@code running} of the vCPUs. A thread that waits for the lock may be in the middle of
 * running a vCPU, and does meanwhile what the holder waits for.
 */
final class Rendezvous {
    private final List<Vcpu> vcpus;
    private final ReentrantLock lock = new ReentrantLock(true);
    /** Whether all are stopped; guarded by the lock. */
    private boolean isStopped;

    /** @param vcpus those of the VM, which need not be there yet */
    Rendezvous(List<Vcpu> vcpus) {
        this.vcpus = vcpus;
    }

    /** Does something in turn with others. */
    <T> T exclusively(Supplier<T> action) {
        acquire();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    /** Does something while all vCPUs are between two instructions. */
    void whileStopped(Runnable action) {
        acquire();
        try {
            stopped(() -> {
                action.run();
                return true;
            });
        } finally {
            lock.unlock();
        }
    }

    /**
     * Does something for a vCPU that is in the middle of an instruction while all others are between two, unless another
     * thread is doing something like that, for which this vCPU may have to come to a stop as well.
     *
     * @return what the action returns, empty if it was not done
     */
    <T> Optional<T> tryWhileStopped(Supplier<T> action) {
        if (!lock.tryLock()) {
            return Optional.empty();
        }
        try {
            return Optional.of(stopped(action));
        } finally {
            lock.unlock();
        }
    }

    private <T> T stopped(Supplier<T> action) {
        if (isStopped) {
            return action.get();
        }
        int stopped = 0;
        try {
            for (; stopped < vcpus.size(); stopped++) {
                vcpus.get(stopped).halt(this::attend);
            }
            isStopped = true;
            return action.get();
        } finally {
            isStopped = false;
            while (stopped > 0) {
                vcpus.get(--stopped).release();
            }
        }
    }

    /** Whether the calling thread has all vCPUs stopped. */
    boolean isStoppedHere() {
        return lock.isHeldByCurrentThread() && isStopped;
    }

    private void acquire() {
        boolean interrupted = false;
        while (true) {
            try {
                if (lock.tryLock(0, TimeUnit.MILLISECONDS) || lock.tryLock(1, TimeUnit.MILLISECONDS)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
            attend();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** What others may be waiting for this thread to do. */
    void attend() {
        for (Vcpu vcpu : vcpus) {
            vcpu.attend();
        }
    }
}

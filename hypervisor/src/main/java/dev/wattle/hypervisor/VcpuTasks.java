// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What other threads want done between two instructions of a vCPU. */
final class VcpuTasks {
    private final Queue<FutureTask<Boolean>> tasks = new ConcurrentLinkedQueue<>();

    /** Any thread. The vCPU must be made to look afterwards. */
    FutureTask<Boolean> add(Runnable action) {
        FutureTask<Boolean> task = new FutureTask<>(action, true);
        tasks.add(task);
        return task;
    }

    boolean areWaiting() {
        return !tasks.isEmpty();
    }

    /** While guest code of the vCPU is not executed. */
    void perform() {
        for (FutureTask<Boolean> task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    /** Waits a moment; false if this thread was interrupted. */
    static boolean await(FutureTask<Boolean> task) {
        try {
            task.get(1, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return true;
        } catch (InterruptedException e) {
            return false;
        }
        return true;
    }

    /** Throws what a task that is done has thrown. */
    static void rethrow(FutureTask<Boolean> task) {
        if (task.state() == Future.State.FAILED) {
            if (task.exceptionNow() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(task.exceptionNow());
        }
    }
}

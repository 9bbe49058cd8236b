// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** Does the work of a device when there is some. */
public interface IoWorker extends AutoCloseable {
    /** There is work. Any thread; returns at once if the worker has a thread of its own. */
    void signal();

    /** Does no more work; waits for what is being done. */
    @Override
    void close();

    /** Makes workers. */
    @FunctionalInterface
    interface Factory {
        /**
         * @param name of the device, for people who look at threads
         * @param work does all there is to do, and returns; called by one thread at a time
         */
        IoWorker start(String name, Runnable work);
    }

    /** Workers with a platform thread of their own. */
    static Factory threads() {
        return Threaded::new;
    }

    /**
     * Workers that do the work on the thread that says there is some: the vCPU's. Under a virtual clock everything then
     * happens at the same instruction in each run.
     */
    static Factory inline() {
        return (name, work) -> new IoWorker() {
            @Override
            public void signal() {
                work.run();
            }

            @Override
            public void close() {
                // There is no thread to end.
            }
        };
    }

    /** A worker with a thread. */
    final class Threaded implements IoWorker {
        private final AtomicBoolean signalled = new AtomicBoolean();
        private final Runnable work;
        private final Thread thread;
        private volatile boolean closed;

        private Threaded(String name, Runnable work) {
            this.work = work;
            thread = Thread.ofPlatform().daemon().name(name).start(this::loop);
        }

        private void loop() {
            while (!closed) {
                if (signalled.getAndSet(false)) {
                    work.run();
                } else {
                    LockSupport.park(this);
                }
            }
        }

        @Override
        public void signal() {
            if (!signalled.getAndSet(true)) {
                LockSupport.unpark(thread);
            }
        }

        @Override
        public void close() {
            closed = true;
            LockSupport.unpark(thread);
            boolean interrupted = false;
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

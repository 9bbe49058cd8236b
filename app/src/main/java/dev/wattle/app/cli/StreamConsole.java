// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import dev.wattle.app.guest.Progress;
import dev.wattle.machine.ConsoleBackend;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A guest's console on two byte streams. Nothing is added, dropped or translated; the end of the input only means that
 * there is no more. A thread of its own reads the input, and waits while the guest has not taken what was read.
 */
class StreamConsole implements ConsoleBackend {
    private static final int QUEUE_BYTES = 1 << 16;

    private final InputStream in;
    private final OutputStream out;
    private final Progress progress;
    private final Runnable outputLost;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition space = lock.newCondition();
    private final byte[] queue = new byte[QUEUE_BYTES];
    private int head;
    private int size;
    private Runnable wake = () -> {};
    private boolean lost;

    /**
     * @param in input for the guest
     * @param out where the guest's output goes
     * @param progress ends with the first output
     * @param outputLost is called once, if output cannot be written any more
     */
    StreamConsole(InputStream in, OutputStream out, Progress progress, Runnable outputLost) {
        this.in = in;
        this.out = out;
        this.progress = progress;
        this.outputLost = outputLost;
    }

    /** Begins to read the input. */
    final void start() {
        Thread.ofPlatform().daemon().name("console input").start(this::pump);
    }

    /**
     * Hook for input on its way to the guest.
     *
     * @param data the input; may be changed
     * @param length how much there is
     * @return how much of it, from the start of {@code data}, is for the guest
     */
    int incoming(byte[] data, int length) {
        return length;
    }

    @Override
    public void write(byte[] data, int offset, int length) {
        if (lost) {
            return;
        }
        progress.done();
        try {
            out.write(data, offset, length);
            out.flush();
        } catch (IOException e) {
            lost = true;
            outputLost.run();
        }
    }

    @Override
    public final int read(byte[] buffer, int offset, int length) {
        lock.lock();
        try {
            int count = Math.min(length, size);
            int first = Math.min(count, QUEUE_BYTES - head);
            System.arraycopy(queue, head, buffer, offset, first);
            System.arraycopy(queue, 0, buffer, offset + first, count - first);
            head = (head + count) % QUEUE_BYTES;
            size -= count;
            if (count > 0) {
                space.signal();
            }
            return count;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public final void onInput(Runnable callback) {
        boolean waiting;
        lock.lock();
        try {
            wake = callback;
            waiting = size > 0;
        } finally {
            lock.unlock();
        }
        // What came before there was anybody to tell.
        if (waiting) {
            callback.run();
        }
    }

    private void pump() {
        byte[] chunk = new byte[4096];
        try {
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                deliver(chunk, incoming(chunk, count));
            }
        } catch (IOException e) {
            // A console that cannot be read is one on which nobody types.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void deliver(byte[] data, int length) throws InterruptedException {
        int done = 0;
        while (done < length) {
            Runnable callback;
            lock.lockInterruptibly();
            try {
                while (size == QUEUE_BYTES) {
                    space.await();
                }
                int tail = (head + size) % QUEUE_BYTES;
                int count = Math.min(length - done, Math.min(QUEUE_BYTES - size, QUEUE_BYTES - tail));
                System.arraycopy(data, done, queue, tail, count);
                size += count;
                done += count;
                callback = wake;
            } finally {
                lock.unlock();
            }
            callback.run();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What others have told a processor: it heeds that on its own thread, at the next look at pending work, and before it
 * executes anything again after a pause.
 */
final class Inbox {
    private static final int MOST_MESSAGES = 4096;

    private final ConcurrentLinkedQueue<Runnable> messages = new ConcurrentLinkedQueue<>();
    private final AtomicLong sent = new AtomicLong();
    private volatile long heeded;
    private volatile boolean executing;
    /** Whether messages have been left out: there were too many for a processor that executes nothing. */
    private volatile boolean overrun;

    /** Any thread. The processor must be made to look afterwards. */
    void send(Runnable message) {
        if (!executing && sent.get() - heeded > MOST_MESSAGES) {
            overrun = true;
            return;
        }
        // Counted first: a message that has been counted may be waited for a little too long, never too short.
        sent.incrementAndGet();
        messages.add(message);
    }

    /** Whether messages have been left out since this was last asked: the processor knows nothing any more then. */
    boolean isOverrun() {
        if (!overrun) {
            return false;
        }
        overrun = false;
        return true;
    }

    /** On the processor's thread, between two instructions. */
    void heed() {
        long done = 0;
        for (Runnable message = messages.poll(); message != null; message = messages.poll()) {
            message.run();
            done++;
        }
        if (done != 0) {
            heeded += done;
        }
    }

    /** The processor executes guest code from now on; {@link #heed} follows. */
    void resume() {
        executing = true;
    }

    /** The processor executes no guest code from now on. */
    void pause() {
        executing = false;
    }

    /** Names all messages that have been sent. */
    long ticket() {
        return sent.get();
    }

    /** Whether no guest code will be executed before the messages that a ticket names have been heeded. */
    boolean isHeeded(long ticket) {
        return heeded >= ticket || !executing;
    }
}

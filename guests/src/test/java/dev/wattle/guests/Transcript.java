// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** What a guest has printed so far, and a reader of it that waits for what it wants to see. */
final class Transcript {
    /** No guest needs this long, however slow the machine; a test that waits for it has failed. */
    private static final Duration PATIENCE = Duration.ofMinutes(6);

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private int seen;
    private boolean ended;

    synchronized void append(byte[] data, int offset, int length) {
        bytes.write(data, offset, length);
        notifyAll();
    }

    /** Nothing more will come. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    /**
     * Waits until a text appears after all that was read before.
     *
     * @return what was printed up to and including it
     */
    synchronized String readUntil(String text) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            String unseen = all().substring(seen);
            int at = unseen.indexOf(text);
            if (at >= 0) {
                seen += at + text.length();
                return unseen.substring(0, at + text.length());
            }
            long left = deadline - System.nanoTime();
            if (ended || left <= 0) {
                return fail("\"" + text + "\" did not come; the guest printed:\n" + all());
            }
            wait(left / 1_000_000 + 1);
        }
    }

    /** Everything printed so far, a character per byte. */
    synchronized String all() {
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }
}

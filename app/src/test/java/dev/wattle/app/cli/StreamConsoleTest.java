// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.app.guest.Progress;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StreamConsoleTest {
    private final Semaphore wakes = new Semaphore(0);

    @Test
    void input_largerThanTheQueue_arrivesWholeAndInOrder() throws Exception {
        byte[] sent = new byte[300_000];
        new Random(1).nextBytes(sent);
        StreamConsole console = console(new ByteArrayInputStream(sent), new ByteArrayOutputStream());
        console.onInput(wakes::release);
        console.start();

        ByteArrayOutputStream received = new ByteArrayOutputStream();
        byte[] buffer = new byte[16];
        while (received.size() < sent.length) {
            wakes.acquire();
            for (int count = console.read(buffer, 0, 16); count > 0; count = console.read(buffer, 0, 16)) {
                received.write(buffer, 0, count);
            }
        }
        assertArrayEquals(sent, received.toByteArray());
    }

    @Test
    void input_endOfFile_onlyMeansNoMore() throws Exception {
        StreamConsole console = console(new ByteArrayInputStream(new byte[] {7}), new ByteArrayOutputStream());
        console.onInput(wakes::release);
        console.start();
        wakes.acquire();
        byte[] buffer = new byte[16];
        assertEquals(1, console.read(buffer, 3, 13));
        assertEquals(7, buffer[3]);
        assertEquals(0, console.read(buffer, 0, 16));
    }

    @Test
    void input_beforeTheMachineListens_wakesItWhenItDoes() throws Exception {
        PipedOutputStream keys = new PipedOutputStream();
        CountingConsole console = new CountingConsole(new PipedInputStream(keys));
        console.start();
        keys.write('a');
        keys.flush();
        console.arrived.acquire();
        // The byte counts as arrived just before it is queued.
        while (wakes.availablePermits() == 0) {
            console.onInput(wakes::release);
            Thread.onSpinWait();
        }
        assertEquals(1, console.read(new byte[1], 0, 1));
    }

    @Test
    void output_anyBytes_isExact() {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        console(InputStream.nullInputStream(), out).write(all, 0, all.length);
        assertArrayEquals(all, out.toByteArray());
    }

    @Test
    void output_onClosedStream_isReportedOnce() {
        AtomicInteger reports = new AtomicInteger();
        OutputStream closed = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        StreamConsole console =
                new StreamConsole(InputStream.nullInputStream(), closed, Progress.SILENT, reports::incrementAndGet);
        console.write(new byte[3], 0, 3);
        console.write(new byte[3], 0, 3);
        assertEquals(1, reports.get());
    }

    @Test
    void timestamps_switchedOn_beginEachLine() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TerminalConsole console = new TerminalConsole(
                InputStream.nullInputStream(),
                out,
                new PrintStream(OutputStream.nullOutputStream()),
                Progress.SILENT,
                () -> {},
                () -> {});
        print(console, "one\r\ntw");
        console.incoming(new byte[] {1, 't'}, 2);
        print(console, "o\r\nthree\r\n");
        console.incoming(new byte[] {1, 't'}, 2);
        print(console, "four");
        String text = out.toString(StandardCharsets.US_ASCII);
        assertTrue(text.matches("one\\r\\ntwo\\r\\n\\[\\d\\d:\\d\\d:\\d\\d\\.\\d{3}] three\\r\\nfour"), text);
    }

    private static void print(TerminalConsole console, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        console.write(bytes, 0, bytes.length);
    }

    private static StreamConsole console(InputStream in, OutputStream out) {
        return new StreamConsole(in, out, Progress.SILENT, () -> {});
    }

    private static final class CountingConsole extends StreamConsole {
        final Semaphore arrived = new Semaphore(0);

        CountingConsole(InputStream in) {
            super(in, OutputStream.nullOutputStream(), Progress.SILENT, () -> {});
        }

        @Override
        int incoming(byte[] data, int length) {
            arrived.release(length);
            return length;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import dev.wattle.app.guest.Progress;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A guest's console on the user's terminal, with QEMU's Ctrl-a keys. */
final class TerminalConsole extends StreamConsole {
    private static final String HELP = """

            Ctrl-a h       this help
            Ctrl-a x       quit
            Ctrl-a t       time stamps on or off
            Ctrl-a Ctrl-a  send Ctrl-a to the guest
            """;

    private final EscapeKeys keys;
    private final PrintStream screen;
    private final long startNanos = System.nanoTime();
    private volatile boolean timestamps;
    private volatile boolean lineStart = true;

    /**
     * @param in the terminal's keys, in raw mode
     * @param out where the guest's output goes
     * @param screen where our own messages go
     * @param progress ends with the first output
     * @param quit ends the run
     * @param outputLost is called once, if the guest's output cannot be written any more
     */
    TerminalConsole(
            InputStream in,
            OutputStream out,
            PrintStream screen,
            Progress progress,
            Runnable quit,
            Runnable outputLost) {
        super(in, out, progress, outputLost);
        this.screen = screen;
        keys = new EscapeKeys(new EscapeKeys.Commands() {
            @Override
            public void quit() {
                quit.run();
            }

            @Override
            public void help() {
                screen.print(HELP);
            }

            @Override
            public void toggleTimestamps() {
                timestamps = !timestamps;
            }
        });
    }

    /** Begins a new line on the screen unless the guest left it at the start of one. */
    void endLine() {
        if (!lineStart) {
            screen.println();
            lineStart = true;
        }
    }

    @Override
    int incoming(byte[] data, int length) {
        return keys.filter(data, length);
    }

    @Override
    public void write(byte[] data, int offset, int length) {
        int from = offset;
        for (int i = offset; i < offset + length; i++) {
            if (lineStart && timestamps) {
                super.write(data, from, i - from);
                byte[] stamp = timestamp().getBytes(StandardCharsets.US_ASCII);
                super.write(stamp, 0, stamp.length);
                from = i;
            }
            lineStart = data[i] == '\n';
        }
        super.write(data, from, offset + length - from);
    }

    private String timestamp() {
        Duration time = Duration.ofNanos(System.nanoTime() - startNanos);
        return "[%02d:%02d:%02d.%03d] "
                .formatted(time.toHours(), time.toMinutesPart(), time.toSecondsPart(), time.toMillisPart());
    }
}

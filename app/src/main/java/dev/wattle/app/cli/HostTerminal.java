// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.ControlChar;
import org.jline.terminal.Attributes.InputFlag;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Terminal;
import org.jline.terminal.spi.SystemStream;
import org.jline.terminal.spi.TerminalProvider;
import org.jspecify.annotations.Nullable;

/** The terminal that the process was started from: which streams lead to it, and its raw mode. */
final class HostTerminal {
    private @Nullable Optional<TerminalProvider> provider;

    /** Looked for when it is wanted: loading it takes a tenth of a second. */
    private Optional<TerminalProvider> provider() {
        if (provider == null) {
            try {
                provider = Optional.of(TerminalProvider.load("ffm"));
            } catch (IOException e) {
                // No way to drive terminals on this host: all streams are treated as pipes.
                provider = Optional.empty();
            }
        }
        return provider;
    }

    /**
     * @param stream one of the three standard streams
     * @return whether it leads to a terminal
     */
    boolean is(SystemStream stream) {
        return mayBe(stream) && provider().isPresent() && provider().get().isSystemStream(stream);
    }

    /** Whether a stream could lead to a terminal: on Linux the name of what is open there tells pipes and files. */
    private static boolean mayBe(SystemStream stream) {
        try {
            Path open = Files.readSymbolicLink(Path.of("/proc/self/fd", Integer.toString(stream.ordinal())));
            return open.startsWith("/dev") && !open.equals(Path.of("/dev/null"));
        } catch (IOException e) {
            return true;
        }
    }

    /**
     * Puts the terminal into raw mode: each key goes to the guest as it is typed, Ctrl-c included. Output is still
     * processed, as lines of our own end in a bare line feed.
     *
     * @return undoes it, however often it is called
     * @throws IOException if the terminal refuses
     */
    Runnable enterRawMode() throws IOException {
        Charset charset = Charset.defaultCharset();
        Terminal terminal = provider()
                .orElseThrow(() -> new IOException("this host's terminals are not supported"))
                .sysTerminal(
                        "wattle",
                        "dumb",
                        false,
                        charset,
                        charset,
                        charset,
                        false,
                        Terminal.SignalHandler.SIG_DFL,
                        true,
                        SystemStream.Output);
        Attributes before = terminal.getAttributes();
        Attributes raw = new Attributes(before);
        raw.setInputFlags(
                EnumSet.of(
                        InputFlag.IGNBRK,
                        InputFlag.BRKINT,
                        InputFlag.PARMRK,
                        InputFlag.ISTRIP,
                        InputFlag.INLCR,
                        InputFlag.IGNCR,
                        InputFlag.ICRNL,
                        InputFlag.IXON),
                false);
        raw.setLocalFlags(
                EnumSet.of(LocalFlag.ECHO, LocalFlag.ECHONL, LocalFlag.ICANON, LocalFlag.IEXTEN, LocalFlag.ISIG),
                false);
        raw.setControlChar(ControlChar.VMIN, 1);
        raw.setControlChar(ControlChar.VTIME, 0);
        terminal.setAttributes(raw);
        return () -> {
            try {
                terminal.setAttributes(before);
            } catch (IllegalStateException e) {
                // JLine closes its terminals when the process ends, and has restored this one.
            }
        };
    }
}

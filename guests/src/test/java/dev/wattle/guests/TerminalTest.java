// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./wattle run} on a terminal, which script(1) provides. */
@Timeout(300)
class TerminalTest {
    private static final Pattern SETTINGS = Pattern.compile("settings (\\S+)\r\n");

    @TempDir
    private Path directory;

    @BeforeEach
    void fetchDemo() {
        Demo.image();
        if (!Files.isExecutable(Path.of("/usr/bin/script"))) {
            Demo.unavailable("script(1) is not on this machine");
        }
    }

    @Test
    void ctrlAx_whileTheGuestRuns_quitsWithZeroAndRestoresTheTerminal() throws Exception {
        try (WattleProcess terminal = open("")) {
            terminal.transcript().readUntil("Linux version");
            terminal.type("\u0001h");
            terminal.transcript().readUntil("Ctrl-a x");
            terminal.type("\u0003");
            terminal.type("\u0001x");
            assertEquals(0, terminal.status());
            assertRestored(terminal, 0);
        }
    }

    @Test
    void progress_onATerminal_isShownAndTakenAway() throws Exception {
        try (WattleProcess terminal = open("")) {
            terminal.transcript().readUntil("Booting linux-image-");
            terminal.transcript().readUntil("\r\u001b[K");
            terminal.transcript().readUntil("Linux version");
            terminal.type("\u0001x");
            assertEquals(0, terminal.status());
        }
    }

    @Test
    void sigterm_whileTheGuestRuns_restoresTheTerminal() throws Exception {
        try (WattleProcess terminal = open("& echo $! >pid; fg >/dev/null")) {
            terminal.transcript().readUntil("Linux version");
            String pid = Files.readString(directory.resolve("pid")).strip();
            ProcessHandle.of(Long.parseLong(pid)).orElseThrow().destroy();
            assertEquals(0, terminal.status());
            assertRestored(terminal, 128 + 15);
        }
    }

    /** Runs the demo in a shell on a terminal, which prints the terminal's settings before and after. */
    private WattleProcess open(String suffix) throws Exception {
        Path session = Files.writeString(directory.resolve("session"), """
                set -m
                echo settings $(stty -g)
                %s run %s
                echo status $?
                echo settings $(stty -g)
                """.formatted(WattleProcess.launcher(), suffix));
        return WattleProcess.start(
                Map.of(), directory, Path.of("/usr/bin/script"), "-qec", "bash " + session, "/dev/null");
    }

    private static void assertRestored(WattleProcess terminal, int status) {
        String text = terminal.transcript().all();
        Matcher settings = SETTINGS.matcher(text);
        assertTrue(settings.find(), text);
        String before = settings.group(1);
        assertTrue(settings.find(), text);
        assertEquals(before, settings.group(1));
        assertTrue(text.contains("status " + status + "\r\n"), text);
    }
}

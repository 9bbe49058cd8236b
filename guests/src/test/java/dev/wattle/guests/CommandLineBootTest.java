// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.app.guest.GuestImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Boots guests with {@code ./wattle run}, through pipes. */
@Timeout(900)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CommandLineBootTest {
    private GuestImage demo = new GuestImage("", Path.of(""), Path.of(""), "");

    @BeforeAll
    void fetchDemo() {
        demo = Demo.image();
    }

    @Test
    void run_fromTheCacheWithoutNetwork_bootsRebootsAndPowersOff(@TempDir Path directory) throws Exception {
        Path stats = directory.resolve("stats.json");
        // A proxy that nobody runs: whoever asks the network is refused.
        Map<String, String> offline = Map.of("http_proxy", "http://127.0.0.1:9", "https_proxy", "http://127.0.0.1:9");
        try (WattleProcess wattle = WattleProcess.start(
                offline,
                directory,
                WattleProcess.launcher(),
                "run",
                "--append",
                "wattle.test=1",
                "--stats",
                stats.toString())) {
            Shell shell = new Shell(wattle.transcript(), wattle::type);
            shell.awaitPrompt();
            String commandLine = shell.run("cat /proc/cmdline");
            assertTrue(commandLine.contains("console=hvc0 wattle.test=1"), commandLine);
            shell.leave("reboot -f");
            shell.awaitPrompt();
            shell.leave("poweroff -f");
            int status = wattle.status();
            assertEquals(0, status, wattle.errors());
        }
        String report = Files.readString(stats);
        assertTrue(report.contains("\"boots\": 2"), report);
        assertTrue(report.contains("\"outcome\": \"POWERED_OFF\""), report);
    }

    @Test
    void run_commandsPipedIn_areAnsweredOnStandardOutputAlone() throws Exception {
        try (WattleProcess wattle = WattleProcess.start("run", "--no-reboot", "--stats", "-")) {
            wattle.type("uname -m\nreboot -f\n");
            wattle.endInput();
            int status = wattle.status();
            assertEquals("", wattle.errors());
            assertEquals(0, status);
            String output = wattle.transcript().all();
            assertTrue(output.contains("\nppc64le\r\n"), output);
            assertTrue(output.contains("\"boots\": 1"), output);
            assertTrue(output.contains("\"outcome\": \"REBOOT\""), output);
        }
    }

    /** Asks the only run that there is in the folder; gives what was printed. */
    private static String cpu(Map<String, String> environment, int status, String... arguments) throws Exception {
        try (WattleProcess wattle = WattleProcess.start(
                environment, WattleProcess.launcher().getParent(), WattleProcess.launcher(), arguments)) {
            int ended = wattle.status();
            String printed = wattle.transcript().all() + wattle.errors();
            assertEquals(status, ended, printed);
            return printed.strip();
        }
    }

    @Test
    void cpu_ofARunningGuest_addsAndRemovesACoreAndARebootKeepsIt(@TempDir Path directory) throws Exception {
        Map<String, String> own = Map.of("XDG_RUNTIME_DIR", directory.toString());
        try (WattleProcess wattle = WattleProcess.start(
                own,
                WattleProcess.launcher().getParent(),
                WattleProcess.launcher(),
                "run",
                "--smp",
                "cores=1,threads=2,maxcpus=4")) {
            Shell shell = new Shell(wattle.transcript(), wattle::type);
            shell.awaitPrompt();
            assertEquals("core 1 (processors 2-3): the guest has taken it", cpu(own, 0, "cpu", "add"));
            assertTrue(cpu(own, 1, "cpu", "add").startsWith("wattle: all 2 cores that this machine has room for"));
            shell.leave("reboot -f");
            shell.awaitPrompt();
            String present = shell.run("cat /sys/devices/system/cpu/present");
            assertTrue(present.contains("\n0-3"), present);
            assertTrue(cpu(own, 0, "cpu", "list").endsWith("1  processors 2-3      2/2    in use"));
            assertEquals("core 1 (processors 2-3): the guest has given it back", cpu(own, 0, "cpu", "remove"));
            assertEquals("wattle: core 0 is the last one, which stays", cpu(own, 1, "cpu", "remove"));
            present = shell.run("cat /sys/devices/system/cpu/present");
            assertTrue(present.contains("\n0-1"), present);
            shell.leave("poweroff -f");
            assertEquals(0, wattle.status(), wattle.errors());
        }
        assertEquals("wattle: no wattle run of yours is running", cpu(own, 1, "cpu", "list"));
    }

    @Test
    void run_guestThatPanics_endsWithOneAndTheReasonInOneLine() throws Exception {
        // Without an initial RAM disk there is no root file system.
        try (WattleProcess wattle = WattleProcess.start(
                "run", "-kernel", demo.kernel().toString(), "-append", "panic=1", "-m", "1G", "-cpu", "POWER9")) {
            assertEquals(1, wattle.status());
            String errors = wattle.errors();
            assertTrue(errors.startsWith("wattle: the guest panicked: "), errors);
            assertEquals(1, errors.lines().count(), errors);
        }
    }

    @Test
    void run_terminatedBySignal_stillWritesItsReport(@TempDir Path directory) throws Exception {
        Path stats = directory.resolve("stats.json");
        try (WattleProcess wattle = WattleProcess.start("run", "--stats", stats.toString())) {
            wattle.transcript().readUntil("Linux version");
            wattle.terminate();
            assertEquals(128 + 15, wattle.status());
            assertEquals("", wattle.errors());
        }
        String report = Files.readString(stats);
        assertTrue(report.contains("\"outcome\": \"STOPPED\""), report);
    }

    @Test
    void run_readerThatGoesAway_endsWithOneAndTheReasonInOneLine(@TempDir Path directory) throws Exception {
        Path script = Files.writeString(
                directory.resolve("one-line"), "exec 3>&1; { \"$@\"; echo status $? >&3; } | head -n 1 >/dev/null");
        try (WattleProcess shell = WattleProcess.start(
                Map.of(),
                directory,
                Path.of("/bin/sh"),
                script.toString(),
                WattleProcess.launcher().toString(),
                "run")) {
            assertEquals(0, shell.status());
            assertEquals("status 1\n", shell.transcript().all());
            assertEquals("wattle: standard output was closed, so the guest was stopped\n", shell.errors());
        }
    }
}

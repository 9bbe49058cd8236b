// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Counts of a running VM, from the socket to the table. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class StatCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(String... arguments) {
        CommandLine commandLine = Main.commandLine();
        commandLine.setOut(new PrintWriter(out));
        commandLine.setErr(new PrintWriter(err));
        return commandLine.execute(arguments);
    }

    @Test
    void stat_ofThisProcess_writesWhatIsServed() throws Exception {
        LiveCountsSocket.serve(() -> new LiveCounts(
                "a guest",
                List.of(
                        new LiveCounts.Count("CEDE", "", 3),
                        new LiveCounts.Count("PAPR_HCALL", "H_PUT_TERM_CHAR", 12345))));
        String self = Long.toString(ProcessHandle.current().pid());
        while (!LiveCountsSocket.processes(LiveCountsSocket.folder(System.getenv()))
                .contains(Long.parseLong(self))) {
            Thread.sleep(10);
        }
        assertEquals(0, execute("stat", "--once", self), err::toString);
        assertTrue(
                out.toString().matches("(?s)a guest\\R.*PAPR_HCALL +H_PUT_TERM_CHAR +12345.*CEDE +3.*"), out::toString);
    }

    @Test
    void stat_ofProcessThatDoesNotAnswer_saysSo() {
        assertEquals(1, execute("stat", "999999999"));
        assertTrue(err.toString().startsWith("wattle: process 999999999: no wattle run"), err::toString);
    }

    @Test
    void stat_withUnusableInterval_isRefused() {
        assertEquals(2, execute("stat", "--interval", "0"));
        assertTrue(err.toString().contains("--interval 0"), err::toString);
    }

    @Test
    void ask_folderWithoutSockets_hasNoProcesses(@TempDir Path folder) throws IOException {
        assertEquals(List.of(), LiveCountsSocket.processes(folder.resolve("none")));
        assertThrows(IOException.class, () -> LiveCountsSocket.ask(folder, 1));
    }
}

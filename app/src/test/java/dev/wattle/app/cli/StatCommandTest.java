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
import java.util.concurrent.atomic.AtomicLong;
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

    private static LiveCounts counts(long ceded, long written) {
        return new LiveCounts(
                "a guest",
                List.of(
                        new LiveCounts.Count("CEDE", "", ceded),
                        new LiveCounts.Count("PAPR_HCALL", "H_PUT_TERM_CHAR", written)),
                "CPU[0000]\n");
    }

    @Test
    void serve_whoeverAsks_getsWhatIsCountedThen(@TempDir Path folder) throws Exception {
        AtomicLong written = new AtomicLong(1);
        LiveCountsSocket.serve(folder, () -> counts(3, written.getAndIncrement()));
        long self = ProcessHandle.current().pid();
        LiveCounts first;
        while (true) {
            try {
                first = LiveCountsSocket.ask(folder, self);
                break;
            } catch (IOException e) {
                // Its thread has not come to listen yet.
                Thread.sleep(10);
            }
        }
        assertEquals(List.of(self), LiveCountsSocket.processes(folder));
        assertEquals(counts(3, 1), first);
        assertEquals(counts(3, 2), LiveCountsSocket.ask(folder, self));
    }

    @Test
    void table_ofTwoMoments_hasWhatChangedMostFirst() {
        StatCommand.write(new PrintWriter(out), counts(3, 12345), StatCommand.counts(counts(1, 12344)), 0.5);
        assertTrue(
                out.toString()
                        .matches("(?s)a guest\\R.*per second\\R"
                                + "CEDE +3 +4\\R"
                                + "PAPR_HCALL +H_PUT_TERM_CHAR +12345 +2\\R\\R"),
                out::toString);
    }

    @Test
    void info_ofInterrupts_showsWhatTheMachineTells() {
        InfoCommand.write(new PrintWriter(out), InfoCommand.Topic.INTERRUPTS, counts(3, 4));
        assertTrue(out.toString().matches("a guest\\RCPU\\[0000\\]\\R"), out::toString);
    }

    @Test
    void info_ofUnknownTopicOrProcess_isRefused() {
        assertEquals(2, execute("info", "weather"));
        assertTrue(err.toString().contains("'weather' is nothing to show"), err::toString);
        assertEquals(1, execute("info", "interrupts", "999999999"));
        assertTrue(err.toString().contains("process 999999999"), err::toString);
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

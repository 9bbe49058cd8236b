// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class CommandLineTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path directory;

    @Test
    void help_ofRun_namesEveryOptionAndItsQemuSpelling() {
        assertEquals(0, execute("help", "run"));
        for (String option : new String[] {
            "-kernel, --kernel=FILE",
            "-initrd, --initrd=FILE",
            "-append, --append=ARGS",
            "-m, --memory=SIZE",
            "-cpu, --cpu=MODEL",
            "--clock=CLOCK",
            "--stats=FILE",
            "--perf-map",
            "-no-reboot, --no-reboot"
        }) {
            assertTrue(out.toString().contains(option), () -> option + " is missing in\n" + out);
        }
    }

    @Test
    void manual_ofRun_namesEveryOption() throws Exception {
        String manual = Files.readString(Path.of("../docs/command-line.md"));
        CommandLine run = Main.commandLine().getSubcommands().get("run");
        for (OptionSpec option : run.getCommandSpec().options()) {
            for (String name : option.names()) {
                assertTrue(manual.contains("`" + name + "`") || manual.contains("`" + name + " "), name);
            }
        }
    }

    @Test
    void wattle_alone_saysWhatThereIs() {
        assertEquals(0, execute());
        assertTrue(out.toString().startsWith("Usage: wattle"), out::toString);
    }

    @Test
    void version_option_printsVersionAndJava() {
        assertEquals(0, execute("--version"));
        assertTrue(out.toString().matches("wattle \\d\\S+\\RJava 2[5-9].*\\R"), out::toString);
    }

    @ParameterizedTest
    @CsvSource({
        "--memory, 0, '0'",
        "--memory, 12, '12'",
        "-m, 1Q, '1Q'",
        "--cpu, power5, 'power5'",
        "-cpu, '', ''",
        "--clock, sundial, 'sundial'",
        "--kernel, /nonexistent/vmlinux, /nonexistent/vmlinux",
        "-kernel, /, /",
        "--initrd, /nonexistent/initrd, /nonexistent/initrd",
        "--firmware, /nonexistent/slof.bin, /nonexistent/slof.bin",
        "-bios, /, /",
        "--firmware-variable, =x, ''",
        "--stats, /nonexistent/stats.json, /nonexistent/stats.json",
        "--memory-backing, hugetlb:, a size of pages",
        "--memory-backing, hugetlb:3M, hugetlb:3M",
        "--memory-backing, file:, the path of a file",
        "--memory-backing, disk, 'disk'",
        "--trace, '', cannot be traced",
        "--trace, 'exits,all', 'all'",
        "--trace-file, /, --trace-file /",
        "--no-such-option, 1, --no-such-option"
    })
    void run_withUnusableValue_saysSoInOneLineAndEndsWithTwo(String option, String value, String named) {
        assertEquals(2, execute("run", option, value));
        assertOneLine(named);
    }

    @Test
    void run_withTraceFileThatIsAFolder_saysSoInOneLineAndEndsWithTwo() {
        assertEquals(2, execute("run", "--kernel", "/bin/sh", "--trace", "exits", "--trace-file", "/"));
        assertOneLine("--trace-file /: it is a directory");
    }

    @Test
    void stat_withSomethingElseThanANumber_saysSoInOneLineAndEndsWithTwo() {
        assertEquals(2, execute("stat", "abc"));
        assertOneLine("abc: not the number of a process");
    }

    @Test
    void image_inAFolderThatIsNotThere_saysSoInOneLineAndEndsWithTwo() {
        assertEquals(2, execute("image", "debian", "/nosuch/x.img"));
        assertOneLine("/nosuch/x.img");
    }

    @Test
    void run_withOptionButNoValue_saysSoInOneLineAndEndsWithTwo() {
        assertEquals(2, execute("run", "--kernel"));
        assertOneLine("--kernel");
    }

    @Test
    void wattle_withUnknownCommand_saysSoInOneLineAndEndsWithTwo() {
        assertEquals(2, execute("walk"));
        assertOneLine("walk");
    }

    @Test
    void run_withKernelThatIsNoElfFile_saysSoInOneLineAndEndsWithTwo() throws Exception {
        Path text = Files.writeString(directory.resolve("notes.txt"), "This is not a kernel.");
        assertEquals(2, execute("run", "--kernel", text.toString()));
        assertOneLine("notes.txt");
    }

    private int execute(String... arguments) {
        CommandLine commandLine = Main.commandLine();
        commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return commandLine.execute(arguments);
    }

    private void assertOneLine(String named) {
        String text = err.toString();
        assertTrue(text.startsWith("wattle: ") && text.lines().count() == 1 && text.contains(named), text);
        assertEquals("", out.toString());
    }
}

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
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class ImageCommandTest {
    private final StringWriter err = new StringWriter();

    @TempDir
    Path folder;

    private int execute(String... arguments) {
        err.getBuffer().setLength(0);
        CommandLine commandLine = Main.commandLine();
        for (CommandLine each :
                new CommandLine[] {commandLine, commandLine.getSubcommands().get("image")}) {
            each.setOut(new PrintWriter(new StringWriter(), true));
            each.setErr(new PrintWriter(err, true));
        }
        return commandLine.execute(arguments);
    }

    private void assertRefused(String named, String... arguments) {
        assertEquals(2, execute(arguments), err::toString);
        assertTrue(err.toString().contains(named), err::toString);
        assertEquals(1, err.toString().lines().count(), err::toString);
    }

    @Test
    void image_unusableInput_isNamedInOneLine() throws Exception {
        Path file = folder.resolve("disk.img");
        assertRefused("plan9", "image", "plan9", file.toString());
        assertRefused("'1M' is too little", "image", "debian", file.toString(), "--size", "1M");
        assertRefused("'2T' is too much", "image", "debian", file.toString(), "--size", "2T");
        assertRefused("'x'", "image", "debian", file.toString(), "--size", "x");
        assertRefused(
                "make it first",
                "image",
                "debian",
                folder.resolve("no/disk.img").toString());
        assertRefused("FILE", "image", "debian");
        assertTrue(Files.notExists(file));
    }

    @Test
    void image_overAFileThatIsThere_isRefusedAndLeavesIt() throws Exception {
        Path file = Files.writeString(folder.resolve("disk.img"), "precious");
        assertRefused("it is there already", "image", "debian", file.toString());
        assertRefused("not a regular file", "image", "debian", folder.toString(), "--force");
        assertEquals("precious", Files.readString(file));
    }

    @Test
    void manual_ofImage_namesEveryOption() throws Exception {
        String manual = Files.readString(Path.of("../docs/command-line.md"));
        CommandLine image = Main.commandLine().getSubcommands().get("image");
        for (OptionSpec option : image.getCommandSpec().options()) {
            for (String name : option.names()) {
                assertTrue(manual.contains("`" + name + "`") || manual.contains("`" + name + " "), name);
            }
        }
    }
}

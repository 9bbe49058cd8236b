// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code ./wattle} answers to input that it cannot use: one line on standard error, and a status. */
@Timeout(300)
class BadInputTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({
        "--kernel, missing, missing",
        "--kernel, folder, folder",
        "--kernel, text, text",
        "--kernel, empty, empty",
        "--kernel, host, host",
        "--initrd, missing, missing",
        "--memory, 0, '0'",
        "--memory, 12, '12'",
        "--memory, 1Q, '1Q'",
        "--cpu, power5, 'power5'",
        "--bogus, 1, --bogus"
    })
    void run_unusableInput_isNamedInOneLineAndEndsWithTwo(String option, String value, String named) throws Exception {
        prepareFiles();
        assertFails(2, named, Map.of(), "run", option, value);
    }

    @Test
    void run_moreMemoryThanTheHostCanGive_isRefused() throws Exception {
        prepareFiles();
        Path kernel = Demo.image().kernel();
        assertFails(2, "emory", Map.of(), "run", "--kernel", kernel.toString(), "--memory", "4194304T");
    }

    @Test
    void wattle_unknownCommand_isNamedInOneLineAndEndsWithTwo() throws Exception {
        assertFails(2, "walk", Map.of(), "walk");
    }

    @Test
    void run_demoWithNeitherCacheNorNetwork_saysHowToGoOn() throws Exception {
        Map<String, String> isolated = Map.of(
                "XDG_CACHE_HOME", directory.resolve("cache").toString(),
                "http_proxy", "http://127.0.0.1:9",
                "https_proxy", "http://127.0.0.1:9");
        assertFails(1, "--kernel FILE", isolated, "run");
    }

    private void prepareFiles() throws Exception {
        Files.createDirectory(directory.resolve("folder"));
        Files.writeString(
                directory.resolve("text"), "This is not a kernel, but long enough to hold an ELF header.".repeat(4));
        Files.createFile(directory.resolve("empty"));
        // An ELF file, but for the machine that the tests run on.
        Files.copy(Path.of("/bin/sh").toRealPath(), directory.resolve("host"));
    }

    private void assertFails(int status, String named, Map<String, String> environment, String... arguments)
            throws Exception {
        try (WattleProcess wattle = WattleProcess.start(environment, directory, WattleProcess.launcher(), arguments)) {
            int actual = wattle.status();
            String errors = wattle.errors();
            assertTrue(errors.startsWith("wattle: ") && errors.lines().count() == 1, errors);
            assertTrue(errors.contains(named), errors);
            assertEquals("", wattle.transcript().all());
            assertEquals(status, actual, errors);
        }
    }
}

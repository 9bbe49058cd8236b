// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.app.guest.GuestImage;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The example of an embedder's program, away from the source tree, with the published jars alone. */
@Timeout(600)
class ExampleMonitorTest {
    private static final List<String> MODULES = List.of("engine", "power", "hypervisor", "machine");

    @TempDir
    private Path folder;

    @Test
    void example_awayFromTheSources_bootsAKernelAndRunsACommand() throws Exception {
        GuestImage demo = Demo.image();
        Path root = WattleProcess.launcher().getParent();
        Path program = Files.copy(root.resolve("examples/Monitor.java"), folder.resolve("Monitor.java"));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        jars(root),
                        program.toString(),
                        demo.kernel().toString(),
                        demo.initrd().toString(),
                        "echo $((6 * 7)); poweroff -f")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        try {
            String output = new String(process.getInputStream().readAllBytes());
            assertTrue(process.waitFor(1, TimeUnit.MINUTES), output);
            assertEquals(0, process.exitValue(), output);
            assertTrue(output.contains("\n42\r\n"), output);
            assertTrue(output.contains("POWERED_OFF"), output);
        } finally {
            process.destroyForcibly();
        }
    }

    /** The jars as a repository would have them. */
    private static String jars(Path root) throws Exception {
        StringBuilder path = new StringBuilder();
        for (String module : MODULES) {
            try (Stream<Path> files = Files.list(root.resolve(module).resolve("target"))) {
                List<Path> jars = files.filter(file -> file.getFileName()
                                .toString()
                                .matches("wattle-" + module + "-[0-9.]+(-SNAPSHOT)?\\.jar"))
                        .collect(Collectors.toList());
                assertEquals(1, jars.size(), () -> module + ": " + Arrays.toString(jars.toArray()));
                path.append(jars.getFirst()).append(File.pathSeparatorChar);
            }
        }
        return path.toString();
    }
}

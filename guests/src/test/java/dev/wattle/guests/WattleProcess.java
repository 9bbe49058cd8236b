// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** {@code ./wattle} as a process with pipes for standard input and output, as a script would use it. */
final class WattleProcess implements AutoCloseable {
    private static final int MINUTES_TO_END = 10;

    private final Process process;
    private final Path errors;
    private final Transcript transcript = new Transcript();
    private final Thread reader;

    private WattleProcess(ProcessBuilder builder) throws IOException {
        errors = Files.createTempFile("wattle", ".err");
        process = builder.redirectError(errors.toFile()).start();
        reader = Thread.ofPlatform().daemon().name("output of wattle").start(this::readOutput);
    }

    /** The launcher of this checkout. */
    static Path launcher() {
        return Path.of(System.getProperty("wattle.launcher", "../wattle"))
                .toAbsolutePath()
                .normalize();
    }

    /** Starts the launcher of this checkout. */
    static WattleProcess start(String... arguments) throws IOException {
        return start(Map.of(), launcher().getParent(), launcher(), arguments);
    }

    /** Starts a program with changes to its environment; an empty value removes the variable. */
    static WattleProcess start(Map<String, String> environment, Path directory, Path program, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(arguments));
        command.addFirst(program.toString());
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        // The build under test is the one that is there.
        builder.environment().put("WATTLE_BUILD", "never");
        environment.forEach((name, value) -> {
            if (value.isEmpty()) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        return new WattleProcess(builder);
    }

    Transcript transcript() {
        return transcript;
    }

    void type(String keys) throws IOException {
        OutputStream input = process.getOutputStream();
        input.write(keys.getBytes(StandardCharsets.ISO_8859_1));
        input.flush();
    }

    /** Says that no more input comes. */
    void endInput() throws IOException {
        process.getOutputStream().close();
    }

    /** Sends SIGTERM. */
    void terminate() {
        // Process.destroy would also close our end of the output.
        process.toHandle().destroy();
    }

    /** Waits for the end of the process. */
    int status() throws InterruptedException {
        assertTrue(process.waitFor(MINUTES_TO_END, TimeUnit.MINUTES), "it does not end");
        reader.join();
        return process.exitValue();
    }

    /** What it wrote to standard error; call it after {@link #status}. */
    String errors() throws IOException {
        return Files.readString(errors);
    }

    private void readOutput() {
        byte[] buffer = new byte[4096];
        try (InputStream output = process.getInputStream()) {
            for (int count = output.read(buffer); count >= 0; count = output.read(buffer)) {
                transcript.append(buffer, 0, count);
            }
        } catch (IOException e) {
            // The process was destroyed by a test that has failed already.
        } finally {
            transcript.end();
        }
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        Files.deleteIfExists(errors);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import dev.wattle.engine.HostCodeListener;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/**
 * The file in which Linux's perf looks for the names of code that belongs to no file (tools/perf/Documentation/
 * jit-interface.txt in the kernel's sources): a line for each piece of code, its start and size in hexadecimal and a
 * name. A line is in the file when its code is about to be executed, so that the file is of use however the process
 * ends.
 */
public final class PerfMap implements HostCodeListener, AutoCloseable {
    private final Path file;
    private final OutputStream out;
    private final Consumer<String> problems;
    private boolean hasFailed;

    /**
     * @param out leads to the file; closed by this
     */
    PerfMap(Path file, OutputStream out, Consumer<String> problems) {
        this.file = file;
        this.out = out;
        this.problems = problems;
    }

    /**
     * Starts this process's file, in place of one that another process with the same number may have left.
     *
     * @param problems told, once and in one line, if it cannot be written any more
     * @throws IOException if it cannot be made
     */
    public static PerfMap ofThisProcess(Consumer<String> problems) throws IOException {
        Path file = Path.of("/tmp/perf-%d.map".formatted(ProcessHandle.current().pid()));
        // In a folder that everybody may write to: what is there may be another process's, or lead elsewhere.
        Files.deleteIfExists(file);
        return new PerfMap(
                file, Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), problems);
    }

    /** Where perf looks for it. */
    public Path file() {
        return file;
    }

    /** Adds a line, as long as that works: names are no reason for a guest to end. */
    @Override
    public synchronized void emitted(long address, long bytes, String name) {
        if (hasFailed) {
            return;
        }
        try {
            out.write("%x %x %s\n".formatted(address, bytes, name).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            hasFailed = true;
            problems.accept("names of generated code cannot be written to %s any more, and the run goes on without: %s"
                    .formatted(file, e.getMessage()));
        }
    }

    /** Closes the file, which stays. */
    @Override
    public void close() throws IOException {
        out.close();
    }
}

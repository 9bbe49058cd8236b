// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import dev.wattle.engine.HostCodeListener;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The file in which Linux's perf looks for the names of code that belongs to no file (tools/perf/Documentation/
 * jit-interface.txt in the kernel's sources): a line for each piece of code, its start and size in hexadecimal and a
 * name. A line is in the file when its code is about to be executed, so that the file is of use however the process
 * ends.
 */
public final class PerfMap implements HostCodeListener, AutoCloseable {
    private final Path file;
    private final OutputStream out;

    private PerfMap(Path file) throws IOException {
        this.file = file;
        // In a folder that everybody may write to: what is there may be another process's, or lead elsewhere.
        Files.deleteIfExists(file);
        out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /**
     * Starts this process's file, in place of one that another process with the same number may have left.
     *
     * @throws IOException if it cannot be written
     */
    public static PerfMap ofThisProcess() throws IOException {
        return new PerfMap(
                Path.of("/tmp/perf-%d.map".formatted(ProcessHandle.current().pid())));
    }

    /** Where perf looks for it. */
    public Path file() {
        return file;
    }

    /** Adds a line. */
    @Override
    public synchronized void emitted(long address, long bytes, String name) {
        try {
            out.write("%x %x %s\n".formatted(address, bytes, name).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("writing " + file + " failed: " + e.getMessage(), e);
        }
    }

    /** Closes the file, which stays. */
    @Override
    public void close() throws IOException {
        out.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where {@code --stats} wants its report. */
final class ReportFile {
    private static final String STANDARD_OUTPUT = "-";

    private final String destination;

    private ReportFile(String destination) {
        this.destination = destination;
    }

    /**
     * @param destination a file, or {@code -} for standard output
     * @throws CommandFailure if the file could not be written at the end: better said before the guest runs than after
     */
    static ReportFile at(String destination) throws CommandFailure {
        Path file = Path.of(destination);
        Path folder = file.toAbsolutePath().getParent();
        boolean writable = destination.equals(STANDARD_OUTPUT)
                || (Files.exists(file)
                        ? Files.isWritable(file) && !Files.isDirectory(file)
                        : folder != null && Files.isWritable(folder));
        if (!writable) {
            throw new CommandFailure(
                    CommandFailure.USAGE,
                    "--stats %s: it cannot be written; name a file in a folder that exists".formatted(destination));
        }
        return new ReportFile(destination);
    }

    void write(RunReport report) throws CommandFailure {
        String json = Jsonb.builder().build().type(RunReport.class).toJsonPretty(report) + "\n";
        if (destination.equals(STANDARD_OUTPUT)) {
            System.out.print(json);
            System.out.flush();
            return;
        }
        try {
            Files.writeString(Path.of(destination), json);
        } catch (IOException e) {
            throw new CommandFailure(
                    CommandFailure.FAILED,
                    "--stats %s: writing it failed (%s)".formatted(destination, e.getMessage()),
                    e);
        }
    }
}

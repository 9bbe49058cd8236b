// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The host's apt, asked for packages of another architecture. It keeps its lists and its cache in a directory of ours,
 * runs none of the host's hooks, needs no privilege, and verifies what it downloads against the signatures that the
 * host trusts. The host's package sources are used as they are.
 */
final class Apt {
    private static final String ARCHITECTURE = "ppc64el";

    private final Path directory;
    private final Path configuration;
    private final String programPrefix;
    private final Progress progress;

    /**
     * @param directory where apt may keep its state; need not exist yet
     * @param programPrefix what to put before {@code apt-get} and {@code apt-cache}: nothing, or the folder they are in
     * @param progress is told of downloads
     */
    Apt(Path directory, String programPrefix, Progress progress) {
        this.directory = directory.toAbsolutePath();
        this.configuration = this.directory.resolve("apt.conf");
        this.programPrefix = programPrefix;
        this.progress = progress;
    }

    /**
     * Fetches the package lists. A source that fails is passed over, as apt does: what matters is whether the package
     * wanted is found afterwards.
     *
     * @return the first complaint of apt, if any
     * @throws IOException if there is no apt, or the directory cannot be written
     */
    Optional<String> update() throws IOException {
        for (String folder : new String[] {"state/lists/partial", "cache/archives/partial"}) {
            Files.createDirectories(directory.resolve(folder));
        }
        Files.writeString(configuration, configurationText());
        Output output = run(directory, List.of("apt-get", "-q", "update"), "Fetching the package lists", 0);
        return output.firstComplaint();
    }

    /**
     * @param name a package's name
     * @return the fields of its newest version, or nothing if no source has it
     */
    Optional<Map<String, String>> show(String name) throws IOException {
        Output output = run(directory, List.of("apt-cache", "--no-all-versions", "show", name), "", 0);
        if (output.status != 0) {
            return Optional.empty();
        }
        Map<String, String> fields = new HashMap<>();
        for (String line : output.lines) {
            int colon = line.indexOf(':');
            if (colon > 0 && !Character.isWhitespace(line.charAt(0))) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        }
        return fields.isEmpty() ? Optional.empty() : Optional.of(fields);
    }

    /**
     * @param pattern a regular expression over package names
     * @return the names that match
     */
    List<String> search(String pattern) throws IOException {
        Output output = run(directory, List.of("apt-cache", "--names-only", "search", pattern), "", 0);
        return output.lines.stream().map(line -> line.split(" ", 2)[0]).toList();
    }

    /**
     * Downloads a package and has apt verify it.
     *
     * @param fields what {@link #show} says of the package
     * @param destination an empty directory
     * @return the package file
     * @throws GuestUnavailableException if apt fails
     */
    Path download(Map<String, String> fields, Path destination) throws IOException, GuestUnavailableException {
        String name = fields.getOrDefault("Package", "");
        long size = Long.parseLong(fields.getOrDefault("Size", "0"));
        Output output = run(destination, List.of("apt-get", "-q", "download", name), "Downloading " + name, size);
        try (Stream<Path> files = Files.list(destination)) {
            Optional<Path> deb =
                    files.filter(file -> file.toString().endsWith(".deb")).findFirst();
            if (output.status != 0 || deb.isEmpty()) {
                throw new GuestUnavailableException(
                        "the package %s could not be downloaded (%s); try again when the network is there, %s"
                                .formatted(
                                        name,
                                        output.firstComplaint().orElse("apt-get failed"),
                                        DebianGuests.OWN_KERNEL));
            }
            return deb.get();
        }
    }

    /**
     * Downloads packages with all that they depend on, and has apt verify them.
     *
     * @param names packages
     * @param destination an empty directory
     * @return the package files, in the order of their names
     * @throws GuestUnavailableException if apt fails
     */
    List<Path> downloadWithDependencies(List<String> names, Path destination)
            throws IOException, GuestUnavailableException {
        Files.createDirectories(destination.resolve("partial"));
        List<String> command = new ArrayList<>(List.of(
                "apt-get",
                "-q",
                "-y",
                "--no-install-recommends",
                "--download-only",
                "-o",
                "Dir::Cache::archives=" + destination,
                "install"));
        command.addAll(names);
        Output output = run(destination, command, "Downloading " + String.join(", ", names), 0);
        if (output.status != 0) {
            throw new GuestUnavailableException(
                    "the packages %s could not be downloaded (%s); try again when the network"
                                    .formatted(
                                            String.join(", ", names),
                                            output.firstComplaint().orElse("apt-get failed"))
                            + " is there, and with package sources that have them for ppc64el");
        }
        try (Stream<Path> files = Files.list(destination)) {
            return files.filter(file -> file.toString().endsWith(".deb"))
                    .sorted()
                    .toList();
        }
    }

    private String configurationText() {
        String text = """
                // What the host's configuration wants done at an update is about the host's own packages.
                #clear APT::Update::Pre-Invoke;
                #clear APT::Update::Post-Invoke;
                #clear APT::Update::Post-Invoke-Success;
                #clear APT::Architectures;
                #clear Acquire::IndexTargets::deb::CNF;
                #clear Acquire::IndexTargets::deb::Contents-deb;
                #clear Acquire::IndexTargets::deb::DEP-11;
                APT::Architecture "%1$s";
                APT::Architectures { "%1$s"; };
                // Root would have to give its sandbox user access to this directory.
                APT::Sandbox::User "root";
                Acquire::Languages "none";
                Acquire::Retries "1";
                Acquire::http::Timeout "30";
                Acquire::https::Timeout "30";
                Dir::State "%2$s/state";
                Dir::State::lists "%2$s/state/lists";
                Dir::State::status "/dev/null";
                Dir::Cache "%2$s/cache";
                """;
        return text.formatted(ARCHITECTURE, directory);
    }

    private Output run(Path workingDirectory, List<String> command, String stage, long expectedBytes)
            throws IOException {
        List<String> words = new ArrayList<>();
        words.add(programPrefix + command.getFirst());
        words.add("-c");
        words.add(configuration.toString());
        words.addAll(command.subList(1, command.size()));
        Path log = Files.createTempFile(directory, "log", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(words)
                    .directory(workingDirectory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().put("LC_ALL", "C");
            builder.environment().remove("APT_CONFIG");
            Process process;
            try {
                process = builder.start();
            } catch (IOException e) {
                throw new NoAptException(e);
            }
            process.getOutputStream().close();
            try {
                watch(process, workingDirectory, stage, expectedBytes);
            } finally {
                process.destroy();
            }
            return new Output(process.exitValue(), Files.readAllLines(log, StandardCharsets.UTF_8));
        } finally {
            Files.deleteIfExists(log);
        }
    }

    private void watch(Process process, Path downloads, String stage, long expectedBytes) throws IOException {
        try {
            do {
                if (!stage.isEmpty()) {
                    progress.stage(expectedBytes == 0 ? stage : withPercent(stage, downloads, expectedBytes));
                }
            } while (!process.waitFor(250, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while apt was running", e);
        }
    }

    private static String withPercent(String stage, Path downloads, long expectedBytes) throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.walk(downloads)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                bytes += Files.isRegularFile(file) ? Files.size(file) : 0;
            }
        } catch (UncheckedIOException e) {
            // A partial file was renamed while we looked: the next look will tell.
        }
        long percent = Math.min(100, bytes * 100 / expectedBytes);
        return String.format(Locale.ROOT, "%s (%.1f MB): %d %%", stage, expectedBytes / 1e6, percent);
    }

    /** There is no apt on this machine. */
    static final class NoAptException extends IOException {
        private static final long serialVersionUID = 1L;

        NoAptException(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    private record Output(int status, List<String> lines) {
        Optional<String> firstComplaint() {
            return lines.stream()
                    .map(String::strip)
                    .filter(line -> line.startsWith("E: ") || line.startsWith("W: "))
                    .map(line -> line.substring(3))
                    .findFirst();
        }
    }
}

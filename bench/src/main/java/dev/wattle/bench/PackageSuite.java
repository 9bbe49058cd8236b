// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import dev.wattle.app.guest.CpioWriter;
import dev.wattle.app.guest.DebianGuests;
import dev.wattle.app.guest.GuestUnavailableException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/** The initial RAM disk with Debian's packages: they, a busybox, and scripts that give them something to do. */
final class PackageSuite {
    /** What of the packages is on one disk, and the memory of a guest that unpacks it. */
    enum Disk {
        /** Some 150 MB, twice while they are unpacked. */
        PROGRAMS(
                "2G",
                "openssl",
                "xz-utils",
                "7zip",
                "zstd",
                "bzip2",
                "python3-minimal",
                "perl-base",
                "lua5.4",
                "mawk",
                "cpp",
                "sqlite3"),
        /** Some 500 MB. */
        RUNTIMES("4G", "default-jre-headless", "nodejs"),
        /** Some 250 MB. */
        COMPILER("3G", "make", "gcc", "libc6-dev");

        final String memory;
        private final List<String> packages;

        Disk(String memory, String... packages) {
            this.memory = memory;
            this.packages = List.of(packages);
        }

        /** The one with the programs of a class. */
        static Disk of(Workload workload) {
            return switch (workload) {
                case JITS -> RUNTIMES;
                case BUILD -> COMPILER;
                default -> PROGRAMS;
            };
        }
    }

    private static final String JAVA_SOURCE = "Work.java";

    private final Path scripts;
    private final Suite suite;
    private final Path cache;

    /**
     * @param scripts folder of what runs in the guest
     * @param suite where there is C to compile
     * @param cache folder to keep the result in
     */
    PackageSuite(Path scripts, Suite suite, Path cache) {
        this.scripts = scripts;
        this.suite = suite;
        this.cache = cache;
    }

    /**
     * The initial RAM disk: two archives, one behind the other.
     *
     * @param disk which
     * @param guests where the packages and the busybox come from
     * @throws BenchFailure if something is missing to make it
     * @throws GuestUnavailableException if a package cannot be had
     */
    Path initialRamDisk(Disk disk, DebianGuests guests)
            throws BenchFailure, GuestUnavailableException, IOException, InterruptedException {
        Path packages = guests.packages(disk.packages);
        byte[] own = own(guests.busybox());
        Path folder = Files.createDirectories(cache.resolve("bench"));
        Path initrd = folder.resolve("packages-" + Suite.digest(own) + "-" + Files.size(packages) + ".gz");
        if (Files.exists(initrd)) {
            return initrd;
        }
        Path unfinished = Files.createTempFile(folder, "packages", ".unfinished");
        try (OutputStream out = Files.newOutputStream(unfinished)) {
            out.write(own);
            Files.copy(packages, out);
        }
        return Files.move(unfinished, initrd, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Adds the class files of a source, for any Java that Debian may have. */
    private static void compile(Path source, CpioWriter cpio) throws BenchFailure, IOException, InterruptedException {
        Path folder = Files.createTempDirectory("wattle-bench");
        List<Path> classes = List.of();
        try {
            Path javac = Path.of(System.getProperty("java.home"), "bin", "javac");
            Process process = new ProcessBuilder(
                            javac.toString(), "--release", "11", "-g:none", "-d", folder.toString(), source.toString())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), "UTF-8");
            if (process.waitFor() != 0) {
                throw new BenchFailure(BenchFailure.FAILED, "javac refused %s: %s".formatted(source, output));
            }
            try (Stream<Path> files = Files.list(folder)) {
                classes = files.sorted().toList();
            }
            for (Path file : classes) {
                cpio.file("packages/" + file.getFileName(), 0644, Files.readAllBytes(file));
            }
        } finally {
            for (Path file : classes) {
                Files.delete(file);
            }
            Files.deleteIfExists(folder);
        }
    }

    private byte[] own(Path busybox) throws BenchFailure, IOException, InterruptedException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes, 1 << 16);
                CpioWriter cpio = new CpioWriter(gzip)) {
            for (String directory : new String[] {"bin", "dev", "packages", "proc", "sbin", "sys", "tmp", "usr"}) {
                cpio.directory(directory, 0755);
            }
            cpio.characterDevice("dev/console", 0600, 5, 1);
            cpio.characterDevice("dev/null", 0666, 1, 3);
            cpio.file("bin/busybox", 0755, Files.readAllBytes(busybox));
            cpio.file("init", 0755, Suite.init());
            List<Path> files;
            try (Stream<Path> all = Files.list(scripts)) {
                files = all.sorted().toList();
            }
            for (Path file : files) {
                if (file.endsWith(JAVA_SOURCE)) {
                    compile(file, cpio);
                } else {
                    cpio.file("packages/" + file.getFileName(), 0755, Files.readAllBytes(file));
                }
            }
            int number = 0;
            for (byte[] source : suite.preprocessed()) {
                cpio.file("packages/%02d.i".formatted(number++), 0644, source);
            }
        }
        return bytes.toByteArray();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import dev.wattle.app.guest.CpioWriter;
import dev.wattle.app.guest.DebianGuests;
import dev.wattle.app.guest.GuestUnavailableException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/** The guest's programs: compiled, packed into an initial RAM disk with a busybox, and kept by their content. */
final class Suite {
    private static final String CROSS_COMPILER = "powerpc64le-linux-gnu-gcc";
    private static final List<String> FLAGS = List.of("-O2", "-static", "-std=gnu11");

    private final Path sources;
    private final Path cache;

    /**
     * @param sources folder of the C sources
     * @param cache folder to keep the results in
     */
    Suite(Path sources, Path cache) {
        this.sources = sources;
        this.cache = cache;
    }

    /**
     * The programs for the host.
     *
     * @return the executable
     * @throws BenchFailure if there is no compiler, or it fails
     */
    Path forHost() throws BenchFailure, IOException, InterruptedException {
        List<String> notPortable = Catalog.programs().stream()
                .filter(program -> program.portability() == Program.Portability.GUEST_ONLY)
                .map(program -> program.name().replace('-', '_') + ".c")
                .toList();
        return compiled("gcc", List.of(), notPortable);
    }

    /**
     * The initial RAM disk.
     *
     * @param guests where the busybox comes from
     * @param modules modules of the kernel that are loaded before the programs run, by their names in that order
     * @throws BenchFailure if the programs cannot be compiled or the busybox not be had
     */
    Path initialRamDisk(DebianGuests guests, Map<String, byte[]> modules)
            throws BenchFailure, IOException, InterruptedException {
        Path programs = compiled(CROSS_COMPILER, List.of("-mcpu=power8"), List.of());
        byte[] init = init();
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.writeBytes(init);
        modules.values().forEach(content::writeBytes);
        Path initrd = programs.resolveSibling("initrd-" + digest(content.toByteArray()) + ".gz");
        if (Files.exists(initrd)) {
            return initrd;
        }
        Path unfinished = Files.createTempFile(initrd.getParent(), "initrd", ".unfinished");
        try (OutputStream out = Files.newOutputStream(unfinished);
                GZIPOutputStream gzip = new GZIPOutputStream(out, 1 << 16);
                CpioWriter cpio = new CpioWriter(gzip)) {
            for (String directory : new String[] {"bin", "dev", "proc", "sbin", "sys", "tmp"}) {
                cpio.directory(directory, 0755);
            }
            cpio.characterDevice("dev/console", 0600, 5, 1);
            cpio.characterDevice("dev/null", 0666, 1, 3);
            cpio.file("bin/busybox", 0755, Files.readAllBytes(guests.busybox()));
            cpio.file("bin/programs", 0755, Files.readAllBytes(programs));
            cpio.file("init", 0755, init);
            if (!modules.isEmpty()) {
                cpio.directory("modules", 0755);
            }
            int number = 0;
            for (Map.Entry<String, byte[]> module : modules.entrySet()) {
                cpio.file("modules/%02d-%s.ko".formatted(number++, module.getKey()), 0644, module.getValue());
            }
        } catch (GuestUnavailableException e) {
            throw new BenchFailure(BenchFailure.FAILED, String.valueOf(e.getMessage()), e);
        }
        return Files.move(unfinished, initrd, StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * The disk: numbers from 0 on, of 8 bytes, little-endian.
     *
     * @param bytes its size
     */
    Path disk(int bytes) throws IOException {
        Path folder = Files.createDirectories(cache.resolve("bench"));
        Path disk = folder.resolve("disk-" + bytes);
        if (!Files.exists(disk)) {
            ByteBuffer content = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
            for (int at = 0; at < bytes; at += Long.BYTES) {
                content.putLong(at, at / Long.BYTES);
            }
            Path unfinished = Files.createTempFile(folder, "disk", ".unfinished");
            Files.write(unfinished, content.array());
            Files.move(unfinished, disk, StandardCopyOption.ATOMIC_MOVE);
        }
        return disk;
    }

    /** The script that is the guest's first process. */
    static byte[] init() throws IOException {
        try (InputStream in = Suite.class.getResourceAsStream("init.sh")) {
            if (in == null) {
                throw new IllegalStateException("init.sh is missing from the jar");
            }
            return in.readAllBytes();
        }
    }

    /**
     * The programs that any processor can run, preprocessed for the guest: something for a compiler to do.
     *
     * @return a file for each, in the order of their names
     * @throws BenchFailure if there is no compiler, or it fails
     */
    List<byte[]> preprocessed() throws BenchFailure, IOException, InterruptedException {
        List<byte[]> outputs = new ArrayList<>();
        for (Program program : Catalog.programs()) {
            Path source = sources.resolve(program.name().replace('-', '_') + ".c");
            if (program.portability() == Program.Portability.COMPARED && Files.exists(source)) {
                // Without optimization there are no inline copies of the C library's functions.
                Process process = start(List.of(CROSS_COMPILER, "-E", "-P", "-std=gnu11", source.toString()));
                byte[] output = process.getInputStream().readAllBytes();
                if (process.waitFor() != 0) {
                    throw new BenchFailure(BenchFailure.FAILED, CROSS_COMPILER + " refused " + source);
                }
                outputs.add(output);
            }
        }
        return outputs;
    }

    private static Process start(List<String> command) throws BenchFailure {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            String compiler = command.getFirst();
            throw new BenchFailure(
                    BenchFailure.FAILED,
                    "%s is not on the PATH; install it (on Debian: gcc%s)"
                            .formatted(compiler, compiler.equals(CROSS_COMPILER) ? "-powerpc64le-linux-gnu" : ""),
                    e);
        }
    }

    private Path compiled(String compiler, List<String> more, List<String> except)
            throws BenchFailure, IOException, InterruptedException {
        List<Path> files;
        try (Stream<Path> all = Files.list(sources)) {
            files = all.filter(file -> !except.contains(String.valueOf(file.getFileName())))
                    .sorted()
                    .toList();
        }
        StringBuilder content = new StringBuilder(compiler + FLAGS + more);
        for (Path file : files) {
            content.append(file.getFileName()).append(Files.readString(file));
        }
        Path folder = cache.resolve("bench")
                .resolve(compiler + "-" + digest(content.toString().getBytes("UTF-8")));
        Path result = folder.resolve("programs");
        if (Files.exists(result)) {
            return result;
        }
        Files.createDirectories(folder);
        Path unfinished = Files.createTempFile(folder, "programs", ".unfinished");
        List<String> command = new ArrayList<>(List.of(compiler));
        command.addAll(FLAGS);
        command.addAll(more);
        files.stream().map(Path::toString).filter(name -> name.endsWith(".c")).forEach(command::add);
        command.addAll(List.of("-o", unfinished.toString(), "-lm"));
        Process process = start(command);
        String output = new String(process.getInputStream().readAllBytes(), "UTF-8");
        if (process.waitFor() != 0) {
            Files.delete(unfinished);
            throw new BenchFailure(
                    BenchFailure.FAILED,
                    "%s refused the programs: %s"
                            .formatted(compiler, output.lines().findFirst().orElse("")));
        }
        return Files.move(unfinished, result, StandardCopyOption.ATOMIC_MOVE);
    }

    /** A short name for a content. */
    static String digest(byte[] content) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(content);
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.guest;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/** A Debian binary package, format 2.0 (deb(5)): an {@code ar} archive whose member {@code data.tar.*} holds the files. */
final class DebArchive {
    private final Path file;

    DebArchive(Path file) {
        this.file = file;
    }

    /**
     * Copies chosen regular files out of the package.
     *
     * @param destinations maps the path of a file in the package ({@code boot/vmlinux-6.1.0}, no leading slash or dot)
     *     to where its content shall go, or to nothing if it is not wanted
     * @return the destinations written, in the order of the archive
     * @throws IOException if the package is damaged, its compression is unknown, or a file cannot be written
     */
    List<Path> extract(Function<String, Optional<Path>> destinations) throws IOException {
        List<Path> written = new ArrayList<>();
        forEach((name, entry, content) -> {
            Optional<Path> destination = entry.isFile() ? destinations.apply(name) : Optional.empty();
            if (destination.isPresent()) {
                Files.copy(content, destination.get());
                written.add(destination.get());
            }
        });
        return written;
    }

    /** Told of each file, directory and link in a package. */
    @FunctionalInterface
    interface Visitor {
        /**
         * @param name the path, no leading slash or dot
         * @param entry what it is
         * @param content the bytes of a regular file, to be read before this returns
         */
        void visit(String name, TarArchiveEntry entry, InputStream content) throws IOException;
    }

    /**
     * Shows everything that the package installs.
     *
     * @throws IOException if the package is damaged, its compression is unknown, or the visitor throws
     */
    void forEach(Visitor visitor) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
                ArArchiveInputStream members = new ArArchiveInputStream(in)) {
            for (ArArchiveEntry member = members.getNextEntry(); member != null; member = members.getNextEntry()) {
                if (member.getName().startsWith("data.tar")) {
                    TarArchiveInputStream tar = new TarArchiveInputStream(decompress(member.getName(), members));
                    for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                        String name = entry.getName();
                        visitor.visit(name.startsWith("./") ? name.substring(2) : name, entry, tar);
                    }
                    return;
                }
            }
        }
        throw new IOException(file.getFileName() + " has no data.tar: it is not a Debian package");
    }

    private InputStream decompress(String member, InputStream in) throws IOException {
        return switch (member) {
            case "data.tar.xz" -> new XZCompressorInputStream(in);
            case "data.tar.gz" -> new GzipCompressorInputStream(in);
            case "data.tar" -> in;
            default ->
                throw new IOException(file.getFileName() + ": its " + member + " is compressed in a way unknown here");
        };
    }
}

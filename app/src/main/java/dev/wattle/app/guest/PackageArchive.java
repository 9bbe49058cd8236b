// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/**
 * Packages unpacked into a cpio archive. All of them go below {@code usr}, wherever they come from, and {@code lib} and
 * {@code lib64} are links to there; {@code bin} and {@code sbin} belong to whoever the archive is joined to.
 */
final class PackageArchive {
    private static final Pattern SYSTEM_FOLDER = Pattern.compile("(bin|sbin|lib|lib64)/.*");
    private static final Pattern UNWANTED =
            Pattern.compile("usr/share/(doc|man|info|locale|lintian|bash-completion)/.*|.*/gconv/.*|(etc|var)/.*");
    private static final int OWN_PERMISSIONS = 0777;

    private final CpioWriter cpio;
    private final Set<String> written = new HashSet<>();

    private PackageArchive(CpioWriter cpio) {
        this.cpio = cpio;
    }

    /**
     * Writes an archive, gzip-compressed.
     *
     * @param debs package files; of two files with one path the first counts
     * @param to where it goes
     * @throws IOException if a package is damaged or the archive cannot be written
     */
    static void write(List<Path> debs, Path to) throws IOException {
        try (OutputStream out = Files.newOutputStream(to);
                GZIPOutputStream gzip = new GZIPOutputStream(out, 1 << 16);
                CpioWriter cpio = new CpioWriter(gzip)) {
            PackageArchive archive = new PackageArchive(cpio);
            archive.directory("usr/lib");
            archive.directory("usr/lib64");
            cpio.symbolicLink("lib", "usr/lib");
            cpio.symbolicLink("lib64", "usr/lib64");
            for (Path deb : debs) {
                archive.add(new DebArchive(deb));
            }
        }
    }

    private void add(DebArchive deb) throws IOException {
        deb.forEach((name, entry, content) -> {
            String path = merged(name);
            if (UNWANTED.matcher(path).matches() || entry.isDirectory() || written.contains(path)) {
                return;
            }
            int slash = path.lastIndexOf('/');
            if (slash > 0) {
                directory(path.substring(0, slash));
            }
            if (entry.isSymbolicLink()) {
                cpio.symbolicLink(path, entry.getLinkName());
            } else if (entry.isLink()) {
                String target = entry.getLinkName();
                cpio.symbolicLink(path, "/" + merged(target.startsWith("./") ? target.substring(2) : target));
            } else if (entry.isFile()) {
                cpio.file(path, entry.getMode() & OWN_PERMISSIONS, content.readAllBytes());
            }
            written.add(path);
        });
    }

    private static String merged(String path) {
        return SYSTEM_FOLDER.matcher(path).matches() ? "usr/" + path : path;
    }

    /** Writes a directory and those above it, unless they are there. */
    private void directory(String path) throws IOException {
        if (!written.add(path)) {
            return;
        }
        int slash = path.lastIndexOf('/');
        if (slash > 0) {
            directory(path.substring(0, slash));
        }
        cpio.directory(path, 0755);
    }
}

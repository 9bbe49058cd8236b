// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** Which translator this is, so that what another one made is not taken for its own. */
public final class TranslatorIdentity {
    private TranslatorIdentity() {}

    /**
     * A name that changes with the contents of the archives or folders that classes were loaded from, and with some text.
     *
     * @param text what else translations depend on
     * @return characters for a file's name; empty if it cannot be told where a class is from
     */
    public static Optional<String> of(String text, Class<?>... translator) {
        CRC32C crc = new CRC32C();
        long bytes = 0;
        try {
            for (Class<?> part : translator) {
                CodeSource source = part.getProtectionDomain().getCodeSource();
                if (source == null) {
                    return Optional.empty();
                }
                bytes += add(crc, Path.of(source.getLocation().toURI()));
            }
        } catch (IOException | UncheckedIOException | URISyntaxException | IllegalArgumentException e) {
            return Optional.empty();
        }
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return Optional.of("%08x-%x".formatted(crc.getValue(), bytes));
    }

    private static long add(CRC32C crc, Path from) throws IOException {
        if (!Files.isDirectory(from)) {
            return addFile(crc, from);
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(from)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        long bytes = 0;
        for (Path file : files) {
            bytes += addFile(crc, file);
        }
        return bytes;
    }

    private static long addFile(CRC32C crc, Path file) throws IOException {
        byte[] buffer = new byte[1 << 16];
        long bytes = 0;
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
                crc.update(buffer, 0, n);
                bytes += n;
            }
        }
        return bytes;
    }
}

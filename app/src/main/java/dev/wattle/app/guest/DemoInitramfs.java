// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.guest;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;

/**
 * The demo's initial RAM disk: a static busybox, and an {@code /init} that gives a shell with job control on the
 * console and powers the machine off when that shell ends.
 */
final class DemoInitramfs {
    private final byte[] init;

    DemoInitramfs() {
        try (InputStream in = DemoInitramfs.class.getResourceAsStream("init.sh")) {
            if (in == null) {
                throw new IllegalStateException("init.sh is missing from the jar");
            }
            init = in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException("init.sh cannot be read from the jar", e);
        }
    }

    /** A short name for the content apart from busybox: it changes whenever the script does. */
    String version() {
        CRC32 crc = new CRC32();
        crc.update(init);
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }

    /**
     * @param busybox a static busybox for the guest
     * @param initrd where to write the archive, gzip-compressed
     * @throws IOException if one cannot be read or the other not be written
     */
    void write(Path busybox, Path initrd) throws IOException {
        try (OutputStream out = Files.newOutputStream(initrd);
                GZIPOutputStream gzip = new GZIPOutputStream(out, 1 << 16);
                CpioWriter cpio = new CpioWriter(gzip)) {
            for (String directory : new String[] {"bin", "dev", "etc", "proc", "root", "run", "sys", "tmp"}) {
                cpio.directory(directory, 0755);
            }
            // The kernel opens /dev/console for /init before anything can mount a devtmpfs.
            cpio.characterDevice("dev/console", 0600, 5, 1);
            cpio.characterDevice("dev/null", 0666, 1, 3);
            cpio.file("bin/busybox", 0755, Files.readAllBytes(busybox));
            cpio.file("init", 0755, init);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoInitramfsTest {
    @Test
    void archive_sameBusybox_hasTheSameBytes(@TempDir Path directory) throws Exception {
        Path busybox = Files.write(directory.resolve("busybox"), new byte[] {1, 2, 3});
        new DemoInitramfs().write(busybox, directory.resolve("a"));
        new DemoInitramfs().write(busybox, directory.resolve("b"));
        assertArrayEquals(Files.readAllBytes(directory.resolve("a")), Files.readAllBytes(directory.resolve("b")));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DebArchiveTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"data.tar", "data.tar.xz"})
    void extract_wantedFile_isCopiedAndTheRestIsNot(String member) throws Exception {
        Path deb = Debs.write(
                directory.resolve("a.deb"), member, Map.of("boot/vmlinux-1", "kernel", "boot/config-1", "c"));
        Path destination = directory.resolve("kernel");
        List<Path> written = new DebArchive(deb)
                .extract(name -> name.equals("boot/vmlinux-1") ? Optional.of(destination) : Optional.empty());
        assertEquals(List.of(destination), written);
        assertEquals("kernel", Files.readString(destination));
    }

    @Test
    void extract_unknownCompression_isNamed() throws Exception {
        Path deb = Debs.write(directory.resolve("a.deb"), "data.tar.lzma", Map.of("x", "y"));
        IOException e = assertThrows(IOException.class, () -> new DebArchive(deb).extract(_ -> Optional.empty()));
        assertTrue(e.getMessage().contains("data.tar.lzma"), e::getMessage);
    }

    @Test
    void extract_fileThatIsNoPackage_isRefused() throws Exception {
        Path file = Files.writeString(directory.resolve("a.deb"), "This is not an archive.");
        assertThrows(IOException.class, () -> new DebArchive(file).extract(_ -> Optional.empty()));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written is looked at by e2fsprogs, where the host has them. */
class Ext4WriterTest {
    private static final UUID IDENTITY = UUID.fromString("2f925ec3-f058-3942-b17d-7129e0a462ee");

    @TempDir
    Path folder;

    private interface Content {
        void into(Ext4Writer writer) throws IOException;
    }

    private Path written(long mebibytes, Content content) throws IOException {
        Path file = folder.resolve("fs.img");
        Files.deleteIfExists(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(java.nio.ByteBuffer.allocate(1), (mebibytes << 20) - 1);
            try (Ext4Writer writer = new Ext4Writer(channel, 0, mebibytes << 20, IDENTITY, "test", 1_700_000_000)) {
                content.into(writer);
            }
        }
        return file;
    }

    private String run(String... command) throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
        } catch (IOException e) {
            assumeTrue(false, "the host has no " + command[0]);
            throw e;
        }
        assertTrue(process.waitFor(120, TimeUnit.SECONDS));
        String text = Files.readString(output, StandardCharsets.ISO_8859_1);
        assertEquals(0, process.exitValue(), text);
        return text;
    }

    private void check(Path file) throws IOException, InterruptedException {
        run("/sbin/e2fsck", "-f", "-n", file.toString());
    }

    private byte[] dumped(Path file, String path) throws IOException, InterruptedException {
        Path to = folder.resolve("dumped");
        run("/sbin/debugfs", "-R", "dump " + path + " " + to, file.toString());
        return Files.readAllBytes(to);
    }

    @ParameterizedTest
    @ValueSource(longs = {16, 100, 128, 129, 137, 500, 5000})
    void emptyFileSystem_ofAnySize_isGood(long mebibytes) throws Exception {
        check(written(mebibytes, writer -> {}));
    }

    @Test
    void files_ofAllKinds_areWhereTheyBelong() throws Exception {
        byte[] large = new byte[150 << 20];
        new Random(1).nextBytes(large);
        String longTarget = "t".repeat(200);
        Path file = written(400, writer -> {
            writer.file("etc/hostname", 0640, "name\n".getBytes(StandardCharsets.UTF_8));
            writer.file("empty", 0644, new byte[0]);
            writer.file("var/lib/large", 0600, large.length, new ByteArrayInputStream(large));
            writer.symbolicLink("short", "etc/hostname");
            writer.symbolicLink("long", longTarget);
            writer.characterDevice("dev/console", 0600, 5, 1);
            writer.directory("tmp", 01777);
            // More than one block of entries.
            for (int i = 0; i < 1000; i++) {
                writer.file("many/file-with-a-name-of-some-length-" + i, 0644, new byte[] {(byte) i});
            }
        });
        check(file);
        assertEquals("name\n", new String(dumped(file, "/etc/hostname"), StandardCharsets.UTF_8));
        assertArrayEquals(large, dumped(file, "/var/lib/large"));
        assertArrayEquals(new byte[] {(byte) 999}, dumped(file, "/many/file-with-a-name-of-some-length-999"));
        String listing = run("/sbin/debugfs", "-R", "ls -l /", file.toString());
        assertTrue(listing.contains("41777"), listing);
        assertTrue(
                run("/sbin/debugfs", "-R", "stat /dev/console", file.toString()).contains("05:01"));
        assertTrue(run("/sbin/debugfs", "-R", "stat /short", file.toString()).contains("\"etc/hostname\""));
        assertTrue(run("/sbin/debugfs", "-R", "stat /long", file.toString()).contains("Size: 200"));
        String superblock = run("/sbin/dumpe2fs", "-h", file.toString());
        assertTrue(superblock.contains(IDENTITY.toString()) && superblock.contains("has_journal"), superblock);
    }

    @Test
    void sameContent_writtenTwice_isTheSameBytes() throws IOException {
        Content content = writer -> writer.file("a/b", 0644, new byte[5000]);
        byte[] first = Files.readAllBytes(written(32, content));
        assertTrue(Arrays.equals(first, Files.readAllBytes(written(32, content))));
    }

    @Test
    void content_thatDoesNotFit_isRefused() {
        assertTrue(problem(16, writer -> writer.file("large", 0644, new byte[16 << 20]))
                .contains("16 MiB is full"));
        assertTrue(problem(16, writer -> {
                    writer.file("a", 0644, new byte[1]);
                    writer.file("a/b", 0644, new byte[1]);
                })
                .contains("'a' is no directory"));
        assertTrue(problem(16, writer -> {
                    writer.file("a", 0644, new byte[1]);
                    writer.file("a", 0644, new byte[1]);
                })
                .contains("there already"));
        assertTrue(problem(16, writer -> {
                    for (int i = 0; i < 2000; i++) {
                        writer.symbolicLink("file" + i, "target");
                    }
                })
                .contains("files only"));
        assertTrue(problem(16, writer -> writer.file("x".repeat(256), 0644, new byte[1]))
                .contains("no path"));
        for (long size : List.of(0L, 15L << 20, 1L << 60)) {
            assertThrows(IllegalArgumentException.class, () -> {
                try (FileChannel channel = FileChannel.open(
                        folder.resolve("never"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                    new Ext4Writer(channel, 0, size, IDENTITY, "", 0).close();
                }
            });
        }
    }

    private String problem(long mebibytes, Content content) {
        return String.valueOf(assertThrows(IOException.class, () -> written(mebibytes, content))
                .getMessage());
    }
}

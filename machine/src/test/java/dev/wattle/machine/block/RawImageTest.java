// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.block;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.machine.ConfigurationException;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class RawImageTest {
    @TempDir
    Path folder;

    private Path image(int bytes) throws IOException {
        byte[] content = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            content[i] = (byte) (i / 512 + 1);
        }
        return Files.write(folder.resolve("disk.img"), content);
    }

    private static String problem(Path file, boolean readOnly) {
        return String.valueOf(assertThrows(ConfigurationException.class, () -> RawImage.open(file, readOnly))
                .getMessage());
    }

    @Test
    void readsWritesAndZeroes() throws IOException, ConfigurationException {
        Path file = image(8 * 512);
        try (RawImage image = RawImage.open(file, false)) {
            assertEquals(8 * 512, image.bytes());
            byte[] sector = new byte[514];
            image.read(512, sector, 1, 512);
            assertEquals(0, sector[0]);
            assertEquals(2, sector[1]);
            assertEquals(2, sector[512]);
            assertEquals(0, sector[513]);
            image.write(1024, sector, 1, 512);
            image.writeZeroes(1536, 512, false);
            image.writeZeroes(2048, 512, true);
            image.discard(3584, 512);
            image.flush();
        }
        byte[] content = Files.readAllBytes(file);
        assertEquals(8 * 512, content.length);
        assertEquals(2, content[1024]);
        assertArrayEquals(new byte[1024], Arrays.copyOfRange(content, 1536, 2560));
        assertEquals(6, content[2560]);
    }

    @Test
    void saysWhatIsWrongWithAFile() throws IOException {
        assertTrue(problem(folder.resolve("none.img"), false).contains("none.img: there is no such file"));
        assertTrue(problem(folder, false).contains("it is a directory"));
        Path odd = Files.write(folder.resolve("odd.img"), new byte[1000]);
        assertTrue(problem(odd, false).contains("its size of 1000 bytes is not a multiple of 512"));
        assertTrue(problem(odd, false).contains("truncate -s 1024"));
        Path empty = Files.write(folder.resolve("empty.img"), new byte[0]);
        assertTrue(problem(empty, true).contains("it is empty"));
        assertEquals(1000, Files.size(odd));
    }

    private static byte[] partitioned(int sectors, int status, int type) {
        ByteBuffer head = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        head.put(446, (byte) status).put(450, (byte) type).putInt(454, 2).putInt(458, sectors - 2);
        head.putShort(510, (short) 0xaa55);
        return head.array();
    }

    @Test
    void isNotOpenedIfItsPartitionTableIsOfALargerDisk() throws IOException, ConfigurationException {
        Path file = Files.write(folder.resolve("cut.img"), partitioned(100, 0x80, 0x83));
        String problem = problem(file, false);
        assertTrue(problem.contains("cut.img: it has 4096 bytes"), problem);
        assertTrue(problem.contains("at least 51200 bytes"), problem);
        assertTrue(problem(file, true).contains("51200"));

        try (RandomAccessFile larger = new RandomAccessFile(file.toFile(), "rw")) {
            larger.setLength(51200);
        }
        RawImage.open(file, false).close();
        // The boot sector of a file system has code where the table would be.
        Path code = Files.write(folder.resolve("fat.img"), partitioned(100, 0x55, 0x83));
        RawImage.open(code, false).close();
    }

    @Test
    void isNotOpenedIfItsGuidPartitionTableIsOfALargerDisk() throws IOException, ConfigurationException {
        byte[] head = partitioned(3, 0, 0xee);
        System.arraycopy("EFI PART".getBytes(StandardCharsets.US_ASCII), 0, head, 512, 8);
        ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).putLong(512 + 32, 999);
        Path file = Files.write(folder.resolve("gpt.img"), head);
        assertTrue(problem(file, false).contains("at least 512000 bytes"));
        ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).putLong(512 + 32, 7);
        Files.write(file, head);
        RawImage.open(file, false).close();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void isOpenedForWritingOnce() throws IOException, ConfigurationException {
        Path file = image(4096);
        try (RawImage image = RawImage.open(file, false)) {
            assertTrue(problem(file, false).contains("another machine is using it"));
            assertTrue(problem(file, true).contains("another machine is using it"));
            // Refusing has not given the lock away.
            assertTrue(problem(file, false).contains("another machine is using it"));
            assertEquals(4096, image.bytes());
        }
        try (RawImage first = RawImage.open(file, true);
                RawImage second = RawImage.open(file, true)) {
            assertTrue(problem(file, false).contains("another machine is using it"));
            assertEquals(first.bytes(), second.bytes());
        }
        RawImage.open(file, false).close();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void isLockedAgainstOtherProcesses() throws IOException, ConfigurationException, InterruptedException {
        Path file = image(4096);
        List<String> lock = List.of(
                "python3",
                "-c",
                "import fcntl,sys; fcntl.lockf(open(sys.argv[1],'r+'), fcntl.LOCK_EX|fcntl.LOCK_NB)",
                file.toString());
        org.junit.jupiter.api.Assumptions.assumeTrue(status(List.of("python3", "-c", "import fcntl")) == 0);
        assertEquals(0, status(lock));
        try (RawImage image = RawImage.open(file, false)) {
            assertEquals(1, status(lock));
            assertEquals(4096, image.bytes());
        }
        assertEquals(0, status(lock));
    }

    private static int status(List<String> command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return -1;
            }
            return process.exitValue();
        } catch (IOException e) {
            return -1;
        }
    }

    @Test
    void reportsAnImageThatHasBecomeShorter() throws IOException, ConfigurationException {
        Path file = image(4096);
        try (RawImage image = RawImage.open(file, true)) {
            try (RandomAccessFile shorter = new RandomAccessFile(file.toFile(), "rw")) {
                shorter.setLength(1024);
            }
            assertThrows(EOFException.class, () -> image.read(1024, new byte[512], 0, 512));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.firmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.machine.ConfigurationException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirmwareRomTest {
    @TempDir
    private Path directory = Path.of("");

    /** A ROM file system whose header says how long it is, with a branch to itself where execution begins. */
    static byte[] image(int bytes, long said) {
        ByteBuffer image = ByteBuffer.allocate(bytes);
        image.position(0x20);
        image.put("header\0\0magic123".getBytes(StandardCharsets.US_ASCII));
        image.putLong(said);
        if (bytes >= 0x104) {
            image.putInt(0x100, 0x4800_0000);
        }
        return image.array();
    }

    private Path file(byte[] content) throws IOException {
        return Files.write(directory.resolve("rom.bin"), content);
    }

    private static String refusal(Path file) {
        String message = assertThrows(ConfigurationException.class, () -> FirmwareRom.open(file))
                .getMessage();
        assertTrue(message.startsWith("firmware " + file + ": "), message);
        assertEquals(-1, message.indexOf('\n'), message);
        return message;
    }

    @Test
    void Load_image_isAtAddressZeroWithoutWhatFollowsIt() throws Exception {
        byte[] content = Arrays.copyOf(image(0x200, 0x200), 0x300);
        Arrays.fill(content, 0x200, 0x300, (byte) 0x55);
        FirmwareRom rom = FirmwareRom.open(file(content));
        assertEquals(0x200, rom.size());
        try (GuestMemory memory = GuestMemory.allocate(1 << 20)) {
            rom.load(memory);
            assertEquals(0x4800_0000, memory.getInt(FirmwareRom.ENTRY));
            assertEquals('h', memory.getByte(0x20));
            assertEquals(0, memory.getByte(0x200));
        }
        try (GuestMemory small = GuestMemory.allocate(4096)) {
            FirmwareRom large = FirmwareRom.open(file(image(8192, 8192)));
            assertThrows(IllegalArgumentException.class, () -> large.load(small));
        }
    }

    @Test
    void Open_badFiles_areRefusedByNameAndReason() throws Exception {
        assertTrue(refusal(directory.resolve("none")).contains("no such file"));
        assertTrue(refusal(directory).contains("not a regular file"));
        assertTrue(refusal(file(new byte[0])).contains("not a firmware image"));
        assertTrue(refusal(file("\177ELF, of another kind, and long enough for a header of ROM"
                        .getBytes(StandardCharsets.ISO_8859_1)))
                .contains("not a firmware image"));
        assertTrue(refusal(file(image(0x200, 0x1000))).contains("truncated: it has 512 bytes of 4096"));
        assertTrue(refusal(file(image(0x200, -1))).contains("too few"));
        assertTrue(refusal(file(image(0x200, 0x100))).contains("256 bytes, too few for code"));
        assertTrue(refusal(file(image(5 << 20, 5 << 20))).contains("5242880 bytes, but a firmware image has at most"));
    }
}

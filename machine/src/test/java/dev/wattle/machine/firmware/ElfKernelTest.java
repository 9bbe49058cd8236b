// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.firmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.machine.ConfigurationException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElfKernelTest {
    private static final long LINK = 0xc000_0000_0000_0000L;
    private static final int DATA_OFFSET = 0x100;

    @TempDir
    private Path directory;

    /** One segment of 8 bytes in the file and 16 in memory, entered at its fifth byte. */
    private static ByteBuffer image(ByteOrder order) {
        ByteBuffer elf = ByteBuffer.allocate(DATA_OFFSET + 8).order(order);
        elf.put(0, new byte[] {0x7f, 'E', 'L', 'F', 2, (byte) (order == ByteOrder.LITTLE_ENDIAN ? 1 : 2), 1});
        elf.putShort(16, (short) 3).putShort(18, (short) 21).putInt(20, 1);
        elf.putLong(24, LINK + 4).putLong(32, 64);
        elf.putShort(52, (short) 64).putShort(54, (short) 56).putShort(56, (short) 1);
        elf.putInt(64, 1)
                .putInt(68, 7)
                .putLong(72, DATA_OFFSET)
                .putLong(80, LINK)
                .putLong(88, 0);
        elf.putLong(96, 8).putLong(104, 16).putLong(112, 0x10000);
        elf.put(DATA_OFFSET, new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
        return elf;
    }

    private Path write(ByteBuffer elf) throws IOException {
        return Files.write(directory.resolve("vmlinux"), elf.array());
    }

    private String refusal(ByteBuffer elf) throws IOException {
        Path file = write(elf);
        String message = assertThrows(ConfigurationException.class, () -> ElfKernel.open(file))
                .getMessage();
        assertTrue(message.startsWith("kernel " + file + ": "), message);
        assertEquals(-1, message.indexOf('\n'), message);
        return message;
    }

    @Test
    void Load_eitherByteOrder_placesSegmentAndEntry() throws IOException, ConfigurationException {
        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            try (GuestMemory memory = GuestMemory.allocate(8 << 20)) {
                memory.putLong(ElfKernel.LOAD_BASE + 8, -1);
                ElfKernel kernel = ElfKernel.open(write(image(order)));
                kernel.load(memory);
                assertEquals(order == ByteOrder.LITTLE_ENDIAN, kernel.littleEndian());
                assertEquals(ElfKernel.LOAD_BASE + 4, kernel.entry());
                assertEquals(ElfKernel.LOAD_BASE, kernel.start());
                assertEquals(ElfKernel.LOAD_BASE + 16, kernel.end());
                assertEquals(0x0102_0304_0506_0708L, memory.getLong(ElfKernel.LOAD_BASE));
                assertEquals(0, memory.getLong(ElfKernel.LOAD_BASE + 8));
            }
        }
    }

    @Test
    void Load_smallMemory_isRefused() throws IOException, ConfigurationException {
        ElfKernel kernel = ElfKernel.open(write(image(ByteOrder.LITTLE_ENDIAN)));
        try (GuestMemory memory = GuestMemory.allocate(1 << 20)) {
            String message = assertThrows(ConfigurationException.class, () -> kernel.load(memory))
                    .getMessage();
            assertTrue(
                    message.endsWith("needs memory up to 5 MiB, but the machine has 1 MiB; give it more memory"),
                    message);
        }
    }

    @Test
    void Open_wrongFiles_areRefusedWithWhatIsWrong() throws IOException {
        assertTrue(refusal(ByteBuffer.allocate(0)).contains("not an ELF file"));
        assertTrue(refusal(ByteBuffer.allocate(4096)).contains("not an ELF file"));
        assertTrue(refusal(image(ByteOrder.LITTLE_ENDIAN).put(4, (byte) 1)).contains("32-bit"));
        assertTrue(refusal(image(ByteOrder.LITTLE_ENDIAN).put(5, (byte) 0)).contains("byte order"));
        assertTrue(
                refusal(image(ByteOrder.LITTLE_ENDIAN).putShort(18, (short) 62)).contains("ELF machine 62"));
        assertTrue(refusal(image(ByteOrder.BIG_ENDIAN).putShort(16, (short) 1)).contains("not a linked program"));
        assertTrue(refusal(image(ByteOrder.BIG_ENDIAN).putShort(56, (short) 0)).contains("nothing to load"));
        assertTrue(refusal(image(ByteOrder.BIG_ENDIAN).putLong(24, 0)).contains("lies in no segment"));
        assertTrue(refusal(image(ByteOrder.BIG_ENDIAN).putLong(104, 4)).contains("larger in the file"));
        assertTrue(refusal(image(ByteOrder.BIG_ENDIAN).putLong(96, 4096)).contains("truncated"));
        assertTrue(refusal(image(ByteOrder.BIG_ENDIAN).putLong(32, 4096)).contains("truncated"));
        ByteBuffer cut = ByteBuffer.wrap(
                java.util.Arrays.copyOf(image(ByteOrder.BIG_ENDIAN).array(), 40));
        assertTrue(refusal(cut).contains("truncated"));
    }

    @Test
    void Open_missingFileOrDirectory_isRefused() {
        Path missing = directory.resolve("missing");
        assertTrue(assertThrows(ConfigurationException.class, () -> ElfKernel.open(missing))
                .getMessage()
                .contains("no such file"));
        assertTrue(assertThrows(ConfigurationException.class, () -> ElfKernel.open(directory))
                .getMessage()
                .contains("not a regular file"));
    }

    @Test
    void Open_randomDamage_neverFailsOtherwise() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        try (GuestMemory memory = GuestMemory.allocate(8 << 20)) {
            for (int i = 0; i < 500; i++) {
                ByteBuffer elf = image(ByteOrder.LITTLE_ENDIAN);
                for (int j = random.nextInt(4); j >= 0; j--) {
                    elf.put(random.nextInt(DATA_OFFSET), (byte) random.nextInt());
                }
                Path file = write(elf);
                try {
                    ElfKernel.open(file).load(memory);
                } catch (ConfigurationException e) {
                    assertTrue(e.getMessage().startsWith("kernel "), "seed " + seed);
                } catch (RuntimeException e) {
                    throw new AssertionError("seed " + seed + " file " + i, e);
                }
            }
        }
    }
}

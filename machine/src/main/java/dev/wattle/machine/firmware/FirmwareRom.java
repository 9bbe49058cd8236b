// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.firmware;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.machine.ConfigurationException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * The image of a firmware for this kind of machine: a ROM file system as Slimline Open Firmware (SLOF) is built into.
 *
 * <p>The image begins with the file {@code header}: 40 bytes of ROM file system header with the name, then the magic
 * {@code magic123} and the length of the whole image as a 64-bit big-endian number. Code begins at offset 0x100, which
 * is where a processor starts after reset.
 */
public final class FirmwareRom {
    /** Real address where execution begins; the image lies at real address 0. */
    public static final long ENTRY = 0x100;

    private static final byte[] MAGIC = "magic123".getBytes(StandardCharsets.US_ASCII);
    private static final int NAME_AT = 0x20;
    private static final byte[] NAME = {'h', 'e', 'a', 'd', 'e', 'r', 0};
    private static final int MAGIC_AT = 0x28;
    private static final int LENGTH_AT = 0x30;
    private static final int LEAST_BYTES = (int) ENTRY + Integer.BYTES;
    /** The firmware copies this much of itself, from address 0, to the top of memory. */
    private static final int MOST_BYTES = 4 << 20;

    private final byte[] image;

    private FirmwareRom(byte[] image) {
        this.image = image;
    }

    /**
     * Reads and checks an image.
     *
     * @throws ConfigurationException if the file cannot be read, is not such an image, is not whole or is too large
     */
    public static FirmwareRom open(Path path) throws ConfigurationException {
        String name = "firmware " + path + ": ";
        if (!Files.isRegularFile(path)) {
            throw new ConfigurationException(name + (Files.exists(path) ? "not a regular file" : "no such file")
                    + "; name a file like slof.bin");
        }
        ByteBuffer content;
        long size;
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            size = file.size();
            content = ByteBuffer.allocate((int) Math.min(size, MOST_BYTES));
            while (content.hasRemaining() && file.read(content) >= 0) {
                // Until it is all there.
            }
        } catch (IOException e) {
            throw new ConfigurationException(name + "cannot be read: " + e.getMessage(), e);
        }
        byte[] image = Arrays.copyOf(content.array(), content.position());
        boolean known =
                image.length >= LENGTH_AT + Long.BYTES && holds(image, NAME_AT, NAME) && holds(image, MAGIC_AT, MAGIC);
        if (!known) {
            throw new ConfigurationException(
                    name + "not a firmware image for this machine (it has no SLOF header); name a file like slof.bin");
        }
        long length = ByteBuffer.wrap(image).getLong(LENGTH_AT);
        if (length > size) {
            throw new ConfigurationException(name + "the file is truncated: it has " + size + " bytes of "
                    + Long.toUnsignedString(length) + "; copy it again");
        }
        if (length < LEAST_BYTES) {
            throw new ConfigurationException(
                    name + "its header says " + length + " bytes, too few for code; the file is damaged");
        }
        if (length > MOST_BYTES) {
            throw new ConfigurationException(name + length + " bytes, but a firmware image has at most " + MOST_BYTES
                    + "; name a file like slof.bin");
        }
        return new FirmwareRom(Arrays.copyOf(image, (int) length));
    }

    private static boolean holds(byte[] image, int at, byte[] expected) {
        return Arrays.equals(image, at, at + expected.length, expected, 0, expected.length);
    }

    /** Bytes of the image. */
    public int size() {
        return image.length;
    }

    /**
     * Copies the image to real address 0.
     *
     * @throws IllegalArgumentException if the memory is smaller than the image
     */
    public void load(GuestMemory memory) {
        if (!memory.contains(0, image.length)) {
            throw new IllegalArgumentException("memory of " + memory.size() + " bytes for firmware of " + image.length);
        }
        memory.write(0, image, 0, image.length);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.firmware;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.machine.ConfigurationException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * An initial RAM disk in guest memory.
 *
 * @param start real address; 0 if there is none
 * @param size bytes; 0 if there is none
 */
public record InitialRamDisk(long start, long size) {
    /** No initial RAM disk. */
    public static final InitialRamDisk NONE = new InitialRamDisk(0, 0);

    private static final long ALIGNMENT = 1L << 16;
    private static final int COPY_BYTES = 1 << 20;

    /**
     * Copies a file to guest memory behind the kernel.
     *
     * @param kernelEnd end of the kernel's memory
     * @throws ConfigurationException if the file cannot be read or does not fit
     */
    public static InitialRamDisk load(Path path, GuestMemory memory, long kernelEnd) throws ConfigurationException {
        if (!Files.isRegularFile(path)) {
            throw new ConfigurationException("initrd " + path + ": "
                    + (Files.exists(path) ? "not a regular file" : "no such file") + "; name a file, or leave it out");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            long start = (kernelEnd + 2 * ALIGNMENT - 1) & -ALIGNMENT;
            if (size == 0) {
                throw new ConfigurationException("initrd " + path + ": empty file; name another, or leave it out");
            }
            if (!memory.contains(start, size)) {
                throw new ConfigurationException("initrd " + path + ": needs memory up to "
                        + ((start + size >> 20) + 1) + " MiB, but the machine has " + (memory.size() >> 20)
                        + " MiB; give it more memory");
            }
            byte[] chunk = new byte[COPY_BYTES];
            ByteBuffer buffer = ByteBuffer.wrap(chunk);
            long done = 0;
            while (done < size) {
                int count = channel.read(buffer.clear());
                if (count < 0) {
                    throw new ConfigurationException("initrd " + path + ": file shrank while it was read; try again");
                }
                int part = (int) Math.min(count, size - done);
                memory.write(start + done, chunk, 0, part);
                done += part;
            }
            return new InitialRamDisk(start, size);
        } catch (IOException e) {
            throw new ConfigurationException("initrd " + path + ": cannot be read: " + e.getMessage(), e);
        }
    }
}

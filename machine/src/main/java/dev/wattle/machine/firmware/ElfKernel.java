// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.firmware;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.machine.ConfigurationException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A kernel as an ELF64 file for PowerPC, of either byte order (ELF-64 Object File Format 1.5, program headers only).
 *
 * <p>Kernels are linked at an address of their own; the 256 MiB that hold it are moved to {@link #LOAD_BASE}, as on
 * other emulated pseries machines: real address = (physical address of the segment modulo 256 MiB) + LOAD_BASE.
 */
public final class ElfKernel {
    /** Where real address 0 of a kernel's own program headers is loaded. */
    public static final long LOAD_BASE = 0x40_0000;

    private static final long LINK_WINDOW = 1L << 28;
    private static final int HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int PROGRAM_HEADER_LIMIT = 512;
    private static final int COPY_BYTES = 1 << 20;

    private static final int ELFCLASS64 = 2;
    private static final int ELFDATA2LSB = 1;
    private static final int ELFDATA2MSB = 2;
    private static final int EM_PPC64 = 21;
    private static final int ET_EXEC = 2;
    private static final int ET_DYN = 3;
    private static final int PT_LOAD = 1;

    private record Segment(long offset, long virtual, long target, long fileSize, long memorySize) {}

    private final Path path;
    private final boolean littleEndian;
    private final long entry;
    private final List<Segment> segments;

    private ElfKernel(Path path, boolean littleEndian, long entry, List<Segment> segments) {
        this.path = path;
        this.littleEndian = littleEndian;
        this.entry = entry;
        this.segments = segments;
    }

    /**
     * Reads and checks the headers of a kernel file.
     *
     * @throws ConfigurationException if the file cannot be read or is not such a kernel
     */
    public static ElfKernel open(Path path) throws ConfigurationException {
        if (!Files.isRegularFile(path)) {
            throw new ConfigurationException("kernel " + path + ": "
                    + (Files.exists(path) ? "not a regular file" : "no such file") + "; name a vmlinux for ppc64");
        }
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            return parse(path, file);
        } catch (IOException e) {
            throw new ConfigurationException("kernel " + path + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static ElfKernel parse(Path path, FileChannel file) throws IOException, ConfigurationException {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
        int got = readFully(file, header, 0);
        if (got < 4 || header.getInt(0) != 0x7f45_4c46) {
            throw new ConfigurationException(
                    "kernel " + path + ": not an ELF file; a compressed kernel must be unpacked to its vmlinux first");
        }
        if (got < HEADER_BYTES) {
            throw truncated(path);
        }
        if (header.get(4) != ELFCLASS64) {
            throw new ConfigurationException("kernel " + path + ": a 32-bit ELF file; name a 64-bit vmlinux for ppc64");
        }
        int data = header.get(5);
        if (data != ELFDATA2LSB && data != ELFDATA2MSB) {
            throw new ConfigurationException(
                    "kernel " + path + ": ELF header names no byte order; the file is damaged");
        }
        ByteOrder order = data == ELFDATA2LSB ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        header.order(order);
        int machine = header.getShort(18) & 0xffff;
        if (machine != EM_PPC64) {
            throw new ConfigurationException("kernel " + path + ": for another processor (ELF machine " + machine
                    + "); name a vmlinux for ppc64 (ELF machine 21)");
        }
        int type = header.getShort(16) & 0xffff;
        if (type != ET_EXEC && type != ET_DYN) {
            throw new ConfigurationException("kernel " + path + ": ELF type " + type
                    + " is not a linked program; name a vmlinux, not an object or a module");
        }
        long programHeaders = header.getLong(32);
        int entryBytes = header.getShort(54) & 0xffff;
        int count = header.getShort(56) & 0xffff;
        if (entryBytes < PROGRAM_HEADER_BYTES || count > PROGRAM_HEADER_LIMIT || programHeaders < 0) {
            throw new ConfigurationException(
                    "kernel " + path + ": ELF program headers are malformed; the file is damaged");
        }
        ByteBuffer table = ByteBuffer.allocate(entryBytes * count).order(order);
        if (readFully(file, table, programHeaders) < table.capacity()) {
            throw truncated(path);
        }
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int at = i * entryBytes;
            long memorySize = table.getLong(at + 40);
            if (table.getInt(at) != PT_LOAD || memorySize == 0) {
                continue;
            }
            long offset = table.getLong(at + 8);
            long fileSize = table.getLong(at + 32);
            if (offset < 0 || fileSize < 0 || offset > file.size() || fileSize > file.size() - offset) {
                throw truncated(path);
            }
            if (memorySize < fileSize || memorySize > Long.MAX_VALUE / 2) {
                throw new ConfigurationException("kernel " + path + ": segment " + i
                        + " is larger in the file than in memory; the file is damaged");
            }
            long target = (table.getLong(at + 24) & (LINK_WINDOW - 1)) + LOAD_BASE;
            segments.add(new Segment(offset, table.getLong(at + 16), target, fileSize, memorySize));
        }
        if (segments.isEmpty()) {
            throw new ConfigurationException("kernel " + path + ": nothing to load in it; name a vmlinux");
        }
        long entry = header.getLong(24);
        for (Segment segment : segments) {
            long into = entry - segment.virtual();
            if (into >= 0 && into < segment.memorySize()) {
                return new ElfKernel(path, order == ByteOrder.LITTLE_ENDIAN, segment.target() + into, segments);
            }
        }
        throw new ConfigurationException("kernel " + path + ": entry point 0x" + Long.toHexString(entry)
                + " lies in no segment; the file is damaged");
    }

    private static int readFully(FileChannel file, ByteBuffer buffer, long position) throws IOException {
        long at = position;
        while (buffer.hasRemaining()) {
            int count = file.read(buffer, at);
            if (count < 0) {
                break;
            }
            at += count;
        }
        return buffer.position();
    }

    private static ConfigurationException truncated(Path path) {
        return new ConfigurationException("kernel " + path + ": file is truncated; copy it again");
    }

    /** Whether the kernel is little-endian. It is entered in big-endian mode all the same. */
    public boolean littleEndian() {
        return littleEndian;
    }

    /** Real address of the entry point. */
    public long entry() {
        return entry;
    }

    /** First real address that the kernel takes. */
    public long start() {
        return segments.stream().mapToLong(Segment::target).min().orElseThrow();
    }

    /** End of the real addresses that the kernel takes, its zeroed data included. */
    public long end() {
        return segments.stream()
                .mapToLong(segment -> segment.target() + segment.memorySize())
                .max()
                .orElseThrow();
    }

    /**
     * Copies the kernel to guest memory.
     *
     * @throws ConfigurationException if it does not fit or the file cannot be read
     */
    public void load(GuestMemory memory) throws ConfigurationException {
        if (!memory.contains(start(), end() - start())) {
            throw new ConfigurationException("kernel " + path + ": needs memory up to " + ((end() >> 20) + 1)
                    + " MiB, but the machine has " + (memory.size() >> 20) + " MiB; give it more memory");
        }
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            byte[] chunk = new byte[COPY_BYTES];
            for (Segment segment : segments) {
                for (long done = 0; done < segment.fileSize(); ) {
                    int part = (int) Math.min(chunk.length, segment.fileSize() - done);
                    ByteBuffer buffer = ByteBuffer.wrap(chunk, 0, part);
                    int count = readFully(file, buffer, segment.offset() + done);
                    if (count == 0) {
                        throw truncated(path);
                    }
                    memory.write(segment.target() + done, chunk, 0, count);
                    done += count;
                }
                long zeroed = segment.memorySize() - segment.fileSize();
                if (zeroed > 0) {
                    memory.fill(segment.target() + segment.fileSize(), zeroed, (byte) 0);
                }
            }
        } catch (IOException e) {
            throw new ConfigurationException("kernel " + path + ": cannot be read: " + e.getMessage(), e);
        }
    }
}

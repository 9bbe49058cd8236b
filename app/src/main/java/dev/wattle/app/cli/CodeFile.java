// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file with guest code: a linked ELF64 program for ppc64 (ELF-64 Object File Format 1.5, program headers only), whose
 * segments lie at their virtual addresses, or any other file, which lies at address 0 as it is.
 */
final class CodeFile {
    private static final int MAGIC = 0x7f45_4c46;
    private static final int HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int ELFCLASS64 = 2;
    private static final int ELFDATA2LSB = 1;
    private static final int ELFDATA2MSB = 2;
    private static final int EM_PPC64 = 21;
    private static final int PT_LOAD = 1;

    private record Segment(long address, int offset, int bytes) {}

    private final byte[] contents;
    private final List<Segment> segments;
    private final long entry;
    private final boolean littleEndian;

    private CodeFile(byte[] contents, List<Segment> segments, long entry, boolean littleEndian) {
        this.contents = contents;
        this.segments = segments;
        this.entry = entry;
        this.littleEndian = littleEndian;
    }

    /**
     * Reads a file.
     *
     * @param littleEndian the byte order of code in a file that does not say so itself
     * @throws CommandFailure if it cannot be read, or is an ELF file of another kind
     */
    static CodeFile open(Path file, boolean littleEndian) throws CommandFailure {
        byte[] contents;
        try {
            contents = Files.readAllBytes(file);
        } catch (IOException | OutOfMemoryError e) {
            String wrong = !Files.exists(file)
                    ? "there is no such file"
                    : Files.isDirectory(file) ? "it is a directory" : "it cannot be read (" + e.getMessage() + ")";
            throw new CommandFailure(CommandFailure.USAGE, "%s: %s; name a file of code".formatted(file, wrong), e);
        }
        if (contents.length >= 4 && ByteBuffer.wrap(contents).getInt(0) == MAGIC) {
            try {
                return elf(file, contents);
            } catch (IndexOutOfBoundsException e) {
                throw refused(file, "its ELF headers are cut off or damaged");
            }
        }
        return new CodeFile(contents, List.of(new Segment(0, 0, contents.length)), 0, littleEndian);
    }

    private static CodeFile elf(Path file, byte[] contents) throws CommandFailure {
        ByteBuffer header = ByteBuffer.wrap(contents);
        int data = header.get(5);
        if (header.get(4) != ELFCLASS64 || data != ELFDATA2LSB && data != ELFDATA2MSB) {
            throw refused(file, "it is no 64-bit ELF file");
        }
        header.order(data == ELFDATA2LSB ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int machine = header.getShort(18) & 0xffff;
        if (machine != EM_PPC64) {
            throw refused(file, "it is for another processor, ELF machine " + machine);
        }
        List<Segment> segments = new ArrayList<>();
        int entryBytes = Math.max(header.getShort(54) & 0xffff, PROGRAM_HEADER_BYTES);
        int count = header.getShort(56) & 0xffff;
        long table = header.getLong(32);
        if (table < HEADER_BYTES || table > contents.length) {
            throw new IndexOutOfBoundsException();
        }
        for (int i = 0; i < count; i++) {
            int at = (int) table + i * entryBytes;
            long offset = header.getLong(at + 8);
            long bytes = header.getLong(at + 32);
            if (header.getInt(at) != PT_LOAD) {
                continue;
            }
            if (offset < 0 || bytes < 0 || offset > contents.length || bytes > contents.length - offset) {
                throw new IndexOutOfBoundsException();
            }
            segments.add(new Segment(header.getLong(at + 16), (int) offset, (int) bytes));
        }
        if (segments.isEmpty()) {
            throw refused(file, "nothing in it is to be loaded");
        }
        return new CodeFile(contents, segments, header.getLong(24), data == ELFDATA2LSB);
    }

    private static CommandFailure refused(Path file, String wrong) {
        return new CommandFailure(
                CommandFailure.USAGE,
                "%s: %s; name a linked program for ppc64, or a file of code alone".formatted(file, wrong));
    }

    /** Where a program starts; 0 for a file of code alone. */
    long entry() {
        return entry;
    }

    boolean littleEndian() {
        return littleEndian;
    }

    /**
     * Copies what lies at an address.
     *
     * @param most how many bytes are wanted
     * @return as many of them as there are without a gap
     */
    byte[] read(long address, int most) {
        for (Segment segment : segments) {
            long into = address - segment.address;
            if (into >= 0 && into < segment.bytes) {
                byte[] bytes = new byte[(int) Math.min(most, segment.bytes - into)];
                System.arraycopy(contents, segment.offset + (int) into, bytes, 0, bytes.length);
                return bytes;
            }
        }
        return new byte[0];
    }
}

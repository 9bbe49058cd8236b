// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.memory;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Host memory that memory slots of a guest show: zeroed pages of the host's, or the contents of a file.
 *
 * <p>Whoever makes one closes it, after the VMs that have it in a slot.
 */
public final class MemoryBacking implements AutoCloseable {
    private static final boolean LINUX =
            System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux");
    private static final int PROT_READ = 1;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_FIXED = 0x10;
    private static final int MAP_ANONYMOUS = LINUX ? 0x20 : 0x1000;
    private static final int MAP_NORESERVE = LINUX ? 0x4000 : 0;
    private static final int MAP_HUGETLB = 0x4_0000;
    private static final int MAP_HUGE_SHIFT = 26;
    private static final int MADV_HUGEPAGE = 14;
    private static final int O_RDWR_CLOEXEC = 2 | 0x8_0000;
    private static final long FAILED = -1;
    /** The first line about a mapping in smaps. */
    private static final Pattern MAPPING = Pattern.compile("^([0-9a-f]+)-[0-9a-f]+ ");

    /** Bytes behind the memory that may be read, so that a load near the end may read more than it keeps. */
    private static final long MARGIN = 4096;
    /** Memory begins at a multiple of this, the size of the huge pages that most hosts have. */
    private static final long ALIGNMENT = 2L << 20;

    private final Arena arena = Arena.ofShared();
    private final String description;
    private final long size;
    private long address;

    private MemoryBacking(String description, long size) {
        if (size <= 0 || (size & 0xfff) != 0) {
            throw new IllegalArgumentException("guest memory size " + size + " is not a positive multiple of 4096");
        }
        this.description = description;
        this.size = size;
    }

    /**
     * Reserves zeroed memory, which the host gives at the first touch, in huge pages if it likes.
     *
     * @param size bytes, a positive multiple of 4096
     * @throws IllegalArgumentException if the size is not such a multiple
     * @throws OutOfMemoryError if the host cannot reserve that much
     */
    public static MemoryBacking anonymous(long size) {
        MemoryBacking backing = new MemoryBacking("anonymous", size);
        Optional<HostFunction> mmap = HostFunction.find("mmap");
        if (mmap.isEmpty() || HostFunction.find("munmap").isEmpty()) {
            // The JDK's own allocation clears the whole range at once.
            backing.address = backing.arena.allocate(size + MARGIN, ALIGNMENT).address();
            return backing;
        }
        backing.reserve(mmap.get(), ALIGNMENT);
        backing.map(mmap.get(), MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
        if (LINUX) {
            // If it is refused, small pages serve.
            HostFunction.find("madvise").ifPresent(madvise -> madvise.call(backing.address, size, MADV_HUGEPAGE));
        }
        return backing;
    }

    /**
     * Reserves zeroed memory in huge pages that the host has set aside (Linux, hugetlbfs).
     *
     * @param size bytes, a multiple of the page size
     * @param pageBytes size of the pages, a power of two; 0 for that which the host prefers
     * @throws MemoryBackingException if the host has no such pages, or not enough of them
     */
    public static MemoryBacking hugetlb(long size, long pageBytes) throws MemoryBackingException {
        long page = pageBytes == 0 ? defaultHugePage() : pageBytes;
        String name = "hugetlb:" + text(page);
        Path folder = Path.of("/sys/kernel/mm/hugepages/hugepages-" + (page >> 10) + "kB");
        if (!LINUX || !Files.isDirectory(folder)) {
            throw new MemoryBackingException(name + ": this host has no huge pages of that size");
        }
        if ((size & page - 1) != 0) {
            throw new MemoryBackingException(
                    name + ": " + text(size) + " of memory are not a multiple of the page size");
        }
        MemoryBacking backing = new MemoryBacking(name, size);
        HostFunction mmap = required("mmap", name);
        backing.reserve(mmap, Math.max(page, ALIGNMENT));
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | Long.numberOfTrailingZeros(page) << MAP_HUGE_SHIFT;
        try {
            backing.map(mmap, flags, -1);
        } catch (OutOfMemoryError e) {
            backing.close();
            throw new MemoryBackingException(
                    name + ": the host has not " + size / page
                            + " such pages free; set them aside by writing their number to " + folder
                            + "/nr_hugepages, or use anonymous memory",
                    e);
        }
        return backing;
    }

    /**
     * Maps a file, whose contents the memory has, and which has those of the memory afterwards.
     *
     * @param file made if it is not there; otherwise empty, or of just this size
     * @param size bytes, a positive multiple of 4096
     * @throws MemoryBackingException if the file cannot be used
     */
    public static MemoryBacking file(Path file, long size) throws MemoryBackingException {
        String name = "file:" + file;
        MemoryBacking backing = new MemoryBacking(name, size);
        HostFunction mmap = required("mmap", name);
        HostFunction open = required("open", name);
        HostFunction close = required("close", name);
        if (!LINUX) {
            throw new MemoryBackingException(name + ": not possible on this host; use anonymous memory");
        }
        try {
            prepare(file, name, size);
        } catch (IOException e) {
            throw new MemoryBackingException(
                    name + ": cannot be used (" + e.getMessage() + "); name a file that you may write, with room for "
                            + (size >> 20) + " MiB",
                    e);
        }
        long descriptor;
        try (Arena names = Arena.ofConfined()) {
            MemorySegment path = names.allocateFrom(file.toString(), StandardCharsets.UTF_8);
            descriptor = (int) open.call(path.address(), O_RDWR_CLOEXEC, 0);
        }
        if (descriptor < 0) {
            throw new MemoryBackingException(name + ": cannot be opened for reading and writing");
        }
        try {
            backing.reserve(mmap, ALIGNMENT);
            backing.map(mmap, MAP_SHARED, descriptor);
        } catch (OutOfMemoryError e) {
            backing.close();
            throw new MemoryBackingException(name + ": cannot be mapped (a file system that does not allow it?)", e);
        } finally {
            close.call(descriptor, 0, 0);
        }
        return backing;
    }

    private static void prepare(Path file, String name, long size) throws IOException, MemoryBackingException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new MemoryBackingException(name + ": not a regular file");
        }
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw new MemoryBackingException(name + ": there is no folder " + folder + "; make it first");
        }
        long now = Files.exists(file) ? Files.size(file) : 0;
        if (now != 0 && now != size) {
            throw new MemoryBackingException(name + ": has " + now + " bytes, but the memory has " + size
                    + "; name a file of that size, an empty one or a new one");
        }
        if (now == 0) {
            try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
                made.setLength(size);
            }
        }
    }

    private static HostFunction required(String function, String name) throws MemoryBackingException {
        return HostFunction.find(function)
                .orElseThrow(
                        () -> new MemoryBackingException(name + ": not possible on this host; use anonymous memory"));
    }

    /** Finds room in the address space for the memory and the margin behind it. */
    private void reserve(HostFunction mmap, long alignment) {
        long room = size + MARGIN + alignment;
        long start = mmap.call(0, room, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (start == FAILED) {
            throw new OutOfMemoryError("the host cannot reserve " + size + " bytes of guest memory");
        }
        HostFunction munmap = HostFunction.find("munmap").orElseThrow();
        MemorySegment.ofAddress(start).reinterpret(room, arena, segment -> munmap.call(segment.address(), room, 0));
        address = start + alignment - 1 & -alignment;
    }

    private void map(HostFunction mmap, int flags, long descriptor) {
        if (mmap.call(address, size, PROT_READ_WRITE, flags | MAP_FIXED, descriptor, 0) == FAILED) {
            throw new OutOfMemoryError("the host cannot reserve " + size + " bytes of guest memory");
        }
    }

    private static long defaultHugePage() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
                if (line.startsWith("Hugepagesize:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) << 10;
                }
            }
        } catch (IOException e) {
            // Then it is what most hosts have.
        }
        return ALIGNMENT;
    }

    private static String text(long bytes) {
        return bytes >= 1L << 30 && bytes % (1L << 30) == 0
                ? (bytes >> 30) + "G"
                : bytes % (1L << 20) == 0 ? (bytes >> 20) + "M" : (bytes >> 10) + "K";
    }

    /** Host address of the first byte; behind the last one are some that may be read, but mean nothing. */
    public long address() {
        return address;
    }

    /** Bytes. */
    public long size() {
        return size;
    }

    /** What it is, as on the command line: {@code anonymous}, {@code hugetlb:2M}, {@code file:NAME}. */
    public String description() {
        return description;
    }

    /**
     * How many bytes of it the host has given in huge pages by now.
     *
     * @return empty if the host does not tell
     */
    public Optional<Long> hugePageBytes() {
        try {
            long granted = 0;
            boolean inside = false;
            for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
                Matcher mapping = MAPPING.matcher(line);
                if (mapping.find()) {
                    long start = Long.parseUnsignedLong(mapping.group(1), 16);
                    inside = start >= address && start < address + size;
                } else if (inside && isHugePageLine(line)) {
                    granted += Long.parseLong(line.replaceAll("\\D", "")) << 10;
                }
            }
            return Optional.of(granted);
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static boolean isHugePageLine(String line) {
        return line.startsWith("AnonHugePages:")
                || line.startsWith("ShmemPmdMapped:")
                || line.startsWith("FilePmdMapped:")
                || line.startsWith("Private_Hugetlb:")
                || line.startsWith("Shared_Hugetlb:");
    }

    /** Gives the memory back to the host. No vCPU may be running that has it in a slot. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}

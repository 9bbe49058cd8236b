// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import dev.wattle.engine.memory.HostMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * Host code of guest code that ran before, in a file that outlives the process.
 *
 * <p>A translation is kept with the guest code that it was made from, and is used only for guest code that is the same,
 * byte by byte, at the same offset in a page and in the same mode. So nothing depends on a hash being right; checksums
 * guard against a damaged file. Whatever is wrong with the file or its folder costs time alone.
 *
 * <p>The file is read through a mapping. New translations are found at once, by the engines of other processors, which
 * may share a cache, and after code was evicted. They go to a file of their own, and when the cache is closed both become
 * a new file, which takes the old one's name in one step; translations that belong together are groups in that ({@link
 * TranslationGroups}). A cache without a folder is for the engines of one run.
 *
 * <p>File, little-endian: a header of 64 bytes (magic, where groups end, slots of the table, translations, checksum of the
 * header), groups aligned to 8 ({@link StoredTranslations}), and a table of slots of 16 bytes (hash, offset of the
 * group; offset 0 for an empty slot) in which translations are found by linear probing.
 */
public final class TranslationCache implements AutoCloseable {
    private static final long MAGIC = 0x3330_454c_5454_4157L; // "WATTLE03"
    private static final int HEADER_BYTES = 64;
    private static final int SLOT_BYTES = 16;
    /** Larger entries are not added. */
    public static final int MOST_ENTRY_BYTES = 1 << 16;

    /** Groups of a file come to less: those of several compilers, JVMs and kernels find room. */
    private static final long MOST_BYTES = 512L << 20;
    /** The same for a cache without a folder, which stays in memory. */
    private static final long MOST_BYTES_IN_MEMORY = 64L << 20;
    /** After so many bytes of entries have been read, what has been read before is through with. */
    private static final int RESIDENT_BYTES = 1 << 20;
    /** Fewer new entries than one for so many old ones are not worth a new file. */
    private static final int WORTH_WRITING = 512;

    private static final Duration UNUSED = Duration.ofDays(30);
    private static final String SUFFIX = ".translations";

    /** Empty for a cache that ends with the run. */
    private final Optional<Path> directory;

    private final Path file;
    private final long mostBytes;
    private final Arena arena = Arena.ofShared();
    private final Consumer<String> problems;
    private final AtomicBoolean told = new AtomicBoolean();

    // What was there: the mapped file, which is read without a lock.
    private ByteBuffer old = ByteBuffer.allocateDirect(0);
    private long oldAddress;
    private volatile Contents contents = Contents.NONE;
    private final AtomicInteger readBytes = new AtomicInteger();
    private final ResidentPages pages = new ResidentPages();

    /**
     * What is in the mapped file.
     *
     * @param end where its entries end, and the table begins
     * @param tableMask the slots of the table less 1, or -1 if there are none
     * @param entries how many there are
     */
    private record Contents(long end, long tableMask, int entries) {
        static final Contents NONE = new Contents(HEADER_BYTES, -1, 0);
    }

    private final NewTranslations news;
    private boolean recording = true;

    private TranslationCache(Optional<Path> directory, String key, long mostBytes, Consumer<String> problems) {
        this.directory = directory;
        this.mostBytes = mostBytes;
        this.problems = problems;
        this.file = directory.map(folder -> folder.resolve(key + SUFFIX)).orElse(Path.of(""));
        news = new NewTranslations(directory, arena);
    }

    /** Makes a cache in memory, for engines that are to find each other's translations. */
    public static TranslationCache inMemory() {
        return new TranslationCache(Optional.empty(), "", MOST_BYTES_IN_MEMORY, problem -> {});
    }

    /**
     * Opens the cache of a folder, which is made if it is not there.
     *
     * @param key names the translator and all that its code depends on, in characters for a file's name: what was
     *     written for another key is never used
     * @param problems told, once and in one line, if something is wrong with the file or the folder
     */
    public static TranslationCache open(Path directory, String key, Consumer<String> problems) {
        return open(directory, key, MOST_BYTES, problems);
    }

    /** The same with another limit for the bytes of the file. */
    static TranslationCache open(Path directory, String key, long mostBytes, Consumer<String> problems) {
        TranslationCache cache = new TranslationCache(Optional.of(directory), key, mostBytes, problems);
        try {
            Files.createDirectories(directory);
            if (Files.exists(cache.file)) {
                cache.map();
            }
        } catch (IOException e) {
            cache.giveUp("cannot be used", e);
        }
        return cache;
    }

    private void giveUp(String what, IOException e) {
        recording = false;
        String reason = String.valueOf(e.getMessage());
        if (e instanceof FileAlreadyExistsException) {
            reason = "it is a file; name a folder, or off";
        } else if (e instanceof AccessDeniedException) {
            reason = "permission denied; name another folder, or off";
        } else if (e instanceof FileSystemException failure && failure.getReason() != null) {
            reason = failure.getReason();
        }
        tell("the translation cache in %s %s, and the run goes on without: %s"
                .formatted(directory.map(Path::toString).orElse("memory"), what, reason));
    }

    private void tell(String problem) {
        if (!told.getAndSet(true)) {
            problems.accept(problem);
        }
    }

    private void map() throws IOException {
        long size;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            size = channel.size();
            if (size < HEADER_BYTES || size > 2 * mostBytes) {
                damaged();
                return;
            }
            MemorySegment segment = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            old = segment.asByteBuffer();
            oldAddress = segment.address();
        }
        long end = HostMemory.getLongLe(oldAddress + 8);
        int slots = HostMemory.getIntLe(oldAddress + 16);
        boolean isWhole = HostMemory.getLongLe(oldAddress) == MAGIC
                && HostMemory.getIntLe(oldAddress + 24) == checksum(old, 0, 24)
                && end >= HEADER_BYTES
                && Integer.bitCount(slots) == 1
                && end + (long) slots * SLOT_BYTES == size;
        if (!isWhole) {
            damaged();
            return;
        }
        contents = new Contents(end, slots - 1, HostMemory.getIntLe(oldAddress + 20));
        // Files that nobody has used for long are removed when a new one is written.
        Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    }

    private void damaged() {
        tell("the translation cache %s is damaged and will be made again".formatted(file));
        contents = Contents.NONE;
    }

    static int checksum(ByteBuffer bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(from, length));
        return (int) crc.getValue();
    }

    /** Of two instructions: functions start at the same places in their pages, and many with the same instruction. */
    private static long hash(int mode, int pageOffset, int pageBytes, long guestCode) {
        long words = HostMemory.getIntLe(guestCode) & 0xffff_ffffL;
        if (pageOffset + 4 < pageBytes) {
            words |= (long) HostMemory.getIntLe(guestCode + 4) << 32;
        }
        long h = words ^ (long) mode << 32;
        h = (h ^ h >>> 31) * 0x9e37_79b9_7f4a_7c15L;
        h += (long) pageBytes << 20 | pageOffset;
        h = (h ^ h >>> 29) * 0xbf58_476d_1ce4_e5b9L;
        return h ^ h >>> 32;
    }

    /**
     * Finds the translation of guest code.
     *
     * @param guestCode host address of its first instruction
     * @param scratch memory of {@link #MOST_ENTRY_BYTES}, where the entry may be on return; until the caller's next call
     * @return the translations that it is among, for {@link StoredTranslations}, or 0 for none
     */
    public long find(int mode, int pageOffset, int pageBytes, long guestCode, long scratch) {
        long hash = hash(mode, pageOffset, pageBytes, guestCode);
        long entry = findOld(hash, mode, pageOffset, pageBytes, guestCode);
        if (entry == 0) {
            entry = findNew(hash, mode, pageOffset, pageBytes, guestCode, scratch);
        }
        if (entry != 0 && readBytes.addAndGet(StoredTranslations.bytes(entry)) > RESIDENT_BYTES) {
            release();
        }
        return entry;
    }

    private synchronized long findNew(
            long hash, int mode, int pageOffset, int pageBytes, long guestCode, long scratch) {
        long entry = news.find(hash, candidate -> {
            int member = member(candidate, mode, pageOffset, pageBytes);
            return member >= 0 && StoredTranslations.isOf(candidate, member, guestCode);
        });
        if (entry != 0 && news.isInBuffer(entry)) {
            HostMemory.copy(entry, scratch, StoredTranslations.bytes(entry));
            return scratch;
        }
        return entry;
    }

    /** Gives the host back what has been read, which stays where it is. */
    private synchronized void release() {
        readBytes.set(0);
        pages.release(oldAddress, old.capacity());
        news.release();
    }

    /** Whether an entry that was found is one of an earlier run. */
    public boolean isOfEarlierRun(long entry) {
        return entry - oldAddress >= 0 && entry - oldAddress < old.capacity();
    }

    private long findOld(long hash, int mode, int pageOffset, int pageBytes, long guestCode) {
        Contents from = contents;
        // A damaged entry ends the search.
        for (long probe = hash, left = from.tableMask; left >= 0 && contents == from; probe++, left--) {
            long slot = slot(from, probe & from.tableMask);
            long offset = HostMemory.getLongLe(slot + 8);
            if (offset == 0) {
                return 0;
            }
            if (HostMemory.getLongLe(slot) == hash && isFor(offset, from.end, mode, pageOffset, pageBytes, guestCode)) {
                return oldAddress + offset;
            }
        }
        return 0;
    }

    /** The number of the one that is for an offset, a mode and a size of the page, or -1. */
    private static int member(long entry, int mode, int pageOffset, int pageBytes) {
        boolean isOfPage = StoredTranslations.mode(entry) == mode && StoredTranslations.pageBytes(entry) == pageBytes;
        return isOfPage ? StoredTranslations.memberAt(entry, pageOffset) : StoredTranslations.NO_MEMBER;
    }

    private boolean isFor(long offset, long entriesEnd, int mode, int pageOffset, int pageBytes, long guestCode) {
        long entry = oldAddress + offset;
        if (offset < HEADER_BYTES
                || offset >= entriesEnd
                || (offset & 7) != 0
                || !StoredTranslations.isWithin(entry, 0, entriesEnd - offset)) {
            damaged();
            return false;
        }
        int member = member(entry, mode, pageOffset, pageBytes);
        if (member < 0) {
            return false;
        }
        if (!StoredTranslations.isWithin(entry, member, entriesEnd - offset)
                || StoredTranslations.guestBytes(entry, member) > pageBytes - pageOffset) {
            damaged();
            return false;
        }
        if (!StoredTranslations.isOf(entry, member, guestCode)) {
            return false;
        }
        int bytes = StoredTranslations.bytes(entry);
        if (HostMemory.getIntLe(entry + StoredTranslations.CHECKSUM)
                != StoredTranslations.checksum(old, (int) offset, bytes)) {
            damaged();
            return false;
        }
        return true;
    }

    /** Adds a translation. */
    public synchronized void add(NewTranslation translation) {
        long bytes = StoredTranslations.bytes(translation);
        if (!recording || bytes > MOST_ENTRY_BYTES || news.bytes() + bytes > mostBytes) {
            return;
        }
        long at;
        try {
            at = news.room((int) bytes);
        } catch (IOException e) {
            giveUp("cannot be written", e);
            return;
        }
        NewTranslation.GuestBlock first = translation.blocks().get(translation.first());
        long hash = hash(translation.mode(), first.pageOffset(), translation.pageBytes(), first.code());
        StoredTranslations.write(at, translation, hash);
        news.add(hash, (int) bytes);
    }

    static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Writes what is new into the file. */
    @Override
    public synchronized void close() {
        if (!arena.scope().isAlive()) {
            return;
        }
        try {
            if (recording && directory.isPresent() && news.count() > contents.entries / WORTH_WRITING) {
                write(directory.get());
                removeUnused(directory.get());
            }
        } catch (IOException | UncheckedIOException e) {
            giveUp("cannot be written", e instanceof IOException failure ? failure : new IOException(e));
        } finally {
            recording = false;
            news.close();
            arena.close();
        }
    }

    private void write(Path folder) throws IOException {
        Contents before = contents;
        long from = keptFrom(before);
        int entries = news.count();
        for (long i = 0; i <= before.tableMask; i++) {
            entries += offset(before, i) >= from ? 1 : 0;
        }
        int slots = Integer.highestOneBit(entries) * 4;
        ByteBuffer table = ByteBuffer.allocateDirect(slots * SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long i = 0; i <= before.tableMask; i++) {
            long offset = offset(before, i);
            if (offset >= from) {
                put(table, slots, HostMemory.getLongLe(slot(before, i)), offset - from + HEADER_BYTES);
            }
        }
        Path unfinished = Files.createTempFile(folder, "file-", ".unfinished");
        try {
            try (FileChannel out = FileChannel.open(unfinished, StandardOpenOption.WRITE);
                    Arena buffers = Arena.ofConfined()) {
                out.position(HEADER_BYTES);
                if (before.end > from) {
                    writeFully(out, old.slice((int) from, (int) (before.end - from)));
                }
                TranslationGroups groups = new TranslationGroups(
                        out, out.position(), buffers, (hash, place) -> put(table, slots, hash, place));
                for (long translation : news.inOrder()) {
                    groups.add(translation);
                }
                long end = groups.finish();
                writeFully(out, table);
                ByteBuffer header = ByteBuffer.allocateDirect(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
                header.putLong(0, MAGIC).putLong(8, end).putInt(16, slots).putInt(20, entries);
                header.putInt(24, checksum(header, 0, 24));
                out.position(0);
                writeFully(out, header);
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    /** Where in the file that there is stand the groups that are kept: all, or the newest if there is no room for more. */
    private long keptFrom(Contents before) {
        if (before.end + news.bytes() <= mostBytes) {
            return HEADER_BYTES;
        }
        // So much room for what is next that not every run has to make some.
        long least = before.end - Math.max(mostBytes - mostBytes / 4 - news.bytes(), 0);
        long from = before.end;
        for (long i = 0; i <= before.tableMask; i++) {
            long offset = offset(before, i);
            if (offset >= least && offset < from) {
                from = offset;
            }
        }
        return from;
    }

    private long slot(Contents contents, long i) {
        return oldAddress + contents.end + i * SLOT_BYTES;
    }

    /** The offset of the group in a slot of the table, or 0. */
    private long offset(Contents contents, long i) {
        return HostMemory.getLongLe(slot(contents, i) + 8);
    }

    private static void put(ByteBuffer table, int slots, long hash, long offset) {
        if (offset == 0) {
            return;
        }
        for (long probe = hash; ; probe++) {
            int slot = (int) (probe & slots - 1) * SLOT_BYTES;
            if (table.getLong(slot + 8) == 0) {
                table.putLong(slot, hash).putLong(slot + 8, offset);
                return;
            }
        }
    }

    /** Removes what other versions wrote long ago, and what was never finished. */
    private static void removeUnused(Path folder) throws IOException {
        FileTime limit = FileTime.from(Instant.now().minus(UNUSED));
        FileTime recent = FileTime.from(Instant.now().minus(Duration.ofDays(1)));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path other : files) {
                String name = String.valueOf(other.getFileName());
                FileTime time = Files.getLastModifiedTime(other);
                if (name.endsWith(SUFFIX) && time.compareTo(limit) < 0
                        || name.endsWith(".unfinished") && time.compareTo(recent) < 0) {
                    Files.deleteIfExists(other);
                }
            }
        }
    }
}

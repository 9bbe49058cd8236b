// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.memory.HostMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TranslationCacheTest {
    private static final int MODE = 5;
    private static final int GUEST_BYTES = 12;
    private static final int IMAGE_BYTES = 100;

    @TempDir
    Path folder;

    private final Arena arena = Arena.ofConfined();
    private final long guest = arena.allocate(4096, 8).address();
    private final long image = arena.allocate(4096, 8).address();
    private final long scratch =
            arena.allocate(TranslationCache.MOST_ENTRY_BYTES, 8).address();
    private final List<String> problems = new ArrayList<>();

    @AfterEach
    void close() {
        arena.close();
    }

    private TranslationCache open() {
        return TranslationCache.open(folder, "test", problems::add);
    }

    private void code(int n) {
        for (int i = 0; i < GUEST_BYTES; i += 4) {
            HostMemory.putIntLe(guest + i, i < 8 ? n >>> 4 : n);
        }
        HostMemory.fill(image, IMAGE_BYTES, (byte) n);
    }

    private void add(TranslationCache cache, int n) {
        code(n);
        add(cache, 64, 0, new int[0], new int[0]);
    }

    /** Adds what has been written with {@link #code}. */
    private void add(TranslationCache cache, int pageOffset, int place, int[] relocations, int[] links) {
        cache.add(new NewTranslation(
                7,
                MODE,
                4096,
                List.of(new NewTranslation.GuestBlock(pageOffset, guest, GUEST_BYTES, 3, 26)),
                0,
                image,
                IMAGE_BYTES,
                place,
                relocations,
                relocations.length,
                links,
                links.length / 2,
                new int[0]));
    }

    private long find(TranslationCache cache, int n) {
        code(n);
        return cache.find(MODE, 64, 4096, guest, scratch);
    }

    private void write(int from, int to) {
        try (TranslationCache cache = open()) {
            for (int n = from; n < to; n++) {
                add(cache, n);
            }
        }
    }

    private Path file() {
        return folder.resolve("test.translations");
    }

    @Test
    void Find_afterReopening_givesWhatWasAdded() {
        write(0, 1000);
        write(1000, 3000);
        try (TranslationCache cache = open()) {
            for (int n = 0; n < 3000; n++) {
                assertFound(cache, n, true);
            }
        }
        assertEquals(List.of(), problems);
    }

    private void assertFound(TranslationCache cache, int n, boolean isOfEarlierRun) {
        long entry = find(cache, n);
        assertNotEquals(0, entry, "entry " + n);
        assertEquals(isOfEarlierRun, cache.isOfEarlierRun(entry));
        int member = StoredTranslations.memberAt(entry, 64);
        assertEquals(GUEST_BYTES, StoredTranslations.guestBytes(entry, member));
        assertEquals(3, StoredTranslations.instructions(entry, member));
        int place = StoredTranslations.imagePlace(entry, member);
        assertEquals(26, StoredTranslations.entry(entry, member) - place);
        assertTrue(StoredTranslations.imagePlace(entry, member + 1) >= place + IMAGE_BYTES);
        assertEquals((byte) n, HostMemory.getByte(StoredTranslations.image(entry) + place + IMAGE_BYTES - 1));
    }

    /** 5,000 entries are several of the pieces in which they are put away. */
    @Test
    void Find_inTheSameRun_givesWhatWasAdded() {
        write(0, 100);
        try (TranslationCache cache = open()) {
            for (int n = 100; n < 5000; n++) {
                add(cache, n);
                assertFound(cache, n, false);
                assertFound(cache, n * 7 % 100, true);
            }
            for (int n = 100; n < 5000; n++) {
                assertFound(cache, n, false);
            }
            assertEquals(0, find(cache, 5000));
        }
        try (TranslationCache cache = open()) {
            for (int n = 0; n < 5000; n++) {
                assertFound(cache, n, true);
            }
        }
        assertEquals(List.of(), problems);
    }

    @Test
    void Find_ofAnEntryInTheBuffer_givesACopyThatLaterEntriesLeaveAlone() {
        try (TranslationCache cache = open()) {
            add(cache, 1);
            long entry = find(cache, 1);
            for (int n = 2; n < 5000; n++) {
                add(cache, n);
            }
            assertEquals((byte) 1, HostMemory.getByte(StoredTranslations.image(entry)));
        }
    }

    @Test
    void Find_inMemory_givesWhatWasAddedUntilThatIsFull() {
        try (TranslationCache cache = TranslationCache.inMemory()) {
            for (int n = 0; n < 5000; n++) {
                add(cache, n);
            }
            for (int n = 0; n < 5000; n++) {
                assertFound(cache, n, false);
            }
            int n = 5000;
            for (boolean isFound = true; isFound; n++) {
                add(cache, n);
                isFound = find(cache, n) != 0;
            }
            assertTrue(n > 300_000, "entries until it was full: " + n);
            assertFound(cache, 3, false);
        }
    }

    @Test
    void Find_whileOthersAdd_givesWholeEntries() throws Exception {
        int threads = 4;
        int each = 4000;
        try (TranslationCache cache = open();
                ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int number = t;
                all.add(pool.submit(() -> {
                    try (Arena own = Arena.ofConfined()) {
                        long code = own.allocate(64, 8).address();
                        long host = own.allocate(4096, 8).address();
                        long into = own.allocate(TranslationCache.MOST_ENTRY_BYTES, 8)
                                .address();
                        for (int i = 0; i < each; i++) {
                            int n = i * 16 + (i * 7 + number) % threads;
                            HostMemory.putIntLe(code, n);
                            long entry = cache.find(MODE, 64, 4096, code, into);
                            if (entry == 0) {
                                HostMemory.fill(host, 3000, (byte) n);
                                int[] none = new int[0];
                                List<NewTranslation.GuestBlock> block =
                                        List.of(new NewTranslation.GuestBlock(64, code, 4, 1, 0));
                                cache.add(new NewTranslation(
                                        0, MODE, 4096, block, 0, host, 3000, n, none, 0, none, 0, none));
                            } else {
                                for (int b = 0; b < 3000; b += 8) {
                                    assertEquals((byte) n, HostMemory.getByte(StoredTranslations.image(entry) + b));
                                }
                            }
                        }
                    }
                }));
            }
            for (Future<?> done : all) {
                done.get();
            }
        }
        assertEquals(List.of(), problems);
    }

    @Test
    void Find_ofOtherCode_findsNothing() {
        write(0, 1000);
        try (TranslationCache cache = open()) {
            assertEquals(0, find(cache, 1000));
            code(7);
            assertEquals(0, cache.find(MODE + 1, 64, 4096, guest, scratch));
            assertEquals(0, cache.find(MODE, 68, 4096, guest, scratch));
            assertEquals(0, cache.find(MODE, 64, 65536, guest, scratch));
            // The same first instructions, with another one behind them.
            HostMemory.putIntLe(guest + 8, 12345);
            assertEquals(0, cache.find(MODE, 64, 4096, guest, scratch));
        }
        try (TranslationCache other = TranslationCache.open(folder, "other", problems::add)) {
            assertEquals(0, find(other, 7));
        }
    }

    @Test
    void File_withAnyByteChanged_givesTheSameOrNothing() throws IOException {
        write(0, 20);
        byte[] good = Files.readAllBytes(file());
        for (int at = 0; at < good.length; at += 3) {
            byte[] bad = good.clone();
            bad[at] ^= 0x41;
            Files.write(file(), bad);
            try (TranslationCache cache = open()) {
                for (int n = 0; n < 20; n++) {
                    long entry = find(cache, n);
                    if (entry != 0) {
                        int member = StoredTranslations.memberAt(entry, 64);
                        assertEquals(3, StoredTranslations.instructions(entry, member));
                        long code = StoredTranslations.image(entry) + StoredTranslations.imagePlace(entry, member);
                        for (int i = 0; i < IMAGE_BYTES; i++) {
                            assertEquals((byte) n, HostMemory.getByte(code + i));
                        }
                    }
                }
            }
        }
    }

    @Test
    void File_cutShort_isSaidOnceAndMadeAgain() throws IOException {
        write(0, 100);
        byte[] good = Files.readAllBytes(file());
        Files.write(file(), java.util.Arrays.copyOf(good, good.length / 2));
        try (TranslationCache cache = open()) {
            assertEquals(0, find(cache, 3));
            add(cache, 3);
        }
        assertEquals(1, problems.size());
        assertTrue(problems.get(0).contains("damaged"), problems.get(0));
        try (TranslationCache cache = open()) {
            assertNotEquals(0, find(cache, 3));
        }
        assertEquals(1, problems.size());
    }

    @Test
    void Folder_thatCannotBe_isSaidOnceAndDoneWithout() throws IOException {
        Path taken = Files.writeString(folder.resolve("taken"), "a file");
        try (TranslationCache cache = TranslationCache.open(taken, "test", problems::add)) {
            add(cache, 1);
            assertEquals(0, find(cache, 1));
        }
        assertEquals(1, problems.size());
        assertTrue(problems.get(0).contains(taken.toString()), problems.get(0));
        assertEquals("a file", Files.readString(taken));
    }

    @Test
    void Close_withAFileThatNobodyHasUsedForLong_removesIt() throws IOException {
        Path unused = Files.writeString(folder.resolve("unused.translations"), "of another version");
        Path used = Files.writeString(folder.resolve("used.translations"), "of another version");
        Path foreign = Files.writeString(folder.resolve("notes.txt"), "not ours");
        FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofDays(40)));
        Files.setLastModifiedTime(unused, longAgo);
        Files.setLastModifiedTime(foreign, longAgo);
        write(0, 100);
        assertFalse(Files.exists(unused));
        assertTrue(Files.exists(used));
        assertTrue(Files.exists(foreign));
    }

    @Test
    void Close_withMoreThanThereIsRoomFor_keepsWhatIsNew() throws IOException {
        long most = 200_000;
        for (int from = 0; from < 4000; from += 100) {
            try (TranslationCache cache = TranslationCache.open(folder, "test", most, problems::add)) {
                for (int n = from; n < from + 100; n++) {
                    add(cache, n);
                }
            }
            assertTrue(Files.size(file()) < most + most / 4, "bytes " + Files.size(file()));
        }
        try (TranslationCache cache = TranslationCache.open(folder, "test", most, problems::add)) {
            int found = 0;
            for (int n = 3999; n >= 0 && find(cache, n) != 0; n--) {
                assertFound(cache, n, true);
                found++;
            }
            assertTrue(found >= 400, "found " + found);
        }
        assertEquals(List.of(), problems);
    }

    @Test
    void Close_withFewNewEntries_leavesTheFileAsItIs() throws IOException {
        write(0, 1000);
        byte[] before = Files.readAllBytes(file());
        write(1000, 1001);
        assertEquals(before.length, Files.size(file()));
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    /** Code of three offsets of a page, the second of which jumps to the first and the third to itself and elsewhere. */
    private void writeJumps() {
        try (TranslationCache cache = open()) {
            for (int offset = 0; offset < 36; offset += GUEST_BYTES) {
                code(offset);
                HostMemory.putIntLe(image + 40, 1000);
                HostMemory.putIntLe(image + 50, 2000);
                HostMemory.putIntLe(image + 60, 5);
                HostMemory.putIntLe(image + 70, 6);
                int[] links = offset == 0 ? new int[0] : offset == 12 ? new int[] {60, 0} : new int[] {60, 24, 70, 512};
                add(cache, offset, 300, new int[] {40 << 1, 50 << 1 | 1}, links);
            }
        }
    }

    @Test
    void Find_ofCodeOfOnePage_givesAGroupWhoseJumpsLeadFromOneToTheOther() {
        writeJumps();
        try (TranslationCache cache = open()) {
            code(12);
            long group = cache.find(MODE, 12, 4096, guest, scratch);
            assertEquals(3, StoredTranslations.count(group));
            for (int offset = 0; offset < 36; offset += GUEST_BYTES) {
                code(offset);
                assertEquals(group, cache.find(MODE, offset, 4096, guest, scratch));
                int member = StoredTranslations.memberAt(group, offset);
                assertTrue(StoredTranslations.isOf(group, member, guest));
                assertEquals(
                        26, StoredTranslations.entry(group, member) - StoredTranslations.imagePlace(group, member));
                assertEquals(0, StoredTranslations.entry(group, member) % 16);
            }
            assertEquals(3, StoredTranslations.links(group));
            int toFirst = StoredTranslations.linkWord(group, 0);
            assertTrue(StoredTranslations.isLinked(group, 0));
            assertEquals(
                    StoredTranslations.entry(group, 0),
                    toFirst + 4 + HostMemory.getIntLe(StoredTranslations.image(group) + toFirst));
            assertEquals(5, StoredTranslations.unlinked(group, 0));
            int toItself = StoredTranslations.linkWord(group, 1);
            assertEquals(
                    StoredTranslations.entry(group, 2),
                    toItself + 4 + HostMemory.getIntLe(StoredTranslations.image(group) + toItself));
            assertFalse(StoredTranslations.isLinked(group, 2));
            assertEquals(512, StoredTranslations.linkOffset(group, 2));
            int elsewhere = StoredTranslations.linkWord(group, 2);
            assertEquals(6, HostMemory.getIntLe(StoredTranslations.image(group) + elsewhere));
        }
    }

    @Test
    void Relocate_ofOneOfAGroup_changesItsWordsByTheDistance() {
        writeJumps();
        try (TranslationCache cache = open()) {
            code(12);
            long group = cache.find(MODE, 12, 4096, guest, scratch);
            int place = StoredTranslations.imagePlace(group, 1);
            // The code was at 300 when it was added, and is where it is in the group now.
            long code = StoredTranslations.image(group) + place;
            assertEquals(1000 + 300 - place, HostMemory.getIntLe(code + 40));
            assertEquals(2000 - 300 + place, HostMemory.getIntLe(code + 50));
            HostMemory.copy(StoredTranslations.image(group), image, StoredTranslations.imageBytes(group));
            int first = StoredTranslations.firstRelocation(group, 1);
            assertEquals(first + 2, StoredTranslations.firstRelocation(group, 2));
            StoredTranslations.relocate(group, first, first + 2, image, 10_000);
            assertEquals(1000 + 300 - place - 10_000, HostMemory.getIntLe(image + place + 40));
            assertEquals(2000 - 300 + place + 10_000, HostMemory.getIntLe(image + place + 50));
        }
    }

    @Test
    void Find_ofCodeThatChanged_givesGroupsThatHaveAnOffsetOnce() {
        try (TranslationCache cache = open()) {
            for (int n = 0; n < 320; n += 16) {
                code(n);
                add(cache, 64, 0, new int[0], new int[0]);
                add(cache, 128 + n, 0, new int[0], new int[0]);
            }
        }
        try (TranslationCache cache = open()) {
            for (int n = 0; n < 320; n += 16) {
                code(n);
                long group = cache.find(MODE, 64, 4096, guest, scratch);
                assertEquals(group, cache.find(MODE, 128 + n, 4096, guest, scratch));
                assertEquals(2, StoredTranslations.count(group));
            }
        }
    }
}

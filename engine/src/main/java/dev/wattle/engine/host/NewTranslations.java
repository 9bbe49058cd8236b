// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongPredicate;

/**
 * The entries of a {@link TranslationCache} that were added in this run.
 *
 * <p>They are written to a buffer. When that is full, it goes to a file and is mapped there: so the entries of a long run
 * take no memory that the host could not have back, and a full disk is an exception, not a fault. Without a file they stay
 * in memory. All of this is guarded by the cache's lock.
 */
final class NewTranslations implements AutoCloseable {
    /** No entry is larger than the buffer. */
    private static final int BUFFER_BYTES = 1 << 18;

    private final Optional<Path> folder;
    private final Arena arena;
    private final ResidentPages pages = new ResidentPages();
    private Path file = Path.of("");
    private Optional<FileChannel> channel = Optional.empty();

    private ByteBuffer buffer;
    private long bufferAddress;
    /** Addresses of the former contents of the buffer, each of {@link #BUFFER_BYTES}. */
    private long[] pieces = new long[16];

    private int pieceCount;

    // A table with linear probing: hashes, and the offsets of entries plus 1, or 0.
    private long[] hashes = new long[1024];
    private long[] places = new long[1024];
    private int count;

    /**
     * @param folder for the file, or empty if all is to stay in memory
     * @param arena for the memory and the mappings
     */
    NewTranslations(Optional<Path> folder, Arena arena) {
        this.folder = folder;
        this.arena = arena;
        buffer = newBuffer();
        bufferAddress = MemorySegment.ofBuffer(buffer).address();
    }

    private ByteBuffer newBuffer() {
        return arena.allocate(BUFFER_BYTES, Long.BYTES).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    int count() {
        return count;
    }

    /** Bytes of all entries, and of gaps where the next did not fit. */
    long bytes() {
        return (long) pieceCount * BUFFER_BYTES + buffer.position();
    }

    /**
     * Where to write an entry.
     *
     * @param bytes its size, a multiple of 8, at most {@link TranslationCache#MOST_ENTRY_BYTES}
     */
    long room(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            putAway();
        }
        return bufferAddress + buffer.position();
    }

    /** Has the entry found that has been written where {@link #room} said. */
    void add(long hash, int bytes) {
        if (count > hashes.length / 2) {
            grow();
        }
        put(hash, bytes() + 1);
        count++;
        buffer.position(buffer.position() + bytes);
    }

    private void grow() {
        long[] oldHashes = hashes;
        long[] oldPlaces = places;
        hashes = new long[oldHashes.length * 2];
        places = new long[oldHashes.length * 2];
        for (int i = 0; i < oldHashes.length; i++) {
            if (oldPlaces[i] != 0) {
                put(oldHashes[i], oldPlaces[i]);
            }
        }
    }

    private void put(long hash, long place) {
        int slot = (int) hash & hashes.length - 1;
        while (places[slot] != 0) {
            slot = slot + 1 & hashes.length - 1;
        }
        hashes[slot] = hash;
        places[slot] = place;
    }

    private void putAway() throws IOException {
        if (pieceCount == pieces.length) {
            pieces = Arrays.copyOf(pieces, pieceCount * 2);
        }
        if (folder.isPresent()) {
            buffer.position(BUFFER_BYTES);
            writeBuffer();
            pieces[pieceCount] = channel.orElseThrow()
                    .map(FileChannel.MapMode.READ_ONLY, (long) pieceCount * BUFFER_BYTES, BUFFER_BYTES, arena)
                    .address();
            buffer.clear();
        } else {
            pieces[pieceCount] = bufferAddress;
            buffer = newBuffer();
            bufferAddress = MemorySegment.ofBuffer(buffer).address();
        }
        pieceCount++;
    }

    private void writeBuffer() throws IOException {
        if (channel.isEmpty()) {
            file = Files.createTempFile(folder.orElseThrow(), "new-", ".unfinished");
            channel = Optional.of(FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.READ));
        }
        TranslationCache.writeFully(channel.get(), buffer.flip());
    }

    /**
     * Looks for an entry.
     *
     * @param isWanted tells of an entry with the hash, by its address, whether it is the right one
     * @return its address, or 0
     */
    long find(long hash, LongPredicate isWanted) {
        for (int slot = (int) hash & hashes.length - 1; places[slot] != 0; slot = slot + 1 & hashes.length - 1) {
            if (hashes[slot] == hash) {
                long address = address(places[slot] - 1);
                if (isWanted.test(address)) {
                    return address;
                }
            }
        }
        return 0;
    }

    /** Whether other entries take the place of one in time. */
    boolean isInBuffer(long entry) {
        return entry - bufferAddress >= 0 && entry - bufferAddress < BUFFER_BYTES;
    }

    /** Lets the host have back what it can read from the file again. */
    void release() {
        if (folder.isPresent()) {
            for (int i = 0; i < pieceCount; i++) {
                pages.release(pieces[i], BUFFER_BYTES);
            }
        }
    }

    private long address(long offset) {
        int piece = (int) (offset / BUFFER_BYTES);
        return (piece < pieceCount ? pieces[piece] : bufferAddress) + offset % BUFFER_BYTES;
    }

    /** The addresses of all entries, in the order in which they were added. */
    long[] inOrder() {
        return Arrays.stream(places)
                .filter(place -> place != 0)
                .sorted()
                .map(place -> address(place - 1))
                .toArray();
    }

    /** Removes the file. */
    @Override
    public void close() {
        if (channel.isPresent()) {
            try {
                channel.get().close();
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // It is in a cache's folder, where what is unfinished is removed some day.
            }
        }
    }
}

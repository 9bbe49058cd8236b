// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import dev.wattle.engine.memory.HostMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts new translations of one page and mode together for a file, in the order in which they were added: what was first
 * executed about the same time will be again, and is then found and copied as one.
 */
final class TranslationGroups {
    /** Translations of a group. */
    static final int MOST_MEMBERS = 32;
    /** Bytes of host code of a group of more than one. */
    private static final int MOST_CODE = 1 << 14;

    private static final int CODE_ALIGNMENT = 16;
    private static final int BUFFER_BYTES = 1 << 20;

    private final FileChannel out;
    private final Found found;
    private final ByteBuffer buffer;
    private final long bufferAddress;
    /** Where in the file what is in the buffer will be. */
    private long place;

    private final Map<Key, Open> open = new HashMap<>();

    private record Key(int page, int mode, int pageBytes) {}

    /** Translations that are going to be a group, as they were added, by their offsets in the page. */
    private static final class Open {
        private final List<Long> members = new ArrayList<>();
        private final Map<Integer, Integer> numbers = new HashMap<>();
        private int imageBytes;
    }

    /** Is told where in the file a translation may be found. */
    @FunctionalInterface
    interface Found {
        /** @param place of the group that it is in */
        void at(long hash, long place);
    }

    /**
     * @param out where to write groups
     * @param place where in the file that is now
     * @param arena for a buffer
     */
    TranslationGroups(FileChannel out, long place, Arena arena, Found found) {
        this.out = out;
        this.place = place;
        this.found = found;
        buffer = arena.allocate(BUFFER_BYTES, Long.BYTES).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        bufferAddress = MemorySegment.ofBuffer(buffer).address();
    }

    /** Adds a translation; what stands at the address must stay there. */
    void add(long translation) throws IOException {
        if (StoredTranslations.notes(translation) != 0) {
            writeAlone(translation);
            return;
        }
        Key key = new Key(
                HostMemory.getIntLe(translation + StoredTranslations.PAGE),
                StoredTranslations.mode(translation),
                StoredTranslations.pageBytes(translation));
        int offset = StoredTranslations.pageOffset(translation, 0);
        Open group = open.computeIfAbsent(key, k -> new Open());
        int imageBytes = start(group.imageBytes, translation) + StoredTranslations.imageBytes(translation);
        boolean isFull = group.members.size() == MOST_MEMBERS || imageBytes > MOST_CODE;
        if (!group.members.isEmpty() && (isFull || group.numbers.containsKey(offset))) {
            write(group);
            group = new Open();
            open.put(key, group);
        }
        group.numbers.put(offset, group.members.size());
        group.members.add(translation);
        group.imageBytes = start(group.imageBytes, translation) + StoredTranslations.imageBytes(translation);
    }

    /** Writes what is left, and gives the place in the file behind it. */
    long finish() throws IOException {
        for (Open group : open.values()) {
            write(group);
        }
        flush();
        return place;
    }

    private void flush() throws IOException {
        place += buffer.position();
        TranslationCache.writeFully(out, buffer.flip());
        buffer.clear();
    }

    private void write(Open group) throws IOException {
        int relocations = 0;
        int links = 0;
        int guestBytes = 0;
        int imageBytes = 0;
        for (long member : group.members) {
            relocations += StoredTranslations.relocations(member);
            links += StoredTranslations.links(member);
            guestBytes += StoredTranslations.allGuestBytes(member);
            imageBytes = start(imageBytes, member) + StoredTranslations.imageBytes(member);
        }
        int count = group.members.size();
        int bytes = (int) StoredTranslations.bytes(count, relocations, links, 0, guestBytes, imageBytes);
        long at = room(bytes);
        HostMemory.fill(at, bytes, (byte) 0);
        long first = group.members.get(0);
        HostMemory.putIntLe(at + StoredTranslations.BYTES, bytes);
        HostMemory.putIntLe(at + StoredTranslations.MODE, StoredTranslations.mode(first));
        HostMemory.putIntLe(at + StoredTranslations.PAGE_BYTES, StoredTranslations.pageBytes(first));
        HostMemory.putIntLe(at + StoredTranslations.COUNT, count);
        HostMemory.putIntLe(at + StoredTranslations.RELOCATIONS, relocations);
        HostMemory.putIntLe(at + StoredTranslations.LINKS, links);
        HostMemory.putIntLe(at + StoredTranslations.GUEST_BYTES, guestBytes);
        HostMemory.putIntLe(at + StoredTranslations.IMAGE_BYTES, imageBytes);
        copyMembers(at, group);
        link(at);
        for (long member : group.members) {
            found.at(HostMemory.getLongLe(member + StoredTranslations.HASH), place + buffer.position());
        }
        finish(at, bytes);
    }

    /** Writes a translation as it was added. */
    private void writeAlone(long translation) throws IOException {
        int bytes = StoredTranslations.bytes(translation);
        long at = room(bytes);
        HostMemory.copy(translation, at, bytes);
        found.at(HostMemory.getLongLe(translation + StoredTranslations.HASH), place + buffer.position());
        finish(at, bytes);
    }

    /** An address in the buffer with so many bytes behind it. */
    private long room(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            flush();
        }
        return bufferAddress + buffer.position();
    }

    private void finish(long at, int bytes) {
        HostMemory.putIntLe(
                at + StoredTranslations.CHECKSUM, StoredTranslations.checksum(buffer, buffer.position(), bytes));
        buffer.position(buffer.position() + bytes);
    }

    /** Where the host code of a translation starts behind so much of others, so that its entry is aligned as before. */
    private static int start(int imageBytes, long member) {
        int entry = StoredTranslations.entry(member, 0);
        return (imageBytes + entry + CODE_ALIGNMENT - 1 & -CODE_ALIGNMENT) - entry;
    }

    private static void copyMembers(long at, Open group) {
        int relocation = 0;
        int link = 0;
        int guest = 0;
        int end = 0;
        for (int i = 0; i < group.members.size(); i++) {
            long from = group.members.get(i);
            int image = start(end, from);
            int guestBytes = StoredTranslations.allGuestBytes(from);
            StoredTranslations.putMember(
                    at,
                    i,
                    StoredTranslations.pageOffset(from, 0),
                    guest,
                    guestBytes,
                    StoredTranslations.instructions(from, 0),
                    image,
                    image + StoredTranslations.entry(from, 0),
                    relocation,
                    link);
            HostMemory.copy(
                    StoredTranslations.allGuestCode(from), StoredTranslations.allGuestCode(at) + guest, guestBytes);
            HostMemory.copy(
                    StoredTranslations.image(from),
                    StoredTranslations.image(at) + image,
                    StoredTranslations.imageBytes(from));
            int firstRelocation = relocation;
            for (int k = 0; k < StoredTranslations.relocations(from); k++) {
                int word = HostMemory.getIntLe(StoredTranslations.relocation(from, k));
                HostMemory.putIntLe(StoredTranslations.relocation(at, relocation++), word + (image << 1));
            }
            StoredTranslations.relocate(at, firstRelocation, relocation, StoredTranslations.image(at), image);
            for (int k = 0; k < StoredTranslations.links(from); k++) {
                int to = StoredTranslations.linkOffset(from, k);
                StoredTranslations.putLink(
                        at,
                        link++,
                        image + StoredTranslations.linkWord(from, k),
                        to,
                        group.numbers.getOrDefault(to, StoredTranslations.NO_MEMBER),
                        StoredTranslations.unlinked(from, k));
            }
            guest += guestBytes;
            end = image + StoredTranslations.imageBytes(from);
        }
    }

    /** Has jumps from one translation of a group to another lead there. */
    private static void link(long at) {
        for (int k = 0; k < StoredTranslations.links(at); k++) {
            if (StoredTranslations.isLinked(at, k)) {
                int word = StoredTranslations.linkWord(at, k);
                int entry = StoredTranslations.entry(at, StoredTranslations.linkMember(at, k));
                HostMemory.putIntLe(StoredTranslations.image(at) + word, entry - word - Integer.BYTES);
            }
        }
    }
}

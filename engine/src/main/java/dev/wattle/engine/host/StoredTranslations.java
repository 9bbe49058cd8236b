// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import dev.wattle.engine.memory.HostMemory;
import java.nio.ByteBuffer;

/**
 * Translations of one guest page and mode, as they stand together in a {@link TranslationCache}: one as it is added, or
 * several whose host code is one piece in which jumps from one to the other lead there already.
 *
 * <p>All is little-endian: {@link #FIXED_BYTES} of fields, {@link #MEMBER_BYTES} for each translation in the order of
 * their host code, relocations (4 bytes: byte of the host code shifted left, and 1 if it is absolute), links, notes of
 * the back-end (4 bytes each), guest code, and host code. A link is a jump from one block to another one of the page: the
 * byte of the host code that has its displacement, the offset in the page where it leads, the number of the translation
 * that it leads to or -1, and what the displacement is without that (4 bytes each).
 *
 * <p>They are named by the address where they start. Nothing is checked here: what is in a file has a checksum.
 */
public final class StoredTranslations {
    static final int BYTES = 0;
    static final int CHECKSUM = 4;
    static final int MODE = 8;
    static final int PAGE_BYTES = 12;
    static final int COUNT = 16;
    static final int RELOCATIONS = 20;
    static final int LINKS = 24;
    static final int GUEST_BYTES = 28;
    static final int IMAGE_BYTES = 32;
    /** Of one as it is added, a number for its page. */
    static final int PAGE = 36;

    /** Of one as it is added, the hash that it is found by. */
    static final int HASH = 40;

    static final int NOTES = 48;

    static final int FIXED_BYTES = 56;

    static final int MEMBER_OFFSET = 0;
    static final int MEMBER_GUEST = 4;
    static final int MEMBER_GUEST_BYTES = 8;
    static final int MEMBER_INSTRUCTIONS = 12;
    static final int MEMBER_IMAGE = 16;
    static final int MEMBER_ENTRY = 20;
    static final int MEMBER_RELOCATIONS = 24;
    static final int MEMBER_LINKS = 28;
    static final int MEMBER_BYTES = 32;

    static final int RELOCATION_BYTES = 4;

    static final int LINK_WORD = 0;
    static final int LINK_OFFSET = 4;
    static final int LINK_MEMBER = 8;
    static final int LINK_UNLINKED = 12;
    static final int LINK_BYTES = 16;

    static final int NOTE_BYTES = 4;

    /** In place of the number of a link's target. */
    static final int NO_MEMBER = -1;

    private StoredTranslations() {}

    /** The size of what has so many parts of each kind. */
    static long bytes(long count, long relocations, long links, long notes, long guestBytes, long imageBytes) {
        long parts = FIXED_BYTES
                + count * MEMBER_BYTES
                + relocations * RELOCATION_BYTES
                + links * LINK_BYTES
                + notes * NOTE_BYTES
                + guestBytes
                + imageBytes;
        return parts + 7 & -8;
    }

    static int bytes(long at) {
        return HostMemory.getIntLe(at + BYTES);
    }

    static int mode(long at) {
        return HostMemory.getIntLe(at + MODE);
    }

    static int pageBytes(long at) {
        return HostMemory.getIntLe(at + PAGE_BYTES);
    }

    /** How many translations there are. */
    public static int count(long at) {
        return HostMemory.getIntLe(at + COUNT);
    }

    /** Relocations of all of them. */
    public static int relocations(long at) {
        return HostMemory.getIntLe(at + RELOCATIONS);
    }

    /** Links of all of them. */
    public static int links(long at) {
        return HostMemory.getIntLe(at + LINKS);
    }

    static int allGuestBytes(long at) {
        return HostMemory.getIntLe(at + GUEST_BYTES);
    }

    /** Bytes of all host code. */
    public static int imageBytes(long at) {
        return HostMemory.getIntLe(at + IMAGE_BYTES);
    }

    static long member(long at, int i) {
        return at + FIXED_BYTES + (long) i * MEMBER_BYTES;
    }

    private static long allRelocations(long at) {
        return member(at, count(at));
    }

    private static long allLinks(long at) {
        return allRelocations(at) + (long) relocations(at) * RELOCATION_BYTES;
    }

    private static long allNotes(long at) {
        return allLinks(at) + (long) links(at) * LINK_BYTES;
    }

    static long allGuestCode(long at) {
        return allNotes(at) + (long) notes(at) * NOTE_BYTES;
    }

    /** How many notes of the back-end there are. */
    public static int notes(long at) {
        return HostMemory.getIntLe(at + NOTES);
    }

    /** A note of the back-end. */
    public static int note(long at, int k) {
        return HostMemory.getIntLe(allNotes(at) + (long) k * NOTE_BYTES);
    }

    /** Address of the host code. */
    public static long image(long at) {
        return allGuestCode(at) + allGuestBytes(at);
    }

    /** The number of the translation of the code at an offset in the page, or -1. */
    public static int memberAt(long at, int pageOffset) {
        int count = count(at);
        for (int i = 0; i < count; i++) {
            if (pageOffset(at, i) == pageOffset) {
                return i;
            }
        }
        return NO_MEMBER;
    }

    /** Where a translation's guest code is in its page. */
    public static int pageOffset(long at, int i) {
        return HostMemory.getIntLe(member(at, i) + MEMBER_OFFSET);
    }

    /** Bytes of a translation's guest code. */
    public static int guestBytes(long at, int i) {
        return HostMemory.getIntLe(member(at, i) + MEMBER_GUEST_BYTES);
    }

    /** How many guest instructions a translation is of. */
    public static int instructions(long at, int i) {
        return HostMemory.getIntLe(member(at, i) + MEMBER_INSTRUCTIONS);
    }

    /** Byte of all host code at which a translation's starts; that of one behind the last is where all ends. */
    public static int imagePlace(long at, int i) {
        return i == count(at) ? imageBytes(at) : HostMemory.getIntLe(member(at, i) + MEMBER_IMAGE);
    }

    /** Byte of all host code to enter a translation's at. */
    public static int entry(long at, int i) {
        return HostMemory.getIntLe(member(at, i) + MEMBER_ENTRY);
    }

    /** The first relocation of a translation; that of one behind the last is their number. */
    public static int firstRelocation(long at, int i) {
        return i == count(at) ? relocations(at) : HostMemory.getIntLe(member(at, i) + MEMBER_RELOCATIONS);
    }

    /** The first link of a translation; that of one behind the last is their number. */
    public static int firstLink(long at, int i) {
        return i == count(at) ? links(at) : HostMemory.getIntLe(member(at, i) + MEMBER_LINKS);
    }

    static long relocation(long at, int k) {
        return allRelocations(at) + (long) k * RELOCATION_BYTES;
    }

    static long link(long at, int k) {
        return allLinks(at) + (long) k * LINK_BYTES;
    }

    /** Byte of all host code that has the displacement of a link's jump. */
    public static int linkWord(long at, int k) {
        return HostMemory.getIntLe(link(at, k) + LINK_WORD);
    }

    /** Offset in the page to which a link's jump leads. */
    public static int linkOffset(long at, int k) {
        return HostMemory.getIntLe(link(at, k) + LINK_OFFSET);
    }

    /** The number of the translation that a link's jump leads to, or -1. */
    static int linkMember(long at, int k) {
        return HostMemory.getIntLe(link(at, k) + LINK_MEMBER);
    }

    /** Whether a link's jump leads to a translation already. */
    public static boolean isLinked(long at, int k) {
        return linkMember(at, k) != NO_MEMBER;
    }

    /** The displacement of a link's jump when it leads to no translation. */
    public static int unlinked(long at, int k) {
        return HostMemory.getIntLe(link(at, k) + LINK_UNLINKED);
    }

    /** Whether a translation is of the code at a host address. */
    public static boolean isOf(long at, int i, long guestCode) {
        long code = allGuestCode(at) + HostMemory.getIntLe(member(at, i) + MEMBER_GUEST);
        int bytes = guestBytes(at, i);
        for (int k = 0; k < bytes; k += 4) {
            if (HostMemory.getIntLe(code + k) != HostMemory.getIntLe(guestCode + k)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the sizes are such that all parts, and one translation's guest code, lie within so many bytes. */
    static boolean isWithin(long at, int i, long bytes) {
        if (bytes < FIXED_BYTES) {
            return false;
        }
        boolean isSane = bytes(at) >= FIXED_BYTES
                && bytes(at) <= bytes
                && count(at) > i
                && relocations(at) >= 0
                && links(at) >= 0
                && notes(at) >= 0
                && allGuestBytes(at) >= 0
                && imageBytes(at) >= 0
                && bytes(count(at), relocations(at), links(at), notes(at), allGuestBytes(at), imageBytes(at))
                        == bytes(at);
        if (!isSane) {
            return false;
        }
        int place = HostMemory.getIntLe(member(at, i) + MEMBER_GUEST);
        int length = guestBytes(at, i);
        return place >= 0 && length >= 0 && (long) place + length <= allGuestBytes(at);
    }

    /** The checksum of what stands in a buffer, but for its first two fields. */
    static int checksum(ByteBuffer buffer, int start, int bytes) {
        return TranslationCache.checksum(buffer, start + MODE, bytes - MODE);
    }

    /**
     * Writes one translation; all but the checksum.
     *
     * @param at where there is room for {@link #bytes(NewTranslation)}
     */
    static void write(long at, NewTranslation t, long hash) {
        long bytes = bytes(t);
        HostMemory.putIntLe(at + BYTES, (int) bytes);
        HostMemory.putIntLe(at + MODE, t.mode());
        HostMemory.putIntLe(at + PAGE_BYTES, t.pageBytes());
        HostMemory.putIntLe(at + COUNT, t.blocks().size());
        HostMemory.putIntLe(at + RELOCATIONS, t.relocationCount());
        HostMemory.putIntLe(at + LINKS, t.linkCount());
        HostMemory.putIntLe(at + GUEST_BYTES, t.guestBytes());
        HostMemory.putIntLe(at + IMAGE_BYTES, t.imageBytes());
        HostMemory.putIntLe(at + PAGE, t.page());
        HostMemory.putLongLe(at + HASH, hash);
        HostMemory.putIntLe(at + NOTES, t.notes().length);
        HostMemory.putIntLe(at + NOTES + Integer.BYTES, 0);
        int guest = 0;
        for (int i = 0; i < t.blocks().size(); i++) {
            NewTranslation.GuestBlock block = t.blocks().get(i);
            putMember(at, i, block.pageOffset(), guest, block.bytes(), block.instructions(), 0, block.entry(), 0, 0);
            HostMemory.copy(block.code(), allGuestCode(at) + guest, block.bytes());
            guest += block.bytes();
        }
        for (int k = 0; k < t.relocationCount(); k++) {
            HostMemory.putIntLe(relocation(at, k), t.relocations()[k]);
        }
        for (int k = 0; k < t.linkCount(); k++) {
            int word = t.links()[2 * k];
            putLink(at, k, word, t.links()[2 * k + 1], NO_MEMBER, HostMemory.getIntLe(t.image() + word));
        }
        for (int k = 0; k < t.notes().length; k++) {
            HostMemory.putIntLe(allNotes(at) + (long) k * NOTE_BYTES, t.notes()[k]);
        }
        long image = image(at);
        HostMemory.copy(t.image(), image, t.imageBytes());
        relocate(at, 0, t.relocationCount(), image, -t.imagePlace());
        long end = image + t.imageBytes();
        HostMemory.fill(end, at + bytes - end, (byte) 0);
    }

    /** The size of a translation when it is written. */
    static long bytes(NewTranslation t) {
        return bytes(
                t.blocks().size(),
                t.relocationCount(),
                t.linkCount(),
                t.notes().length,
                t.guestBytes(),
                t.imageBytes());
    }

    /**
     * Has host code be somewhere else.
     *
     * @param from the first relocation of what is meant
     * @param to behind the last
     * @param image address of a copy of all host code, whether all of it is there or not
     * @param distance by how much its place is higher than it was
     */
    public static void relocate(long at, int from, int to, long image, int distance) {
        long end = relocation(at, to);
        for (long next = relocation(at, from); next != end; next += RELOCATION_BYTES) {
            int relocation = HostMemory.getIntLe(next);
            long word = image + (relocation >> 1);
            HostMemory.putIntLe(word, HostMemory.getIntLe(word) + ((relocation & 1) != 0 ? distance : -distance));
        }
    }

    static void putMember(
            long at,
            int i,
            int pageOffset,
            int guest,
            int guestBytes,
            int instructions,
            int image,
            int entry,
            int firstRelocation,
            int firstLink) {
        long member = member(at, i);
        HostMemory.putIntLe(member + MEMBER_OFFSET, pageOffset);
        HostMemory.putIntLe(member + MEMBER_GUEST, guest);
        HostMemory.putIntLe(member + MEMBER_GUEST_BYTES, guestBytes);
        HostMemory.putIntLe(member + MEMBER_INSTRUCTIONS, instructions);
        HostMemory.putIntLe(member + MEMBER_IMAGE, image);
        HostMemory.putIntLe(member + MEMBER_ENTRY, entry);
        HostMemory.putIntLe(member + MEMBER_RELOCATIONS, firstRelocation);
        HostMemory.putIntLe(member + MEMBER_LINKS, firstLink);
    }

    static void putLink(long at, int k, int word, int pageOffset, int member, int unlinked) {
        long link = link(at, k);
        HostMemory.putIntLe(link + LINK_WORD, word);
        HostMemory.putIntLe(link + LINK_OFFSET, pageOffset);
        HostMemory.putIntLe(link + LINK_MEMBER, member);
        HostMemory.putIntLe(link + LINK_UNLINKED, unlinked);
    }
}

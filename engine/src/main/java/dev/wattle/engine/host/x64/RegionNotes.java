// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.host.StoredTranslations;
import dev.wattle.engine.ir.Block;
import java.util.List;

/**
 * What the store of translations has about a region beside its code, as numbers: that of the header, the entry, the second
 * copy of the header and its way out, four for each member ({@link Region#labels} and so on), and three for each of {@link
 * Region#losses}. Places are bytes of the host code, or 0 for none.
 */
final class RegionNotes {
    private static final int HEADER = 0;
    private static final int ENTRY = 1;
    private static final int RETURN_LABEL = 2;
    private static final int RETURN_EXIT = 3;
    private static final int FIXED = 4;

    private static final int LABEL = 0;
    private static final int EXIT = 1;
    private static final int LOOP = 2;
    private static final int LOOP_EXIT = 3;
    private static final int OF_MEMBER = 4;

    private static final int LOSS_PLACE = 0;
    private static final int LOSS_IS_NOP = 1;
    private static final int LOSS_EXIT = 2;
    private static final int OF_LOSS = 3;

    private RegionNotes() {}

    /** The notes for a region whose code has been written. */
    static int[] of(Region region, long start, long entry) {
        int members = region.members.size();
        int[] notes = new int[FIXED + members * OF_MEMBER + region.losses.size() * OF_LOSS];
        notes[HEADER] = region.headerNumber();
        notes[ENTRY] = place(entry, start);
        notes[RETURN_LABEL] = place(region.returnLabel, start);
        notes[RETURN_EXIT] = place(region.returnExit, start);
        int k = FIXED;
        for (int m = 0; m < members; m++) {
            notes[k + LABEL] = place(region.labels[m], start);
            notes[k + EXIT] = place(region.exits[m], start);
            notes[k + LOOP] = place(region.loops[m], start);
            notes[k + LOOP_EXIT] = place(region.loopExits[m], start);
            k += OF_MEMBER;
        }
        for (Region.Loss loss : region.losses) {
            notes[k + LOSS_PLACE] = place(loss.place(), start);
            notes[k + LOSS_IS_NOP] = loss.isNop() ? 1 : 0;
            notes[k + LOSS_EXIT] = place(loss.exit(), start);
            k += OF_LOSS;
        }
        return notes;
    }

    private static int place(long address, long start) {
        return address == 0 ? 0 : (int) (address - start);
    }

    private static long address(int place, long start) {
        return place == 0 ? 0 : start + place;
    }

    /** Byte of the host code of a stored region to enter at. */
    static int entry(long found) {
        return StoredTranslations.note(found, ENTRY);
    }

    /** A stored region whose code starts at an address. It has no sources. */
    static Region region(long found, List<Block> members, long start) {
        Block header = members.get(StoredTranslations.note(found, HEADER));
        Region region = new Region(members, List.of(), List.of(), header);
        int count = members.size();
        region.returnLabel = address(StoredTranslations.note(found, RETURN_LABEL), start);
        region.returnExit = address(StoredTranslations.note(found, RETURN_EXIT), start);
        region.labels = new long[count];
        region.exits = new long[count];
        region.loops = new long[count];
        region.loopExits = new long[count];
        int k = FIXED;
        for (int m = 0; m < count; m++) {
            region.labels[m] = address(StoredTranslations.note(found, k + LABEL), start);
            region.exits[m] = address(StoredTranslations.note(found, k + EXIT), start);
            region.loops[m] = address(StoredTranslations.note(found, k + LOOP), start);
            region.loopExits[m] = address(StoredTranslations.note(found, k + LOOP_EXIT), start);
            k += OF_MEMBER;
        }
        for (; k < StoredTranslations.notes(found); k += OF_LOSS) {
            region.losses.add(new Region.Loss(
                    address(StoredTranslations.note(found, k + LOSS_PLACE), start),
                    StoredTranslations.note(found, k + LOSS_IS_NOP) != 0,
                    address(StoredTranslations.note(found, k + LOSS_EXIT), start)));
        }
        return region;
    }
}

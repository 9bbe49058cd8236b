// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import java.util.List;

/**
 * A translation to be kept in a {@link TranslationCache}: of one block, or of several that have code together.
 *
 * @param page a number for the page that it is of, the same for all of that page in this run
 * @param mode the mode that it is for, and other bits if there is more than one kind of translation
 * @param pageBytes the size of the page
 * @param blocks what it is of
 * @param first the number of the block by whose guest code it is found
 * @param image address of the host code, before anything is linked to it
 * @param imageBytes the size of that
 * @param imagePlace where it is, in terms of the back-end
 * @param relocations words of it that depend on where it is: for each its byte, shifted left by one, and 1 if it grows
 *     with the place, or 0 if it shrinks
 * @param relocationCount how many there are
 * @param links jumps to other code of the page: for each the byte that has its displacement, and the offset in the page
 *     where it leads, which may be outside of it
 * @param linkCount how many pairs there are
 * @param notes what the back-end wants to know with it; with any, it is not put together with others
 */
public record NewTranslation(
        int page,
        int mode,
        int pageBytes,
        List<GuestBlock> blocks,
        int first,
        long image,
        int imageBytes,
        int imagePlace,
        int[] relocations,
        int relocationCount,
        int[] links,
        int linkCount,
        int[] notes) {
    /**
     * A block of guest code.
     *
     * @param pageOffset where it is in its page, in bytes
     * @param code host address of the guest code; there is another instruction behind it unless the page ends
     * @param bytes the size of that
     * @param instructions how many guest instructions it is
     * @param entry byte of the host code to enter at, if it has one of its own
     */
    public record GuestBlock(int pageOffset, long code, int bytes, int instructions, int entry) {}

    int guestBytes() {
        return blocks.stream().mapToInt(GuestBlock::bytes).sum();
    }
}

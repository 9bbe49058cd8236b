// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import java.util.Arrays;

/** The 32-bit words in a piece of code that depend on where it is, and its jumps to other code of its page. */
final class Relocations {
    private int[] words = new int[64];
    private int count;
    private int[] links = new int[64];
    private int linkCount;
    private long start;

    /** Starts a piece of code at an address. */
    void begin(long newStart) {
        start = newStart;
        count = 0;
        linkCount = 0;
    }

    /** Remembers a word that says where something is: relative to itself, or to all code. */
    void add(long place, boolean isAbsolute) {
        if (count == words.length) {
            words = Arrays.copyOf(words, count * 2);
        }
        words[count++] = (int) (place - start) << 1 | (isAbsolute ? 1 : 0);
    }

    /** For each word its byte offset from the start, twice, and 1 if it is absolute; {@link #count} of them. */
    int[] words() {
        return words;
    }

    int count() {
        return count;
    }

    /** Remembers the displacement of a jump to an offset in the page. */
    void addLink(long place, int pageOffset) {
        if (2 * linkCount == links.length) {
            links = Arrays.copyOf(links, 4 * linkCount);
        }
        links[2 * linkCount] = (int) (place - start);
        links[2 * linkCount++ + 1] = pageOffset;
    }

    /** For each jump the byte offset of its displacement from the start, and where in the page it leads. */
    int[] links() {
        return links;
    }

    int linkCount() {
        return linkCount;
    }
}

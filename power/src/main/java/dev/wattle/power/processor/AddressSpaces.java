// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import dev.wattle.power.mmu.Slb;
import java.util.Arrays;

/**
 * The address spaces of hash translation that problem state has run in. It has no number in any register: it is what the
 * segment lookaside buffer says. An operating system that switches from one process to another and back loads the same
 * segments again, so the contents of the buffer are numbered here, and what has been translated under a number is valid
 * whenever the contents are the same again.
 */
final class AddressSpaces {
    private static final int CAPACITY = 64;

    /** Told of a segment of an address space. */
    @FunctionalInterface
    interface Visitor {
        /**
         * Looks at a segment.
         *
         * @param space number of the address space
         * @param start its first effective address
         */
        void visit(long space, long start);
    }

    private static final class Space {
        private final long[] esid = new long[Slb.ENTRIES];
        private final long[] vsid = new long[Slb.ENTRIES];
        private int count;
        private long number;
        private long sum;
        private long wanted;

        /** Adds the valid entries that are not there. */
        private void take(Slb slb) {
            count = 0;
            for (int i = 0; i < Slb.ENTRIES; i++) {
                if (slb.isValid(i)) {
                    esid[count] = slb.esid(i);
                    vsid[count] = slb.vsid(i);
                    count++;
                }
            }
            sum = sumOf(slb);
        }

        private boolean has(long first, long second) {
            for (int i = 0; i < count; i++) {
                if (esid[i] == first && vsid[i] == second) {
                    return true;
                }
            }
            return false;
        }

        private boolean is(Slb slb) {
            int valid = 0;
            for (int i = 0; i < Slb.ENTRIES; i++) {
                if (slb.isValid(i)) {
                    valid++;
                    if (!has(slb.esid(i), slb.vsid(i))) {
                        return false;
                    }
                }
            }
            return valid == count;
        }
    }

    private final Space[] spaces = new Space[CAPACITY];
    private int count;
    private long clock;
    private long lastNumber;

    private Space current = new Space();

    private static long sumOf(Slb slb) {
        long sum = 0;
        for (int i = 0; i < Slb.ENTRIES; i++) {
            if (slb.isValid(i)) {
                long x = (slb.esid(i) * 0x9e37_79b9_7f4a_7c15L ^ slb.vsid(i)) * 0xbf58_476d_1ce4_e5b9L;
                sum += x ^ x >>> 29;
            }
        }
        return sum;
    }

    /**
     * Numbers the contents of the buffer.
     *
     * @param grown whether since the last time entries have only been added: then the number may stay the same, unless
     *     these very contents have had another one
     * @return a number from 1 up, below 2<sup>32</sup>, that no other contents have had
     */
    long identify(Slb slb, boolean grown) {
        long sum = sumOf(slb);
        Space oldest = current;
        for (int i = 0; i < count; i++) {
            Space space = spaces[i];
            if (space.sum == sum && space.is(slb)) {
                return enter(space);
            }
            if (i == 0 || space.wanted < oldest.wanted) {
                oldest = space;
            }
        }
        if (grown && count > 0) {
            current.take(slb);
            return enter(current);
        }
        Space space = oldest;
        if (count < CAPACITY) {
            space = new Space();
            spaces[count++] = space;
        }
        space.number = ++lastNumber & 0xffff_ffffL;
        space.take(slb);
        return enter(space);
    }

    private long enter(Space space) {
        space.wanted = ++clock;
        current = space;
        return space.number;
    }

    /** Forgets all: no number will be answered again. */
    void clear() {
        Arrays.fill(spaces, null);
        count = 0;
        current = new Space();
    }

    /** Finds every address space with a virtual segment. */
    void withSegment(boolean isTerabyte, long segment, Visitor visitor) {
        for (int i = 0; i < count; i++) {
            Space space = spaces[i];
            for (int j = 0; j < space.count; j++) {
                long vsid = space.vsid[j];
                if ((vsid & Slb.B) != 0 == isTerabyte && Slb.segment(vsid) == segment) {
                    visitor.visit(space.number, space.esid[j] & -1L << Slb.segmentShift(vsid));
                }
            }
        }
    }
}

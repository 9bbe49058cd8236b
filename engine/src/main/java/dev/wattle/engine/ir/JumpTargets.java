// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.ir;

import java.util.Arrays;
import java.util.function.IntPredicate;

/** Where the jump at the end of a block has led, whose target is in a register: offsets in the block's page. */
public final class JumpTargets {
    /** Nothing is known of the jump, and nothing is to be added here. */
    public static final JumpTargets NONE = new JumpTargets();

    /** So many jumps are looked at each time. */
    private static final int ENOUGH = 512;
    /** So many have to be. */
    private static final int LEAST = 32;
    /** How many different targets are told apart. */
    private static final int MOST_TARGETS = 60;
    /** Of so many jumps one must have led to a target, or it is too rare to matter. */
    private static final int RARE = 128;

    private int[] offsets = new int[0];
    private int[] counts = new int[0];
    private int all;
    private int times;

    private JumpTargets() {}

    /** The same, or a new one if this is {@link #NONE}, for jumps to be added to. */
    public JumpTargets known() {
        return this == NONE ? again() : this;
    }

    /** The same, or a new one if this is {@link #NONE}, for which more jumps are to be looked at. */
    public JumpTargets again() {
        JumpTargets again = this == NONE ? new JumpTargets() : this;
        again.times++;
        return again;
    }

    /** How many times that has been wanted. */
    public int times() {
        return times;
    }

    /** Whether as many jumps have been looked at as was wanted. */
    public boolean isEnough() {
        return all >= ENOUGH * times || all >= LEAST && offsets.length == 0;
    }

    /**
     * Counts a jump.
     *
     * @param offset of the target in the page, or less than 0 for one elsewhere
     * @return whether that is enough for now
     */
    public boolean add(int offset) {
        if (times == 0) {
            return true;
        }
        all++;
        if (offset >= 0) {
            int i = 0;
            while (i < offsets.length && offsets[i] != offset) {
                i++;
            }
            if (i == offsets.length && i < MOST_TARGETS) {
                offsets = Arrays.copyOf(offsets, i + 1);
                counts = Arrays.copyOf(counts, i + 1);
                offsets[i] = offset;
            }
            if (i < counts.length) {
                counts[i]++;
            }
        }
        return isEnough();
    }

    /** The targets in the page that the jump leads to more than seldom; none if too little is known. */
    public int[] frequent() {
        int[] found = new int[offsets.length];
        int count = 0;
        for (int i = 0; i < offsets.length && all >= LEAST; i++) {
            if (counts[i] * RARE >= all) {
                found[count++] = offsets[i];
            }
        }
        return Arrays.copyOf(found, count);
    }

    /** How many of {@code scale} jumps have led to targets in the page of some kind. */
    public int share(IntPredicate kind, int scale) {
        long found = 0;
        for (int i = 0; i < offsets.length; i++) {
            found += kind.test(offsets[i]) ? counts[i] : 0;
        }
        return all == 0 ? 0 : (int) (found * scale / all);
    }
}

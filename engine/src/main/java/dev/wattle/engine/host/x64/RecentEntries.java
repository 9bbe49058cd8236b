// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.SoftTlb;
import java.util.Arrays;

/**
 * Which of the copies of TLB entries ({@link Slots#RECENT}) each access of a loop looks at: one for each register that
 * addresses come from, since those mostly stay on their page from one turn to the next.
 *
 * <p>A copy at a known place is cheaper than a look into the TLB, by the index that must be computed for that. Which
 * copy it is never matters for what is right.
 */
final class RecentEntries {
    /** Copies with this number and those behind it are {@link SoftTlb#base}. */
    static final int FIRST_BASE = Slots.RECENTS;

    private static final int NONE = -1;

    private final int[] ofSlot = new int[Slots.COUNT];
    private final int[] baseOf = new int[Slots.COUNT];
    private int next;
    private boolean isUsed;

    /**
     * @param baseSlots registers whose accesses look at a copy of their own outside of loops, too
     */
    RecentEntries(int[] baseSlots) {
        Arrays.fill(baseOf, NONE);
        for (int i = 0; i < Math.min(baseSlots.length, SoftTlb.BASES); i++) {
            baseOf[baseSlots[i]] = FIRST_BASE + i;
        }
    }

    /** Starts the code of a loop, or of something else. */
    void begin(boolean isLoop) {
        isUsed = isLoop;
        if (isLoop) {
            next = 0;
            Arrays.fill(ofSlot, NONE);
        }
    }

    /** The copy for accesses with a slot for a base, or -1 for none. */
    int of(int slot) {
        if (!isUsed) {
            return baseOf[slot];
        }
        if (Operands.isTemporary(slot)) {
            return take();
        }
        if (ofSlot[slot] == NONE) {
            ofSlot[slot] = take();
        }
        return ofSlot[slot];
    }

    private int take() {
        int index = next;
        next = (next + 1) % Slots.RECENTS;
        return index;
    }
}

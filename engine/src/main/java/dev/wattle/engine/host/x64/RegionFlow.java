// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Block;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The ways from member to member of a region that is being emitted. */
final class RegionFlow {
    private int header;
    /** How many ways lead to each member from within. */
    private int[] ways = new int[0];

    /** For each member the last one that leads to it. */
    private int[] froms = new int[0];

    private long[] inherited = new long[0];
    private int[] inheritedVectors = new int[0];
    /** What is pending where members go back to the header without making it, 0 while none does. */
    private long returning;

    private int returns;
    private long[] returnPlace = new long[16];
    private int jumps;
    private long[] jumpPlace = new long[64];
    private int[] jumpTarget = new int[64];
    private final List<Loss> losses = new ArrayList<>();
    private Region region = Region.NONE;

    /**
     * A way on which comparisons are lost.
     *
     * @param place where the jump's displacement is, or where a no-op starts that a jump may take the place of
     * @param to the number of the member
     * @param pending the comparisons
     */
    record Loss(long place, boolean isNop, int to, long pending) {}

    void begin(Region newRegion) {
        region = newRegion;
        header = region.headerNumber();
        ways = new int[region.members.size()];
        froms = new int[ways.length];
        inherited = new long[ways.length];
        inheritedVectors = new int[ways.length];
        jumps = 0;
        returns = 0;
        returning = 0;
        losses.clear();
        for (Block from : region.sources) {
            for (int offset : RegionFinder.successors(from)) {
                int to = region.memberAt(offset);
                if (to >= 0) {
                    ways[to]++;
                    froms[to] = region.memberAt(from.pageOffset);
                }
            }
            for (int to : region.jumpTargets(region.memberAt(from.pageOffset))) {
                // More than one, since what is pending at a jump's end is made.
                ways[to] += 2;
            }
        }
    }

    int header() {
        return header;
    }

    /**
     * Whether a member takes over the comparisons that are pending at the end of another: if that is the only one that
     * leads to it, and its code comes first.
     */
    boolean inherits(int to, int from) {
        return to > from && to != header && ways[to] == 1;
    }

    /** The member that a member takes over from, see {@link #inherits}, or -1. */
    int predecessor(int to) {
        return inherits(to, froms[to]) ? froms[to] : -1;
    }

    void inherit(int to, long pending) {
        inherited[to] = pending;
    }

    /** What is pending at a member's start. */
    long inherited(int to) {
        return inherited[to];
    }

    void inheritVectors(int to, int snapshot) {
        inheritedVectors[to] = snapshot;
    }

    /** The snapshot of vector registers at a member's start, 0 for what is in registers all through the region. */
    int inheritedVectors(int to) {
        return inheritedVectors[to];
    }

    /** What is pending on the ways back to the header's second copy, 0 if there is none. */
    long returning() {
        return returning;
    }

    /** Remembers a jump to the header's second copy, which starts with what is pending. */
    void returnWith(long place, long pending) {
        if (returns == returnPlace.length) {
            returnPlace = Arrays.copyOf(returnPlace, returns * 2);
        }
        returnPlace[returns++] = place;
        if (returning == 0) {
            returning = pending;
        }
    }

    /** Has all of these lead there. */
    void bindReturns(Assembler asm, long label) {
        for (int i = 0; i < returns; i++) {
            asm.patch(returnPlace[i], label);
        }
    }

    /** Remembers a jump to a member. */
    void jump(long place, int to) {
        if (jumps == jumpPlace.length) {
            jumpPlace = Arrays.copyOf(jumpPlace, jumps * 2);
            jumpTarget = Arrays.copyOf(jumpTarget, jumps * 2);
        }
        jumpPlace[jumps] = place;
        jumpTarget[jumps] = to;
        jumps++;
    }

    /**
     * Remembers a way to a member that overwrites the comparisons that are pending on it.
     *
     * @param isNop whether the place is that of a no-op before the member's code, and not of a jump
     */
    void lose(long place, boolean isNop, int to, long pending) {
        if (!isNop) {
            jump(place, to);
        }
        losses.add(new Loss(place, isNop, to, pending));
    }

    List<Loss> losses() {
        return losses;
    }

    /** Has all jumps lead to their members' code. */
    void bind(Assembler asm) {
        for (int i = 0; i < jumps; i++) {
            asm.patch(jumpPlace[i], region.labels[jumpTarget[i]]);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Block;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Blocks of one page that jump to each other in a loop, and have code together: the same registers all through it, and
 * comparisons that are made only where somebody may look.
 */
final class Region {
    /** The region that is not there. */
    static final Region NONE = new Region(List.of(), List.of(), List.of(), Block.NONE);

    /** In the order of their offsets. */
    final List<Block> members;
    /** The same with operations. */
    final List<Block> sources;
    /** For each, offsets in the page of members that its end may lead to by an address in a register. */
    private final List<int[]> jumps;
    /** The only member that others may jump to. */
    final Block header;

    /** How often many jumps to the header have come from outside. */
    int returns;

    /** Whether its code is no longer to be entered. */
    boolean isDropped;

    /** Where the code of each member starts, with a no-op that a jump may take the place of. */
    long[] labels = new long[0];
    /** For each member the way out to it, for when it is no longer what the region's code was made from. */
    long[] exits = new long[0];

    Region(List<Block> members, List<Block> sources, List<int[]> jumps, Block header) {
        this.members = members;
        this.sources = sources;
        this.jumps = jumps;
        this.header = header;
    }

    /** For each member that jumps to its own start, where the second copy of its code starts, and the way out from there. */
    long[] loops = new long[0];

    long[] loopExits = new long[0];

    /** Ways to members on which comparisons are lost, since these overwrite them. */
    final List<Loss> losses = new ArrayList<>();

    /**
     * @param place where a jump's displacement is, or a no-op that a jump may take the place of
     * @param exit where to go instead if the member is no more: the comparisons are made there
     */
    record Loss(long place, boolean isNop, long exit) {}

    /** Where the header's second copy starts, for those who come back to it, or 0; and the way out from there. */
    long returnLabel;

    long returnExit;

    /** The numbers of the members that the end of one leads to by an address in a register. */
    int[] jumpTargets(int member) {
        return Arrays.stream(jumps.get(member))
                .map(this::memberAt)
                .filter(to -> to >= 0)
                .distinct()
                .toArray();
    }

    /** The number of the member at an offset of the page, or -1. */
    int memberAt(int pageOffset) {
        for (int m = 0; m < members.size(); m++) {
            if (members.get(m).pageOffset == pageOffset) {
                return m;
            }
        }
        return -1;
    }

    /** The member in whose code an address is, or the first one for code that stands behind them all. */
    Block memberNear(long code) {
        if (returnLabel != 0 && returnLabel <= code && code < exits[0]) {
            return members.get(headerNumber());
        }
        for (int m = labels.length - 1; m > 0; m--) {
            if (labels[m] <= code && code < exits[0]) {
                return members.get(m);
            }
        }
        return members.get(0);
    }

    /** The number of the header. */
    int headerNumber() {
        return memberAt(header.pageOffset);
    }
}

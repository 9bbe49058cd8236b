// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.translate.CodePage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;

/** Finds the blocks of a loop: those that its first block leads to and that lead back to it, within one page. */
final class RegionFinder {
    private static final int MOST_BLOCKS = 48;
    private static final int MOST_OPERATIONS = 2000;
    /** How many times as often a loop within a loop is thought to be executed. */
    private static final int WEIGHT = 8;

    private static final int MOST_WEIGHT = 512;

    private final UnaryOperator<Block> source;

    /**
     * @param source gives a block with its operations
     */
    RegionFinder(UnaryOperator<Block> source) {
        this.source = source;
    }

    /** The region of a loop's first block, or {@link Region#NONE} if it is no loop of several blocks. */
    Region find(CodePage page, Block header) {
        List<Block> blocks = new ArrayList<>(List.of(header));
        List<Block> sources = new ArrayList<>(List.of(source.apply(header)));
        int operations = sources.get(0).words.length;
        for (int i = 0; i < blocks.size() && blocks.size() < MOST_BLOCKS; i++) {
            for (int offset : successors(sources.get(i))) {
                Block next = offset >= 0 && offset < header.pageBytes ? page.find(offset, header.mode) : Block.NONE;
                if (next.valid && next.hostCode != 0 && !blocks.contains(next)) {
                    Block nextSource = source.apply(next);
                    operations += nextSource.words.length;
                    if (operations > MOST_OPERATIONS) {
                        break;
                    }
                    blocks.add(next);
                    sources.add(nextSource);
                }
            }
        }
        boolean[] returns = new boolean[blocks.size()];
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = 0; i < returns.length; i++) {
                if (!returns[i] && leadsBack(sources.get(i), blocks, returns)) {
                    returns[i] = true;
                    changed = true;
                }
            }
        }
        List<Block> members = new ArrayList<>();
        for (int i = 0; i < returns.length; i++) {
            if (returns[i]) {
                members.add(blocks.get(i));
            }
        }
        if (members.size() < 2 || !returns[0]) {
            return Region.NONE;
        }
        members.sort(Comparator.comparingInt(block -> block.pageOffset));
        return new Region(List.copyOf(members), members.stream().map(source).toList(), header);
    }

    private static boolean leadsBack(Block from, List<Block> blocks, boolean[] returns) {
        for (int offset : successors(from)) {
            for (int i = 0; i < returns.length; i++) {
                if ((i == 0 || returns[i]) && blocks.get(i).pageOffset == offset) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Offsets in the page that a block's end may go on at without a look at where that is; -1 for none. */
    static int[] successors(Block block) {
        int last = block.words.length - 1;
        int behind = block.pageOffset + block.byteLength;
        return switch (Op.of(block.words[last])) {
            case Op.GOTO -> new int[] {offset(block.immediates[last])};
            case Op.BRANCH_NZ, Op.BRANCH_BIT_SET, Op.BRANCH_BIT_CLEAR ->
                new int[] {offset(block.immediates[last]), behind};
            case Op.FALL_THROUGH, Op.INDIRECT_NZ, Op.CALL_END_UNLESS_ZERO -> new int[] {behind};
            default -> new int[0];
        };
    }

    private static int offset(long immediate) {
        return immediate == (int) immediate ? (int) immediate : -1;
    }

    /** Whether the header's own loop is within another one: then a member before it leads to it. */
    private static boolean isInner(Region region) {
        int header = region.header.pageOffset;
        for (Block from : region.sources) {
            for (int offset : successors(from)) {
                if (offset == header && from.pageOffset < header) {
                    return true;
                }
            }
        }
        return false;
    }

    /** How often each member is thought to be executed while the header is executed once. */
    static int[] weights(Region region) {
        int[] weights = new int[region.members.size()];
        Arrays.fill(weights, 1);
        boolean isInner = isInner(region);
        for (Block from : region.sources) {
            for (int offset : successors(from)) {
                if (offset <= from.pageOffset
                        && (isInner || offset != region.header.pageOffset)
                        && region.memberAt(offset) >= 0) {
                    int end = region.memberAt(from.pageOffset);
                    for (int m = region.memberAt(offset); m <= end; m++) {
                        weights[m] = Math.min(weights[m] * WEIGHT, MOST_WEIGHT);
                    }
                }
            }
        }
        return weights;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.JumpTargets;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.translate.CodePage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Finds the blocks of a loop: those that its first block leads to and that lead back to it, within one page. */
final class RegionFinder {
    /** At most one for each bit of a long. */
    private static final int MOST_BLOCKS = 48;

    /** So many blocks may be a region's because of calls: more are seldom all executed much. */
    private static final int MOST_CALLED = 10;
    /** Of 100 jumps by a table so many must stay in the region. */
    private static final int LEAST_PERCENTAGE = 90;

    private static final int[] NOWHERE = {};
    private static final int MOST_OPERATIONS = 2000;
    /** How many times as often a loop within a loop is thought to be executed. */
    private static final int WEIGHT = 8;

    private static final int MOST_WEIGHT = 512;
    /** How far a weight is carried on to those that follow. */
    private static final int TURNS_OF_WEIGHTS = 4;

    private final UnaryOperator<Block> source;
    private final Predicate<Block> hasRegion;
    private final int returnSlot;

    /**
     * @param source gives a block with its operations
     * @param hasRegion whether a block is the header of a region
     * @param returnSlot see {@link dev.wattle.engine.translate.FrontEnd#returnSlot}
     */
    RegionFinder(UnaryOperator<Block> source, Predicate<Block> hasRegion, int returnSlot) {
        this.source = source;
        this.hasRegion = hasRegion;
        this.returnSlot = returnSlot;
    }

    /**
     * The region of a loop's first block, or {@link Region#NONE} if it is no loop of several blocks.
     *
     * <p>Functions that the loop calls belong to it, unless they have loops themselves, which are better off with
     * registers of their own.
     */
    Region find(CodePage page, Block header) {
        Search search = new Search(page, header, Ends.DIRECT);
        Region direct = search.region();
        if (source.apply(header).loops() || !search.hasCalls()) {
            return direct;
        }
        Region withCalls = new Search(page, header, Ends.CALLS).region();
        boolean isBetter = withCalls != Region.NONE && withCalls.members.size() <= direct.members.size() + MOST_CALLED;
        return isBetter ? withCalls : direct;
    }

    /**
     * The region of a loop's first block that has jumps by tables in it, as far as it is known where these lead.
     *
     * <p>That is for a loop which there is not without them: from within an interpreter's operation, say, they lead to
     * all the others.
     */
    Region findByTables(CodePage page, Block header) {
        return new Search(page, header, Ends.TABLES).region();
    }

    /** The blocks whose ends are jumps by tables of which it would have to be known where they lead. */
    List<Block> tables(CodePage page, Block header) {
        return new Search(page, header, Ends.TABLES).tables();
    }

    /** The slot with the address that a block's end goes on at, or a temporary one. */
    private static int targetSlot(Block block) {
        long last = block.words[block.words.length - 1];
        return switch (Op.of(last)) {
            case Op.INDIRECT -> Op.a(last);
            case Op.INDIRECT_NZ -> Op.b(last);
            default -> Slots.TEMP;
        };
    }

    /** Whether a block ends with a jump to an address in a register, and that is no return and no call. */
    private boolean isTable(Block block) {
        int slot = targetSlot(block);
        return !Operands.isTemporary(slot) && slot != returnSlot && !isCall(block);
    }

    /** Whether a block ends with a call: it says where to return to. */
    private boolean isCall(Block block) {
        for (int i = 0; i < block.words.length; i++) {
            long w = block.words[i];
            if (Op.of(w) == Op.LEA && Op.d(w) == returnSlot && block.immediates[i] == behind(block)) {
                return true;
            }
        }
        return false;
    }

    private static int behind(Block block) {
        return block.pageOffset + block.byteLength;
    }

    /** How the ends of blocks are followed. */
    private enum Ends {
        /** Those that say where they lead. */
        DIRECT,
        /** The same, but behind calls, as if these returned at once. */
        FUNCTION,
        /** Into calls, and back from there. */
        CALLS,
        /** By tables, too. */
        TABLES;

        boolean areCallsFollowed() {
            return this == CALLS || this == TABLES;
        }
    }

    /** The blocks that a loop's first block leads to, that one first, up to a limit. */
    private final class Search {
        final Block[] blocks = new Block[MOST_BLOCKS];
        /** The same with operations. */
        final Block[] sources = new Block[MOST_BLOCKS];

        int count;

        private final CodePage page;
        private final Block header;
        private final Ends ends;
        private final boolean[] isCall = new boolean[MOST_BLOCKS];
        private final boolean[] isReturn = new boolean[MOST_BLOCKS];
        /** For blocks that end with a return, a bit for each call that it is the end of, as far as these are followed. */
        private final long[] returnsFrom = new long[MOST_BLOCKS];
        /** Those that have been found without calls, once that is asked for. */
        private Optional<Search> function = Optional.empty();

        private int operations;

        Search(CodePage page, Block header, Ends ends) {
            this.page = page;
            this.header = header;
            this.ends = ends;
            add(header);
            int looked = 0;
            do {
                for (; looked < count; looked++) {
                    for (int offset : successors(looked)) {
                        addAt(offset);
                    }
                }
            } while (ends.areCallsFollowed() && findReturns());
        }

        private void addAt(int offset) {
            if (offset >= 0 && offset < header.pageBytes && indexOf(offset) < 0) {
                add(page.find(offset, header.mode));
            }
        }

        int indexOf(int offset) {
            for (int i = 0; i < count; i++) {
                if (blocks[i].pageOffset == offset) {
                    return i;
                }
            }
            return -1;
        }

        /** Whether there is a block at an offset among some, of which each has its bit. */
        private boolean isAmong(int offset, long some) {
            int i = indexOf(offset);
            return i >= 0 && (some & 1L << i) != 0;
        }

        boolean hasCalls() {
            boolean isAny = false;
            for (int i = 0; i < count; i++) {
                isAny |= isCall[i];
            }
            return isAny;
        }

        private void add(Block block) {
            if (!block.valid || block.hostCode == 0 || count == MOST_BLOCKS || operations > MOST_OPERATIONS) {
                return;
            }
            Block operating = source.apply(block);
            if (ends.areCallsFollowed()
                    && count > 0
                    && (operating.loops() || hasRegion.test(block))
                    && !isInFunction(block)) {
                return;
            }
            operations += operating.words.length;
            if (operations > MOST_OPERATIONS) {
                return;
            }
            isCall[count] = RegionFinder.this.isCall(operating);
            isReturn[count] = targetSlot(operating) == returnSlot;
            blocks[count] = block;
            sources[count++] = operating;
        }

        private boolean isInFunction(Block block) {
            if (function.isEmpty()) {
                function = Optional.of(new Search(page, header, Ends.FUNCTION));
            }
            return function.get().indexOf(block.pageOffset) >= 0;
        }

        private int[] successors(int i) {
            Block block = sources[i];
            if (ends == Ends.FUNCTION && isCall[i]) {
                return new int[] {behind(block)};
            }
            int[] direct = RegionFinder.successors(block);
            int[] jumps = jumpTargets(i);
            if (jumps.length == 0) {
                return direct;
            }
            int[] all = Arrays.copyOf(direct, direct.length + jumps.length);
            System.arraycopy(jumps, 0, all, direct.length, jumps.length);
            return all;
        }

        /** Where a block's end leads whose target is in a register, as far as that is followed. */
        int[] jumpTargets(int i) {
            if (isReturn[i]) {
                int[] targets = new int[Long.bitCount(returnsFrom[i])];
                long calls = returnsFrom[i];
                for (int k = 0; k < targets.length; k++, calls &= calls - 1) {
                    targets[k] = behind(sources[Long.numberOfTrailingZeros(calls)]);
                }
                return targets;
            }
            return isTable(i) ? sources[i].jumpTargets.frequent() : NOWHERE;
        }

        private boolean isTable(int i) {
            return ends == Ends.TABLES && RegionFinder.this.isTable(sources[i]);
        }

        /** Finds the ends of functions that are called, and goes on behind the calls; says whether there was more. */
        private boolean findReturns() {
            int before = count;
            for (int call = 0; call < before; call++) {
                if (isCall[call]) {
                    for (int entry : RegionFinder.successors(sources[call])) {
                        int first = indexOf(entry);
                        if (first >= 0 && findReturns(call, first)) {
                            addAt(behind(sources[call]));
                        }
                    }
                }
            }
            return count > before;
        }

        /** Says whether the function that a call goes to has an end. */
        private boolean findReturns(int call, int first) {
            boolean isAny = false;
            long found = 1L << first;
            long open = found;
            while (open != 0) {
                int i = Long.numberOfTrailingZeros(open);
                open &= open - 1;
                if (isReturn[i]) {
                    returnsFrom[i] |= 1L << call;
                    isAny = true;
                }
                int[] next = isCall[i]
                        ? new int[] {behind(sources[i])}
                        : isReturn[i] ? RegionFinder.successors(sources[i]) : successors(i);
                for (int offset : next) {
                    int to = indexOf(offset);
                    if (to >= 0 && (found & 1L << to) == 0) {
                        found |= 1L << to;
                        open |= 1L << to;
                    }
                }
            }
            return isAny;
        }

        /** The loop among these blocks, or {@link Region#NONE}. */
        Region region() {
            long returning = 1;
            boolean isHeaderReached = false;
            boolean changed = true;
            while (changed) {
                changed = false;
                for (int i = 0; i < count; i++) {
                    if ((returning & 1L << i) != 0 && (i != 0 || isHeaderReached)) {
                        continue;
                    }
                    for (int offset : successors(i)) {
                        if (isAmong(offset, returning)) {
                            returning |= 1L << i;
                            isHeaderReached |= i == 0;
                            changed = true;
                        }
                    }
                }
            }
            if (!isHeaderReached || Long.bitCount(returning) < 2) {
                return Region.NONE;
            }
            for (int i = 0; i < count; i++) {
                if ((returning & 1L << i) != 0 && isTable(i) && !staysAmong(sources[i].jumpTargets, returning)) {
                    return Region.NONE;
                }
            }
            List<Integer> numbers = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                if ((returning & 1L << i) != 0) {
                    numbers.add(i);
                }
            }
            numbers.sort(Comparator.comparingInt(i -> blocks[i].pageOffset));
            List<Block> members = new ArrayList<>();
            List<Block> operating = new ArrayList<>();
            List<int[]> jumps = new ArrayList<>();
            for (int i : numbers) {
                members.add(blocks[i]);
                operating.add(sources[i]);
                jumps.add(jumpTargets(i));
            }
            return new Region(members, operating, jumps, header);
        }

        /** Whether a jump leads to some of the blocks nearly always: else it is dear to be in a region's code before. */
        private boolean staysAmong(JumpTargets targets, long some) {
            return targets.share(offset -> isAmong(offset, some), 100) >= LEAST_PERCENTAGE;
        }

        /** The blocks that end with a jump by a table. */
        List<Block> tables() {
            List<Block> found = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                if (isTable(i)) {
                    found.add(blocks[i]);
                }
            }
            return found;
        }
    }

    /** Offsets in the page that a block's end says it may go on at; -1 for others. */
    static int[] successors(Block block) {
        int last = block.words.length - 1;
        return switch (Op.of(block.words[last])) {
            case Op.GOTO -> new int[] {offset(block.immediates[last])};
            case Op.BRANCH_NZ, Op.BRANCH_BIT_SET, Op.BRANCH_BIT_CLEAR ->
                new int[] {offset(block.immediates[last]), behind(block)};
            case Op.FALL_THROUGH, Op.INDIRECT_NZ, Op.CALL_END_UNLESS_ZERO -> new int[] {behind(block)};
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
        if (weighByTables(region, weights)) {
            return weights;
        }
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

    /** Weighs the members of a region with jumps by tables by how often these have led to them; says whether there are any. */
    private static boolean weighByTables(Region region, int[] weights) {
        boolean isAny = false;
        for (int m = 0; m < weights.length; m++) {
            JumpTargets targets = region.sources.get(m).jumpTargets;
            if (targets.times() > 0) {
                isAny = true;
                weights[m] = MOST_WEIGHT;
                for (int to : region.jumpTargets(m)) {
                    int target = region.members.get(to).pageOffset;
                    int share = targets.share(offset -> offset == target, MOST_WEIGHT);
                    weights[to] = Math.max(weights[to], share);
                }
            }
        }
        if (isAny) {
            weights[region.headerNumber()] = MOST_WEIGHT;
            for (int turn = 0; turn < TURNS_OF_WEIGHTS; turn++) {
                for (int m = 0; m < weights.length; m++) {
                    int[] successors = successors(region.sources.get(m));
                    for (int offset : successors) {
                        int to = region.memberAt(offset);
                        if (to >= 0) {
                            weights[to] = Math.max(weights[to], weights[m] / successors.length);
                        }
                    }
                }
            }
        }
        return isAny;
    }
}

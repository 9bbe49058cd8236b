// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.HostMemory;
import java.util.Arrays;

/**
 * Accesses of a block that are near each other, so that one look into the TLB can serve them all: that of the first, for
 * the range from the lowest to the highest byte.
 *
 * <p>Addresses are compared as sums of up to two values, which registers had at some point, and a constant: so a pointer
 * that is moved on between accesses, and sums of a base and an index, are seen through. Rounding down to a quadword, as
 * lvx does, makes a value unsure by up to 15.
 *
 * <p>Accesses to quadwords off one base may have different indices, too, as in code for processors that know no other
 * form: registers that the block does not write, and which have held small numbers so far. Then what is looked for is
 * longer by as much as the indices, all bits of them together, come to when the group is executed.
 *
 * <p>In a region a group may go on in the next member where only that one leads there. Such accesses must be close by,
 * and of a kind that the group has already, since what they need is looked for whether they are executed or not.
 */
final class AccessGroups {
    /** Bytes that a group may span: more seldom fits a page. */
    private static final int MOST_BYTES = 1024;
    /** How many groups may be open at a time: no more than have a slot for their page's place. */
    private static final int MOST_OPEN = HostSlots.MOST_GROUPS;
    /** Bytes that a group may span for an access of another member: what crosses pages more often costs more than it saves. */
    private static final int MOST_BYTES_BETWEEN_MEMBERS = 32;
    /** Slots whose values are known at the start of a member: the guest's general registers and those behind them. */
    private static final int KEPT_SLOTS = 64;

    /** Indices are less than this. */
    static final int INDEX_LIMIT = 256;
    /** How many different ones a group may have. */
    private static final int MOST_INDICES = 7;

    static final int IN_REGISTER = -1;

    private static final int NONE = -1;
    private static final int QUADWORD_BYTES = 16;

    /** For each operation the first one of its group, or -1. */
    private int[] leaders = new int[256];

    /** Of a leader: the last operation of the group, and its range, relative to the leader's own address. */
    private int[] last = new int[256];

    private int[] low = new int[256];
    private int[] high = new int[256];
    private boolean[] loads = new boolean[256];
    private boolean[] stores = new boolean[256];
    /** Of a leader: where the page's place is: {@link #IN_REGISTER}, or the number of a slot. */
    private int[] place = new int[256];
    /** Of a leader: the operation that its instruction starts with. */
    private int[] start = new int[256];

    private int[] members = new int[256];
    private long[] distance = new long[256];
    /** Of a leader: how much its own address may be lower than its distance says. */
    private int[] leaderSlack = new int[256];
    /** Of a leader: the slots of indices, a byte each of which the lowest has the count. */
    private long[] indices = new long[256];

    /** Of a leader: whether its own address has one of the indices in it. */
    private boolean[] isIndexed = new boolean[256];

    // The value of each slot: the sum of two numbered values and a constant, and up to so much less. Those of another
    // epoch are not known.
    private final int[] first = new int[Slots.COUNT];
    private final int[] second = new int[Slots.COUNT];
    private final long[] constant = new long[Slots.COUNT];
    private final int[] slack = new int[Slots.COUNT];
    /** The slot that had a value first. */
    private int[] origin = new int[256];
    /** The block that writes a slot last. */
    private final int[] writtenIn = new int[Slots.COUNT];

    private int blocks;
    private final int[] known = new int[Slots.COUNT];
    private int epoch;
    private int values;

    // The groups that are open.
    private final int[] open = new int[MOST_OPEN];
    private final int[] openFirst = new int[MOST_OPEN];
    private final int[] openSecond = new int[MOST_OPEN];
    /** The value that all accesses are off if indices differ, or 0 while it could still be either of two. */
    private final int[] openBase = new int[MOST_OPEN];

    private int openCount;

    private final long state;

    private Block block = Block.NONE;

    // Of a region: which member is being planned or emitted, where its operations are among all, and what is known
    // behind
    // each member.
    private int member;
    private int base;
    private int[] bases = {0};
    private int[] memberOf = new int[256];
    private Ending[] endings = new Ending[0];
    /** For those who start without anything. */
    private final Ending nothing = new Ending();

    /** What is known, and which groups are open, where a member of a region ends. */
    private static final class Ending {
        private final int[] first = new int[KEPT_SLOTS];
        private final int[] second = new int[KEPT_SLOTS];
        private final long[] constant = new long[KEPT_SLOTS];
        private final int[] slack = new int[KEPT_SLOTS];
        private final boolean[] isKnown = new boolean[KEPT_SLOTS];
        private final int[] open = new int[MOST_OPEN];
        private final int[] openFirst = new int[MOST_OPEN];
        private final int[] openSecond = new int[MOST_OPEN];
        private final int[] openBase = new int[MOST_OPEN];
        private int openCount;
        /** The number for the next group's place. */
        private int nextPlace;
    }

    /**
     * @param state host address of the state block to look into for numbers that are small, or 0 to go by what has been
     *     found for a block before
     */
    AccessGroups(long state) {
        this.state = state;
    }

    private void grow(int size) {
        if (leaders.length < size) {
            leaders = new int[size * 2];
            last = new int[size * 2];
            low = new int[size * 2];
            high = new int[size * 2];
            loads = new boolean[size * 2];
            stores = new boolean[size * 2];
            place = new int[size * 2];
            start = new int[size * 2];
            members = new int[size * 2];
            distance = new long[size * 2];
            leaderSlack = new int[size * 2];
            indices = new long[size * 2];
            isIndexed = new boolean[size * 2];
            memberOf = new int[size * 2];
        }
        Arrays.fill(leaders, 0, size, NONE);
    }

    /** Finds the groups of a block. */
    void plan(Block source, VectorEmitter vectors, FloatEmitter floats) {
        begin(source.words.length, 1);
        noteWrites(source);
        find(source, nothing, vectors, floats);
        dropSingle(source.words.length);
        findPlaces(source.words, 0);
    }

    /** Finds the groups of the members of a region. */
    void plan(Region region, RegionFlow flow, VectorEmitter vectors, FloatEmitter floats) {
        int size = 0;
        for (Block source : region.sources) {
            size += source.words.length;
        }
        int count = region.sources.size();
        begin(size, count);
        while (endings.length < count) {
            endings = Arrays.copyOf(endings, endings.length + 1);
            endings[endings.length - 1] = new Ending();
        }
        for (Block source : region.sources) {
            noteWrites(source);
        }
        int from = 0;
        for (int m = 0; m < count; m++) {
            Block source = region.sources.get(m);
            bases[m] = from;
            select(m);
            int before = flow.predecessor(m);
            find(source, before < 0 ? nothing : endings[before], vectors, floats);
            close(endings[m]);
            from += source.words.length;
        }
        dropSingle(size);
        for (int m = 0; m < count; m++) {
            select(m);
            int before = flow.predecessor(m);
            endings[m].nextPlace = findPlaces(region.sources.get(m).words, before < 0 ? 0 : endings[before].nextPlace);
        }
    }

    private void begin(int size, int count) {
        grow(size);
        if (bases.length < count) {
            bases = new int[count];
        }
        bases[0] = 0;
        select(0);
        values = 0;
        blocks++;
    }

    /** Has what follows be about a member of the region. */
    void select(int m) {
        member = m;
        base = bases[m];
    }

    private void noteWrites(Block source) {
        for (long w : source.words) {
            if (Op.writesD(Op.of(w)) || Op.of(w) == Op.HOST) {
                writtenIn[Op.d(w)] = blocks;
            }
        }
    }

    /** Whether a block may have groups: not if they have been refused too often, or addresses are shorter. */
    private static boolean mayHaveGroups(Block source) {
        return source.addressMask == -1 && source.refusals < BlockEmitter.MOST_REFUSALS;
    }

    /** Finds the groups of a block, which may go on with those of another one. */
    private void find(Block source, Ending before, VectorEmitter vectors, FloatEmitter floats) {
        block = source;
        if (state != 0) {
            block.smallSlots = 0;
        }
        epoch++;
        openCount = 0;
        if (!mayHaveGroups(source)) {
            return;
        }
        open(before);
        long[] words = block.words;
        int instruction = 0;
        // Whether an instruction has done nothing yet that may not be done again.
        boolean isFresh = true;
        for (int i = 0; i < words.length; i++) {
            if (i == 0 || block.where[i] != block.where[i - 1]) {
                instruction = i;
                isFresh = true;
            }
            long w = words[i];
            int op = Op.of(w);
            int bytes = bytes(w, vectors);
            if (bytes != 0) {
                start[base + i] = instruction;
                add(base + i, w, block.immediates[i], bytes, isFresh);
            } else if (op >= Op.FIRST_CONTROL && op != Op.LEA && !isForm(w, vectors, floats) && !isPlainEnd(op)) {
                openCount = 0;
                if (op == Op.CALL || op == Op.HOST) {
                    epoch++;
                }
            }
            change(w, block.immediates[i]);
            isFresh &= op < Op.FIRST_ACCESS && Operands.isTemporary(Op.d(w));
        }
    }

    /** Whether an operation ends a block and does nothing else. */
    private static boolean isPlainEnd(int op) {
        return op == Op.GOTO
                || op == Op.FALL_THROUGH
                || op == Op.BRANCH_NZ
                || op == Op.BRANCH_BIT_SET
                || op == Op.BRANCH_BIT_CLEAR;
    }

    /** Goes on with what is known where another member ends. */
    private void open(Ending before) {
        for (int k = 0; k < KEPT_SLOTS; k++) {
            if (before.isKnown[k]) {
                int slot = Slots.GUEST + k;
                known[slot] = epoch;
                first[slot] = before.first[k];
                second[slot] = before.second[k];
                constant[slot] = before.constant[k];
                slack[slot] = before.slack[k];
            }
        }
        openCount = before.openCount;
        System.arraycopy(before.open, 0, open, 0, openCount);
        System.arraycopy(before.openFirst, 0, openFirst, 0, openCount);
        System.arraycopy(before.openSecond, 0, openSecond, 0, openCount);
        System.arraycopy(before.openBase, 0, openBase, 0, openCount);
    }

    /** Remembers what is known where a member ends. */
    private void close(Ending ending) {
        for (int k = 0; k < KEPT_SLOTS; k++) {
            int slot = Slots.GUEST + k;
            ending.isKnown[k] = known[slot] == epoch;
            ending.first[k] = first[slot];
            ending.second[k] = second[slot];
            ending.constant[k] = constant[slot];
            ending.slack[k] = slack[slot];
        }
        ending.openCount = openCount;
        System.arraycopy(open, 0, ending.open, 0, openCount);
        System.arraycopy(openFirst, 0, ending.openFirst, 0, openCount);
        System.arraycopy(openSecond, 0, ending.openSecond, 0, openCount);
        System.arraycopy(openBase, 0, ending.openBase, 0, openCount);
    }

    private void dropSingle(int size) {
        for (int i = 0; i < size; i++) {
            if (leaders[i] == i && members[i] == 1) {
                leaders[i] = NONE;
            }
        }
    }

    private static boolean isForm(long w, VectorEmitter vectors, FloatEmitter floats) {
        return Op.of(w) == Op.HOST && (floats.supports(Form.of(w)) || vectors.supports(w));
    }

    /** The bytes of an access, 0 for anything else. */
    private static int bytes(long w, VectorEmitter vectors) {
        int op = Op.of(w);
        if (op >= Op.FIRST_ACCESS && op < Op.FIRST_CONTROL) {
            return 1 << Op.log2Bytes(op);
        }
        boolean isVector =
                op == Op.HOST && (Form.of(w) == Form.V128_LOAD || Form.of(w) == Form.V128_STORE) && vectors.supports(w);
        return isVector ? QUADWORD_BYTES : 0;
    }

    private static boolean isStore(long w) {
        int op = Op.of(w);
        return op == Op.HOST ? Form.of(w) == Form.V128_STORE : op >= Op.FIRST_STORE;
    }

    /** Puts an access into a group that is open, or opens one. */
    private void add(int i, long w, long imm, int bytes, boolean isFresh) {
        int a = Op.a(w);
        if (a == Slots.ZERO) {
            return;
        }
        look(a);
        long at = constant[a] + (Op.of(w) == Op.HOST ? 0 : imm);
        for (int k = 0; k < openCount; k++) {
            int leader = open[k];
            long from = Math.min(low[leader], at - distance[leader] - slack[a]);
            long to = Math.max(high[leader], at - distance[leader] + leaderSlack[leader] + bytes);
            if (to - from <= MOST_BYTES
                    && (memberOf[leader] == member || isNear(leader, (int) (to - from), w))
                    && mayJoin(k, a, bytes)) {
                low[leader] = (int) from;
                high[leader] = (int) to;
                last[leader] = i;
                leaders[i] = leader;
                members[leader]++;
                loads[leader] |= !isStore(w);
                stores[leader] |= isStore(w);
                return;
            }
        }
        if (!isFresh) {
            // What it has done would be done again.
            return;
        }
        if (openCount == MOST_OPEN) {
            System.arraycopy(open, 1, open, 0, MOST_OPEN - 1);
            System.arraycopy(openFirst, 1, openFirst, 0, MOST_OPEN - 1);
            System.arraycopy(openSecond, 1, openSecond, 0, MOST_OPEN - 1);
            System.arraycopy(openBase, 1, openBase, 0, MOST_OPEN - 1);
            openCount--;
        }
        open[openCount] = i;
        openFirst[openCount] = first[a];
        openSecond[openCount] = second[a];
        openBase[openCount] = second[a] == 0 ? first[a] : 0;
        openCount++;
        leaders[i] = i;
        memberOf[i] = member;
        members[i] = 1;
        last[i] = i;
        distance[i] = at;
        leaderSlack[i] = slack[a];
        indices[i] = 0;
        isIndexed[i] = false;
        low[i] = 0;
        high[i] = bytes;
        loads[i] = !isStore(w);
        stores[i] = isStore(w);
    }

    /** Whether an access of another member than the leader's asks for hardly more than the group does anyway. */
    private boolean isNear(int leader, int span, long w) {
        return (isStore(w) ? stores[leader] : loads[leader])
                && (span <= MOST_BYTES_BETWEEN_MEMBERS || span == high[leader] - low[leader]);
    }

    /** Whether the address in a slot is near those of an open group, which gets to know the index then. */
    private boolean mayJoin(int k, int slot, int bytes) {
        int one = first[slot];
        int other = second[slot];
        if (openFirst[k] == one && openSecond[k] == other) {
            return true;
        }
        if (bytes < QUADWORD_BYTES) {
            return false;
        }
        int leader = open[k];
        if (openBase[k] != 0) {
            return openBase[k] == one && addIndex(leader, other) || openBase[k] == other && addIndex(leader, one);
        }
        for (int base : new int[] {openFirst[k], openSecond[k]}) {
            int ofLeader = base == openFirst[k] ? openSecond[k] : openFirst[k];
            int index = base == one ? other : one;
            if ((base == one || base == other)
                    && isIndex(ofLeader)
                    && (index == 0 || isIndex(index))
                    && addIndex(leader, ofLeader)
                    && addIndex(leader, index)) {
                openBase[k] = base;
                isIndexed[leader] = true;
                return true;
            }
        }
        return false;
    }

    /** Whether a value is that of a register which is good for an index. */
    private boolean isIndex(int value) {
        int slot = origin[value];
        if (slot < Slots.GUEST || slot >= Slots.GUEST + Long.SIZE || writtenIn[slot] == blocks) {
            return false;
        }
        long bit = 1L << slot - Slots.GUEST;
        if (state != 0 && Long.compareUnsigned(HostMemory.getLong(state + slot * 8L), INDEX_LIMIT) < 0) {
            block.smallSlots |= bit;
        }
        return (block.smallSlots & bit) != 0;
    }

    /** Adds an index to those of a group, if it is a good one; 0 for no index is one. */
    private boolean addIndex(int leader, int value) {
        if (value == 0) {
            return true;
        }
        if (!isIndex(value)) {
            return false;
        }
        long slots = indices[leader];
        int count = indexCount(leader);
        for (int k = 0; k < count; k++) {
            if (index(leader, k) == origin[value]) {
                return true;
            }
        }
        if (count == MOST_INDICES) {
            return false;
        }
        indices[leader] = slots + 1 | (long) origin[value] << 8 * (count + 1);
        return true;
    }

    /** Makes a slot's value known. */
    private void look(int slot) {
        if (known[slot] != epoch) {
            known[slot] = epoch;
            first[slot] = ++values;
            second[slot] = 0;
            constant[slot] = 0;
            slack[slot] = 0;
            if (values == origin.length) {
                origin = Arrays.copyOf(origin, 2 * values);
            }
            origin[values] = slot;
        }
    }

    /** Notes what an operation writes. */
    private void change(long w, long imm) {
        int op = Op.of(w);
        int d = Op.d(w);
        if (op == Op.HOST) {
            known[d] = 0;
            return;
        }
        if (!Op.writesD(op)) {
            return;
        }
        int a = Op.a(w);
        if (op == Op.MOV || op == Op.ADDI) {
            look(a);
            copy(d, a, op == Op.ADDI ? imm : 0, 0);
        } else if (op == Op.ANDI && imm == -QUADWORD_BYTES) {
            look(a);
            copy(d, a, 0, QUADWORD_BYTES - 1);
        } else if (op == Op.ADD) {
            int b = Op.b(w);
            look(a);
            look(b);
            if (second[a] == 0 && second[b] == 0) {
                int one = Math.min(first[a], first[b]);
                int other = Math.max(first[a], first[b]);
                long sum = constant[a] + constant[b];
                int less = slack[a] + slack[b];
                known[d] = epoch;
                first[d] = one;
                second[d] = other;
                constant[d] = sum;
                slack[d] = less;
            } else {
                known[d] = 0;
            }
        } else {
            known[d] = 0;
        }
    }

    private void copy(int d, int a, long more, int less) {
        known[d] = epoch;
        first[d] = first[a];
        second[d] = second[a];
        constant[d] = constant[a] + more;
        slack[d] = slack[a] + less;
    }

    /**
     * Decides where each group that starts in the member has its page's place.
     *
     * @param firstPlace the number for the first one
     * @return the number for the next one behind it
     */
    private int findPlaces(long[] words, int firstPlace) {
        int registerUntil = NONE;
        int next = firstPlace;
        for (int i = base; i < base + words.length; i++) {
            if (leaders[i] != i) {
                continue;
            }
            boolean isInMemory = i <= registerUntil || start[i] != i - base || last[i] >= base + words.length;
            for (int k = i; !isInMemory && k <= last[i]; k++) {
                isInMemory = leaders[k] == i && Operands.isTemporary(Op.a(words[k - base]));
            }
            if (isInMemory) {
                place[i] = next;
                next = (next + 1) % HostSlots.MOST_GROUPS;
            } else {
                place[i] = IN_REGISTER;
                registerUntil = last[i];
            }
        }
        return next;
    }

    /** Whether operation i is an access in a group. */
    boolean isMember(int i) {
        return leaders[base + i] != NONE;
    }

    /** Whether operation i is the first of its group. */
    boolean isLeader(int i) {
        return leaders[base + i] == base + i;
    }

    /** The group of an access: a number for what follows. */
    int group(int i) {
        return leaders[base + i];
    }

    /** The last operation of a group in the member that it starts in, if there is none in others. */
    int last(int leader) {
        return last[leader] - base;
    }

    /** The distance from a leader's address down to the lowest byte of its group: 0 or less. */
    int low(int leader) {
        return low[leader];
    }

    /** Bytes from there to behind the highest byte, but 8 at least, since that is what the TLB is asked for. */
    int span(int leader) {
        return Math.max(high[leader] - low[leader], 8);
    }

    /** How many indices the accesses of a group have that may differ. */
    int indexCount(int leader) {
        return (int) indices[leader] & 0xff;
    }

    /** The slot of the k-th of them. */
    int index(int leader, int k) {
        return (int) (indices[leader] >>> 8 * (k + 1)) & 0xff;
    }

    /** Whether one of them is in the address of the leader, so that others may be lower by as much. */
    boolean isIndexed(int leader) {
        return isIndexed[leader];
    }

    boolean loads(int leader) {
        return loads[leader];
    }

    boolean stores(int leader) {
        return stores[leader];
    }

    /** The number of the slot that has host minus effective address, or {@link #IN_REGISTER}. */
    int place(int leader) {
        return place[leader];
    }

    /** The operation with which the instruction of a leader starts, which has done nothing before but on temporaries. */
    int start(int leader) {
        return start[leader];
    }
}

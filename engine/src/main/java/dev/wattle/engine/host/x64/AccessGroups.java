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
 */
final class AccessGroups {
    /** Bytes that a group may span: more seldom fits a page. */
    private static final int MOST_BYTES = 1024;
    /** How many groups may be open at a time: no more than have a slot for their page's place. */
    private static final int MOST_OPEN = HostSlots.MOST_GROUPS;

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
        }
        Arrays.fill(leaders, 0, size, NONE);
    }

    /** Finds the groups of a block. */
    void plan(Block source, VectorEmitter vectors, FloatEmitter floats) {
        block = source;
        if (state != 0) {
            block.smallSlots = 0;
        }
        long[] words = block.words;
        int size = words.length;
        grow(size);
        if (block.addressMask != -1) {
            return;
        }
        epoch++;
        values = 0;
        openCount = 0;
        blocks++;
        for (long w : words) {
            if (Op.writesD(Op.of(w)) || Op.of(w) == Op.HOST) {
                writtenIn[Op.d(w)] = blocks;
            }
        }
        int instruction = 0;
        // Whether an instruction has done nothing yet that may not be done again.
        boolean isFresh = true;
        for (int i = 0; i < size; i++) {
            if (i == 0 || block.where[i] != block.where[i - 1]) {
                instruction = i;
                isFresh = true;
            }
            long w = words[i];
            int op = Op.of(w);
            int bytes = bytes(w, vectors);
            if (bytes != 0) {
                start[i] = instruction;
                add(i, w, block.immediates[i], bytes, isFresh);
            } else if (op >= Op.FIRST_CONTROL && op != Op.LEA && !isForm(w, vectors, floats)) {
                openCount = 0;
                if (op == Op.CALL || op == Op.HOST) {
                    epoch++;
                }
            }
            change(w, block.immediates[i]);
            isFresh &= op < Op.FIRST_ACCESS && Operands.isTemporary(Op.d(w));
        }
        for (int i = 0; i < size; i++) {
            if (leaders[i] == i && members[i] == 1) {
                leaders[i] = NONE;
            }
        }
        findPlaces(words);
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
            if (to - from <= MOST_BYTES && mayJoin(k, a, bytes)) {
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

    /** Decides where each group has its page's place. */
    private void findPlaces(long[] words) {
        int registerUntil = NONE;
        int next = 0;
        for (int i = 0; i < words.length; i++) {
            if (leaders[i] != i) {
                continue;
            }
            boolean isTemporary = i <= registerUntil || start[i] != i;
            for (int k = i; k <= last[i]; k++) {
                isTemporary |= leaders[k] == i && Operands.isTemporary(Op.a(words[k]));
            }
            if (isTemporary) {
                place[i] = next;
                next = (next + 1) % HostSlots.MOST_GROUPS;
            } else {
                place[i] = IN_REGISTER;
                registerUntil = last[i];
            }
        }
    }

    /** Forms no groups. */
    void clear(Block block) {
        grow(block.words.length);
    }

    /** Whether an operation is an access in a group. */
    boolean isMember(int i) {
        return leaders[i] != NONE;
    }

    /** The first operation of the group of an access. */
    int leader(int i) {
        return leaders[i];
    }

    /** The last operation of a leader's group. */
    int last(int leader) {
        return last[leader];
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

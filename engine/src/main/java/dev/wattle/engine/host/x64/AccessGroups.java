// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import java.util.Arrays;

/**
 * Accesses of a block that are near each other, so that one look into the TLB can serve them all: that of the first, for
 * the range from the lowest to the highest byte.
 *
 * <p>Addresses are compared as sums of up to two values, which registers had at some point, and a constant: so a pointer
 * that is moved on between accesses, and sums of a base and an index, are seen through.
 */
final class AccessGroups {
    /** Bytes that a group may span: more seldom fits a page. */
    private static final int MOST_BYTES = 1024;
    /** How many groups may be open at a time: no more than have a slot for their page's place. */
    private static final int MOST_OPEN = HostSlots.MOST_GROUPS;

    static final int IN_REGISTER = -1;

    private static final int NONE = -1;

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

    // The value of each slot: the sum of two numbered values and a constant. Those of another epoch are not known.
    private final int[] first = new int[Slots.COUNT];
    private final int[] second = new int[Slots.COUNT];
    private final long[] constant = new long[Slots.COUNT];
    private final int[] known = new int[Slots.COUNT];
    private int epoch;
    private int values;

    // The groups that are open.
    private final int[] open = new int[MOST_OPEN];
    private final int[] openFirst = new int[MOST_OPEN];
    private final int[] openSecond = new int[MOST_OPEN];
    private int openCount;

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
        }
        Arrays.fill(leaders, 0, size, NONE);
    }

    /** Finds the groups of a block. */
    void plan(Block block, VectorEmitter vectors, FloatEmitter floats) {
        long[] words = block.words;
        int size = words.length;
        grow(size);
        if (block.addressMask != -1) {
            return;
        }
        epoch++;
        values = 0;
        openCount = 0;
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
        return isVector ? 16 : 0;
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
            if (openFirst[k] == first[a] && openSecond[k] == second[a]) {
                long from = Math.min(low[leader], at - distance[leader]);
                long to = Math.max(high[leader], at - distance[leader] + bytes);
                if (to - from <= MOST_BYTES) {
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
        }
        if (!isFresh) {
            // What it has done would be done again.
            return;
        }
        if (openCount == MOST_OPEN) {
            System.arraycopy(open, 1, open, 0, MOST_OPEN - 1);
            System.arraycopy(openFirst, 1, openFirst, 0, MOST_OPEN - 1);
            System.arraycopy(openSecond, 1, openSecond, 0, MOST_OPEN - 1);
            openCount--;
        }
        open[openCount] = i;
        openFirst[openCount] = first[a];
        openSecond[openCount] = second[a];
        openCount++;
        leaders[i] = i;
        members[i] = 1;
        last[i] = i;
        distance[i] = at;
        low[i] = 0;
        high[i] = bytes;
        loads[i] = !isStore(w);
        stores[i] = isStore(w);
    }

    /** Makes a slot's value known. */
    private void look(int slot) {
        if (known[slot] != epoch) {
            known[slot] = epoch;
            first[slot] = ++values;
            second[slot] = 0;
            constant[slot] = 0;
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
            copy(d, a, op == Op.ADDI ? imm : 0);
        } else if (op == Op.ADD) {
            int b = Op.b(w);
            look(a);
            look(b);
            if (second[a] == 0 && second[b] == 0) {
                int one = Math.min(first[a], first[b]);
                int other = Math.max(first[a], first[b]);
                long sum = constant[a] + constant[b];
                known[d] = epoch;
                first[d] = one;
                second[d] = other;
                constant[d] = sum;
            } else {
                known[d] = 0;
            }
        } else {
            known[d] = 0;
        }
    }

    private void copy(int d, int a, long more) {
        known[d] = epoch;
        first[d] = first[a];
        second[d] = second[a];
        constant[d] = constant[a] + more;
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

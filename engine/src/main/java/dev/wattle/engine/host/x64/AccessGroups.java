// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import java.util.Arrays;

/**
 * Accesses of a block off the same base register, which are near each other, so that one look into the TLB can serve
 * them all: that of the first, for the range from the lowest to the highest byte.
 */
final class AccessGroups {
    /** Bytes that a group may span: more seldom fits a page. */
    private static final int MOST_BYTES = 1024;

    private static final int NONE = -1;

    /** For each operation the first one of its group, or -1. */
    private int[] leaders = new int[256];

    /** Of a leader: the last operation of the group, and its range of displacements. */
    private int[] last = new int[256];

    private int[] low = new int[256];
    private int[] high = new int[256];
    private boolean[] loads = new boolean[256];
    private boolean[] stores = new boolean[256];

    /** Finds the groups of a block. */
    void plan(Block block) {
        long[] words = block.words;
        int size = words.length;
        if (leaders.length < size) {
            leaders = new int[size * 2];
            last = new int[size * 2];
            low = new int[size * 2];
            high = new int[size * 2];
            loads = new boolean[size * 2];
            stores = new boolean[size * 2];
        }
        Arrays.fill(leaders, 0, size, NONE);
        if (block.addressMask != -1) {
            return;
        }
        boolean hasTemporary = false;
        for (int i = 0; i < size; i++) {
            if (i == 0 || block.where[i] != block.where[i - 1]) {
                hasTemporary = false;
            }
            int op = Op.of(words[i]);
            if (isAccess(op) && !hasTemporary && leaders[i] == NONE) {
                // One group at a time: the register for it is taken until its end.
                i = gather(block, i);
            }
            // Temporaries of the first operation's instruction could be in registers that Java does not see.
            hasTemporary |= Op.writesD(Op.of(words[i])) && Operands.isTemporary(Op.d(words[i]));
        }
    }

    /** Forms no groups. */
    void clear(Block block) {
        if (leaders.length < block.words.length) {
            leaders = new int[block.words.length * 2];
        }
        Arrays.fill(leaders, 0, block.words.length, NONE);
    }

    private static boolean isAccess(int op) {
        return op >= Op.FIRST_ACCESS && op < Op.FIRST_CONTROL;
    }

    /** Gathers the group of an access, and returns its last operation, or the access if it has no company. */
    private int gather(Block block, int first) {
        long[] words = block.words;
        int base = Op.a(words[first]);
        if (Operands.isTemporary(base) || base == Slots.ZERO) {
            return first;
        }
        int from = Integer.MAX_VALUE;
        int to = Integer.MIN_VALUE;
        boolean loaded = false;
        boolean stored = false;
        int end = NONE;
        int members = 0;
        for (int i = first; i < words.length; i++) {
            long w = words[i];
            int op = Op.of(w);
            if (op >= Op.FIRST_CONTROL && op != Op.LEA) {
                break;
            }
            if (isAccess(op) && Op.a(w) == base) {
                int at = (int) block.immediates[i];
                int lowest = Math.min(from, at);
                int highest = Math.max(to, at + (1 << Op.log2Bytes(op)));
                if (highest - lowest > MOST_BYTES) {
                    break;
                }
                from = lowest;
                to = highest;
                loaded |= op < Op.FIRST_STORE;
                stored |= op >= Op.FIRST_STORE;
                leaders[i] = first;
                end = i;
                members++;
            }
            if (Op.writesD(op) && Op.d(w) == base) {
                break;
            }
        }
        if (members < 2) {
            leaders[first] = NONE;
            return first;
        }
        last[first] = end;
        low[first] = from;
        high[first] = to;
        loads[first] = loaded;
        stores[first] = stored;
        return end;
    }

    /** Whether an operation is an access in a group. */
    boolean isMember(int i) {
        return leaders[i] != NONE;
    }

    boolean isLeader(int i) {
        return leaders[i] == i;
    }

    /** The last operation of a leader's group. */
    int last(int leader) {
        return last[leader];
    }

    /** The lowest displacement in a leader's group. */
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
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Register.RCX;
import static dev.wattle.engine.host.x64.Register.RDX;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import java.util.Arrays;

/**
 * The comparisons of a block whose result has not been written yet.
 *
 * <p>Most results are read by the branch behind them alone, and that needs the host's flags and no nibble. So a
 * comparison is only remembered. Its nibble is made where something reads it, on the cold way out of the code, and behind
 * the branch, where half of it is known.
 */
final class Comparisons {
    private static final int LESS_NIBBLE = 8;
    private static final int GREATER_NIBBLE = 4;
    private static final int EQUAL_NIBBLE = 2;
    private static final int MOST = 4;

    private final Operands operands;
    private Assembler asm = new Assembler(0, 0);

    /** All comparisons of the block, so that code written behind the block can still make them. */
    private long[] words = new long[64];

    private long[] immediates = new long[64];
    private int count;
    private final int[] pending = new int[MOST];
    private int pendingCount;
    private Block block = Block.NONE;
    /** The result of a comparison to be forgotten when the operation being emitted cannot leave the code any more, or -1. */
    private int replaced = -1;

    Comparisons(Operands operands) {
        this.operands = operands;
    }

    /** Starts a block with what is pending at its start. */
    void start(long snapshot) {
        pendingCount = 0;
        for (long rest = snapshot; rest != 0; rest >>>= 16) {
            pending[pendingCount++] = (int) (rest & 0xffff) - 1;
        }
    }

    /** What is pending now but for one, as {@link #snapshot}. */
    long snapshotBut(int comparison) {
        long packed = 0;
        for (int k = pendingCount - 1; k >= 0; k--) {
            if (pending[k] != comparison) {
                packed = packed << 16 | pending[k] + 1;
            }
        }
        return packed;
    }

    /** Whether two snapshots are of the same comparisons of the same operands. */
    boolean areSame(long one, long other) {
        long a = one;
        long b = other;
        while (a != 0 && b != 0) {
            int j = (int) (a & 0xffff) - 1;
            int k = (int) (b & 0xffff) - 1;
            if (words[j] != words[k] || immediates[j] != immediates[k]) {
                return false;
            }
            a >>>= 16;
            b >>>= 16;
        }
        return a == b;
    }

    /** Whether a block overwrites or makes all comparisons of a snapshot before its end. */
    boolean areSettledIn(Block next, long snapshot) {
        for (long rest = snapshot; rest != 0; rest >>>= 16) {
            if (!isSettledIn(next, Op.d(words[(int) (rest & 0xffff) - 1]))) {
                return false;
            }
        }
        return true;
    }

    /** Whether a block overwrites all comparisons of a snapshot before anybody could look at them. */
    boolean areLostIn(Block next, long snapshot) {
        for (long rest = snapshot; rest != 0; rest >>>= 16) {
            if (!isReplaced(next, 0, Op.d(words[(int) (rest & 0xffff) - 1]))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSettledIn(Block next, int d) {
        for (int i = 0; i < next.words.length - 1; i++) {
            long w = next.words[i];
            int op = Op.of(w);
            boolean writes = Op.writesD(op) || isComparison(op) || op == Op.HOST;
            if (writes && Op.d(w) == d
                    || Op.readsA(op) && Op.a(w) == d
                    || Op.readsB(op) && Op.b(w) == d
                    || Op.readsC(op) && Op.c(w) == d) {
                return true;
            }
        }
        return false;
    }

    void begin(Assembler assembler) {
        asm = assembler;
        count = 0;
        pendingCount = 0;
    }

    static boolean isComparison(int op) {
        return op >= Op.CMPS64 && op <= Op.CMPU32I;
    }

    /** Remembers a comparison. */
    void add(long w, long immediate) {
        drop(Op.d(w));
        int comparison = remember(w, immediate);
        if (Operands.isTemporary(Op.a(w))
                || Op.readsB(Op.of(w)) && Operands.isTemporary(Op.b(w))
                || Operands.isTemporary(Op.d(w))) {
            make(comparison);
            return;
        }
        if (pendingCount == MOST) {
            make(pending[0]);
            remove(0);
        }
        pending[pendingCount++] = comparison;
    }

    private void remove(int k) {
        pendingCount--;
        System.arraycopy(pending, k + 1, pending, k, pendingCount - k);
    }

    /** Forgets a comparison whose result something else overwrites. */
    void drop(int d) {
        for (int k = pendingCount - 1; k >= 0; k--) {
            if (Op.d(words[pending[k]]) == d) {
                remove(k);
            }
        }
    }

    /** Makes the pending comparison of a result slot, if there is one. */
    void makeOf(int d) {
        for (int k = pendingCount - 1; k >= 0; k--) {
            if (Op.d(words[pending[k]]) == d) {
                make(pending[k]);
                remove(k);
            }
        }
    }

    /** The pending comparison of a result slot, or -1. */
    int find(int d) {
        for (int k = 0; k < pendingCount; k++) {
            if (Op.d(words[pending[k]]) == d) {
                return pending[k];
            }
        }
        return -1;
    }

    /** What is pending now, as a number for {@link #makeAll(long)}: at most 65535 comparisons have one. */
    long snapshot() {
        return snapshotBut(-1);
    }

    /** Makes the nibbles of a snapshot. Changes rcx, rdx and the flags. */
    void makeAll(long snapshot) {
        for (long rest = snapshot; rest != 0; rest >>>= 16) {
            make((int) (rest & 0xffff) - 1);
        }
    }

    /** Makes all that is pending, but for one. */
    void makeAllBut(int comparison) {
        for (int k = 0; k < pendingCount; k++) {
            if (pending[k] != comparison) {
                make(pending[k]);
            }
        }
        pendingCount = 0;
    }

    /** Starts the operations of a block. */
    void body(Block newBlock) {
        block = newBlock;
    }

    /** Makes what operation i reads, and keeps what it will change. */
    void before(int i, long w) {
        int op = Op.of(w);
        for (int k = pendingCount - 1; k >= 0; k--) {
            long c = words[pending[k]];
            int d = Op.d(c);
            boolean read =
                    Op.readsA(op) && Op.a(w) == d || Op.readsB(op) && Op.b(w) == d || Op.readsC(op) && Op.c(w) == d;
            if (read) {
                make(pending[k]);
                remove(k);
            } else if (Op.writesD(op)) {
                if (Op.d(w) == d) {
                    remove(k);
                } else if (hasOperand(c, Op.d(w)) && isReplaced(block, i + 1, d)) {
                    if (op < Op.FIRST_ACCESS) {
                        remove(k);
                    } else {
                        replaced = d;
                    }
                } else {
                    save(k, Op.d(w));
                }
            }
        }
    }

    /** Forgets the comparison that {@link #before} has found of no use behind the operation. */
    void dropReplaced() {
        if (replaced >= 0) {
            drop(replaced);
            replaced = -1;
        }
    }

    private static boolean hasOperand(long w, int slot) {
        return Op.a(w) == slot || Op.readsB(Op.of(w)) && Op.b(w) == slot || Op.c(w) == slot;
    }

    /** Whether from an operation on a result is overwritten before it is read or the code can be left. */
    private static boolean isReplaced(Block operating, int from, int d) {
        for (int j = from; j < operating.words.length; j++) {
            long w = operating.words[j];
            int op = Op.of(w);
            if (op >= Op.FIRST_ACCESS
                    || Op.readsA(op) && Op.a(w) == d
                    || Op.readsB(op) && Op.b(w) == d
                    || Op.readsC(op) && Op.c(w) == d) {
                return false;
            }
            if (Op.d(w) == d) {
                return true;
            }
        }
        return false;
    }

    /** Copies a slot that is about to change for what has it for an operand. */
    void beforeChangeOf(int slot) {
        for (int k = pendingCount - 1; k >= 0; k--) {
            save(k, slot);
        }
    }

    /**
     * If a pending comparison has a slot for an operand, makes it be of a copy: that is cheaper, and most comparisons are
     * never made. Changes rcx, rdx and the flags.
     */
    private void save(int k, int slot) {
        long w = words[pending[k]];
        if (Op.c(w) == slot) {
            make(pending[k]);
            remove(k);
            return;
        }
        boolean isB = Op.readsB(Op.of(w)) && Op.b(w) == slot;
        if (Op.a(w) != slot && !isB) {
            return;
        }
        int copy = freeCopy();
        asm.store(Layout.slot(copy), operands.inRegister(slot, RCX));
        if (Op.a(w) == slot) {
            w = w & ~(0xfffL << 20) | (long) copy << 20;
        }
        if (isB) {
            w = w & ~(0xfffL << 32) | (long) copy << 32;
        }
        // Another comparison, since code behind the block may still want to make the one before the change.
        long immediate = immediates[pending[k]];
        pending[k] = remember(w, immediate);
    }

    /** A slot for a copy that no pending comparison has. */
    private int freeCopy() {
        int copy = HostSlots.COMPARED;
        for (int k = 0; k < pendingCount; k++) {
            long w = words[pending[k]];
            if (Op.a(w) == copy || Op.readsB(Op.of(w)) && Op.b(w) == copy) {
                copy++;
                k = -1;
            }
        }
        return copy;
    }

    private int remember(long w, long immediate) {
        if (count == words.length) {
            words = Arrays.copyOf(words, count * 2);
            immediates = Arrays.copyOf(immediates, count * 2);
        }
        words[count] = w;
        immediates[count] = immediate;
        return count++;
    }

    private static boolean is32(int op) {
        return op == Op.CMPS32 || op == Op.CMPU32 || op == Op.CMPS32I || op == Op.CMPU32I;
    }

    private static boolean isUnsigned(int op) {
        return op == Op.CMPU64 || op == Op.CMPU32 || op == Op.CMPU64I || op == Op.CMPU32I;
    }

    int less(int comparison) {
        return isUnsigned(Op.of(words[comparison])) ? Condition.BELOW : Condition.LESS;
    }

    int greater(int comparison) {
        return isUnsigned(Op.of(words[comparison])) ? Condition.ABOVE : Condition.GREATER;
    }

    /** Sets the host's flags by a comparison. Changes rcx and rdx. */
    void setFlags(int comparison) {
        long w = words[comparison];
        int op = Op.of(w);
        boolean narrow = is32(op);
        int a = Op.a(w);
        if (Op.readsB(op) && !operands.isConstant(Op.b(w))) {
            int left = operands.inRegister(a, RDX);
            int right = operands.inRegister(Op.b(w), RCX);
            if (narrow) {
                asm.alu32(Assembler.CMP, left, right);
            } else {
                asm.alu(Assembler.CMP, left, right);
            }
            return;
        }
        long constant = Op.readsB(op) ? operands.constant(Op.b(w)) : immediates[comparison];
        int value = (int) constant;
        int left = operands.inRegister(a, RDX);
        if (!narrow && constant != value) {
            asm.movImm(RCX, constant);
            asm.alu(Assembler.CMP, left, RCX);
        } else if (value == 0 && narrow) {
            asm.test32(left, left);
        } else if (value == 0) {
            asm.test(left, left);
        } else if (narrow) {
            asm.aluImm32(Assembler.CMP, left, value);
        } else {
            asm.aluImm(Assembler.CMP, left, value);
        }
    }

    /** Computes and writes a whole nibble. Changes rcx, rdx and the flags. */
    private void make(int comparison) {
        setFlags(comparison);
        int nibble = target(comparison);
        asm.movImm(nibble, EQUAL_NIBBLE);
        asm.movImm(RDX, GREATER_NIBBLE);
        asm.cmov(greater(comparison), nibble, RDX);
        asm.movImm(RDX, LESS_NIBBLE);
        asm.cmov(less(comparison), nibble, RDX);
        write(comparison, nibble);
    }

    /** The register to make a nibble in: where it is to be, if nothing is to be added. */
    private int target(int comparison) {
        long w = words[comparison];
        int register = operands.register(Op.d(w));
        return register >= 0 && Op.c(w) == Slots.ZERO ? register : RCX;
    }

    /** Adds the fourth bit to the register of {@link #target}, and writes it. */
    private void write(int comparison, int nibble) {
        long w = words[comparison];
        if (Op.c(w) != Slots.ZERO) {
            operands.apply(Assembler.OR, RCX, Op.c(w), RDX);
        }
        if (nibble == RCX) {
            operands.put(Op.d(w), RCX);
        }
    }

    /**
     * Writes the nibble where a branch on bit n of it has gone one way; the flags are those of {@link #setFlags}.
     * Changes rcx and the flags.
     *
     * @param n 3 less, 2 greater, 1 equal
     * @param isSet whether the bit is known to be 1, otherwise it is known to be 0
     */
    void writeKnown(int comparison, int n, boolean isSet) {
        long w = words[comparison];
        int nibble = target(comparison);
        if (isSet) {
            if (Op.c(w) == Slots.ZERO && operands.register(Op.d(w)) < 0) {
                asm.storeImm(Layout.slot(Op.d(w)), 1 << n);
                return;
            }
            asm.movImm(nibble, 1 << n);
        } else {
            // Of the two that are left, the one with the greater bit has a condition of its own.
            int high = n == 3 ? GREATER_NIBBLE : LESS_NIBBLE;
            int low = n == 1 ? GREATER_NIBBLE : EQUAL_NIBBLE;
            asm.setcc(n == 3 ? greater(comparison) : less(comparison), RCX);
            asm.zeroExtend8(RCX, RCX);
            switch (high - low) {
                case 6 -> {
                    asm.lea32(RCX, Assembler.mem(RCX, RCX, 1, 0));
                    asm.lea32(nibble, Assembler.mem(RCX, RCX, 0, low));
                }
                case 4 -> asm.leaScaled32(nibble, RCX, 2, low);
                default -> asm.lea32(nibble, Assembler.mem(RCX, RCX, 0, low));
            }
        }
        write(comparison, nibble);
    }

    /** The host's condition for bit n of a nibble. */
    int condition(int comparison, int n) {
        return switch (n) {
            case 3 -> less(comparison);
            case 2 -> greater(comparison);
            default -> Condition.EQUAL;
        };
    }
}

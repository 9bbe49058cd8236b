// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Assembler.MAP_0F;
import static dev.wattle.engine.host.x64.Assembler.MAP_0F38;
import static dev.wattle.engine.host.x64.Assembler.NP;
import static dev.wattle.engine.host.x64.Assembler.P66;
import static dev.wattle.engine.host.x64.Assembler.PF3;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import java.util.Arrays;

/**
 * The guest's vector and floating-point registers that are in xmm registers at a point of the code.
 *
 * <p>Within a block they come when they are first read and stay until others are wanted more; what has changed is
 * written where the code is left, or where somebody needs it in storage. Through a loop those that it uses most stay in
 * xmm registers all the time ({@link VectorPlan}). Between blocks all of them are in storage, so no other code knows of
 * this.
 *
 * <p>A vector register is a pair of slots, the right doubleword in the even one. A floating-point number is the left
 * doubleword, which the host's scalar instructions want at the right of an xmm register, and AES has the bytes in the
 * opposite order: so there are three {@linkplain #WHOLE forms} that a pair can have in an xmm register.
 */
final class VectorRegisters {
    /** The xmm registers from here on hold guest registers, those before are scratch within an operation. */
    static final int FIRST = 4;

    static final int END = 16;
    static final int PAIRS = Slots.COUNT / 2;

    /** The whole register, as in storage. */
    static final int WHOLE = 0;
    /** The left doubleword at the right; the right one is in storage alone. */
    static final int LEFT = 1;
    /** The whole register, with the order of its bytes reversed. */
    static final int REVERSED = 2;

    private static final int NONE = -1;
    private static final int NEVER = Integer.MAX_VALUE;

    // An entry of a snapshot: the xmm register, and these.
    private static final int PAIR_SHIFT = 4;
    private static final int FORM_SHIFT = 16;
    private static final int CHANGED = 1 << 20;
    private static final int ZERO = 1 << 21;

    private final Assembler asm;
    private final VectorPlan plan;

    /** For each pair the xmm register that has it, or -1; and the other way round. */
    private final int[] registerOf = new int[PAIRS];

    private final int[] pairOf = new int[END];
    private final int[] form = new int[END];
    /** Whether storage has an older value. */
    private final boolean[] isChanged = new boolean[END];
    /** Whether the right doubleword in storage is known to be 0; for LEFT alone. */
    private final boolean[] isZero = new boolean[END];
    /** Registers that the operation being emitted uses. */
    private int inUse;

    /** Whether a doubleword of a pair was stored for itself lately, so that the host cannot forward both to one load. */
    private final boolean[] isSplit = new boolean[PAIRS];

    // When each pair is used next.
    private final int[] nextUse = new int[PAIRS];
    private int[] nextUses = new int[256];
    private final int[] operands = new int[4];

    // Snapshots: the number of entries, and these.
    private int[] snapshots = new int[256];
    private int snapshotsEnd;
    private int lastSnapshot;
    private boolean isLastSnapshot;

    private long[] words = Block.NONE.words;

    VectorRegisters(Assembler asm, VectorPlan plan) {
        this.asm = asm;
        this.plan = plan;
        Arrays.fill(registerOf, NONE);
        Arrays.fill(pairOf, NONE);
    }

    /** Whether the block being emitted has anything to do with vector registers. */
    boolean isActive() {
        return plan.isActive();
    }

    /** Whether a slot belongs to a vector register that the block or region has operations on. */
    boolean isVector(int slot) {
        return plan.isVector(slot >> 1);
    }

    /** Whether a slot is the left doubleword of such a register. */
    boolean isLeft(int slot) {
        return (slot & 1) != 0 && plan.isVector(slot >> 1);
    }

    // Entry and members

    /** Starts a block or region: nothing is in xmm registers. */
    void start() {
        snapshots[0] = 0;
        snapshotsEnd = 1;
        isLastSnapshot = false;
        forgetAll();
    }

    private void forgetAll() {
        for (int r = FIRST; r < END; r++) {
            if (pairOf[r] != NONE) {
                registerOf[pairOf[r]] = NONE;
                pairOf[r] = NONE;
            }
        }
        isLastSnapshot = false;
    }

    /** Loads what stays in xmm registers through the loop. */
    void enter() {
        for (int k = 0; k < plan.pinnedCount(); k++) {
            int r = FIRST + k;
            loadRegister(r, plan.pinned(k), plan.pinnedForm(k));
        }
    }

    /**
     * Starts a member of a region, or a block.
     *
     * @param inherited the snapshot that it starts with, 0 for what stays in registers all the time
     */
    void begin(Block block, int inherited) {
        words = block.words;
        if (!plan.isActive()) {
            return;
        }
        forgetAll();
        if (inherited != 0) {
            int count = snapshots[inherited];
            for (int k = 1; k <= count; k++) {
                int entry = snapshots[inherited + k];
                int r = entry & 15;
                map(r, pair(entry), entry >> FORM_SHIFT & 3);
                isChanged[r] = (entry & CHANGED) != 0;
                isZero[r] = (entry & ZERO) != 0;
            }
        } else {
            for (int k = 0; k < plan.pinnedCount(); k++) {
                map(FIRST + k, plan.pinned(k), plan.pinnedForm(k));
                isChanged[FIRST + k] = plan.pinnedChanges(k);
            }
        }
        Arrays.fill(isSplit, false);
        findUses();
    }

    private void findUses() {
        int size = words.length;
        if (nextUses.length < size * 4) {
            nextUses = new int[size * 8];
        }
        Arrays.fill(nextUse, NEVER);
        for (int i = size - 1; i >= 0; i--) {
            plan.operands(words[i], operands);
            for (int k = 0; k < 4; k++) {
                if (operands[k] >= 0) {
                    nextUses[i * 4 + k] = nextUse[operands[k] >> 1];
                }
            }
            for (int k = 0; k < 4; k++) {
                if (operands[k] >= 0) {
                    nextUse[operands[k] >> 1] = i;
                }
            }
        }
    }

    /** Before the code of operation i. */
    void operation(int i) {
        if (plan.isActive()) {
            inUse = 0;
            plan.operands(words[i], operands);
            for (int k = 0; k < 4; k++) {
                if (operands[k] >= 0) {
                    nextUse[operands[k] >> 1] = nextUses[i * 4 + k];
                }
            }
        }
    }

    // Reads and writes

    /** The xmm register with a vector register. */
    int whole(int slot) {
        return read(slot, WHOLE);
    }

    /** The xmm register with a vector register whose bytes are reversed: for the operation alone if it stays otherwise. */
    int reversed(int slot, int scratch) {
        int r = read(slot, isPinned(slot >> 1) ? WHOLE : REVERSED);
        if (form[r] == REVERSED) {
            return r;
        }
        asm.vexMemory(MAP_0F38, P66, false, 0x00, scratch, r, Layout.slot(VectorEmitter.REVERSE));
        return scratch;
    }

    /** The xmm register with the left doubleword of a vector register. */
    int left(int slot) {
        return read(slot, LEFT);
    }

    private int read(int slot, int wanted) {
        int pair = slot >> 1;
        int r = registerOf[pair];
        if (r == NONE) {
            r = allocate();
            loadRegister(r, pair, wanted);
            map(r, pair, wanted);
        } else if (form[r] != wanted) {
            convert(r, wanted);
        }
        inUse |= 1 << r;
        return r;
    }

    /** The xmm register to put a vector register into, when no exit of the operation is to come any more. */
    int defineWhole(int slot) {
        return define(slot, WHOLE);
    }

    /** As {@link #defineWhole}, for the left doubleword; if the right one is to become 0, that is done. */
    int defineLeft(int slot, boolean zeroes) {
        int r = registerOf[slot >> 1];
        if (r != NONE && form[r] != LEFT) {
            if (isChanged[r] && !zeroes) {
                storeRegister(r);
            }
            isZero[r] = false;
        }
        r = define(slot, LEFT);
        if (zeroes) {
            zeroRight(r);
        }
        return r;
    }

    /** As {@link #defineWhole}, for {@link #REVERSED}. */
    int defineReversed(int slot) {
        return define(slot, REVERSED);
    }

    /** Whether a vector register stays in the same form all through the loop. */
    boolean isPinned(int pair) {
        return registerOf[pair] != NONE && registerOf[pair] < FIRST + plan.pinnedCount();
    }

    private int define(int slot, int newForm) {
        int pair = slot >> 1;
        int r = registerOf[pair];
        if (r == NONE) {
            r = allocate();
            map(r, pair, newForm);
        } else if (form[r] != newForm) {
            if (isPinned(pair)) {
                throw new IllegalStateException("a vector register in a form that it has not in its loop");
            }
            form[r] = newForm;
            isZero[r] = false;
        }
        isChanged[r] = true;
        inUse |= 1 << r;
        isLastSnapshot = false;
        return r;
    }

    /** The right doubleword of what is in a register as LEFT becomes 0. */
    private void zeroRight(int r) {
        if (!isZero[r]) {
            asm.storeImm(Layout.slot(pairOf[r] * 2), 0);
            isZero[r] = true;
            isSplit[pairOf[r]] = true;
            isLastSnapshot = false;
        }
    }

    /** The form that a pair has in a register, or -1 if it has none. */
    int formOf(int slot) {
        int r = registerOf[slot >> 1];
        return r == NONE ? NONE : form[r];
    }

    /** Says that the right doubleword becomes 0 of what is in a register as LEFT. */
    void zeroRightOf(int slot) {
        zeroRight(registerOf[slot >> 1]);
    }

    private void map(int r, int pair, int newForm) {
        registerOf[pair] = r;
        pairOf[r] = pair;
        form[r] = newForm;
        isChanged[r] = false;
        isZero[r] = false;
        isLastSnapshot = false;
    }

    private void unmap(int r) {
        registerOf[pairOf[r]] = NONE;
        pairOf[r] = NONE;
        isLastSnapshot = false;
    }

    /** A register for another pair: a free one, or that of the pair that is not used for longest. */
    private int allocate() {
        int best = NONE;
        int bestUse = NONE;
        for (int r = FIRST + plan.pinnedCount(); r < END; r++) {
            if ((inUse >> r & 1) != 0) {
                continue;
            }
            if (pairOf[r] == NONE) {
                return r;
            }
            int use = nextUse[pairOf[r]];
            if (use > bestUse || use == bestUse && isChanged[best] && !isChanged[r]) {
                best = r;
                bestUse = use;
            }
        }
        if (best == NONE) {
            throw new IllegalStateException("an operation uses more vector registers than there are");
        }
        if (isChanged[best]) {
            storeRegister(best);
        }
        unmap(best);
        return best;
    }

    private void convert(int r, int wanted) {
        if (r < FIRST + plan.pinnedCount()) {
            throw new IllegalStateException("a vector register in a form that it has not in its loop");
        }
        if (wanted == LEFT) {
            if (form[r] == REVERSED) {
                convert(r, WHOLE);
            }
            if (isChanged[r]) {
                storeRegister(r);
            }
            asm.vexRegister(MAP_0F, P66, false, 0x6d, r, r, r);
            isZero[r] = false;
        } else {
            if (form[r] == LEFT) {
                // To the left again, and the right doubleword beside it.
                asm.vexRegisterImm(MAP_0F, P66, false, 0x73, 7, r, r, 8);
                if (!isZero[r]) {
                    asm.vexMemory(MAP_0F, NP, false, 0x12, r, r, Layout.slot(pairOf[r] * 2));
                }
                form[r] = WHOLE;
            }
            if (form[r] != wanted) {
                reverse(r);
            }
        }
        form[r] = wanted;
        isLastSnapshot = false;
    }

    private void reverse(int r) {
        asm.vexMemory(MAP_0F38, P66, false, 0x00, r, r, Layout.slot(VectorEmitter.REVERSE));
    }

    private void loadRegister(int r, int pair, int newForm) {
        if (newForm == LEFT) {
            asm.vexMemory(MAP_0F, PF3, false, 0x7e, r, 0, Layout.slot(pair * 2 + 1));
            return;
        }
        if (isSplit[pair]) {
            asm.vexMemory(MAP_0F, PF3, false, 0x7e, r, 0, Layout.slot(pair * 2));
            asm.vexMemory(MAP_0F, NP, false, 0x16, r, r, Layout.slot(pair * 2 + 1));
        } else {
            asm.vexMemory(MAP_0F, PF3, false, 0x6f, r, 0, Layout.slot(pair * 2));
        }
        if (newForm == REVERSED) {
            reverse(r);
        }
    }

    /** Writes a register to storage; it stays. */
    private void storeRegister(int r) {
        if (form[r] == REVERSED) {
            reverse(r);
            form[r] = WHOLE;
        }
        storeAs(r, pairOf[r], form[r]);
        isChanged[r] = false;
        isLastSnapshot = false;
    }

    private void storeAs(int r, int pair, int oldForm) {
        isSplit[pair] = oldForm == LEFT;
        if (oldForm == LEFT) {
            asm.vexMemory(MAP_0F, P66, false, 0xd6, r, 0, Layout.slot(pair * 2 + 1));
        } else {
            asm.vexMemory(MAP_0F, PF3, false, 0x7f, r, 0, Layout.slot(pair * 2));
        }
    }

    // Where others look into storage

    /** Before an operation that has its operands in storage, or general registers. */
    void beforeOther(long w) {
        if (!plan.isActive()) {
            return;
        }
        int op = Op.of(w);
        boolean isForm = op == Op.HOST;
        if (Op.readsA(op)) {
            writeSlot(Op.a(w));
        }
        if (Op.readsB(op) || isForm) {
            writeSlot(Op.b(w));
        }
        if (Op.readsC(op) || isForm) {
            writeSlot(Op.c(w));
        }
        if (Op.writesD(op) || isForm) {
            forgetSlot(Op.d(w), op < Op.FIRST_ACCESS);
        }
    }

    /** Whether a register stays as {@link #WHOLE} all through the loop. */
    boolean isPinnedWhole(int slot) {
        return isPinned(slot >> 1) && form[registerOf[slot >> 1]] == WHOLE;
    }

    /** Has storage know the value of a slot. */
    void writeSlot(int slot) {
        int r = registerOf[slot >> 1];
        if (r != NONE && isChanged[r] && (form[r] != LEFT || (slot & 1) != 0)) {
            storeRegister(r);
        }
    }

    /** Before something writes a slot in storage. */
    private void forgetSlot(int slot, boolean isSure) {
        int r = registerOf[slot >> 1];
        isSplit[slot >> 1] = true;
        if (r == NONE) {
            return;
        }
        isLastSnapshot = false;
        if (form[r] == LEFT && (slot & 1) == 0) {
            isZero[r] = false;
            return;
        }
        if (r < FIRST + plan.pinnedCount()) {
            throw new IllegalStateException("a vector register is changed in storage within its loop");
        }
        if (isChanged[r] && !(isSure && form[r] == LEFT)) {
            storeRegister(r);
        }
        unmap(r);
    }

    /** Before a routine that may read and change all registers. */
    void beforeRoutine() {
        writeAll();
        for (int r = FIRST + plan.pinnedCount(); r < END; r++) {
            if (pairOf[r] != NONE) {
                unmap(r);
            }
        }
    }

    /** Behind such a routine. */
    void afterRoutine() {
        if (plan.isActive()) {
            enter();
            forgetZeros();
        }
    }

    /** After something that may have changed right doublewords in storage. */
    void forgetZeros() {
        Arrays.fill(isZero, false);
        isLastSnapshot = false;
    }

    /** Writes all that has changed to storage. The flags stay. */
    void writeAll() {
        for (int r = FIRST; r < END; r++) {
            if (pairOf[r] != NONE && isChanged[r]) {
                storeRegister(r);
            }
        }
    }

    /** Writes what has changed, but for what stays in registers through the loop. The flags stay. */
    void writeUnpinned() {
        for (int r = FIRST + plan.pinnedCount(); r < END; r++) {
            if (pairOf[r] != NONE && isChanged[r]) {
                storeRegister(r);
            }
        }
    }

    // Snapshots

    /** What is in registers now, as a number for code that is written later. */
    int snapshot() {
        if (!plan.isActive()) {
            return 0;
        }
        if (isLastSnapshot) {
            return lastSnapshot;
        }
        if (snapshotsEnd + END + 1 > snapshots.length) {
            snapshots = Arrays.copyOf(snapshots, snapshots.length * 2);
        }
        int at = snapshotsEnd++;
        for (int r = FIRST; r < END; r++) {
            if (pairOf[r] != NONE) {
                snapshots[snapshotsEnd++] = r
                        | pairOf[r] << PAIR_SHIFT
                        | form[r] << FORM_SHIFT
                        | (isChanged[r] ? CHANGED : 0)
                        | (isZero[r] ? ZERO : 0);
            }
        }
        snapshots[at] = snapshotsEnd - at - 1;
        lastSnapshot = at;
        isLastSnapshot = true;
        return at;
    }

    /** Whether two snapshots have the same in the same registers. */
    boolean areSame(int one, int other) {
        int count = snapshots[one];
        return Arrays.equals(snapshots, one, one + count + 1, snapshots, other, other + snapshots[other] + 1);
    }

    private static int pair(int entry) {
        return entry >> PAIR_SHIFT & PAIRS - 1;
    }

    /** Writes what has changed in a snapshot to storage; registers stay as they are. The flags stay. */
    void write(int snapshot) {
        int count = snapshots[snapshot];
        for (int k = 1; k <= count; k++) {
            int entry = snapshots[snapshot + k];
            if ((entry & CHANGED) != 0) {
                int r = entry & 15;
                boolean isReversed = (entry >> FORM_SHIFT & 3) == REVERSED;
                if (isReversed) {
                    reverse(r);
                }
                storeAs(r, pair(entry), entry >> FORM_SHIFT & 3);
                if (isReversed) {
                    reverse(r);
                }
            }
        }
    }

    /** Loads the registers of a snapshot from storage. */
    void load(int snapshot) {
        int count = snapshots[snapshot];
        for (int k = 1; k <= count; k++) {
            int entry = snapshots[snapshot + k];
            loadRegister(entry & 15, pair(entry), entry >> FORM_SHIFT & 3);
        }
    }

    /** Whether a snapshot relies on the right doubleword of a slot's register to be 0 in storage. */
    boolean hasZero(int snapshot, int slot) {
        int count = snapshots[snapshot];
        for (int k = 1; k <= count; k++) {
            int entry = snapshots[snapshot + k];
            if (pair(entry) == slot >> 1) {
                return (entry & ZERO) != 0;
            }
        }
        return false;
    }

    /** Whether a snapshot has nothing in registers. */
    boolean isEmpty(int snapshot) {
        return snapshots[snapshot] == 0;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;

/**
 * Host registers that hold other guest registers within one block or region than they do everywhere else.
 *
 * <p>A long block, or one that jumps to its own start, may use guest registers a lot that have no host register, and
 * hardly use some that have one. Then the two change places from the block's start to its end: two moves there, two
 * here, and all code between works in registers. Whatever leaves the block on the way changes them back first.
 */
final class Exchanges {
    /** How many more uses pay for the moves, in a block that is executed once and in one that loops. */
    private static final int GAIN = 6;

    private static final int GAIN_IN_LOOP = 1;
    private static final int GAIN_IN_REGION = 2;
    /** What has to be moved for each exchange when a routine is run. */
    private static final int MOVES_AROUND_CALL = 4;

    private final Layout layout;
    private final int[] hotSlots;
    private final int[] uses = new int[Slots.COUNT];
    private final boolean[] written = new boolean[Slots.COUNT];
    private final boolean[] excluded = new boolean[Slots.COUNT];
    /** Slots that the block uses, to be cleared afterwards. */
    private final int[] touched = new int[Slots.COUNT];

    private int touchedCount;

    private int count;
    private final int[] guest;
    private final int[] displaced;
    private final int[] register;
    private final boolean[] changes;

    Exchanges(Layout layout) {
        this.layout = layout;
        hotSlots = layout.hotSlots();
        guest = new int[hotSlots.length];
        displaced = new int[hotSlots.length];
        register = new int[hotSlots.length];
        changes = new boolean[hotSlots.length];
    }

    /** How many registers are exchanged in the block that was planned last. */
    int count() {
        return count;
    }

    /** The guest register that exchange k brings into a host register. */
    int guest(int k) {
        return guest[k];
    }

    /** The guest register that has to stay in memory for it. */
    int displaced(int k) {
        return displaced[k];
    }

    int register(int k) {
        return register[k];
    }

    /** Decides on the exchanges of a block. */
    void plan(Block block, FloatEmitter floats, VectorEmitter vectors) {
        forget();
        if (add(block, 1, floats, vectors) == 0) {
            choose(block.loops() ? GAIN_IN_LOOP : GAIN);
        }
    }

    /** Decides on the exchanges of a region. */
    void plan(Region region, FloatEmitter floats, VectorEmitter vectors) {
        forget();
        int[] weights = RegionFinder.weights(region);
        int calls = 0;
        for (int m = 0; m < weights.length; m++) {
            calls += add(region.sources.get(m), weights[m], floats, vectors);
        }
        choose(GAIN_IN_REGION + calls * MOVES_AROUND_CALL);
    }

    private void forget() {
        count = 0;
        for (int i = 0; i < touchedCount; i++) {
            int slot = touched[i];
            uses[slot] = 0;
            written[slot] = false;
            excluded[slot] = false;
        }
        touchedCount = 0;
    }

    /** Adds up the uses of registers in a block; gives the number of routines that it runs. */
    private int add(Block block, int weight, FloatEmitter floats, VectorEmitter vectors) {
        int calls = 0;
        for (long w : block.words) {
            int op = Op.of(w);
            if (op == Op.CALL || op == Op.HOST && !isHostCode(w, floats) && !vectors.supports(w)) {
                calls += weight;
                continue;
            }
            if (op == Op.HOST && !StorageFormEmitter.supports(Form.of(w))) {
                // These have their operands in memory: numbers in one slot, vectors in two.
                int form = Form.of(w);
                if (form == Form.V128_LOAD || form == Form.V128_STORE) {
                    use(Op.a(w), weight);
                } else {
                    excludeVector(Op.a(w));
                }
                excludeVector(Op.b(w));
                if (form < Form.V128_LOAD || form >= Form.V128_SELECT && form <= Form.V128_PERMUTE_RIGHT) {
                    excludeVector(Op.c(w));
                }
                excludeVector(Op.d(w));
                continue;
            }
            if (Op.readsA(op)) {
                use(Op.a(w), weight);
            }
            if (Op.readsB(op)) {
                use(Op.b(w), weight);
            }
            if (Op.writesD(op)) {
                use(Op.d(w), weight);
                written[Op.d(w)] = true;
            }
            if (op == Op.HOST) {
                use(Op.b(w), weight);
                if (StorageFormEmitter.storesQuadword(Form.of(w))) {
                    use(Op.c(w), weight);
                }
                use(Op.d(w), weight);
                written[Op.d(w)] = true;
            }
        }
        return calls;
    }

    private static boolean isHostCode(long w, FloatEmitter floats) {
        return StorageFormEmitter.supports(Form.of(w)) || floats.supports(Form.of(w));
    }

    private void use(int slot, int weight) {
        if (slot >= Slots.GUEST && slot < Slots.JUMP_TABLE) {
            touch(slot);
            uses[slot] += weight;
        }
    }

    private void exclude(int slot) {
        touch(slot);
        excluded[slot] = true;
    }

    private void excludeVector(int slot) {
        exclude(slot);
        exclude(slot ^ 1);
    }

    private void touch(int slot) {
        if (uses[slot] == 0 && !excluded[slot]) {
            touched[touchedCount++] = slot;
        }
    }

    private void choose(int gain) {
        while (count < hotSlots.length) {
            int most = -1;
            for (int i = 0; i < touchedCount; i++) {
                int slot = touched[i];
                if (!excluded[slot]
                        && layout.registerOf(slot) < 0
                        && !isTaken(slot)
                        && (most < 0 || uses[slot] > uses[most])) {
                    most = slot;
                }
            }
            int least = -1;
            for (int slot : hotSlots) {
                if (!isTaken(slot) && (least < 0 || uses[slot] < uses[least])) {
                    least = slot;
                }
            }
            if (most < 0 || least < 0 || uses[most] - uses[least] < gain) {
                return;
            }
            guest[count] = most;
            displaced[count] = least;
            register[count] = layout.registerOf(least);
            changes[count] = written[most];
            count++;
        }
    }

    private boolean isTaken(int slot) {
        for (int k = 0; k < count; k++) {
            if (guest[k] == slot || displaced[k] == slot) {
                return true;
            }
        }
        return false;
    }

    /** At the block's start. The flags stay. */
    void enter(Assembler asm) {
        for (int k = 0; k < count; k++) {
            asm.store(Layout.slot(displaced[k]), register[k]);
        }
        resume(asm);
    }

    /** Behind an exit, from which all registers come as usual. */
    void resume(Assembler asm) {
        for (int k = 0; k < count; k++) {
            asm.load(register[k], Layout.slot(guest[k]));
        }
    }

    /** Before the block is left. The flags stay. */
    void leave(Assembler asm) {
        for (int k = 0; k < count; k++) {
            if (changes[k]) {
                asm.store(Layout.slot(guest[k]), register[k]);
            }
        }
        for (int k = 0; k < count; k++) {
            asm.load(register[k], Layout.slot(displaced[k]));
        }
    }

    /** Says in a map from slots to registers what the planned block has, or takes that back. */
    void apply(int[] registerOf, boolean isApplied) {
        for (int k = 0; k < count; k++) {
            registerOf[guest[k]] = isApplied ? register[k] : -1;
            registerOf[displaced[k]] = isApplied ? -1 : register[k];
        }
    }
}

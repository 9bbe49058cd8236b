// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import java.util.Arrays;

/**
 * Which pairs of slots are vector registers in a block or region, and which of them stay in xmm registers all through a
 * loop: those that are used most, in one form, and written by operations that know of that.
 */
final class VectorPlan {
    private static final int MOST = VectorRegisters.END - VectorRegisters.FIRST;
    /** What is left for others if not all fit: as many as an operation may have operands. */
    private static final int LEFT_FREE = 4;
    /** How many uses pay for a load and a store around the loop. */
    private static final int GAIN_IN_REGION = 3;
    /** What has to be moved when a routine is run. */
    private static final int MOVES_AROUND_CALL = 2;

    /** In place of a form: some uses are of another one. */
    private static final int MIXED = 3;

    private static final int UNKNOWN = -1;
    private static final int NONE = -1;

    private final boolean isAvailable;

    private final boolean[] isVector = new boolean[VectorRegisters.PAIRS];
    private final int[] touched = new int[VectorRegisters.PAIRS];
    private int touchedCount;

    private final int[] uses = new int[VectorRegisters.PAIRS];
    private final int[] forms = new int[VectorRegisters.PAIRS];
    private final boolean[] written = new boolean[VectorRegisters.PAIRS];

    private int pinnedCount;
    private final int[] pinned = new int[MOST];

    VectorPlan(HostFeatures features) {
        isAvailable = features.avx();
    }

    /** Whether there are vector registers. */
    boolean isActive() {
        return touchedCount != 0;
    }

    boolean isVector(int pair) {
        return isVector[pair];
    }

    int pinnedCount() {
        return pinnedCount;
    }

    /** The pair that stays in the xmm register with that number from {@link VectorRegisters#FIRST} on. */
    int pinned(int k) {
        return pinned[k];
    }

    int pinnedForm(int k) {
        return forms[pinned[k]];
    }

    /** Whether the loop writes it. */
    boolean pinnedChanges(int k) {
        return written[pinned[k]];
    }

    /** Looks at a block. */
    void plan(Block block, FloatEmitter floats, VectorEmitter vectors) {
        forget();
        mark(block, floats, vectors);
        if (touchedCount != 0 && block.loops()) {
            choose(1 + MOVES_AROUND_CALL * add(block, 1, floats, vectors));
        }
    }

    /** Looks at a region. */
    void plan(Region region, FloatEmitter floats, VectorEmitter vectors) {
        forget();
        for (Block member : region.sources) {
            mark(member, floats, vectors);
        }
        if (touchedCount == 0) {
            return;
        }
        int[] weights = RegionFinder.weights(region);
        int calls = 0;
        for (int m = 0; m < weights.length; m++) {
            calls += add(region.sources.get(m), weights[m], floats, vectors);
        }
        choose(GAIN_IN_REGION + MOVES_AROUND_CALL * calls);
    }

    private void forget() {
        for (int k = 0; k < touchedCount; k++) {
            isVector[touched[k]] = false;
        }
        touchedCount = 0;
        pinnedCount = 0;
    }

    private void mark(Block block, FloatEmitter floats, VectorEmitter vectors) {
        if (!isAvailable) {
            return;
        }
        for (long w : block.words) {
            if (Op.of(w) == Op.HOST && (floats.supports(Form.of(w)) || vectors.supports(w))) {
                int form = Form.of(w);
                boolean isFloat = floats.supports(form);
                int count = isFloat ? FloatEmitter.operandCount(form) : VectorEmitter.operandCount(w);
                if (form != Form.V128_LOAD && form != Form.V128_STORE) {
                    mark(Op.a(w));
                }
                if (form == Form.V128_STORE || count > 1) {
                    mark(Op.b(w));
                }
                if (count > 2) {
                    mark(Op.c(w));
                }
                if (writesVector(form)) {
                    mark(Op.d(w));
                }
            }
        }
    }

    private static boolean writesVector(int form) {
        return form != Form.F64_COMPARE && form != Form.V128_SUMMARY && form != Form.V128_STORE;
    }

    private void mark(int slot) {
        int pair = slot >> 1;
        if (!isVector[pair]) {
            isVector[pair] = true;
            touched[touchedCount++] = pair;
            uses[pair] = 0;
            forms[pair] = UNKNOWN;
            written[pair] = false;
        }
    }

    /** Adds up the uses in a block; gives the number of routines that it runs. */
    private int add(Block block, int weight, FloatEmitter floats, VectorEmitter vectors) {
        int calls = 0;
        long[] words = block.words;
        for (int i = 0; i < words.length; i++) {
            long w = words[i];
            int op = Op.of(w);
            int d = Op.d(w);
            if (op == Op.HOST && (floats.supports(Form.of(w)) || vectors.supports(w))) {
                int form = Form.of(w);
                if (VectorEmitter.isZero(w)) {
                    // That can be done in any form.
                    uses[d >> 1] += weight;
                    written[d >> 1] = true;
                    continue;
                }
                boolean isFloat = floats.supports(form);
                int wanted = isFloat ? VectorRegisters.LEFT : VectorRegisters.WHOLE;
                int count = isFloat ? FloatEmitter.operandCount(form) : VectorEmitter.operandCount(w);
                if (form != Form.V128_LOAD && form != Form.V128_STORE) {
                    use(Op.a(w), wanted, weight);
                }
                if (form == Form.V128_STORE || count > 1) {
                    use(Op.b(w), wanted, weight);
                }
                if (count > 2) {
                    use(Op.c(w), wanted, weight);
                }
                if (writesVector(form)) {
                    write(d, wanted, weight);
                }
            } else if (op == Op.CALL || op == Op.HOST && !StorageFormEmitter.supports(Form.of(w))) {
                calls += weight;
            } else if (op == Op.HOST) {
                exclude(d);
            } else if (VectorMoveEmitter.isConstant(block, i, d)) {
                write(d, VectorRegisters.WHOLE, weight);
                i++;
            } else if (VectorMoveEmitter.isLeftAlone(block, i) && isVector[d >> 1]) {
                readLeft(w, block.immediates[i], weight);
                uses[d >> 1] += weight;
                written[d >> 1] = true;
                i++;
            } else if (VectorMoveEmitter.isLeftWrite(w, block.immediates[i]) && isVector[d >> 1]) {
                write(d, VectorRegisters.LEFT, weight);
                readLeft(w, block.immediates[i], weight);
            } else if (Op.writesD(op)) {
                exclude(d);
                readLeft(w, block.immediates[i], weight);
            } else if (op == Op.ST64_LE || op == Op.ST64_BE) {
                if ((Op.b(w) & 1) != 0 && isVector[Op.b(w) >> 1]) {
                    use(Op.b(w), VectorRegisters.LEFT, weight);
                }
            }
        }
        return calls;
    }

    /** Counts an operand that may be had from any form. */
    private void readLeft(long w, long imm, int weight) {
        if (VectorMoveEmitter.isLeftRead(w, imm) && isVector[Op.a(w) >> 1]) {
            uses[Op.a(w) >> 1] += weight;
        }
    }

    private void use(int slot, int form, int weight) {
        int pair = slot >> 1;
        uses[pair] += weight;
        if (forms[pair] == UNKNOWN) {
            forms[pair] = form;
        } else if (forms[pair] != form) {
            forms[pair] = MIXED;
        }
    }

    private void write(int slot, int form, int weight) {
        use(slot, form, weight);
        written[slot >> 1] = true;
    }

    private void exclude(int slot) {
        if (isVector[slot >> 1]) {
            forms[slot >> 1] = MIXED;
        }
    }

    private void choose(int gain) {
        boolean allFit = touchedCount <= MOST;
        for (int k = 0; k < touchedCount; k++) {
            allFit &= forms[touched[k]] < MIXED && uses[touched[k]] >= gain;
        }
        int most = allFit ? MOST : MOST - LEFT_FREE;
        while (pinnedCount < most) {
            int best = NONE;
            for (int k = 0; k < touchedCount; k++) {
                int pair = touched[k];
                if (forms[pair] < MIXED && uses[pair] >= gain && (best == NONE || uses[pair] > uses[best])) {
                    best = pair;
                }
            }
            if (best == NONE) {
                return;
            }
            pinned[pinnedCount++] = best;
            if (forms[best] == UNKNOWN) {
                forms[best] = VectorRegisters.WHOLE;
            }
            uses[best] = 0;
        }
    }

    /**
     * The slots of vector registers that an operation reads and writes.
     *
     * @param slots gets them, or -1: a, b, c and d
     */
    void operands(long w, int[] slots) {
        Arrays.fill(slots, NONE);
        int op = Op.of(w);
        boolean isForm = op == Op.HOST;
        if (Op.readsA(op)) {
            slots[0] = ifVector(Op.a(w));
        }
        if (Op.readsB(op) || isForm) {
            slots[1] = ifVector(Op.b(w));
        }
        if (Op.readsC(op) || isForm && Form.of(w) != Form.V128_IMMEDIATE && Form.of(w) != Form.V128_BINARY) {
            slots[2] = ifVector(Op.c(w));
        }
        if (Op.writesD(op) || isForm) {
            slots[3] = ifVector(Op.d(w));
        }
    }

    private int ifVector(int slot) {
        return isVector[slot >> 1] ? slot : NONE;
    }
}

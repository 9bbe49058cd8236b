// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RCX;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import java.util.Arrays;

/**
 * Where the slots that micro-ops name are at each point of a block: in a host register that holds the guest register in
 * all code, in memory, or, for temporaries, in rax from one operation to the next, in {@link Layout#TEMPORARY}, or
 * nowhere since they are constants.
 */
final class Operands {
    private static final int NONE = -1;

    /** For each slot the host register that holds it in this block, or -1. */
    private final int[] registerOf = new int[Slots.COUNT];

    private Assembler asm = new Assembler(0, 0);

    /** The temporary that rax holds for the next operation, and no other place does. */
    private int carried = NONE;
    /** The temporary that {@link Layout#TEMPORARY} holds. */
    private int inTemporary = NONE;

    private int temporaryUntil;
    /** Up to this operation {@link Layout#TEMPORARY} has another use. */
    private int reservedUntil = NONE;

    private final long[] constants = new long[Slots.TEMP + Slots.TEMPS];
    private final boolean[] isConstant = new boolean[Slots.TEMP + Slots.TEMPS];

    /** Those of the block. */
    private long[] operations = new long[0];

    // For each operation that writes a temporary: how often that is read, and where last.
    private int[] uses = new int[256];
    private int[] lastUse = new int[256];
    private boolean[] overwritten = new boolean[256];
    /** For each slot the stretch of operations in which a later one writes it, so that an earlier one need not. */
    private final int[] overwrittenIn = new int[Slots.COUNT];

    private int stretch;
    private final int[] definition = new int[Slots.TEMP + Slots.TEMPS];

    Operands(Layout layout) {
        for (int slot = 0; slot < registerOf.length; slot++) {
            registerOf[slot] = layout.registerOf(slot);
        }
        isConstant[Slots.ZERO] = true;
        isConstant[Slots.ONE] = true;
        constants[Slots.ONE] = 1;
    }

    /** Which register holds what, for {@link Exchanges}. */
    int[] registerMap() {
        return registerOf;
    }

    static boolean isTemporary(int slot) {
        return slot >= Slots.TEMP && slot < Slots.TEMP + Slots.TEMPS;
    }

    /** Reads through a block before it is emitted. */
    void begin(Assembler assembler, Block block) {
        asm = assembler;
        operations = block.words;
        carried = NONE;
        inTemporary = NONE;
        reservedUntil = NONE;
        Arrays.fill(isConstant, Slots.TEMP, isConstant.length, false);
        int size = block.words.length;
        if (uses.length < size) {
            uses = new int[size * 2];
            overwritten = new boolean[size * 2];
            lastUse = new int[size * 2];
        }
        Arrays.fill(definition, NONE);
        findOverwritten(block.words);
        for (int i = 0; i < size; i++) {
            long w = block.words[i];
            int op = Op.of(w);
            uses[i] = 0;
            lastUse[i] = i;
            if (overwritten[i]) {
                continue;
            }
            if (Op.readsA(op)) {
                use(Op.a(w), i);
            }
            if (Op.readsB(op)) {
                use(Op.b(w), i);
            }
            if (Op.readsC(op)) {
                use(Op.c(w), i);
            }
            if (Op.writesD(op) && isTemporary(Op.d(w))) {
                definition[Op.d(w)] = i;
            }
        }
    }

    private void use(int slot, int i) {
        if (isTemporary(slot) && definition[slot] != NONE) {
            uses[definition[slot]]++;
            lastUse[definition[slot]] = i;
        }
    }

    /** Whether nobody reads what operation i computes. */
    boolean isDead(int i, long w) {
        return isTemporary(Op.d(w)) ? uses[i] == 0 : overwritten[i];
    }

    /**
     * Finds the operations whose result is overwritten before anybody could see it: up to there operations only compute,
     * none of them reads it, and code cannot be left.
     */
    private void findOverwritten(long[] words) {
        stretch++;
        for (int i = words.length - 1; i >= 0; i--) {
            long w = words[i];
            int op = Op.of(w);
            overwritten[i] = false;
            if (op >= Op.FIRST_ACCESS && op != Op.LEA) {
                stretch++;
                continue;
            }
            int d = Op.d(w);
            if (!isTemporary(d)) {
                overwritten[i] = overwrittenIn[d] == stretch;
                overwrittenIn[d] = stretch;
            }
            if (!overwritten[i]) {
                if (Op.readsA(op)) {
                    overwrittenIn[Op.a(w)] = 0;
                }
                if (Op.readsB(op)) {
                    overwrittenIn[Op.b(w)] = 0;
                }
                if (Op.readsC(op)) {
                    overwrittenIn[Op.c(w)] = 0;
                }
            }
        }
    }

    /** How many operations read the temporary that operation i computes. */
    int uses(int i) {
        return uses[i];
    }

    boolean isConstant(int slot) {
        return slot < isConstant.length && isConstant[slot];
    }

    long constant(int slot) {
        return constants[slot];
    }

    /** Whether a slot is a constant that an instruction can hold. */
    boolean isSmallConstant(int slot) {
        return isConstant(slot) && constants[slot] == (int) constants[slot];
    }

    /** Remembers that a temporary is a constant; no code is needed for it. */
    void define(int temporary, long value) {
        if (inTemporary == temporary) {
            inTemporary = NONE;
        }
        isConstant[temporary] = true;
        constants[temporary] = value;
    }

    /** The host register that has a slot's value at the moment, or -1. */
    int register(int slot) {
        if (slot == carried) {
            return RAX;
        }
        if (slot == inTemporary) {
            return Layout.TEMPORARY;
        }
        return registerOf[slot];
    }

    /** Whether rax must be kept for a slot. */
    boolean isCarried(int slot) {
        return slot == carried;
    }

    boolean isAnyCarried() {
        return carried != NONE;
    }

    /** Moves what rax holds elsewhere, since an operation needs rax before it reads that. */
    void freeRax() {
        if (carried != NONE) {
            asm.store(Layout.slot(carried), RAX);
            carried = NONE;
        }
    }

    /** The place of a slot as a memory operand; not for what is in a register. */
    static long memory(int slot) {
        return Layout.slot(slot);
    }

    /** Gets a slot's value into a given register, without a change of the flags. */
    void fetch(int register, int slot) {
        if (isConstant(slot)) {
            asm.movImm(register, constants[slot]);
            return;
        }
        int from = register(slot);
        if (from == NONE) {
            asm.load(register, Layout.slot(slot));
        } else if (from != register) {
            asm.mov(register, from);
        }
    }

    /** As {@link #fetch}, for the low word alone: the upper half becomes 0. */
    void fetch32(int register, int slot) {
        if (isConstant(slot)) {
            asm.movImm(register, constants[slot] & 0xffff_ffffL);
            return;
        }
        int from = register(slot);
        if (from == NONE) {
            asm.load32(register, Layout.slot(slot));
        } else {
            asm.mov32(register, from);
        }
    }

    /** Where the value of a slot in memory has been copied from before operation i, if that is in a register still. */
    int original(int i, int slot) {
        if (register(slot) >= 0) {
            return slot;
        }
        for (int k = i - 1; k >= 0 && Op.of(operations[k]) < Op.FIRST_CONTROL; k--) {
            long w = operations[k];
            if (Op.writesD(Op.of(w)) && Op.d(w) == slot) {
                int from = Op.a(w);
                boolean isKept = Op.of(w) == Op.MOV && !isTemporary(from) && register(from) >= 0;
                for (int j = k + 1; isKept && j < i; j++) {
                    isKept = !Op.writesD(Op.of(operations[j])) || Op.d(operations[j]) != from;
                }
                return isKept ? from : slot;
            }
        }
        return slot;
    }

    /** A register with a slot's value: the one that has it, or {@code scratch} after a fetch. */
    int inRegister(int slot, int scratch) {
        int register = isConstant(slot) ? NONE : register(slot);
        if (register != NONE) {
            return register;
        }
        fetch(scratch, slot);
        return scratch;
    }

    /**
     * Applies a two-operand instruction of {@link Assembler#alu} with a slot as its second operand.
     *
     * <p>What is in memory is loaded by an instruction of its own, here and elsewhere: a processor that renames memory has
     * it at once then if it was stored a short time ago, where the instruction itself would wait for the store (measured
     * on Zen 4: 0 and 8 cycles).
     *
     * @param scratch a register that may be changed
     */
    void apply(int op, int register, int slot, int scratch) {
        if (isSmallConstant(slot)) {
            asm.aluImm(op, register, (int) constants[slot]);
        } else if (isConstant(slot)) {
            asm.movImm(scratch, constants[slot]);
            asm.alu(op, register, scratch);
        } else {
            asm.alu(op, register, inRegister(slot, scratch));
        }
    }

    /** Sets the host's flags by one bit of a slot, and returns the condition of its being 1. */
    int testBit(int slot, int n) {
        int register = register(slot);
        if (register >= 0) {
            asm.bitTest(register, n);
            return Condition.BELOW;
        }
        asm.testMem8(Assembler.plus(Layout.slot(slot), n >> 3), 1 << (n & 7));
        return Condition.NOT_EQUAL;
    }

    /** Takes {@link Layout#TEMPORARY} for something else, up to an operation; it holds no temporary now. */
    void reserveTemporary(int until) {
        inTemporary = NONE;
        reservedUntil = until;
    }

    /** Writes a guest register from a host register. */
    void put(int slot, int register) {
        int pinned = registerOf[slot];
        if (pinned == NONE) {
            asm.store(Layout.slot(slot), register);
        } else {
            asm.mov(pinned, register);
        }
    }

    /** Frees {@link Layout#TEMPORARY} where its temporary has been read for the last time. */
    void beforeOperation(int i) {
        if (inTemporary != NONE && temporaryUntil < i) {
            inTemporary = NONE;
        }
    }

    /** The register to compute the result of operation i into; {@link #finish} must follow. */
    int target(int i, long w, boolean mayCarry) {
        int d = Op.d(w);
        int pinned = registerOf[d];
        if (pinned != NONE) {
            return pinned;
        }
        if (isTemporary(d) && !(mayCarry && uses[i] == 1 && lastUse[i] == i + 1)) {
            // Its old value may still be read by this very operation, in place.
            if (i > reservedUntil && (inTemporary == NONE || inTemporary == d || temporaryUntil <= i)) {
                return Layout.TEMPORARY;
            }
        }
        return RAX;
    }

    /** Puts the result of operation i, which {@link #target} said where to compute, into its place. */
    void finish(int i, long w, int register, boolean mayCarry) {
        int d = Op.d(w);
        carried = NONE;
        if (isTemporary(d)) {
            isConstant[d] = false;
            if (register == Layout.TEMPORARY) {
                inTemporary = d;
                temporaryUntil = lastUse[i];
                return;
            }
            if (inTemporary == d) {
                inTemporary = NONE;
            }
            if (mayCarry && uses[i] == 1 && lastUse[i] == i + 1) {
                if (register != RAX) {
                    asm.mov(RAX, register);
                }
                carried = d;
                return;
            }
        }
        int pinned = registerOf[d];
        if (pinned == NONE) {
            asm.store(Layout.slot(d), register);
        } else if (pinned != register) {
            asm.mov(pinned, register);
        }
    }

    /** After an operation that has put its result into its slot of the state block itself. */
    void stored(int slot) {
        carried = NONE;
        if (isTemporary(slot)) {
            isConstant[slot] = false;
        }
        if (inTemporary == slot) {
            inTemporary = NONE;
        }
    }

    /** After an operation that wrote no temporary: rax holds nothing more. */
    void forgetCarried() {
        carried = NONE;
    }

    /** Moves operand b out of rax if it is carried there, and returns the register that has it then, else as usual. */
    int evictToRcx(int slot) {
        if (slot == carried) {
            asm.mov(RCX, RAX);
            return RCX;
        }
        return isConstant(slot) ? NONE : register(slot);
    }

    /** The slot through which Java sees an operand when code has been left: temporaries in r14 are saved in one. */
    int slotForJava(int slot) {
        return slot == inTemporary ? HostSlots.TEMPORARY : slot;
    }
}

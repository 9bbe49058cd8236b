// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Slots;
import java.util.Arrays;

/**
 * Which host register holds what while generated code runs.
 *
 * <p>rbp points into the state block, rsp is the thread's own stack, r15 counts completed guest instructions. rax, rcx
 * and rdx are scratch within one micro-op, r14 is scratch that may live across several of one guest instruction. All
 * others hold guest registers, the same ones in all generated code, so that blocks follow each other without moves.
 */
final class Layout {
    /** Holds a temporary or nothing. */
    static final int TEMPORARY = Register.R14;

    static final int COUNTER = Register.R15;
    static final int STATE = Register.RBP;

    /** Distance of rbp from the start of the state block: makes most guest registers reachable by a short offset. */
    static final int BIAS = 400;

    private static final int[] PINNED = {
        Register.RBX,
        Register.RSI,
        Register.RDI,
        Register.R8,
        Register.R9,
        Register.R10,
        Register.R11,
        Register.R12,
        Register.R13
    };

    private final int[] registerOf = new int[Slots.COUNT];
    private final int[] hot;
    private final int[] bases;

    /**
     * @param hotSlots slots of the most used guest registers, the most used first
     * @param baseSlots slots of guest registers whose accesses mostly stay on a page
     */
    Layout(int[] hotSlots, int[] baseSlots) {
        bases = baseSlots.clone();
        Arrays.fill(registerOf, -1);
        hot = Arrays.copyOf(hotSlots, Math.min(hotSlots.length, PINNED.length));
        for (int i = 0; i < hot.length; i++) {
            registerOf[hot[i]] = PINNED[i];
        }
    }

    /** The memory operand of a slot. */
    static long slot(int slot) {
        return Assembler.mem(STATE, slot * 8 - BIAS);
    }

    /** The memory operand of a slot's high word. */
    static long highHalf(int slot) {
        return Assembler.mem(STATE, slot * 8 - BIAS + 4);
    }

    /** The host register that holds a slot in all generated code, or -1. */
    int registerOf(int slot) {
        return registerOf[slot];
    }

    /** Slots of registers whose accesses mostly stay on a page. */
    int[] baseSlots() {
        return bases.clone();
    }

    /** Slots that live in host registers. */
    int[] hotSlots() {
        return hot.clone();
    }
}

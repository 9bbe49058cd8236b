// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RCX;
import static dev.wattle.engine.host.x64.Register.RDX;

import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.SoftTlb;
import dev.wattle.engine.translate.Contexts;

/** The code that finds a context in {@link Contexts}, and that enters it. */
final class ContextSwitch {
    private ContextSwitch() {}

    /** rcx = the entry of the context whose key is in rdx. Returns the place of the jump that is taken if there is none. */
    static long find(Assembler asm) {
        asm.imulImm(RCX, RDX, Contexts.FACTOR);
        asm.shift32(Assembler.SHR, RCX, Contexts.SHIFT);
        asm.aluImm32(Assembler.AND, RCX, Contexts.INDEX_MASK);
        asm.alu(Assembler.ADD, RCX, Layout.slot(Slots.CONTEXTS));
        asm.alu(Assembler.CMP, RDX, Assembler.mem(RCX, Contexts.KEY));
        return asm.jccForward(Condition.NOT_EQUAL);
    }

    /** Has data accesses made as the context of the entry at rcx says. Changes rdx. */
    static void enterData(Assembler asm) {
        move(asm, Contexts.TLB, Slots.TLB);
        move(asm, Contexts.TLB_MASK, Slots.TLB_MASK);
        move(asm, Contexts.CONTEXT, Slots.CONTEXT);
        forgetRecent(asm);
    }

    /** As {@link dev.wattle.engine.memory.SoftTlb#forgetRecent}. Changes rdx, xmm0 and the flags. */
    private static void forgetRecent(Assembler asm) {
        asm.aluMemImm(Assembler.CMP, Layout.slot(Slots.RECENT_USED), 0);
        long unused = asm.jccForward(Condition.EQUAL);
        asm.storeImm(Layout.slot(Slots.RECENT_USED), 0);
        asm.sseRegister(Assembler.MAP_0F, Assembler.NP, false, 0x57, 0, 0);
        asm.movImm(RDX, -Slots.RECENTS * 4L * 8);
        long next = asm.here();
        // Both limits of each; the rest does not matter then.
        long limits = Assembler.plus(Layout.slot(Slots.RECENT + Slots.RECENTS * 4), SoftTlb.READ_LIMIT);
        asm.storeVector(Assembler.indexed(limits, RDX), 0);
        asm.aluImm(Assembler.ADD, RDX, 4 * 8);
        asm.jcc(Condition.NOT_EQUAL, next);
        asm.bind(unused);
    }

    /** Enters the context of the entry at rcx, to go on at the address in rax. Changes rdx. */
    static void enter(Assembler asm, int wordSlot) {
        move(asm, Contexts.WORD, wordSlot);
        enterData(asm);
        move(asm, Contexts.JUMP_TABLE, Slots.JUMP_TABLE);
        asm.aluImm(Assembler.AND, RAX, -4);
        asm.alu(Assembler.AND, RAX, Assembler.mem(RCX, Contexts.ADDRESS_MASK));
    }

    private static void move(Assembler asm, int field, int slot) {
        asm.load(RDX, Assembler.mem(RCX, field));
        asm.store(Layout.slot(slot), RDX);
    }
}

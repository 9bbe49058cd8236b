// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RCX;
import static dev.wattle.engine.host.x64.Register.RDX;

import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.SoftTlb;

/**
 * Emits forms that access storage: clearing of blocks, reservations. Whatever is not plain, such as a page without
 * translation, goes to the routine before anything has been changed.
 */
final class StorageFormEmitter {
    private static final int BLOCK_BYTES = 128;
    private static final int NOTHING_RESERVED = -1;
    private static final int EQUAL = 2;

    private final Assembler asm;
    private final Operands operands;
    private final HostFeatures features;
    private final AccessEmitter accesses;

    /** Jumps to the routine, of the form being emitted; 0 for none. */
    long slowJump;

    long slowJump2;

    StorageFormEmitter(Assembler asm, Operands operands, HostFeatures features, AccessEmitter accesses) {
        this.asm = asm;
        this.operands = operands;
        this.features = features;
        this.accesses = accesses;
    }

    static boolean supports(int form) {
        return form >= Form.PROBE_UNLESS_PENDING && form <= Form.STORE_CONDITIONAL_64_BE;
    }

    /** Whether a form writes a comparison nibble to d. */
    static boolean writesNibble(int form) {
        return form >= Form.STORE_CONDITIONAL_32;
    }

    void emit(int i, long w) {
        slowJump = 0;
        slowJump2 = 0;
        int form = Form.of(w);
        switch (form) {
            case Form.FENCE_LIGHT -> {
                // This host keeps that order anyway.
            }
            // A locked instruction lets no load pass a store before it, either.
            case Form.FENCE -> asm.lockOrImm32(Layout.slot(HostSlots.EXIT_ADDRESS), 0);
            case Form.UNLESS_ZERO -> {
                int a = operands.inRegister(Op.a(w), RCX);
                asm.test(a, a);
                slowJump = asm.jccForward(Condition.NOT_EQUAL);
                operands.forgetCarried();
            }
            case Form.DATA_CONTEXT -> {
                operands.fetch(RDX, Op.a(w));
                operands.forgetCarried();
                slowJump = ContextSwitch.find(asm);
                ContextSwitch.enterData(asm);
            }
            case Form.PROBE, Form.PROBE_UNLESS_PENDING -> {
                accesses.address(Op.a(w), 0);
                operands.forgetCarried();
                slowJump = accesses.translate(SoftTlb.READ_LIMIT);
                if (form == Form.PROBE_UNLESS_PENDING) {
                    asm.aluMemImm(Assembler.CMP, Layout.slot(Slots.PENDING), 0);
                    slowJump2 = asm.jccForward(Condition.NOT_EQUAL);
                }
            }
            case Form.CLEAR_BLOCK -> clearBlock(w);
            case Form.LOAD_RESERVE_32 -> loadReserve(i, w, 4);
            case Form.LOAD_RESERVE_64 -> loadReserve(i, w, 8);
            case Form.STORE_CONDITIONAL_32 -> storeConditional(w, 4, false);
            case Form.STORE_CONDITIONAL_64 -> storeConditional(w, 8, false);
            case Form.STORE_CONDITIONAL_32_BE -> storeConditional(w, 4, true);
            default -> storeConditional(w, 8, true);
        }
    }

    private void clearBlock(long w) {
        accesses.address(Op.a(w), 0);
        operands.forgetCarried();
        asm.aluImm(Assembler.AND, RAX, -BLOCK_BYTES);
        slowJump = accesses.translate(SoftTlb.WRITE_LIMIT);
        asm.sseRegister(Assembler.MAP_0F, Assembler.NP, false, 0x57, 0, 0);
        for (int offset = 0; offset < BLOCK_BYTES; offset += 16) {
            asm.sseMemory(Assembler.MAP_0F, Assembler.NP, false, 0x11, 0, Assembler.mem(RAX, RCX, 0, offset));
        }
    }

    private void aligned(long w, int bytes) {
        accesses.address(Op.a(w), 0);
        operands.forgetCarried();
        asm.testImm32(RAX, bytes - 1);
        slowJump2 = asm.jccForward(Condition.NOT_EQUAL);
    }

    private void loadReserve(int i, long w, int bytes) {
        aligned(w, bytes);
        slowJump = accesses.translate(SoftTlb.READ_LIMIT);
        asm.alu(Assembler.ADD, RAX, RCX);
        asm.store(Layout.slot(Slots.RESERVATION), RAX);
        asm.storeImm(Layout.slot(Slots.RESERVED_BYTES), bytes);
        if (bytes == 4) {
            asm.load32(RAX, Assembler.mem(RAX, 0));
        } else {
            asm.load(RAX, Assembler.mem(RAX, 0));
        }
        asm.store(Layout.slot(Slots.RESERVED_VALUE), RAX);
        if (Op.b(w) != 0) {
            swap(RAX, bytes);
        }
        operands.finish(i, w, RAX, false);
    }

    private void swap(int register, int bytes) {
        if (bytes == 4) {
            asm.bswap32(register);
        } else {
            asm.bswap(register);
        }
    }

    private void storeConditional(long w, int bytes, boolean big) {
        aligned(w, bytes);
        asm.aluMemImm(Assembler.CMP, Layout.slot(Slots.RESERVATION), NOTHING_RESERVED);
        long none = asm.jccForward(Condition.EQUAL);
        slowJump = accesses.translate(SoftTlb.WRITE_LIMIT);
        asm.alu(Assembler.ADD, RCX, RAX);
        asm.alu(Assembler.CMP, RCX, Layout.slot(Slots.RESERVATION));
        long elsewhere = asm.jccForward(Condition.NOT_EQUAL);
        asm.aluMemImm(Assembler.CMP, Layout.slot(Slots.RESERVED_BYTES), bytes);
        long otherSize = asm.jccForward(Condition.NOT_EQUAL);
        operands.fetch(RDX, Op.b(w));
        if (big) {
            swap(RDX, bytes);
        }
        asm.load(RAX, Layout.slot(Slots.RESERVED_VALUE));
        if (bytes == 4) {
            asm.lockCmpxchg32(Assembler.mem(RCX, 0), RDX);
        } else {
            asm.lockCmpxchg(Assembler.mem(RCX, 0), RDX);
        }
        asm.movImm(RAX, EQUAL);
        asm.movImm(RCX, 0);
        asm.cmov(Condition.NOT_EQUAL, RAX, RCX);
        long end = asm.jmpForward();
        asm.bind(none);
        asm.bind(elsewhere);
        asm.bind(otherSize);
        asm.movImm(RAX, 0);
        asm.bind(end);
        asm.storeImm(Layout.slot(Slots.RESERVATION), NOTHING_RESERVED);
        if (Op.c(w) != Slots.ZERO) {
            operands.apply(Assembler.OR, RAX, Op.c(w), RCX);
        }
        operands.put(Op.d(w), RAX);
    }
}

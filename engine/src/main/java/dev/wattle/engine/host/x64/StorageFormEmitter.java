// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RBX;
import static dev.wattle.engine.host.x64.Register.RCX;
import static dev.wattle.engine.host.x64.Register.RDX;
import static dev.wattle.engine.host.x64.Register.RSI;

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
    private static final int QUADWORD_BYTES = 16;
    private static final int NOTHING_RESERVED = -1;
    private static final int EQUAL = 2;

    private static final int MOVUPS_STORE = 0x11;
    /** MOVLPS and MOVHPS to storage: the low and the high half. */
    private static final int MOVLPS_STORE = 0x13;

    private static final int MOVHPS_STORE = 0x17;
    private static final int MOVDQA_LOAD = 0x6f;
    private static final int MOVDQA_STORE = 0x7f;

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
        return form >= Form.PROBE_UNLESS_PENDING && form <= Form.STORE_CONDITIONAL_128_BE;
    }

    /** Whether a form is an access to 16 bytes at once, with both halves of what is stored in operands. */
    static boolean storesQuadword(int form) {
        return form == Form.STORE_128 || form == Form.STORE_128_BE || form >= Form.STORE_CONDITIONAL_128;
    }

    private static boolean isQuadword(int form) {
        return form == Form.LOAD_128 || form == Form.LOAD_RESERVE_128 || storesQuadword(form);
    }

    /** Whether a form writes a comparison nibble to d. */
    static boolean writesNibble(int form) {
        return form >= Form.STORE_CONDITIONAL_32;
    }

    void emit(int i, long w) {
        slowJump = 0;
        slowJump2 = 0;
        int form = Form.of(w);
        if (isQuadword(form) && !features.atomicQuadwords()) {
            operands.forgetCarried();
            slowJump = asm.jmpForward();
            return;
        }
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
            case Form.STORE_CONDITIONAL_64_BE -> storeConditional(w, 8, true);
            case Form.LOAD_128, Form.LOAD_RESERVE_128 -> loadQuadword(w, form == Form.LOAD_RESERVE_128);
            case Form.STORE_128, Form.STORE_128_BE -> storeQuadword(w, form == Form.STORE_128_BE);
            default -> storeQuadwordConditional(w, form == Form.STORE_CONDITIONAL_128_BE);
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
        long[] lost = unlessReserved(bytes);
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
        finishConditional(lost);
        if (Op.c(w) != Slots.ZERO) {
            operands.apply(Assembler.OR, RAX, Op.c(w), RCX);
        }
        operands.put(Op.d(w), RAX);
    }

    /** rcx = the host address of what is reserved; jumps if the reservation is not for the address in rax and so many bytes. */
    private long[] unlessReserved(int bytes) {
        asm.aluMemImm(Assembler.CMP, Layout.slot(Slots.RESERVATION), NOTHING_RESERVED);
        long none = asm.jccForward(Condition.EQUAL);
        slowJump = bytes == QUADWORD_BYTES
                ? accesses.translateVector(SoftTlb.WRITE_LIMIT)
                : accesses.translate(SoftTlb.WRITE_LIMIT);
        asm.alu(Assembler.ADD, RCX, RAX);
        asm.alu(Assembler.CMP, RCX, Layout.slot(Slots.RESERVATION));
        long elsewhere = asm.jccForward(Condition.NOT_EQUAL);
        asm.aluMemImm(Assembler.CMP, Layout.slot(Slots.RESERVED_BYTES), bytes);
        long otherSize = asm.jccForward(Condition.NOT_EQUAL);
        return new long[] {none, elsewhere, otherSize};
    }

    /** rax = the nibble that the flags of a compare-and-exchange say, or 0 after a jump. */
    private void finishConditional(long[] lost) {
        asm.movImm(RAX, EQUAL);
        asm.movImm(RCX, 0);
        asm.cmov(Condition.NOT_EQUAL, RAX, RCX);
        long end = asm.jmpForward();
        for (long jump : lost) {
            asm.bind(jump);
        }
        asm.movImm(RAX, 0);
        asm.bind(end);
        asm.storeImm(Layout.slot(Slots.RESERVATION), NOTHING_RESERVED);
    }

    // Quadwords: 16 bytes at once

    private void loadQuadword(long w, boolean reserves) {
        aligned(w, QUADWORD_BYTES);
        slowJump = accesses.translateVector(SoftTlb.READ_LIMIT);
        asm.alu(Assembler.ADD, RAX, RCX);
        moveVector(Assembler.P66, MOVDQA_LOAD, Assembler.mem(RAX, 0));
        if (reserves) {
            asm.store(Layout.slot(Slots.RESERVATION), RAX);
            asm.storeImm(Layout.slot(Slots.RESERVED_BYTES), QUADWORD_BYTES);
            moveVector(Assembler.NP, MOVUPS_STORE, Layout.slot(Slots.RESERVED_VALUE));
        }
        if (Op.b(w) == 0) {
            moveVector(Assembler.NP, MOVHPS_STORE, Layout.slot(Slots.QUADWORD));
            moveVector(Assembler.NP, MOVLPS_STORE, Layout.slot(Slots.QUADWORD + 1));
            return;
        }
        moveVector(Assembler.NP, MOVUPS_STORE, Layout.slot(Slots.QUADWORD));
        for (int half = 0; half < 2; half++) {
            asm.load(RAX, Layout.slot(Slots.QUADWORD + half));
            asm.bswap(RAX);
            asm.store(Layout.slot(Slots.QUADWORD + half), RAX);
        }
    }

    private void storeQuadword(long w, boolean big) {
        aligned(w, QUADWORD_BYTES);
        slowJump = accesses.translateVector(SoftTlb.WRITE_LIMIT);
        asm.alu(Assembler.ADD, RCX, RAX);
        fetchHalves(w, RAX, RDX, big);
        asm.sseRegister(Assembler.MAP_0F, Assembler.P66, true, 0x6e, 0, RAX);
        asm.sseRegister(Assembler.MAP_0F, Assembler.P66, true, 0x6e, 1, RDX);
        // punpcklqdq
        asm.sseRegister(Assembler.MAP_0F, Assembler.P66, false, 0x6c, 0, 1);
        moveVector(Assembler.P66, MOVDQA_STORE, Assembler.mem(RCX, 0));
    }

    private void storeQuadwordConditional(long w, boolean big) {
        aligned(w, QUADWORD_BYTES);
        long[] lost = unlessReserved(QUADWORD_BYTES);
        // The instruction has its operands in rdx, rax, rcx and rbx, so the address needs a register, too.
        fetchHalves(w, RAX, RDX, big);
        asm.store(Layout.slot(HostSlots.SAVED), RBX);
        asm.store(Layout.slot(HostSlots.SAVED + 1), RSI);
        asm.mov(RSI, RCX);
        asm.mov(RBX, RAX);
        asm.mov(RCX, RDX);
        asm.load(RAX, Layout.slot(Slots.RESERVED_VALUE));
        asm.load(RDX, Layout.slot(Slots.RESERVED_VALUE + 1));
        asm.lockCmpxchg16b(Assembler.mem(RSI, 0));
        asm.load(RBX, Layout.slot(HostSlots.SAVED));
        asm.load(RSI, Layout.slot(HostSlots.SAVED + 1));
        finishConditional(lost);
        operands.put(Op.d(w), RAX);
    }

    private void fetchHalves(long w, int first, int second, boolean big) {
        operands.fetch(first, Op.b(w));
        operands.fetch(second, Op.c(w));
        if (big) {
            asm.bswap(first);
            asm.bswap(second);
        }
    }

    /** Moves the first vector register from or to storage. */
    private void moveVector(int prefix, int opcode, long memory) {
        asm.sseMemory(Assembler.MAP_0F, prefix, false, opcode, 0, memory);
    }
}

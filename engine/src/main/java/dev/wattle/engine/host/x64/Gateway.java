// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RCX;
import static dev.wattle.engine.host.x64.Register.RDI;
import static dev.wattle.engine.host.x64.Register.RDX;
import static dev.wattle.engine.host.x64.Register.RSI;
import static dev.wattle.engine.host.x64.Register.RSP;

import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.translate.CodeTable;
import dev.wattle.engine.translate.JumpTables;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The code by which Java enters generated code, and by which that returns. */
final class Gateway {
    private static final MethodHandle CALL = Linker.nativeLinker()
            .downcallHandle(FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

    /** Registers that a function must preserve (System V ABI for x86-64, 3.2.1). */
    private static final int[] PRESERVED = {
        Register.RBX, Register.RBP, Register.R12, Register.R13, Register.R14, Register.R15
    };

    private final MemorySegment enter;
    /** Leaves with the descriptor in rax. */
    final long exit;
    /** Leaves to go on at the effective address in rax. */
    final long jumpOut;
    /** Goes on at the effective address in rax, which is not the first of its set in the jump table: rdx + 4 * rcx. */
    final long jumpMissed;
    /** What the entry of an invalid block calls. */
    final long invalid;
    /** Where the handler of signals lets generated code go on after a fault. */
    final long recovery;

    Gateway(Assembler asm, Layout layout) {
        enter = MemorySegment.ofAddress(asm.here());
        for (int register : PRESERVED) {
            asm.push(register);
        }
        asm.aluImm(Assembler.SUB, RSP, 8);
        asm.lea(Layout.STATE, Assembler.mem(RDI, Layout.BIAS));
        asm.mov(RAX, RSI);
        for (int slot : layout.hotSlots()) {
            asm.load(layout.registerOf(slot), Layout.slot(slot));
        }
        asm.load(Layout.TEMPORARY, Layout.slot(HostSlots.TEMPORARY));
        asm.load(Layout.COUNTER, Layout.slot(Slots.COMPLETED));
        asm.jmpRegister(RAX);

        asm.align(16);
        exit = asm.here();
        for (int slot : layout.hotSlots()) {
            asm.store(Layout.slot(slot), layout.registerOf(slot));
        }
        asm.store(Layout.slot(HostSlots.TEMPORARY), Layout.TEMPORARY);
        asm.store(Layout.slot(Slots.COMPLETED), Layout.COUNTER);
        asm.aluImm(Assembler.ADD, RSP, 8);
        for (int i = PRESERVED.length - 1; i >= 0; i--) {
            asm.pop(PRESERVED[i]);
        }
        asm.ret();

        asm.align(16);
        long jumpDescriptor = descriptor(asm, Exits.INDIRECT);
        asm.align(16);
        jumpMissed = asm.here();
        jumpByCodeTable(asm);
        jumpOut = asm.here();
        asm.store(Layout.slot(HostSlots.EXIT_ADDRESS), RAX);
        asm.leaCode(RAX, jumpDescriptor);
        asm.jmp(exit);

        asm.align(16);
        long invalidDescriptor = descriptor(asm, Exits.INVALID);
        asm.align(16);
        invalid = asm.here();
        asm.pop(RCX);
        asm.store(Layout.slot(HostSlots.EXIT_ADDRESS), RCX);
        asm.leaCode(RAX, invalidDescriptor);
        asm.jmp(exit);

        asm.align(16);
        long faultDescriptor = descriptor(asm, Exits.FAULT);
        asm.align(16);
        recovery = asm.here();
        asm.store(Layout.slot(HostSlots.FAULT_CODE), RAX);
        asm.store(Layout.slot(HostSlots.FAULT_ADDRESS), RCX);
        asm.store(Layout.slot(HostSlots.FAULT_SIGNAL), RDX);
        asm.leaCode(RAX, faultDescriptor);
        asm.jmp(exit);
        asm.align(64);
    }

    /** Writes a jump to the code of the effective address in rax, by the jump table. */
    void jump(Assembler asm, Relocations relocations) {
        asm.mov32(RCX, RAX);
        asm.aluImm32(Assembler.AND, RCX, JumpTables.SET_MASK);
        asm.load(RDX, Layout.slot(HostSlots.JUMP_TABLE));
        asm.alu(Assembler.CMP, RAX, Assembler.mem(RDX, RCX, JumpTables.SET_SCALE, 0));
        come(asm, relocations, Condition.NOT_EQUAL, jumpMissed);
        asm.jmpMemory(Assembler.mem(RDX, RCX, JumpTables.SET_SCALE, 8));
    }

    /** Writes a way out, on a condition, to go on at the effective address in rax. */
    void leaveForJump(Assembler asm, Relocations relocations, int condition) {
        come(asm, relocations, condition, jumpOut);
    }

    private static void come(Assembler asm, Relocations relocations, int condition, long target) {
        asm.jcc(condition, target);
        relocations.add(asm.here() - 4, false);
    }

    /**
     * Jumps to the code of the effective address in rax, by the second entry of the set in the jump table (at rdx + 4 *
     * rcx) or by the code table; goes on behind if it is in neither.
     */
    private static void jumpByCodeTable(Assembler asm) {
        int set = Layout.TEMPORARY;
        asm.alu(Assembler.CMP, RAX, Assembler.mem(RDX, RCX, JumpTables.SET_SCALE, JumpTables.SECOND));
        long notSecond = asm.jccForward(Condition.NOT_EQUAL);
        asm.jmpMemory(Assembler.mem(RDX, RCX, JumpTables.SET_SCALE, JumpTables.SECOND + 8));

        asm.bind(notSecond);
        asm.lea(set, Assembler.mem(RDX, RCX, JumpTables.SET_SCALE, 0));
        asm.mov32(RCX, RAX);
        asm.shift32(Assembler.SHR, RCX, JumpTables.PAGE_SHIFT);
        asm.aluImm32(Assembler.AND, RCX, JumpTables.PAGE_MASK);
        asm.alu(Assembler.ADD, RDX, RCX);
        asm.load(RCX, Assembler.mem(RDX, JumpTables.PAGE_TAG));
        asm.alu(Assembler.XOR, RCX, RAX);
        asm.alu(Assembler.CMP, RCX, Assembler.mem(RDX, JumpTables.PAGE_LIMIT));
        long noPage = asm.jccForward(Condition.ABOVE_OR_EQUAL);
        asm.load(RCX, Assembler.mem(RDX, JumpTables.PAGE_KEY));
        asm.alu(Assembler.ADD, RCX, RAX);
        asm.imulImm(RDX, RCX, CodeTable.FACTOR);
        asm.shift32(Assembler.SHR, RDX, CodeTable.SHIFT);
        asm.aluImm32(Assembler.AND, RDX, CodeTable.SET_MASK);
        asm.alu(Assembler.ADD, RDX, Layout.slot(Slots.CODE_TABLE));
        asm.alu(Assembler.CMP, RCX, Assembler.mem(RDX, 0));
        long isFirst = asm.jccForward(Condition.EQUAL);
        asm.aluImm(Assembler.ADD, RDX, CodeTable.SECOND);
        asm.alu(Assembler.CMP, RCX, Assembler.mem(RDX, 0));
        long noCode = asm.jccForward(Condition.NOT_EQUAL);
        asm.bind(isFirst);
        asm.load(RCX, Assembler.mem(RDX, 8));
        asm.loadVector(0, Assembler.mem(set, 0));
        asm.storeVector(Assembler.mem(set, JumpTables.SECOND), 0);
        asm.store(Assembler.mem(set, 0), RAX);
        asm.store(Assembler.mem(set, 8), RCX);
        asm.load(RDX, Layout.slot(Slots.JUMP_TABLE));
        asm.storeImm(Assembler.mem(RDX, JumpTables.USED), 1);
        asm.jmpRegister(RCX);
        asm.bind(noPage);
        asm.bind(noCode);
    }

    private static long descriptor(Assembler asm, int kind) {
        long at = asm.here();
        asm.int_(kind);
        return at;
    }

    /**
     * Runs generated code.
     *
     * @param state the state block
     * @param target host address to start at
     * @return address of the descriptor that says why it ended
     */
    long enter(long state, long target) {
        return call(enter, state, target);
    }

    /** Calls machine code by the host's rules for functions, with two words that it may ignore. */
    static long call(MemorySegment function, long first, long second) {
        try {
            return (long) CALL.invokeExact(function, first, second);
        } catch (Throwable e) {
            throw new IllegalStateException("generated code cannot be called", e);
        }
    }
}

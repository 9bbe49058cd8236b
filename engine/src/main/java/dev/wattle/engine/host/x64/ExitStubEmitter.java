// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RCX;

import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.memory.SoftTlb;

/** Writes the stubs behind a block's code: they make the state exact, and leave with a descriptor ({@link Exits}). */
final class ExitStubEmitter {
    static final int ROUTINE_DESCRIPTOR_BYTES = 24;
    /** In place of a slot: the look-up of a group goes on with its address in rax. */
    static final int ADDRESS_IN_RAX = 1;

    private static final int ACCESS_DESCRIPTOR_BYTES = 16;

    private final Assembler asm;
    private final Gateway gateway;
    private final Relocations relocations;
    private final Comparisons comparisons;
    private final Exchanges exchanges;
    private final VectorRegisters registers;
    private final AccessEmitter accesses;
    private final FloatEmitter floats;

    ExitStubEmitter(
            Assembler asm,
            Gateway gateway,
            Relocations relocations,
            Comparisons comparisons,
            Exchanges exchanges,
            VectorRegisters registers,
            AccessEmitter accesses,
            FloatEmitter floats) {
        this.asm = asm;
        this.gateway = gateway;
        this.relocations = relocations;
        this.comparisons = comparisons;
        this.exchanges = exchanges;
        this.registers = registers;
        this.accesses = accesses;
        this.floats = floats;
    }

    /** Leaves with the descriptor that follows. */
    void jumpOut() {
        asm.jmp(gateway.exit);
        relocations.add(asm.here() - 4, false);
    }

    /** Writes a stub. */
    void emit(ExitStub stub) {
        int kind = stub.kind;
        if (kind == Exits.CALL) {
            routine(stub);
            return;
        }
        asm.bind(stub.jump);
        if (kind == Exits.LINK) {
            relocations.addLink(stub.jump, stub.offset);
        }
        bindIfAny(stub.jump2);
        boolean isAccess = kind == Exits.LOAD || kind == Exits.STORE || kind == Exits.GROUP;
        if (isAccess && stub.recent >= 0) {
            renewRecent(stub);
        }
        bindIfAny(stub.tooFar);
        if (isAccess) {
            asm.store(Layout.slot(HostSlots.EXIT_ADDRESS), RAX);
        }
        comparisons.makeAll(stub.comparisons);
        registers.write(stub.before);
        if (stub.isExchanged) {
            exchanges.leave(asm);
        }
        long descriptor = asm.here() + 12;
        asm.leaCode(RAX, descriptor);
        jumpOut();
        boolean hasSlot = kind != Exits.GROUP;
        asm.int_(kind | stub.operation << 8 | (hasSlot ? stub.slot << 16 : 0));
        asm.int_(stub.where);
        asm.int_(isAccess || kind == Exits.CALL_END ? stub.block.pageOffset : stub.offset);
        if (kind == Exits.CALL_END) {
            asm.int_(stub.offset);
            asm.long_(stub.immediate);
        } else if (kind == Exits.GROUP) {
            resume(stub, descriptor, ROUTINE_DESCRIPTOR_BYTES);
        } else if (isAccess) {
            resume(stub, descriptor, ACCESS_DESCRIPTOR_BYTES);
        } else {
            asm.int_((int) (stub.jump - descriptor));
        }
    }

    /** Looks into the TLB itself, and goes on if that has an entry. */
    private void renewRecent(ExitStub stub) {
        accesses.addressInRax(stub);
        boolean isGroup = stub.kind == Exits.GROUP;
        boolean isVector = stub.kind == Exits.CALL;
        long imm = stub.immediate;
        boolean stores = isGroup
                ? (imm & BlockEmitter.GROUP_STORES) != 0
                : isVector ? Form.of(stub.word) == Form.V128_STORE : stub.kind == Exits.STORE;
        int span = isGroup ? (int) imm >>> 16 : isVector ? 16 : 8;
        accesses.useIndices(stub.indexTimes);
        long absent = accesses.renew(
                stub.recent,
                stores ? SoftTlb.WRITE_LIMIT : SoftTlb.READ_LIMIT,
                span - 8,
                isGroup && (imm & BlockEmitter.GROUP_LOADS) != 0 && stores);
        accesses.useIndices(0);
        asm.jmp(stub.check);
        asm.bind(absent);
    }

    /** Writes where to resume, relative to the descriptor; what is to be done there first follows the descriptor. */
    private void resume(ExitStub stub, long descriptor, int descriptorBytes) {
        boolean needsAddress = stub.kind == Exits.GROUP && stub.slot == ADDRESS_IN_RAX;
        if (exchanges.count() == 0 && registers.isEmpty(stub.after) && !needsAddress) {
            asm.int_((int) (stub.resume - descriptor));
            if (descriptorBytes == ROUTINE_DESCRIPTOR_BYTES) {
                asm.long_(stub.immediate);
            }
            return;
        }
        asm.int_(descriptorBytes);
        if (descriptorBytes == ROUTINE_DESCRIPTOR_BYTES) {
            asm.long_(stub.immediate);
        }
        boolean isZeroed = stub.kind == Exits.CALL
                && registers.hasZero(stub.after, Op.d(stub.word))
                && !registers.hasZero(stub.before, Op.d(stub.word));
        long unchanged = 0;
        if (isZeroed) {
            // An enabled exception leaves the target as it was, which the code behind does not know of.
            asm.aluMemImm(Assembler.CMP, Layout.slot(Op.d(stub.word) & -2), 0);
            unchanged = asm.jccForward(Condition.NOT_EQUAL);
        }
        exchanges.resume(asm);
        registers.load(stub.after);
        if (needsAddress) {
            asm.load(RAX, Layout.slot(HostSlots.EXIT_ADDRESS));
        }
        asm.jmp(stub.resume);
        if (isZeroed) {
            asm.bind(unchanged);
            leaveBehind(stub);
        }
    }

    /** Has the rest of the block behind a routine done elsewhere; all registers are in storage. */
    private void leaveBehind(ExitStub stub) {
        asm.leaCode(RAX, asm.here() + 12);
        jumpOut();
        asm.int_(Exits.REST);
        asm.int_(stub.where);
        asm.int_(stub.block.pageOffset);
        asm.int_(0);
        asm.long_(stub.number + 1);
    }

    private void routine(ExitStub stub) {
        long w = stub.word;
        long halfWay = 0;
        if (stub.halfWay != 0) {
            asm.bind(stub.halfWay);
            registers.write(stub.before);
            floats.resumeIfSingle(w, stub.zeroResume);
            halfWay = asm.jmpForward();
        }
        bindIfAny(stub.jump);
        if (stub.recent >= 0) {
            renewRecent(stub);
        }
        switch (stub.zero) {
            case NEVER -> {
                // The routine decides.
            }
            case ALWAYS -> {
                doubleResult();
                asm.jcc(Condition.EQUAL, stub.zeroResume);
            }
            case IF_A, IF_A_OR_B -> {
                doubleResult();
                long notZero = asm.jccForward(Condition.NOT_EQUAL);
                registers.write(stub.before);
                goIfZero(Op.a(w), stub.zeroResume);
                if (stub.zero == FloatEmitter.ZeroCheck.IF_A_OR_B) {
                    goIfZero(Op.b(w), stub.zeroResume);
                }
                asm.bind(notZero);
            }
        }
        bindIfAny(stub.jump2);
        bindIfAny(halfWay);
        comparisons.makeAll(stub.comparisons);
        registers.write(stub.before);
        exchanges.leave(asm);
        long descriptor = asm.here() + 12;
        asm.leaCode(RAX, descriptor);
        jumpOut();
        asm.int_(Exits.CALL);
        asm.int_(stub.where);
        asm.int_(stub.block.pageOffset);
        resume(stub, descriptor, ROUTINE_DESCRIPTOR_BYTES);
    }

    /** Sets the host's zero flag if the result in rax is zero of any sign. */
    private void doubleResult() {
        asm.alu(Assembler.ADD, RAX, RAX);
    }

    private void bindIfAny(long jump) {
        if (jump != 0) {
            asm.bind(jump);
        }
    }

    /** Goes on if a number is zero; its sign does not matter. Changes rcx. */
    private void goIfZero(int slot, long target) {
        asm.load(RCX, Layout.slot(slot));
        asm.alu(Assembler.ADD, RCX, RCX);
        asm.jcc(Condition.EQUAL, target);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RCX;
import static dev.wattle.engine.host.x64.Register.RDX;

import dev.wattle.engine.ir.Op;
import dev.wattle.engine.memory.SoftTlb;

/** Emits loads and stores, one by one and as members of {@link AccessGroups}. */
final class StorageEmitter {
    private final Assembler asm;
    private final Operands operands;
    private final Comparisons comparisons;
    private final ComputeEmitter compute;
    private final VectorRegisters registers;
    private final VectorMoveEmitter moves;
    private final AccessEmitter accesses;
    private final AccessGroups groups;
    private final RecentEntries recents;
    private final ExitStubs stubs;
    /** The place of a group that rcx has the contents of, if nothing has been written behind {@link #placeUntil}. */
    private int placeInRcx;

    private long placeUntil;

    StorageEmitter(
            Assembler asm,
            Operands operands,
            Comparisons comparisons,
            ComputeEmitter compute,
            VectorRegisters registers,
            VectorMoveEmitter moves,
            AccessEmitter accesses,
            AccessGroups groups,
            RecentEntries recents,
            ExitStubs stubs) {
        this.asm = asm;
        this.operands = operands;
        this.comparisons = comparisons;
        this.compute = compute;
        this.registers = registers;
        this.moves = moves;
        this.accesses = accesses;
        this.groups = groups;
        this.recents = recents;
        this.stubs = stubs;
    }

    /** Starts a block. */
    void begin() {
        placeUntil = 0;
    }

    void load(int i, long w, int op, long imm) {
        comparisons.before(i, w);
        compute.forgetFlags();
        boolean isVector = registers.isLeft(Op.d(w));
        if (!isVector) {
            registers.beforeOther(w);
        }
        if (groups.isMember(i)) {
            loadFrom(i, w, op, member(i, w, imm), isVector);
            keepPlace(i, isVector);
            comparisons.dropReplaced();
            return;
        }
        accesses.useRecent(recents.of(Op.a(w)));
        accesses.address(Op.a(w), imm);
        int snapshot = registers.snapshot();
        long jump = accesses.translate(SoftTlb.READ_LIMIT);
        loadFrom(i, w, op, accesses.memory(), isVector);
        addAccessStub(Exits.LOAD, jump, op, operands.slotForJava(Op.d(w)), stubs.block.where[i], asm.here()).before =
                snapshot;
        comparisons.dropReplaced();
    }

    private void loadFrom(int i, long w, int op, long memory, boolean isVector) {
        if (!isVector) {
            int t = operands.target(i, w, false);
            accesses.load(t, op, memory);
            operands.finish(i, w, t, false);
            return;
        }
        operands.forgetCarried();
        if (VectorMoveEmitter.isPlainLoad(op)) {
            moves.load(Op.d(w), op, memory);
        } else {
            accesses.load(RAX, op, memory);
            moves.put(Op.d(w), RAX);
        }
    }

    /** Adds a stub for an access that may have looked at a copy of a TLB entry. */
    private ExitStub addAccessStub(int kind, long jump, int operation, int slot, int where, long resume) {
        ExitStub stub = stubs.add(kind, jump, operation, slot, where, 0, resume);
        lookedAtCopy(stub);
        return stub;
    }

    /** Has a stub look at what the last access has looked at a copy of. */
    void lookedAtCopy(ExitStub stub) {
        stub.recent = accesses.recent();
        stub.base = accesses.base();
        stub.displacement = accesses.displacement();
        stub.check = accesses.check();
        accesses.useRecent(-1);
    }

    /** The memory operand of an access in a group; the first one makes sure that all may be done. Changes rcx. */
    long member(int i, long w, long displacement) {
        int a = Op.a(w);
        int group = groups.group(i);
        int place = groups.place(group);
        int addend = place == AccessGroups.IN_REGISTER ? Layout.TEMPORARY : RCX;
        if (groups.isLeader(i)) {
            lookUp(i, group, a, displacement);
            if (addend == RCX) {
                return Assembler.mem(RAX, RCX, 0, -groups.low(group));
            }
        } else if (addend == RCX && !(placeInRcx == place && placeUntil == asm.here())) {
            asm.load(RCX, Layout.slot(HostSlots.GROUPS + place));
        }
        int base = operands.isConstant(a) ? -1 : operands.register(a);
        if (base == -1) {
            operands.fetch(RAX, a);
            base = RAX;
        }
        return Assembler.mem(base, addend, 0, (int) displacement);
    }

    /** Notes that rcx has what it had for the access that has just been written: the next one may be of the same group. */
    private void keepPlace(int i, boolean isVector) {
        placeInRcx = groups.place(groups.group(i));
        placeUntil = isVector ? 0 : asm.here();
    }

    /** Looks for the page of a group that starts with operation i, and puts host minus effective address in its place. */
    private void lookUp(int i, int group, int a, long displacement) {
        int place = groups.place(group);
        boolean inRegister = place == AccessGroups.IN_REGISTER;
        if (inRegister) {
            operands.reserveTemporary(groups.last(group));
        }
        long retry = asm.here();
        int indexTimes = groups.indexCount(group) == 0 ? 0 : groups.isIndexed(group) ? 2 : 1;
        accesses.useRecent(recents.of(a));
        if (inRegister) {
            accesses.address(a, displacement + groups.low(group));
        } else {
            // An address that is a temporary may be nowhere else then.
            accesses.addressInRax(a, displacement + groups.low(group));
            retry = asm.here();
        }
        long tooFar = 0;
        if (indexTimes != 0) {
            tooFar = indices(group);
            if (indexTimes == 2) {
                asm.alu(Assembler.SUB, RAX, RDX);
            }
            retry = asm.here();
            accesses.useIndices(indexTimes);
        }
        int span = groups.span(group);
        int limit = groups.stores(group) ? SoftTlb.WRITE_LIMIT : SoftTlb.READ_LIMIT;
        long jump = accesses.allow(limit, span - 8);
        // Some pages may be stored to and not loaded from.
        long jump2 = groups.stores(group) && groups.loads(group) ? accesses.allowAlso(SoftTlb.READ_LIMIT) : 0;
        accesses.addend(inRegister ? Layout.TEMPORARY : RCX);
        if (!inRegister) {
            asm.store(Layout.slot(HostSlots.GROUPS + place), RCX);
        }
        if (indexTimes == 2) {
            asm.alu(Assembler.ADD, RAX, Layout.slot(HostSlots.GROUP_INDICES));
        }
        accesses.useIndices(0);
        int slot = inRegister ? 0 : ExitStubEmitter.ADDRESS_IN_RAX;
        ExitStub stub = addAccessStub(Exits.GROUP, jump, 0, slot, stubs.block.where[i], retry);
        stub.jump2 = jump2;
        stub.tooFar = tooFar;
        stub.indexTimes = indexTimes;
        stub.immediate = groups.start(group)
                | (long) indexTimes << BlockEmitter.GROUP_INDEX_TIMES
                | (long) span << 16
                | (groups.stores(group) ? BlockEmitter.GROUP_STORES : 0)
                | (groups.loads(group) ? BlockEmitter.GROUP_LOADS : 0);
    }

    /** rdx and a slot = all bits of a group's indices, or a jump if they are not what they were expected to be. */
    private long indices(int group) {
        operands.fetch(RDX, groups.index(group, 0));
        for (int k = 1; k < groups.indexCount(group); k++) {
            operands.apply(Assembler.OR, RDX, groups.index(group, k), RCX);
        }
        asm.store(Layout.slot(HostSlots.GROUP_INDICES), RDX);
        asm.aluImm(Assembler.CMP, RDX, AccessGroups.INDEX_LIMIT);
        return asm.jccForward(Condition.ABOVE_OR_EQUAL);
    }

    void store(int i, long w, int op, long imm) {
        int b = Op.b(w);
        comparisons.before(i, w);
        if (operands.isConstant(b) && Operands.isTemporary(b)) {
            // Java reads the value from its slot if the store takes the slow way.
            operands.fetch(RDX, b);
            asm.store(Layout.slot(b), RDX);
        }
        compute.forgetFlags();
        boolean isVector = registers.isLeft(b) && Op.log2Bytes(op) == 3 && !registers.isPinnedWhole(b);
        if (!isVector) {
            registers.beforeOther(w);
        }
        if (groups.isMember(i)) {
            storeTo(member(i, w, imm), op, b, isVector);
            keepPlace(i, isVector);
            return;
        }
        if (isVector) {
            registers.left(b);
        }
        accesses.useRecent(recents.of(Op.a(w)));
        accesses.address(Op.a(w), imm);
        int snapshot = registers.snapshot();
        long jump = accesses.translate(SoftTlb.WRITE_LIMIT);
        storeTo(accesses.memory(), op, b, isVector);
        addAccessStub(Exits.STORE, jump, op, operands.slotForJava(b), stubs.block.where[i], asm.here()).before =
                snapshot;
    }

    private void storeTo(long memory, int op, int b, boolean isVector) {
        if (!isVector) {
            accesses.store(memory, op, operands.inRegister(b, RDX));
        } else if (Op.isBigEndian(op)) {
            moves.get(RDX, registers.left(b));
            accesses.store(memory, op, RDX);
        } else {
            moves.store(memory, registers.left(b));
        }
        operands.forgetCarried();
    }
}

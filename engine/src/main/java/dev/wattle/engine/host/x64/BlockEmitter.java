// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RCX;
import static dev.wattle.engine.host.x64.Register.RDX;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;

/**
 * Turns the micro-operations of a block into host code, in one pass.
 *
 * <p>What is rarely executed stands behind the block, in stubs that leave the code with a descriptor ({@link Exits}).
 * The state is exact wherever code may be left: guest registers are in their places, and comparisons that have not been
 * written yet are written by the stub.
 */
final class BlockEmitter {
    /** Host code for one block stays below this. */
    static final int MOST_BYTES = 1 << 16;

    /** Bytes of code before a block's entry that say which page is being executed. */
    static final int FAR_BYTES = 14;
    /** A block whose groups have been refused so often is better off without them. */
    static final int MOST_REFUSALS = 16;
    /** Bytes before a block's entry, see {@link #header}. */
    static final int HEADER_BYTES = FAR_BYTES + 12;
    /** Where among them the block's offset in its page is. */
    static final int HEADER_OFFSET = 8;

    /** Bytes of code for a region stay below this. */
    static final int MOST_REGION_BYTES = 4 * MOST_BYTES;

    // Which copy of a block is being emitted.
    private static final int ONLY_COPY = 0;
    private static final int FIRST_COPY = 1;
    private static final int SECOND_COPY = 2;

    /** In the immediate of a group's exit, whether there are such accesses in it. */
    static final long GROUP_STORES = 1L << 32;

    static final long GROUP_LOADS = 1L << 33;

    /** How many times more bytes there are by {@link HostSlots#GROUP_INDICES}: 0, 1 or 2. */
    static final int GROUP_INDEX_TIMES = 34;

    private final boolean exactDeadline;
    private final int watchedModes;
    private final Operands operands;
    private final Comparisons comparisons;
    private final ComputeEmitter compute;
    private final FloatEmitter floats;
    private final StorageFormEmitter storageForms;
    private final VectorEmitter vectors;
    private final AccessEmitter accesses;
    private final Exchanges exchanges;
    private final ExitStubEmitter exits;
    private final VectorPlan vectorPlan;
    private final VectorRegisters registers;
    private final VectorMoveEmitter moves;
    private final AccessGroups groups;
    private final RecentEntries recents;
    private final Assembler asm;
    private final Gateway gateway;

    private long entry;
    /** A block that jumps to its own start is emitted twice: what is pending at its end is so at the second's start. */
    private int copy = ONLY_COPY;
    /** Where the second copy starts, 0 for none; others may put a jump there. */
    private long loop;
    /** The jump from the first copy to it. */
    private long loopJump;
    /** Comparisons that are pending there, see {@link Comparisons#snapshot}. */
    private long loopPending;

    private Block block = Block.NONE;
    /** The region being emitted, or {@link Region#NONE}. */
    private Region region = Region.NONE;

    private final RegionFlow flow = new RegionFlow();
    /** The member of the region being emitted. */
    private int member;
    /** Whether this is the header's second copy. */
    private boolean isHeaderAgain;
    /** Comparisons that are lost on the way that is being emitted, see {@link RegionFlow#lose}. */
    private long lost;
    /** Whether the block is left at its end to look where that leads. */
    private boolean isSampled;

    private final RegionJumps jumps;

    private final Relocations relocations = new Relocations();
    private EmissionListener listener = EmissionListener.NONE;

    private final ExitStubs stubs;
    private final StorageEmitter storage;

    /**
     * @param state host address of the state block as it will be when what is emitted runs for the first time, or 0 to
     *     emit blocks again as they were emitted before
     * @param exactDeadline whether code must stop at the first block end behind the deadline, as a virtual clock needs
     * @param watchedModes mode bits with any of which code must look for pending work at each block end
     */
    BlockEmitter(
            Assembler asm,
            Layout layout,
            Gateway gateway,
            HostFeatures features,
            long codeBase,
            long state,
            boolean exactDeadline,
            int watchedModes) {
        this.asm = asm;
        this.gateway = gateway;
        this.exactDeadline = exactDeadline;
        this.watchedModes = watchedModes;
        operands = new Operands(layout);
        groups = new AccessGroups(state);
        recents = new RecentEntries(layout.baseSlots());
        comparisons = new Comparisons(operands);
        compute = new ComputeEmitter(operands, comparisons, features);
        vectorPlan = new VectorPlan(features);
        registers = new VectorRegisters(asm, vectorPlan);
        moves = new VectorMoveEmitter(asm, operands, registers);
        floats = new FloatEmitter(asm, features, registers, codeBase);
        accesses = new AccessEmitter(asm, operands, features);
        vectors = new VectorEmitter(asm, operands, features, accesses, registers);
        exchanges = new Exchanges(layout);
        storageForms = new StorageFormEmitter(asm, operands, features, accesses);
        stubs = new ExitStubs(comparisons, registers);
        jumps = new RegionJumps(asm, flow, exactDeadline);
        storage = new StorageEmitter(
                asm, operands, comparisons, compute, registers, moves, accesses, groups, recents, stubs);
        exits = new ExitStubEmitter(asm, gateway, relocations, comparisons, exchanges, registers, accesses, floats);
    }

    /** Has a listener told which code belongs to what. */
    void listener(EmissionListener newListener) {
        listener = newListener;
        stubs.listener(newListener);
        asm.listener(newListener);
    }

    /** The exchanges of the block that was emitted last. */
    Exchanges exchanges() {
        return exchanges;
    }

    /**
     * Writes a block's code.
     *
     * @return its entry, for those who come from the same page; {@link #FAR_BYTES} before it is that for jumps from
     *     anywhere, with the block's effective address in rax
     */
    long emit(Block source) {
        region = Region.NONE;
        recents.begin(source.loops());
        front(source);
        exchanges.apply(operands.registerMap(), false);
        exchanges.plan(source, floats, vectors);
        vectorPlan.plan(source, floats, vectors);
        groups.plan(source, vectors, floats);
        exchanges.apply(operands.registerMap(), true);
        exchanges.enter(asm);
        registers.start();
        registers.enter();
        comparisons.begin(asm);
        floats.begin();
        bodies(source, 0);
        back(source);
        return entry;
    }

    /** Writes the code of a block, whose end is a jump to an address in a register, to be left there each time. */
    long emitSampled(Block source) {
        isSampled = true;
        try {
            return emit(source);
        } finally {
            isSampled = false;
        }
    }

    /**
     * Writes the code of a region, and tells it where what is.
     *
     * @return its entry, as for a block
     */
    long emit(Region source) {
        region = source;
        int members = region.members.size();
        flow.begin(region);
        jumps.begin();
        recents.begin(true);
        front(region.header);
        exchanges.apply(operands.registerMap(), false);
        exchanges.plan(region, floats, vectors);
        vectorPlan.plan(region, floats, vectors);
        groups.plan(region, flow, vectors, floats);
        exchanges.apply(operands.registerMap(), true);
        exchanges.enter(asm);
        registers.start();
        registers.enter();
        comparisons.begin(asm);
        floats.begin();
        if (flow.header() != 0) {
            flow.jump(asm.jmpForward(), flow.header());
        }
        region.labels = new long[members];
        region.exits = new long[members];
        region.loops = new long[members];
        region.loopExits = new long[members];
        long[] pendingInLoop = new long[members];
        for (member = 0; member < members; member++) {
            region.labels[member] = asm.here();
            asm.nop5();
            comparisons.start(flow.inherited(member));
            bodies(region.sources.get(member), flow.inheritedVectors(member));
            region.loops[member] = loop;
            pendingInLoop[member] = loopPending;
        }
        region.returnLabel = 0;
        if (flow.returning() != 0) {
            headerAgain();
        }
        flow.bind(asm);
        for (member = 0; member < members; member++) {
            region.exits[member] = asm.here();
            memberExit(flow.inherited(member), flow.inheritedVectors(member));
            if (region.loops[member] != 0) {
                region.loopExits[member] = asm.here();
                memberExit(pendingInLoop[member], 0);
            }
        }
        if (region.returnLabel != 0) {
            member = flow.header();
            region.returnExit = asm.here();
            memberExit(flow.returning(), 0);
        }
        for (RegionFlow.Loss loss : flow.losses()) {
            member = loss.to();
            region.losses.add(new Region.Loss(loss.place(), loss.isNop(), asm.here()));
            memberExit(loss.pending(), 0);
        }
        loop = 0;
        jumps.writeTables(region.labels);
        back(region.header);
        return entry;
    }

    /** Writes the header once more, for those who come back to it with comparisons that it settles itself. */
    private void headerAgain() {
        member = flow.header();
        isHeaderAgain = true;
        region.returnLabel = asm.here();
        asm.nop5();
        comparisons.start(flow.returning());
        body(region.sources.get(member), 0);
        flow.bindReturns(asm, region.returnLabel);
        isHeaderAgain = false;
    }

    /** Leaves a region where a member would start, with what is pending and in vector registers there. */
    private void memberExit(long pending, int vectorSnapshot) {
        comparisons.makeAll(pending);
        setBlock(region.sources.get(member));
        registers.begin(block, vectorSnapshot);
        registers.writeAll();
        exchanges.leave(asm);
        stubs.isExchanged = false;
        stubs.add(Exits.LINK, asm.jmpForward(), 0, 0, 0, block.pageOffset, 0);
    }

    /** Writes the operations of a block, twice if it jumps to its own start. */
    private void bodies(Block source, int inherited) {
        loop = 0;
        if (!source.loops()) {
            body(source, inherited);
            return;
        }
        copy = FIRST_COPY;
        body(source, inherited);
        copy = SECOND_COPY;
        loop = asm.here();
        asm.patch(loopJump, loop);
        registers.begin(source, 0);
        if (exactDeadline) {
            // What looks for pending work, and at the deadline, stands at the end.
            asm.nop5();
        } else {
            stubs.edge = loopPending;
            stubs.isExchanged = true;
            pollFor(source.pageOffset);
            stubs.isExchanged = false;
            stubs.edge = 0;
        }
        comparisons.start(loopPending);
        body(source, 0);
        copy = ONLY_COPY;
    }

    /** Starts what is entered at a block. */
    private void front(Block first) {
        stubs.begin();
        loop = 0;
        asm.seek(asm.here() + HEADER_BYTES);
        asm.align(16);
        entry = asm.here();
        relocations.begin(imageStart());
        asm.seek(entry - FAR_BYTES);
        asm.aluImm(Assembler.AND, RAX, -first.pageBytes);
        asm.store(Layout.slot(HostSlots.PAGE_BASE), RAX);
        if (asm.here() != entry) {
            throw new IllegalStateException("the code before an entry has another length than it should");
        }
    }

    private void setBlock(Block source) {
        block = source;
        stubs.block = source;
    }

    private void body(Block source, int inherited) {
        setBlock(source);
        groups.select(region == Region.NONE ? 0 : member);
        operands.begin(asm, source);
        accesses.begin(source);
        storage.begin();
        compute.begin(asm, source);
        registers.begin(source, inherited);
        moves.begin(source);
        comparisons.body(source);
        long[] words = source.words;
        for (int i = 0; ; i++) {
            long w = words[i];
            int op = Op.of(w);
            listener.operation(i, asm.here());
            operands.beforeOperation(i);
            registers.operation(i);
            if (op < Op.FIRST_ACCESS) {
                comparisons.before(i, w);
                if (!registers.isActive() || !moves.emit(i, w, source.immediates[i])) {
                    registers.beforeOther(w);
                    compute.emit(i, w, source.immediates[i]);
                }
            } else if (op < Op.FIRST_STORE) {
                storage.load(i, w, op, source.immediates[i]);
            } else if (op < Op.FIRST_CONTROL) {
                storage.store(i, w, op, source.immediates[i]);
            } else if (op == Op.HOST && floats.supports(Form.of(w))) {
                floatingPoint(i, w, source.immediates[i]);
            } else if (op == Op.HOST && StorageFormEmitter.supports(Form.of(w))) {
                storageForm(i, w, source.immediates[i]);
            } else if (op == Op.HOST && vectors.supports(w)) {
                vector(i, w, source.immediates[i]);
            } else if (op == Op.CALL || op == Op.HOST) {
                comparisons.makeAllBut(-1);
                compute.forgetFlags();
                registers.beforeRoutine();
                routine(Exits.CALL, i, source.immediates[i]);
            } else if (op == Op.LEA) {
                registers.beforeOther(w);
                comparisons.before(i, w);
                compute.forgetFlags();
                accesses.pageAddress(i, w, source.immediates[i]);
                comparisons.dropReplaced();
            } else {
                end(i, w, op, source.immediates[i]);
                break;
            }
        }
    }

    /** Writes what is seldom executed, and what is not executed. */
    private void back(Block first) {
        for (int k = 0; k < stubs.count(); k++) {
            ExitStub stub = stubs.get(k);
            listener.stub(k, stub.kind, asm.here());
            exits.emit(stub);
        }
        setBlock(first);
        listener.records(asm.here());
        floats.writeRecords(place -> relocations.add(place, true));
        listener.loopExit(asm.here());
        header();
        listener.end(asm.here());
    }

    /**
     * Writes what stands before the entry: where the second copy starts of a block that jumps to itself, and where a jump
     * from there must lead when the block is no longer valid, both relative to the entry or 0; and the block's offset in
     * its page.
     */
    private void header() {
        long out = 0;
        if (loop != 0) {
            out = asm.here();
            comparisons.makeAll(loopPending);
            registers.begin(block, 0);
            registers.writeAll();
            exchanges.leave(asm);
            asm.jmp(entry);
        }
        long end = asm.here();
        asm.seek(entry - HEADER_BYTES);
        asm.int_(loop == 0 ? 0 : (int) (loop - entry));
        asm.int_(loop == 0 ? 0 : (int) (out - entry));
        asm.int_(block.pageOffset);
        asm.seek(end);
    }

    /** Where what was written for the last block starts; it ends where the assembler is. */
    long imageStart() {
        return entry - HEADER_BYTES;
    }

    /** What of that depends on where it is. */
    Relocations relocations() {
        return relocations;
    }

    private boolean isNarrow() {
        return block.addressMask != -1;
    }

    // Routines and addresses

    private void storageForm(int i, long w, long imm) {
        compute.forgetFlags();
        comparisons.before(i, w);
        int form = Form.of(w);
        if (form == Form.LOAD_RESERVE_32 || form == Form.LOAD_RESERVE_64) {
            comparisons.beforeChangeOf(Op.d(w));
        }
        registers.beforeOther(w);
        storageForms.emit(i, w);
        registers.forgetZeros();
        if (storageForms.slowJump != 0) {
            addRoutineStub(i, w, imm, storageForms.slowJump, storageForms.slowJump2);
        }
        if (StorageFormEmitter.writesNibble(form)) {
            // Only here: the routine may interrupt before it writes the nibble.
            comparisons.drop(Op.d(w));
        }
    }

    /** Has a stub written that runs the routine of operation i, and goes on here. */
    private ExitStub addRoutineStub(int i, long w, long imm, long jump, long jump2) {
        ExitStub stub = stubs.add(Exits.CALL, jump, 0, 0, block.where[i], 0, asm.here());
        stub.word = w;
        stub.number = i;
        stub.immediate = imm;
        stub.jump2 = jump2;
        stub.halfWay = 0;
        stub.zero = FloatEmitter.ZeroCheck.NEVER;
        return stub;
    }

    private void vector(int i, long w, long imm) {
        compute.forgetFlags();
        if (groups.isMember(i)) {
            long memory = storage.member(i, w, 0);
            operands.forgetCarried();
            if (Form.of(w) == Form.V128_LOAD) {
                vectors.loadFrom(w, memory);
            } else {
                vectors.storeTo(w, memory);
            }
            return;
        }
        boolean isAccess = Form.of(w) == Form.V128_LOAD || Form.of(w) == Form.V128_STORE;
        if (isAccess) {
            accesses.useRecent(recents.of(Op.a(w)));
        }
        vectors.emit(w);
        if (vectors.slowJump != 0) {
            ExitStub stub = addRoutineStub(i, w, imm, vectors.slowJump, vectors.slowJump2);
            stub.before = vectors.slowSnapshot;
            if (isAccess) {
                storage.lookedAtCopy(stub);
            }
        }
        if (VectorEmitter.writesNibble(Form.of(w))) {
            comparisons.drop(Op.d(w));
        }
    }

    private void floatingPoint(int i, long w, long imm) {
        compute.forgetFlags();
        floats.emit(w, imm, !floats.isStatusOverwritten(block.words, i));
        ExitStub stub = addRoutineStub(i, w, imm, floats.slowJump, floats.slowJump2);
        stub.halfWay = floats.halfWayJump;
        stub.zero = floats.zero;
        stub.zeroResume = floats.zeroResume;
        stub.before = floats.slowSnapshot;
        if (Form.of(w) == Form.F64_COMPARE) {
            comparisons.drop(Op.d(w));
        }
    }

    private void routine(int kind, int i, long imm) {
        if (kind == Exits.CALL) {
            exchanges.leave(asm);
        }
        long descriptor = asm.here() + 12;
        asm.leaCode(RAX, descriptor);
        exits.jumpOut();
        asm.int_(kind);
        asm.int_(block.where[i]);
        asm.int_(block.pageOffset);
        asm.int_(kind == Exits.CALL_END ? behind() : ExitStubEmitter.ROUTINE_DESCRIPTOR_BYTES);
        asm.long_(imm);
        if (kind == Exits.CALL) {
            exchanges.resume(asm);
            registers.afterRoutine();
        }
    }

    // Ends

    private void count() {
        asm.lea(Layout.COUNTER, Assembler.mem(Layout.COUNTER, block.instructions));
    }

    private void end(int i, long w, int op, long imm) {
        if (!passVectors()) {
            registers.writeUnpinned();
        }
        switch (op) {
            case Op.BRANCH_BIT_SET, Op.BRANCH_BIT_CLEAR -> branchOnBit(w, op == Op.BRANCH_BIT_SET, (int) imm);
            case Op.BRANCH_NZ -> branchNotZero(w, (int) imm);
            case Op.CALL_END -> {
                comparisons.makeAllBut(-1);
                leave();
                routine(Exits.CALL_END, i, imm);
            }
            case Op.SWITCH -> switchContext(i, w, imm);
            case Op.CALL_END_UNLESS_ZERO -> callEndUnlessZero(i, w, imm);
            case Op.GOTO, Op.FALL_THROUGH -> {
                int target = op == Op.GOTO ? (int) imm : behind();
                long pending = comparisons.snapshot();
                boolean passes = passes(target, pending);
                if (!passes) {
                    comparisons.makeAllBut(-1);
                }
                count();
                goWith(target, passes ? pending : 0, true);
            }
            default -> {
                comparisons.makeAllBut(-1);
                count();
                switch (op) {
                    case Op.GOTO_ABSOLUTE -> {
                        asm.movImm(RAX, imm & block.addressMask);
                        leave();
                        goIndirect(true);
                    }
                    case Op.INDIRECT -> {
                        operands.fetch(RAX, operands.original(i, Op.a(w)));
                        toAddress();
                    }
                    case Op.INDIRECT_NZ -> {
                        int a = operands.inRegister(Op.a(w), RCX);
                        asm.test(a, a);
                        long notTaken = asm.jccForward(Condition.EQUAL);
                        operands.fetch(RAX, operands.original(i, Op.b(w)));
                        toAddress();
                        asm.bind(notTaken);
                        go(behind(), true);
                    }
                    default -> throw new IllegalStateException("no such micro-op: " + Op.name(op));
                }
            }
        }
    }

    /** Writes what is in other registers than between blocks. The flags, rax, rcx and rdx stay. */
    private void leave() {
        registers.write(registers.snapshot());
        exchanges.leave(asm);
    }

    /** Whether all members that may follow take vector registers over as they are, so that none need be written. */
    private boolean passVectors() {
        if (!registers.isActive()) {
            return true;
        }
        if (region != Region.NONE && region.jumpTargets(member).length != 0) {
            return false;
        }
        for (int offset : RegionFinder.successors(block)) {
            int to = memberAt(offset);
            if (offset == block.pageOffset || to >= 0 && !flow.inherits(to, member)) {
                return false;
            }
        }
        return true;
    }

    /** Enters a context and goes on there, by a routine where it must be. */
    private void switchContext(int i, long w, long imm) {
        comparisons.makeAllBut(-1);
        leave();
        asm.load(RDX, Layout.slot(Slots.NEXT_CONTEXT));
        long absent = ContextSwitch.find(asm);
        asm.aluMemImm(Assembler.CMP, Layout.slot(Slots.REQUESTED), 0);
        long requested = asm.jccForward(Condition.NOT_EQUAL);
        addRoutineEnd(i, imm, absent, requested);
        asm.load(RAX, Layout.slot(Slots.NEXT_ADDRESS));
        ContextSwitch.enter(asm, Op.d(w));
        count();
        goIndirect(true);
    }

    private void callEndUnlessZero(int i, long w, long imm) {
        comparisons.makeAllBut(-1);
        int a = operands.inRegister(Op.a(w), RCX);
        asm.test(a, a);
        addRoutineEnd(i, imm, asm.jccForward(Condition.NOT_EQUAL), 0).isExchanged = true;
        count();
        go(behind(), true);
    }

    /** Has a stub written that runs the routine which ends the block. */
    private ExitStub addRoutineEnd(int i, long imm, long jump, long jump2) {
        ExitStub stub = stubs.add(Exits.CALL_END, jump, 0, 0, block.where[i], behind(), 0);
        stub.immediate = imm;
        stub.jump2 = jump2;
        return stub;
    }

    private int behind() {
        return block.pageOffset + block.byteLength;
    }

    private void branchOnBit(long w, boolean ifSet, int target) {
        int n = Op.c(w);
        if (n == 0) {
            // The fourth bit is no condition of the host's.
            comparisons.makeOf(Op.a(w));
        }
        int comparison = comparisons.find(Op.a(w));
        boolean isBack = target <= block.pageOffset;
        // The way that is taken more often comes first.
        int first = isBack ? target : behind();
        int second = isBack ? behind() : target;
        long pending = comparisons.snapshot();
        long rest = 0;
        if (passes(first, pending) || passes(second, pending)) {
            rest = comparisons.snapshotBut(comparison);
        } else {
            comparisons.makeAllBut(comparison);
        }
        count();
        int condition;
        if (comparison >= 0) {
            comparisons.setFlags(comparison);
            condition = comparisons.condition(comparison, n);
        } else {
            condition = operands.testBit(Op.a(w), n);
        }
        int taken = ifSet ? condition : Condition.not(condition);
        int toSecond = isBack ? Condition.not(taken) : taken;
        boolean plain = comparison < 0 && rest == 0;
        if (isLoop(first) && jumpToLoop(Condition.not(toSecond), pending)) {
            way(second, pending, comparison, n, isBack != ifSet, rest, true);
            return;
        }
        if (isDirect(second, plain, pending)) {
            jumpIf(toSecond, second, pending);
            way(first, pending, comparison, n, isBack == ifSet, rest, true);
            return;
        }
        if (isDirect(first, plain, pending)) {
            jumpIf(Condition.not(toSecond), first, pending);
            way(second, pending, comparison, n, isBack != ifSet, rest, true);
            return;
        }
        long other = asm.jccForward(toSecond);
        way(first, pending, comparison, n, isBack == ifSet, rest, false);
        asm.bind(other);
        way(second, pending, comparison, n, isBack != ifSet, rest, true);
    }

    /** Whether the way to an offset is a jump and nothing else. */
    private boolean isDirect(int offset, boolean plain, long pending) {
        if (region == Region.NONE || isWatched() || offset <= block.pageOffset) {
            return false;
        }
        return passes(offset, pending) || plain && memberAt(offset) >= 0;
    }

    /** Whether nothing that is pending need be made on the way to an offset. */
    private boolean passes(int offset, long pending) {
        return keeps(offset) || loses(offset, pending);
    }

    /** Whether the member at an offset, if there is one, overwrites what is pending before anybody can look at it. */
    private boolean loses(int offset, long pending) {
        if (pending == 0 || region == Region.NONE || keeps(offset)) {
            return false;
        }
        int to = memberAt(offset);
        return to >= 0 && comparisons.areLostIn(region.sources.get(to), pending);
    }

    private void jumpIf(int condition, int offset, long pending) {
        if (isReturn(offset)) {
            flow.returnWith(asm.jccForward(condition), pending);
            return;
        }
        int to = memberAt(offset);
        if (loses(offset, pending)) {
            flow.lose(asm.jccForward(condition), false, to, pending);
            return;
        }
        if (keeps(offset) && !isHeaderAgain) {
            flow.inherit(to, pending);
            flow.inheritVectors(to, registers.snapshot());
        }
        flow.jump(asm.jccForward(condition), to);
    }

    /** One way out of a branch on a bit: comparisons stay pending, or are made. */
    private void way(int target, long pending, int comparison, int n, boolean isSet, long rest, boolean isLast) {
        if (passes(target, pending)) {
            goWith(target, pending, isLast);
            return;
        }
        if (comparison >= 0) {
            comparisons.writeKnown(comparison, n, isSet);
        }
        comparisons.makeAll(rest);
        go(target, isLast);
    }

    /** Whether the block at an offset goes on with comparisons as they are at the end of this one. */
    private boolean keeps(int offset) {
        return isLoop(offset) || isReturn(offset) || region != Region.NONE && flow.inherits(memberAt(offset), member);
    }

    /** Whether the header follows, and has a second copy that starts with what is pending now. */
    private boolean isReturn(int offset) {
        if (region == Region.NONE || offset != region.header.pageOffset || isHeaderAgain) {
            return false;
        }
        long pending = comparisons.snapshot();
        Block header = region.sources.get(flow.header());
        return pending != 0
                && !header.loops()
                && (flow.returning() == 0 || comparisons.areSame(flow.returning(), pending))
                && comparisons.areSettledIn(header, pending);
    }

    /**
     * The number of the member that is gone on with at an offset, or -1 if the region is left: also where the header's
     * second copy does not end as the first one did.
     */
    private int memberAt(int offset) {
        int to = region == Region.NONE ? -1 : region.memberAt(offset);
        boolean differs = to >= 0
                && isHeaderAgain
                && flow.inherits(to, member)
                && !(comparisons.areSame(flow.inherited(to), comparisons.snapshot())
                        && registers.areSame(flow.inheritedVectors(to), registers.snapshot()));
        return differs ? -1 : to;
    }

    /** Whether an offset is the start of the block, which has a second copy for those who come from its end. */
    private boolean isLoop(int offset) {
        return copy != ONLY_COPY && offset == block.pageOffset;
    }

    /** Jumps to the second copy on a condition, if it starts with what is pending and more need not be done. */
    private boolean jumpToLoop(int condition, long pending) {
        if (exactDeadline || copy == SECOND_COPY && !comparisons.areSame(loopPending, pending)) {
            return false;
        }
        bindToLoop(asm.jccForward(condition), pending);
        return true;
    }

    private void bindToLoop(long jump, long pending) {
        if (copy == FIRST_COPY) {
            loopPending = pending;
            loopJump = jump;
        } else {
            asm.patch(jump, loop);
        }
    }

    /** Goes on with the second copy. */
    private void goToLoop() {
        stubs.isExchanged = true;
        if (exactDeadline) {
            pollDeadlineFor(block.pageOffset);
            pollFor(block.pageOffset);
        }
        stubs.isExchanged = false;
        if (copy == FIRST_COPY || comparisons.areSame(loopPending, stubs.edge)) {
            bindToLoop(asm.jmpForward(), stubs.edge);
            return;
        }
        comparisons.makeAll(stubs.edge);
        if (region != Region.NONE) {
            flow.jump(asm.jmpForward(), member);
        } else {
            leave();
            asm.jmp(entry);
        }
    }

    /** Whether pending work is looked for at each end of the block. */
    private boolean isWatched() {
        return exactDeadline || (block.mode & watchedModes) != 0;
    }

    private void pollDeadlineFor(int offset) {
        asm.alu(Assembler.CMP, Layout.COUNTER, Layout.slot(Slots.DEADLINE));
        stubs.add(Exits.POLL, asm.jccForward(Condition.GREATER_OR_EQUAL), 0, 0, 0, offset, 0);
    }

    private void pollFor(int offset) {
        asm.aluMemImm(Assembler.CMP, Layout.slot(Slots.PENDING), 0);
        stubs.add(Exits.POLL, asm.jccForward(Condition.NOT_EQUAL), 0, 0, 0, offset, 0);
    }

    /** As {@link #go}, with comparisons that stay pending, or are lost in the member that follows. */
    private void goWith(int offset, long pending, boolean isLast) {
        boolean loses = loses(offset, pending);
        if (pending != 0 && !loses && !isLoop(offset) && !isReturn(offset) && !isHeaderAgain) {
            flow.inherit(region.memberAt(offset), pending);
        }
        stubs.edge = pending;
        lost = loses ? pending : 0;
        go(offset, isLast);
        lost = 0;
        stubs.edge = 0;
    }

    private void branchNotZero(long w, int target) {
        int a = Op.a(w);
        long pending = comparisons.snapshot();
        boolean passes = passes(target, pending) && passes(behind(), pending);
        boolean flagsTell = compute.isZeroFlagOf(a) && (passes || pending == 0);
        if (!passes) {
            comparisons.makeAllBut(-1);
            pending = 0;
        }
        count();
        if (!flagsTell) {
            int register = operands.isConstant(a) ? -1 : operands.register(a);
            if (register >= 0) {
                asm.test(register, register);
            } else if (operands.isConstant(a)) {
                operands.fetch(RCX, a);
                asm.test(RCX, RCX);
            } else {
                asm.aluMemImm(Assembler.CMP, Layout.slot(a), 0);
            }
        }
        boolean isBack = target <= block.pageOffset;
        if (isLoop(target) && jumpToLoop(Condition.NOT_EQUAL, pending)) {
            goWith(behind(), pending, true);
            return;
        }
        long other = asm.jccForward(isBack ? Condition.EQUAL : Condition.NOT_EQUAL);
        goWith(isBack ? target : behind(), pending, false);
        asm.bind(other);
        goWith(isBack ? behind() : target, pending, true);
    }

    /**
     * Goes on at an offset from the page's start.
     *
     * @param isLast whether this is the end of the block's code
     */
    private void go(int offset, boolean isLast) {
        if (isLoop(offset)) {
            goToLoop();
            return;
        }
        boolean isBack = offset <= block.pageOffset;
        int next = memberAt(offset);
        boolean isReturn = stubs.edge != 0 && lost == 0 && isReturn(offset);
        if (next < 0) {
            leave();
        } else if (!isHeaderAgain && flow.inherits(next, member)) {
            flow.inheritVectors(next, registers.snapshot());
        }
        boolean isNext = isLast && copy != FIRST_COPY && !isHeaderAgain && next == member + 1;
        boolean polls = isWatched() || isBack;
        stubs.isExchanged = next >= 0;
        if (exactDeadline) {
            pollDeadlineFor(offset);
        }
        if (polls && lost == 0 && (isReturn || next >= 0 && !isNext)) {
            pollAndJump(offset, next, isReturn);
            stubs.isExchanged = false;
            return;
        }
        if (polls) {
            pollFor(offset);
        }
        stubs.isExchanged = false;
        if (isBack && region == Region.NONE && offset >= 0) {
            asm.aluMemImm32(Assembler.SUB, LoopHeat.counter(offset), 1);
            stubs.add(Exits.HOT, asm.jccForward(Condition.SIGN), 0, 0, 0, offset, 0);
        }
        if (isReturn) {
            flow.returnWith(asm.jmpForward(), stubs.edge);
        } else if (next >= 0) {
            if (lost != 0) {
                loseHere(isNext, next);
            } else if (!isNext) {
                flow.jump(asm.jmpForward(), next);
            }
        } else if (offset >= 0 && offset < block.pageBytes) {
            stubs.add(Exits.LINK, asm.jmpForward(), 0, 0, 0, offset, 0);
        } else {
            asm.load(RAX, Layout.slot(HostSlots.PAGE_BASE));
            asm.aluImm(Assembler.ADD, RAX, offset);
            if (isNarrow()) {
                asm.mov32(RAX, RAX);
            }
            goIndirect(false);
        }
    }

    /** Goes on within the region unless work is pending: one jump where a loop comes round, not two. */
    private void pollAndJump(int offset, int next, boolean isReturn) {
        asm.aluMemImm(Assembler.CMP, Layout.slot(Slots.PENDING), 0);
        long none = asm.jccForward(Condition.EQUAL);
        stubs.add(Exits.POLL, asm.jmpForward(), 0, 0, 0, offset, 0);
        if (isReturn) {
            flow.returnWith(none, stubs.edge);
        } else {
            flow.jump(none, next);
        }
    }

    private void loseHere(boolean isNext, int next) {
        if (isNext) {
            flow.lose(asm.here(), true, next, lost);
            asm.nop5();
        } else {
            flow.lose(asm.jmpForward(), false, next, lost);
        }
    }

    /** rax becomes the address of an instruction, and execution goes on there. */
    private void toAddress() {
        asm.aluImm(Assembler.AND, RAX, -4);
        if (isNarrow()) {
            asm.mov32(RAX, RAX);
        } else if (region != Region.NONE) {
            jumps.write(region.jumpTargets(member), region);
        }
        leave();
        if (isSampled) {
            asm.store(Layout.slot(HostSlots.EXIT_ADDRESS), RAX);
            asm.leaCode(RAX, asm.here() + 12);
            exits.jumpOut();
            asm.int_(Exits.SAMPLE);
        } else {
            goIndirect(true);
        }
    }

    /** Goes on at the effective address in rax, by the jump table. */
    private void goIndirect(boolean poll) {
        if (poll && exactDeadline) {
            asm.alu(Assembler.CMP, Layout.COUNTER, Layout.slot(Slots.DEADLINE));
            gateway.leaveForJump(asm, relocations, Condition.GREATER_OR_EQUAL);
        }
        if (poll) {
            asm.aluMemImm(Assembler.CMP, Layout.slot(Slots.PENDING), 0);
            gateway.leaveForJump(asm, relocations, Condition.NOT_EQUAL);
        }
        gateway.jump(asm, relocations);
    }
}

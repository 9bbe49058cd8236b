// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RCX;
import static dev.wattle.engine.host.x64.Register.RDX;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.memory.SoftTlb;
import dev.wattle.engine.translate.JumpTables;
import java.util.Arrays;

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

    /** In place of a slot: the second entry of the set in the jump table is to be looked at, too. */
    private static final int SECOND_ENTRY = 1;

    private static final int HEAT = Slots.HOST_COUNTERS;
    private static final int HEAT_COUNTERS = 512;

    private static final int ACCESS_DESCRIPTOR_BYTES = 16;
    private static final int ROUTINE_DESCRIPTOR_BYTES = 24;

    private final Gateway gateway;
    private final boolean exactDeadline;
    private final Operands operands;
    private final Comparisons comparisons;
    private final ComputeEmitter compute;
    private final FloatEmitter floats;
    private final StorageFormEmitter storageForms;
    private final VectorEmitter vectors;
    private final AccessEmitter accesses;
    private final Exchanges exchanges;
    private final AccessGroups groups = new AccessGroups();
    private final Assembler asm;

    private long entry;
    /** Behind the exchanges at the entry: where a block that loops goes on. */
    private long inner;
    /** Where the displacement of that jump is, 0 for none. */
    private long loopJump;

    private Block block = Block.NONE;
    /** The region being emitted, or {@link Region#NONE}. */
    private Region region = Region.NONE;

    private final RegionFlow flow = new RegionFlow();
    /** The member of the region being emitted. */
    private int member;
    /** Comparisons that are pending on the way that is being emitted and stay so, see {@link Comparisons#snapshot}. */
    private long edge;

    private int[] relocations = new int[64];
    private int relocationCount;
    private EmissionListener listener = EmissionListener.NONE;

    /** Whether registers are exchanged where a stub is being added that goes on elsewhere. */
    private boolean isExchanged;

    // The stubs to be written behind the block.
    private int stubs;
    private int[] stubKind = new int[64];
    private long[] stubJump = new long[64];
    private int[] stubOperation = new int[64];
    private int[] stubSlot = new int[64];
    private int[] stubWhere = new int[64];
    private int[] stubOffset = new int[64];
    private long[] stubResume = new long[64];
    private long[] stubComparisons = new long[64];
    private boolean[] stubExchanged = new boolean[64];
    private Block[] stubBlock = new Block[64];
    // Of some alone: the operation, further jumps to the stub, and when its zero is right.
    private long[] stubWord = new long[64];
    private long[] stubImmediate = new long[64];
    private long[] stubJump2 = new long[64];
    private long[] stubHalfWay = new long[64];
    private FloatEmitter.ZeroCheck[] stubZero = new FloatEmitter.ZeroCheck[64];
    private long[] stubZeroResume = new long[64];

    /**
     * @param exactDeadline whether code must stop at the first block end behind the deadline, as a virtual clock needs
     */
    BlockEmitter(
            Assembler asm,
            Layout layout,
            Gateway gateway,
            HostFeatures features,
            long codeBase,
            boolean exactDeadline) {
        this.asm = asm;
        this.gateway = gateway;
        this.exactDeadline = exactDeadline;
        operands = new Operands(layout);
        comparisons = new Comparisons(operands);
        compute = new ComputeEmitter(operands, comparisons, features);
        floats = new FloatEmitter(asm, features, codeBase);
        accesses = new AccessEmitter(asm, operands, features);
        vectors = new VectorEmitter(asm, operands, features, accesses);
        exchanges = new Exchanges(layout);
        storageForms = new StorageFormEmitter(asm, operands, features, accesses);
    }

    /** Has a listener told which code belongs to what. */
    void listener(EmissionListener newListener) {
        listener = newListener;
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
        front(source);
        exchanges.apply(operands.registerMap(), false);
        exchanges.plan(source, floats, vectors);
        exchanges.apply(operands.registerMap(), true);
        exchanges.enter(asm);
        inner = asm.here();
        comparisons.begin(asm);
        floats.begin();
        body(source);
        back(source);
        return entry;
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
        front(region.header);
        exchanges.apply(operands.registerMap(), false);
        exchanges.plan(region, floats, vectors);
        exchanges.apply(operands.registerMap(), true);
        exchanges.enter(asm);
        comparisons.begin(asm);
        floats.begin();
        if (flow.header() != 0) {
            flow.jump(asm.jmpForward(), flow.header());
        }
        region.labels = new long[members];
        region.exits = new long[members];
        for (member = 0; member < members; member++) {
            region.labels[member] = asm.here();
            asm.nop5();
            comparisons.start(flow.inherited(member));
            body(region.sources.get(member));
        }
        flow.bind(asm);
        for (member = 0; member < members; member++) {
            region.exits[member] = asm.here();
            comparisons.makeAll(flow.inherited(member));
            exchanges.leave(asm);
            block = region.sources.get(member);
            isExchanged = false;
            addStub(Exits.LINK, asm.jmpForward(), 0, 0, 0, block.pageOffset, 0);
        }
        back(region.header);
        return entry;
    }

    /** Starts what is entered at a block. */
    private void front(Block first) {
        stubs = 0;
        relocationCount = 0;
        loopJump = 0;
        edge = 0;
        asm.seek(asm.here() + HEADER_BYTES);
        asm.align(16);
        entry = asm.here();
        asm.seek(entry - FAR_BYTES);
        asm.aluImm(Assembler.AND, RAX, -first.pageBytes);
        asm.store(Layout.slot(HostSlots.PAGE_BASE), RAX);
        if (asm.here() != entry) {
            throw new IllegalStateException("the code before an entry has another length than it should");
        }
    }

    private void body(Block source) {
        block = source;
        if (source.refusals < MOST_REFUSALS) {
            groups.plan(source);
        } else {
            groups.clear(source);
        }
        operands.begin(asm, source);
        accesses.begin(source);
        compute.begin(asm, source);
        long[] words = source.words;
        for (int i = 0; ; i++) {
            long w = words[i];
            int op = Op.of(w);
            listener.operation(i, asm.here());
            operands.beforeOperation(i);
            if (op < Op.FIRST_ACCESS) {
                comparisons.before(w);
                compute.emit(i, w, source.immediates[i]);
            } else if (op < Op.FIRST_STORE) {
                load(i, w, op, source.immediates[i]);
            } else if (op < Op.FIRST_CONTROL) {
                store(i, w, op, source.immediates[i]);
            } else if (op == Op.HOST && floats.supports(Form.of(w))) {
                floatingPoint(i, w, source.immediates[i]);
            } else if (op == Op.HOST && StorageFormEmitter.supports(Form.of(w))) {
                storageForm(i, w, source.immediates[i]);
            } else if (op == Op.HOST && vectors.supports(w)) {
                vector(i, w, source.immediates[i]);
            } else if (op == Op.CALL || op == Op.HOST) {
                comparisons.makeAllBut(-1);
                compute.forgetFlags();
                routine(Exits.CALL, i, source.immediates[i]);
            } else if (op == Op.LEA) {
                comparisons.before(w);
                compute.forgetFlags();
                pageAddress(i, w, source.immediates[i]);
            } else {
                end(i, w, op, source.immediates[i]);
                break;
            }
        }
    }

    /** Writes what is seldom executed, and what is not executed. */
    private void back(Block first) {
        for (int k = 0; k < stubs; k++) {
            block = stubBlock[k];
            listener.stub(k, stubKind[k], asm.here());
            stub(k);
        }
        block = first;
        listener.records(asm.here());
        floats.writeRecords(place -> relocate(place, true));
        listener.loopExit(asm.here());
        header();
        listener.end(asm.here());
    }

    /**
     * Writes what stands before the entry: where a jump of the block to itself has its displacement, and where that must
     * lead when the block is no longer valid, both relative to the entry or 0; and the block's offset in its page.
     */
    private void header() {
        long out = 0;
        if (loopJump != 0) {
            out = asm.here();
            exchanges.leave(asm);
            asm.jmp(entry);
        }
        long end = asm.here();
        asm.seek(entry - HEADER_BYTES);
        asm.int_(loopJump == 0 ? 0 : (int) (loopJump - entry));
        asm.int_(loopJump == 0 ? 0 : (int) (out - entry));
        asm.int_(block.pageOffset);
        asm.seek(end);
    }

    private void jumpOut() {
        asm.jmp(gateway.exit);
        relocate(asm.here() - 4, false);
    }

    /** Remembers a 32-bit word of the block that says where something is: relative to itself, or to all code. */
    private void relocate(long place, boolean isAbsolute) {
        if (relocationCount == relocations.length) {
            relocations = Arrays.copyOf(relocations, relocationCount * 2);
        }
        relocations[relocationCount++] = (int) (place - imageStart()) << 1 | (isAbsolute ? 1 : 0);
    }

    /** Where what was written for the last block starts; it ends where the assembler is. */
    long imageStart() {
        return entry - HEADER_BYTES;
    }

    /** The words of the last block that depend on where it is: byte offset from its start, twice, and 1 if absolute. */
    int[] relocations() {
        return relocations;
    }

    int relocationCount() {
        return relocationCount;
    }

    private boolean isNarrow() {
        return block.addressMask != -1;
    }

    // Storage

    private void load(int i, long w, int op, long imm) {
        comparisons.before(w);
        compute.forgetFlags();
        if (groups.isMember(i)) {
            long memory = member(i, w, imm);
            int t = operands.target(i, w, false);
            accesses.load(t, op, memory);
            operands.finish(i, w, t, false);
            return;
        }
        accesses.address(Op.a(w), imm);
        long jump = accesses.translate(SoftTlb.READ_LIMIT);
        int t = operands.target(i, w, false);
        accesses.load(t, op, Assembler.mem(RAX, RCX, 0, 0));
        operands.finish(i, w, t, false);
        addStub(Exits.LOAD, jump, op, operands.slotForJava(Op.d(w)), block.where[i], 0, asm.here());
    }

    /** The memory operand of an access in a group; the first one makes sure that all may be done. */
    private long member(int i, long w, long imm) {
        int a = Op.a(w);
        if (groups.isLeader(i)) {
            operands.reserveTemporary(groups.last(i));
            long retry = asm.here();
            accesses.address(a, groups.low(i));
            int span = groups.span(i);
            int limit = groups.stores(i) ? SoftTlb.WRITE_LIMIT : SoftTlb.READ_LIMIT;
            long jump = accesses.translateTag(limit, span - 8);
            boolean both = groups.stores(i) && groups.loads(i);
            long jump2 = 0;
            if (both) {
                // Some pages may be stored to and not loaded from.
                asm.alu(Assembler.CMP, RDX, Assembler.mem(RCX, SoftTlb.READ_LIMIT));
                jump2 = asm.jccForward(Condition.ABOVE_OR_EQUAL);
            }
            asm.load(Layout.TEMPORARY, Assembler.mem(RCX, SoftTlb.ADDEND));
            int k = stubs;
            addStub(Exits.GROUP, jump, 0, 0, block.where[i], 0, retry);
            stubJump2[k] = jump2;
            stubImmediate[k] =
                    i | (long) span << 16 | (groups.stores(i) ? 1L << 32 : 0) | (groups.loads(i) ? 1L << 33 : 0);
        }
        int base = operands.register(a);
        if (base == -1) {
            asm.load(RAX, Layout.slot(a));
            base = RAX;
        }
        return Assembler.mem(base, Layout.TEMPORARY, 0, (int) imm);
    }

    private void store(int i, long w, int op, long imm) {
        int b = Op.b(w);
        comparisons.before(w);
        if (operands.isConstant(b) && Operands.isTemporary(b)) {
            // Java reads the value from its slot if the store takes the slow way.
            operands.fetch(RDX, b);
            asm.store(Layout.slot(b), RDX);
        }
        compute.forgetFlags();
        if (groups.isMember(i)) {
            long memory = member(i, w, imm);
            accesses.store(memory, op, operands.inRegister(b, RDX));
            operands.forgetCarried();
            return;
        }
        accesses.address(Op.a(w), imm);
        long jump = accesses.translate(SoftTlb.WRITE_LIMIT);
        accesses.store(Assembler.mem(RAX, RCX, 0, 0), op, operands.inRegister(b, RDX));
        operands.forgetCarried();
        addStub(Exits.STORE, jump, op, operands.slotForJava(b), block.where[i], 0, asm.here());
    }

    // Routines and addresses

    private void storageForm(int i, long w, long imm) {
        compute.forgetFlags();
        comparisons.before(w);
        int form = Form.of(w);
        if (form == Form.LOAD_RESERVE_32 || form == Form.LOAD_RESERVE_64) {
            comparisons.beforeChangeOf(Op.d(w));
        }
        storageForms.emit(i, w);
        addRoutineStub(i, w, imm, storageForms.slowJump, storageForms.slowJump2);
        if (StorageFormEmitter.writesNibble(form)) {
            // Only here: the routine may interrupt before it writes the nibble.
            comparisons.drop(Op.d(w));
        }
    }

    /** Has a stub written that runs the routine of operation i, and goes on here. */
    private void addRoutineStub(int i, long w, long imm, long jump, long jump2) {
        int k = stubs;
        addStub(Exits.CALL, jump, 0, 0, block.where[i], 0, asm.here());
        stubWord[k] = w;
        stubImmediate[k] = imm;
        stubJump2[k] = jump2;
        stubHalfWay[k] = 0;
        stubZero[k] = FloatEmitter.ZeroCheck.NEVER;
    }

    private void vector(int i, long w, long imm) {
        compute.forgetFlags();
        vectors.emit(w);
        if (vectors.slowJump != 0) {
            addRoutineStub(i, w, imm, vectors.slowJump, vectors.slowJump2);
        }
        if (VectorEmitter.writesNibble(Form.of(w))) {
            comparisons.drop(Op.d(w));
        }
    }

    private void floatingPoint(int i, long w, long imm) {
        compute.forgetFlags();
        floats.emit(w, imm);
        int k = stubs;
        addRoutineStub(i, w, imm, floats.slowJump, floats.slowJump2);
        stubHalfWay[k] = floats.halfWayJump;
        stubZero[k] = floats.zero;
        stubZeroResume[k] = floats.zeroResume;
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
        jumpOut();
        asm.int_(kind);
        asm.int_(block.where[i]);
        asm.int_(block.pageOffset);
        asm.int_(kind == Exits.CALL_END ? behind() : ROUTINE_DESCRIPTOR_BYTES);
        asm.long_(imm);
        if (kind == Exits.CALL) {
            exchanges.resume(asm);
        }
    }

    private void pageAddress(int i, long w, long imm) {
        int t = operands.target(i, w, false);
        asm.load(t, Layout.slot(HostSlots.PAGE_BASE));
        if (imm == (int) imm) {
            asm.aluImm(Assembler.ADD, t, (int) imm);
        } else {
            asm.movImm(RCX, imm);
            asm.alu(Assembler.ADD, t, RCX);
        }
        if (isNarrow()) {
            asm.mov32(t, t);
        }
        operands.finish(i, w, t, false);
    }

    // Ends

    private void count() {
        asm.lea(Layout.COUNTER, Assembler.mem(Layout.COUNTER, block.instructions));
    }

    private void end(int i, long w, int op, long imm) {
        switch (op) {
            case Op.BRANCH_BIT_SET, Op.BRANCH_BIT_CLEAR -> branchOnBit(w, op == Op.BRANCH_BIT_SET, (int) imm);
            case Op.BRANCH_NZ -> branchNotZero(w, (int) imm);
            case Op.CALL_END -> {
                comparisons.makeAllBut(-1);
                exchanges.leave(asm);
                routine(Exits.CALL_END, i, imm);
            }
            case Op.SWITCH -> switchContext(i, w, imm);
            case Op.CALL_END_UNLESS_ZERO -> callEndUnlessZero(i, w, imm);
            case Op.GOTO, Op.FALL_THROUGH -> {
                int target = op == Op.GOTO ? (int) imm : behind();
                boolean keeps = keeps(target);
                long pending = comparisons.snapshot();
                if (!keeps) {
                    comparisons.makeAllBut(-1);
                }
                count();
                goWith(target, keeps ? pending : 0, true);
            }
            default -> {
                comparisons.makeAllBut(-1);
                count();
                switch (op) {
                    case Op.GOTO_ABSOLUTE -> {
                        asm.movImm(RAX, imm & block.addressMask);
                        exchanges.leave(asm);
                        goIndirect(true);
                    }
                    case Op.INDIRECT -> {
                        operands.fetch(RAX, Op.a(w));
                        toAddress();
                    }
                    case Op.INDIRECT_NZ -> {
                        int a = operands.inRegister(Op.a(w), RCX);
                        asm.test(a, a);
                        long notTaken = asm.jccForward(Condition.EQUAL);
                        operands.fetch(RAX, Op.b(w));
                        toAddress();
                        asm.bind(notTaken);
                        go(behind(), true);
                    }
                    default -> throw new IllegalStateException("no such micro-op: " + Op.name(op));
                }
            }
        }
    }

    /** Enters a context and goes on there, by a routine where it must be. */
    private void switchContext(int i, long w, long imm) {
        comparisons.makeAllBut(-1);
        exchanges.leave(asm);
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
        addRoutineEnd(i, imm, asm.jccForward(Condition.NOT_EQUAL), 0);
        stubExchanged[stubs - 1] = true;
        count();
        go(behind(), true);
    }

    /** Has a stub written that runs the routine which ends the block. */
    private void addRoutineEnd(int i, long imm, long jump, long jump2) {
        int k = stubs;
        addStub(Exits.CALL_END, jump, 0, 0, block.where[i], behind(), 0);
        stubImmediate[k] = imm;
        stubJump2[k] = jump2;
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
        if (keeps(first) || keeps(second)) {
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
            condition = testBit(Op.a(w), n);
        }
        int taken = ifSet ? condition : Condition.not(condition);
        int toSecond = isBack ? Condition.not(taken) : taken;
        boolean plain = comparison < 0 && rest == 0;
        if (isDirect(second, plain)) {
            jumpIf(toSecond, second, pending);
            way(first, pending, comparison, n, isBack == ifSet, rest, true);
            return;
        }
        if (isDirect(first, plain)) {
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
    private boolean isDirect(int offset, boolean plain) {
        if (region == Region.NONE || exactDeadline || offset <= block.pageOffset) {
            return false;
        }
        return keeps(offset) || plain && region.memberAt(offset) >= 0;
    }

    private void jumpIf(int condition, int offset, long pending) {
        int to = region.memberAt(offset);
        if (keeps(offset)) {
            flow.inherit(to, pending);
        }
        flow.jump(asm.jccForward(condition), to);
    }

    /** One way out of a branch on a bit: comparisons stay pending, or are made. */
    private void way(int target, long pending, int comparison, int n, boolean isSet, long rest, boolean isLast) {
        if (keeps(target)) {
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
        return region != Region.NONE && flow.inherits(region.memberAt(offset), member);
    }

    /** As {@link #go}, with comparisons that stay pending. */
    private void goWith(int offset, long pending, boolean isLast) {
        if (pending != 0) {
            flow.inherit(region.memberAt(offset), pending);
        }
        edge = pending;
        go(offset, isLast);
        edge = 0;
    }

    /** Sets the host's flags by one bit of a slot, and returns the condition of its being 1. */
    private int testBit(int slot, int n) {
        int register = operands.register(slot);
        if (register >= 0) {
            asm.bitTest(register, n);
            return Condition.BELOW;
        }
        asm.testMem8(Assembler.plus(Layout.slot(slot), n >> 3), 1 << (n & 7));
        return Condition.NOT_EQUAL;
    }

    private void branchNotZero(long w, int target) {
        int a = Op.a(w);
        long pending = comparisons.snapshot();
        boolean keeps = keeps(target) && keeps(behind());
        boolean flagsTell = compute.isZeroFlagOf(a) && (keeps || pending == 0);
        if (!keeps) {
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
        boolean isBack = offset <= block.pageOffset;
        int next = region == Region.NONE ? -1 : region.memberAt(offset);
        boolean loops = next >= 0 || offset == block.pageOffset && exchanges.count() != 0;
        if (!loops) {
            exchanges.leave(asm);
        }
        isExchanged = loops;
        if (exactDeadline) {
            asm.alu(Assembler.CMP, Layout.COUNTER, Layout.slot(Slots.DEADLINE));
            addStub(Exits.POLL, asm.jccForward(Condition.GREATER_OR_EQUAL), 0, 0, 0, offset, 0);
        }
        if (exactDeadline || isBack) {
            asm.aluMemImm(Assembler.CMP, Layout.slot(Slots.PENDING), 0);
            addStub(Exits.POLL, asm.jccForward(Condition.NOT_EQUAL), 0, 0, 0, offset, 0);
        }
        isExchanged = false;
        if (isBack && region == Region.NONE && offset >= 0 && offset != block.pageOffset) {
            asm.aluMemImm32(Assembler.SUB, heat(offset), 1);
            addStub(Exits.HOT, asm.jccForward(Condition.SIGN), 0, 0, 0, offset, 0);
        }
        if (next >= 0) {
            if (!isLast || next != member + 1) {
                flow.jump(asm.jmpForward(), next);
            }
        } else if (loops) {
            loopJump = asm.jmpForward();
            asm.patch(loopJump, inner);
        } else if (offset == block.pageOffset) {
            asm.jmp(entry);
        } else if (offset >= 0 && offset < block.pageBytes) {
            addStub(Exits.LINK, asm.jmpForward(), 0, 0, 0, offset, 0);
        } else {
            asm.load(RAX, Layout.slot(HostSlots.PAGE_BASE));
            asm.aluImm(Assembler.ADD, RAX, offset);
            if (isNarrow()) {
                asm.mov32(RAX, RAX);
            }
            goIndirect(false);
        }
    }

    /** The counter of jumps back to an offset; some offsets share one. */
    private static long heat(int offset) {
        return Assembler.plus(Layout.slot(HEAT), (offset >> 2 & HEAT_COUNTERS - 1) * 4);
    }

    /** Has the jumps back to an offset counted anew. */
    static void resetHeat(long state, int offset, int jumps) {
        HostMemory.putIntLe(state + HEAT * 8L + (offset >> 2 & HEAT_COUNTERS - 1) * 4L, jumps);
    }

    /** Has all jumps back counted anew. */
    static void resetHeat(long state, int jumps) {
        for (int counter = 0; counter < HEAT_COUNTERS; counter++) {
            resetHeat(state, counter << 2, jumps);
        }
    }

    /** rax becomes the address of an instruction, and execution goes on there. */
    private void toAddress() {
        exchanges.leave(asm);
        asm.aluImm(Assembler.AND, RAX, -4);
        if (isNarrow()) {
            asm.mov32(RAX, RAX);
        }
        goIndirect(true);
    }

    /** Goes on at the effective address in rax, by the jump table. */
    private void goIndirect(boolean poll) {
        if (poll && exactDeadline) {
            asm.alu(Assembler.CMP, Layout.COUNTER, Layout.slot(Slots.DEADLINE));
            addStub(Exits.INDIRECT, asm.jccForward(Condition.GREATER_OR_EQUAL), 0, 0, 0, 0, 0);
        }
        if (poll) {
            asm.aluMemImm(Assembler.CMP, Layout.slot(Slots.PENDING), 0);
            addStub(Exits.INDIRECT, asm.jccForward(Condition.NOT_EQUAL), 0, 0, 0, 0, 0);
        }
        asm.mov32(RCX, RAX);
        asm.aluImm32(Assembler.AND, RCX, JumpTables.SET_MASK);
        asm.load(RDX, Layout.slot(HostSlots.JUMP_TABLE));
        asm.alu(Assembler.CMP, RAX, Assembler.mem(RDX, RCX, 3, 0));
        addStub(Exits.INDIRECT, asm.jccForward(Condition.NOT_EQUAL), 0, SECOND_ENTRY, 0, 0, 0);
        asm.jmpMemory(Assembler.mem(RDX, RCX, 3, 8));
    }

    // Stubs

    private void addStub(int kind, long jump, int operation, int slot, int where, int offset, long resume) {
        int k = stubs++;
        if (k == stubKind.length) {
            int size = k * 2;
            stubKind = Arrays.copyOf(stubKind, size);
            stubJump = Arrays.copyOf(stubJump, size);
            stubOperation = Arrays.copyOf(stubOperation, size);
            stubSlot = Arrays.copyOf(stubSlot, size);
            stubWhere = Arrays.copyOf(stubWhere, size);
            stubOffset = Arrays.copyOf(stubOffset, size);
            stubResume = Arrays.copyOf(stubResume, size);
            stubComparisons = Arrays.copyOf(stubComparisons, size);
            stubExchanged = Arrays.copyOf(stubExchanged, size);
            stubBlock = Arrays.copyOf(stubBlock, size);
            stubWord = Arrays.copyOf(stubWord, size);
            stubImmediate = Arrays.copyOf(stubImmediate, size);
            stubJump2 = Arrays.copyOf(stubJump2, size);
            stubHalfWay = Arrays.copyOf(stubHalfWay, size);
            stubZero = Arrays.copyOf(stubZero, size);
            stubZeroResume = Arrays.copyOf(stubZeroResume, size);
        }
        listener.stubWanted(k);
        stubKind[k] = kind;
        stubJump[k] = jump;
        stubOperation[k] = operation;
        stubSlot[k] = slot;
        stubWhere[k] = where;
        stubOffset[k] = offset;
        stubResume[k] = resume;
        boolean isInside = kind == Exits.LOAD || kind == Exits.STORE || kind == Exits.CALL || kind == Exits.GROUP;
        stubJump2[k] = 0;
        stubBlock[k] = block;
        stubComparisons[k] = isInside ? comparisons.snapshot() : edge;
        stubExchanged[k] = isInside || isExchanged;
    }

    private void stub(int k) {
        int kind = stubKind[k];
        if (kind == Exits.CALL) {
            routineStub(k);
            return;
        }
        asm.bind(stubJump[k]);
        bindIfAny(stubJump2[k]);
        if (kind == Exits.INDIRECT && stubSlot[k] == SECOND_ENTRY) {
            asm.alu(Assembler.CMP, RAX, Assembler.mem(RDX, RCX, 3, JumpTables.SECOND));
            long absent = asm.jccForward(Condition.NOT_EQUAL);
            asm.jmpMemory(Assembler.mem(RDX, RCX, 3, JumpTables.SECOND + 8));
            asm.bind(absent);
        }
        boolean isAccess = kind == Exits.LOAD || kind == Exits.STORE || kind == Exits.GROUP;
        if (isAccess || kind == Exits.INDIRECT) {
            asm.store(Layout.slot(HostSlots.EXIT_ADDRESS), RAX);
        }
        comparisons.makeAll(stubComparisons[k]);
        if (stubExchanged[k]) {
            exchanges.leave(asm);
        }
        long descriptor = asm.here() + 12;
        asm.leaCode(RAX, descriptor);
        jumpOut();
        asm.int_(kind | stubOperation[k] << 8 | stubSlot[k] << 16);
        if (kind == Exits.INDIRECT) {
            return;
        }
        asm.int_(stubWhere[k]);
        asm.int_(isAccess || kind == Exits.CALL_END ? block.pageOffset : stubOffset[k]);
        if (kind == Exits.CALL_END) {
            asm.int_(stubOffset[k]);
            asm.long_(stubImmediate[k]);
        } else if (kind == Exits.GROUP) {
            resume(k, descriptor, ROUTINE_DESCRIPTOR_BYTES);
        } else if (isAccess) {
            resume(k, descriptor, ACCESS_DESCRIPTOR_BYTES);
        } else {
            asm.int_((int) (stubJump[k] - descriptor));
        }
    }

    /** Writes where to resume, relative to the descriptor; what is to be done there first follows the descriptor. */
    private void resume(int k, long descriptor, int descriptorBytes) {
        if (exchanges.count() == 0) {
            asm.int_((int) (stubResume[k] - descriptor));
            if (descriptorBytes == ROUTINE_DESCRIPTOR_BYTES) {
                asm.long_(stubImmediate[k]);
            }
            return;
        }
        asm.int_(descriptorBytes);
        if (descriptorBytes == ROUTINE_DESCRIPTOR_BYTES) {
            asm.long_(stubImmediate[k]);
        }
        exchanges.resume(asm);
        asm.jmp(stubResume[k]);
    }

    private void routineStub(int k) {
        long w = stubWord[k];
        long halfWay = 0;
        if (stubHalfWay[k] != 0) {
            asm.bind(stubHalfWay[k]);
            floats.resumeIfSingle(w, stubZeroResume[k]);
            halfWay = asm.jmpForward();
        }
        bindIfAny(stubJump[k]);
        switch (stubZero[k]) {
            case NEVER -> {
                // The routine decides.
            }
            case ALWAYS -> {
                doubleResult();
                asm.jcc(Condition.EQUAL, stubZeroResume[k]);
            }
            case IF_A, IF_A_OR_B -> {
                doubleResult();
                long notZero = asm.jccForward(Condition.NOT_EQUAL);
                goIfZero(Op.a(w), stubZeroResume[k]);
                if (stubZero[k] == FloatEmitter.ZeroCheck.IF_A_OR_B) {
                    goIfZero(Op.b(w), stubZeroResume[k]);
                }
                asm.bind(notZero);
            }
        }
        bindIfAny(stubJump2[k]);
        bindIfAny(halfWay);
        comparisons.makeAll(stubComparisons[k]);
        exchanges.leave(asm);
        long descriptor = asm.here() + 12;
        asm.leaCode(RAX, descriptor);
        jumpOut();
        asm.int_(Exits.CALL);
        asm.int_(stubWhere[k]);
        asm.int_(block.pageOffset);
        resume(k, descriptor, ROUTINE_DESCRIPTOR_BYTES);
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

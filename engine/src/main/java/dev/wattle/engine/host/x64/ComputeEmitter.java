// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RCX;
import static dev.wattle.engine.host.x64.Register.RDX;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Op;

/** Emits the micro-operations that only compute. */
final class ComputeEmitter {
    private static final int NONE = -1;
    private static final int XMM0 = 0;
    private static final int XMM1 = 1;

    private final Operands operands;
    private final Comparisons comparisons;
    private final HostFeatures features;
    private Assembler asm = new Assembler(0, 0);
    private long[] words = new long[0];
    private long[] immediates = new long[0];

    /** The slot whose being zero the host's zero flag tells at the moment, or -1. */
    private int zeroFlagOf = NONE;
    /** The last operation that has been emitted together with an earlier one, or -1. */
    private int done = NONE;
    /** The operation that finds its carry in in the host's carry flag, and not in the slot for it, or -1. */
    private int carryInFlags = NONE;

    private final ShiftEmitter shifts;

    ComputeEmitter(Operands operands, Comparisons comparisons, HostFeatures features) {
        this.operands = operands;
        this.comparisons = comparisons;
        this.features = features;
        shifts = new ShiftEmitter(this, operands, features);
    }

    void begin(Assembler assembler, Block block) {
        asm = assembler;
        words = block.words;
        immediates = block.immediates;
        shifts.begin(assembler, block);
        zeroFlagOf = NONE;
        done = NONE;
        carryInFlags = NONE;
    }

    /** Whether the zero flag tells whether a slot is zero. */
    boolean isZeroFlagOf(int slot) {
        return zeroFlagOf == slot;
    }

    void forgetFlags() {
        zeroFlagOf = NONE;
    }

    /** Whether the next operation can take its operand from rax. */
    private boolean mayCarry(int i, long w) {
        long next = words[i + 1];
        int op = Op.of(next);
        int d = Op.d(w);
        if (op < Op.FIRST_ACCESS) {
            return Op.readsA(op) && Op.a(next) == d || Op.readsB(op) && Op.b(next) == d;
        }
        if (op < Op.FIRST_CONTROL) {
            return Op.a(next) == d && (op < Op.FIRST_STORE || Op.b(next) != d);
        }
        return (op == Op.BRANCH_NZ || op == Op.INDIRECT) && Op.a(next) == d;
    }

    /** Emits operation i. */
    void emit(int i, long w, long imm) {
        int op = Op.of(w);
        zeroFlagOf = NONE;
        if (i <= done || operands.isDead(i, w)) {
            operands.forgetCarried();
            return;
        }
        if (Comparisons.isComparison(op)) {
            comparisons.add(w, imm);
            operands.stored(Op.d(w));
            return;
        }
        if (Operands.isTemporary(Op.d(w))) {
            shifts.wrote(w, imm);
            if (op == Op.MOVI) {
                operands.define(Op.d(w), imm);
                operands.forgetCarried();
                return;
            }
        }
        switch (op) {
            case Op.MOV -> move(i, w);
            case Op.ADD -> add(i, w);
            case Op.SUB -> binary(i, w, Assembler.SUB, false);
            case Op.AND -> binary(i, w, Assembler.AND, true);
            case Op.OR -> binary(i, w, Assembler.OR, true);
            case Op.XOR -> binary(i, w, Assembler.XOR, true);
            case Op.NAND, Op.NOR, Op.EQV -> complemented(i, w, op);
            case Op.ANDC -> withComplement(i, w, Assembler.AND);
            case Op.ORC -> withComplement(i, w, Assembler.OR);
            case Op.ADDI -> addImmediate(i, w, imm);
            case Op.ANDI -> andImmediate(i, w, imm);
            case Op.ORI -> immediate(i, w, Assembler.OR, imm);
            case Op.XORI -> immediate(i, w, Assembler.XOR, imm);
            case Op.MUL -> multiply(i, w);
            case Op.MULI -> multiplyImmediate(i, w, imm);
            case Op.MULHS -> multiplyHigh(i, w, Assembler.IMUL);
            case Op.MULHU -> multiplyHigh(i, w, Assembler.MUL);
            case Op.SHL, Op.SHR -> shifts.shift(i, w, op);
            case Op.SAR -> shifts.shiftAlgebraic(i, w);
            case Op.ROTL -> shifts.rotate(i, w);
            case Op.ROTMASK32 -> shifts.rotateMask32(i, w, imm);
            case Op.ROTMASK64 -> shifts.rotateMask64(i, w, imm);
            case Op.ROTINSERT32, Op.ROTINSERT64 -> shifts.rotateInsert(i, w, op, imm);
            case Op.ADC -> addCarry(i, w);
            case Op.CARRY -> carry(i, w);
            case Op.CARRY32 -> carry32(i, w);
            case Op.SARLOST -> shifts.lostByShift(i, w);
            case Op.DIVS64, Op.DIVS32 -> divideSigned(i, w, op == Op.DIVS32);
            case Op.DIVU64, Op.DIVU32 -> divideUnsigned(i, w, op == Op.DIVU32);
            case Op.SELECT -> select(i, w);
            case Op.BIT -> bit(i, w);
            case Op.SETBIT -> setBit(i, w);
            case Op.EQ8 -> equalBytes(i, w);
            case Op.WIDEN -> widen(i, w);
            case Op.NARROW -> narrow(i, w);
            case Op.MOVI -> {
                if (imm == 0 && operands.target(i, w, false) == RAX) {
                    asm.storeImm(Layout.slot(Op.d(w)), 0);
                    operands.forgetCarried();
                } else {
                    int t = operands.target(i, w, mayCarry(i, w));
                    asm.movImm(t, imm);
                    operands.finish(i, w, t, mayCarry(i, w));
                }
            }
            default -> unary(i, w, op, imm);
        }
    }

    /** The register to compute the result of operation i into; {@link #finish} must follow. */
    int target(int i, long w) {
        return operands.target(i, w, mayCarry(i, w));
    }

    /** Puts the result of operation i into its place. */
    void finish(int i, long w, int register) {
        operands.finish(i, w, register, mayCarry(i, w));
    }

    private int register(int slot) {
        return operands.isConstant(slot) ? NONE : operands.register(slot);
    }

    /** Whether an operation changes a slot in memory by what another operand says. */
    private boolean isInMemory(int d, int a) {
        return d == a && !Operands.isTemporary(d) && operands.register(d) == NONE;
    }

    private void move(int i, long w) {
        int d = Op.d(w);
        int from = register(Op.a(w));
        if (from != NONE && !Operands.isTemporary(d) && operands.register(d) == NONE) {
            operands.put(d, from);
            operands.forgetCarried();
            return;
        }
        int t = target(i, w);
        operands.fetch(t, Op.a(w));
        finish(i, w, t);
    }

    private void binary(int i, long w, int op, boolean commutative) {
        int a = Op.a(w);
        int b = Op.b(w);
        if (isInMemory(Op.d(w), a)) {
            int other = register(b);
            if (operands.isSmallConstant(b)) {
                asm.aluMemImm(op, Layout.slot(a), (int) operands.constant(b));
            } else {
                if (other == NONE) {
                    operands.fetch(RCX, b);
                    other = RCX;
                }
                asm.aluMem(op, Layout.slot(a), other);
            }
            operands.forgetCarried();
            zeroFlagOf = Op.d(w);
            return;
        }
        int t = target(i, w);
        if (register(b) == t && register(a) != t) {
            if (commutative) {
                int other = a;
                a = b;
                b = other;
            } else {
                asm.mov(RCX, t);
                operands.fetch(t, a);
                asm.alu(op, t, RCX);
                finish(i, w, t);
                zeroFlagOf = Op.d(w);
                return;
            }
        }
        operands.fetch(t, a);
        operands.apply(op, t, b, RCX);
        finish(i, w, t);
        zeroFlagOf = Op.d(w);
    }

    private void add(int i, long w) {
        int ra = register(Op.a(w));
        int rb = register(Op.b(w));
        int t = target(i, w);
        if (ra != NONE && rb != NONE && ra != t && rb != t) {
            asm.lea(t, Assembler.mem(ra, rb, 0, 0));
            finish(i, w, t);
        } else {
            binary(i, w, Assembler.ADD, true);
        }
    }

    private void complemented(int i, long w, int op) {
        int t = target(i, w);
        int a = Op.a(w);
        int b = Op.b(w);
        if (register(b) == t && register(a) != t) {
            int other = a;
            a = b;
            b = other;
        }
        operands.fetch(t, a);
        if (op != Op.NOR || a != b) {
            operands.apply(op == Op.NAND ? Assembler.AND : op == Op.NOR ? Assembler.OR : Assembler.XOR, t, b, RCX);
        }
        asm.unary(Assembler.NOT, t);
        finish(i, w, t);
    }

    private void withComplement(int i, long w, int op) {
        int t = target(i, w);
        operands.fetch(RCX, Op.b(w));
        asm.unary(Assembler.NOT, RCX);
        operands.fetch(t, Op.a(w));
        asm.alu(op, t, RCX);
        finish(i, w, t);
        zeroFlagOf = Op.d(w);
    }

    private void addImmediate(int i, long w, long imm) {
        int a = Op.a(w);
        if (imm != (int) imm) {
            immediate(i, w, Assembler.ADD, imm);
            return;
        }
        if (isInMemory(Op.d(w), a)) {
            asm.aluMemImm(Assembler.ADD, Layout.slot(a), (int) imm);
            operands.forgetCarried();
            zeroFlagOf = Op.d(w);
            return;
        }
        int t = target(i, w);
        int from = register(a);
        if (from != NONE && from != t) {
            asm.lea(t, Assembler.mem(from, (int) imm));
            finish(i, w, t);
        } else {
            operands.fetch(t, a);
            asm.aluImm(Assembler.ADD, t, (int) imm);
            finish(i, w, t);
            zeroFlagOf = Op.d(w);
        }
    }

    private void immediate(int i, long w, int op, long imm) {
        int t = target(i, w);
        operands.fetch(t, Op.a(w));
        if (op == Assembler.XOR && imm == -1) {
            asm.unary(Assembler.NOT, t);
            finish(i, w, t);
            return;
        }
        applyImmediate(op, t, imm);
        finish(i, w, t);
        zeroFlagOf = Op.d(w);
    }

    private void applyImmediate(int op, int t, long imm) {
        if (imm == (int) imm) {
            asm.aluImm(op, t, (int) imm);
        } else {
            asm.movImm(RCX, imm);
            asm.alu(op, t, RCX);
        }
    }

    private void andImmediate(int i, long w, long imm) {
        int t = target(i, w);
        if (imm == 0xffff_ffffL) {
            operands.fetch32(t, Op.a(w));
            finish(i, w, t);
            return;
        }
        if (imm >>> 32 == 0 && imm != (int) imm || imm >>> 31 == 0) {
            operands.fetch32(t, Op.a(w));
            asm.aluImm32(Assembler.AND, t, (int) imm);
        } else {
            operands.fetch(t, Op.a(w));
            mask(t, imm);
        }
        finish(i, w, t);
        zeroFlagOf = Op.d(w);
    }

    /** Keeps the bits of a mask in a register. May change rcx. */
    void mask(int t, long mask) {
        if (mask == 0xffff_ffffL) {
            asm.mov32(t, t);
        } else if (mask == 0xffff) {
            asm.zeroExtend16(t, t);
        } else if (mask == 0xff) {
            asm.zeroExtend8(t, t);
        } else if (mask >>> 32 == 0) {
            asm.aluImm32(Assembler.AND, t, (int) mask);
        } else {
            applyImmediate(Assembler.AND, t, mask);
        }
    }

    private void multiply(int i, long w) {
        if (multiplyBoth(i, w)) {
            return;
        }
        int t = target(i, w);
        int a = Op.a(w);
        int b = Op.b(w);
        if (register(b) == t && register(a) != t || operands.isConstant(a)) {
            int other = a;
            a = b;
            b = other;
        }
        operands.fetch(t, a);
        if (operands.isSmallConstant(b)) {
            asm.imulImm(t, t, (int) operands.constant(b));
        } else {
            asm.imul(t, operands.inRegister(b, RCX));
        }
        finish(i, w, t);
    }

    private void multiplyImmediate(int i, long w, long imm) {
        int t = target(i, w);
        if (imm == (int) imm) {
            asm.imulImm(t, operands.inRegister(Op.a(w), t), (int) imm);
        } else {
            operands.fetch(t, Op.a(w));
            asm.movImm(RCX, imm);
            asm.imul(t, RCX);
        }
        finish(i, w, t);
    }

    private void multiplyHigh(int i, long w, int op) {
        if (multiplyBoth(i, w)) {
            return;
        }
        product(w, op);
        finish(i, w, RDX);
    }

    /** rdx and rax = a * b. Changes rcx. */
    private void product(long w, int op) {
        int b = register(Op.b(w));
        if (b == NONE || b == RAX) {
            operands.fetch(RCX, Op.b(w));
            b = RCX;
        }
        operands.fetch(RAX, Op.a(w));
        asm.unary(op, b);
    }

    /** The high and the low part of a product, if the operations for them follow each other. */
    private boolean multiplyBoth(int i, long w) {
        long next = words[i + 1];
        boolean isLowFirst = Op.of(w) == Op.MUL;
        int high = Op.of(isLowFirst ? next : w);
        int low = Op.of(isLowFirst ? w : next);
        int a = Op.a(w);
        int b = Op.b(w);
        if (low != Op.MUL
                || high != Op.MULHS && high != Op.MULHU
                || (Op.a(next) != a || Op.b(next) != b) && (Op.a(next) != b || Op.b(next) != a)
                || Op.d(w) == a
                || Op.d(w) == b
                || Operands.isTemporary(Op.d(w))
                || Operands.isTemporary(Op.d(next))
                || operands.isDead(i + 1, next)) {
            return false;
        }
        comparisons.before(i + 1, next);
        done = i + 1;
        int dLow = operands.register(Op.d(isLowFirst ? w : next));
        int dHigh = operands.register(Op.d(isLowFirst ? next : w));
        if (high == Op.MULHU && features.bmi2() && dLow != NONE && dHigh != NONE && dLow != dHigh) {
            int factor = operands.inRegister(b, RCX);
            operands.fetch(RDX, a);
            asm.mulx(dHigh, dLow, factor);
            operands.forgetCarried();
            return true;
        }
        product(w, high == Op.MULHS ? Assembler.IMUL : Assembler.MUL);
        operands.finish(i, w, isLowFirst ? RAX : RDX, false);
        operands.finish(i + 1, next, isLowFirst ? RDX : RAX, false);
        return true;
    }

    /**
     * A register = a + b + c; the host's carry flag is the carry out. Changes rdx.
     *
     * @param isInFlag whether c is in the carry flag already
     */
    private void sum(long w, int t, boolean isInFlag) {
        int a = Op.a(w);
        int b = Op.b(w);
        int c = Op.c(w);
        if (register(b) == t && register(a) != t) {
            int other = a;
            a = b;
            b = other;
        }
        int rb = register(b);
        if (t == RAX && operands.isCarried(c)) {
            operands.freeRax();
        } else if (t == RAX && rb == RAX) {
            asm.mov(RDX, RAX);
            rb = RDX;
        }
        operands.fetch(t, a);
        if (rb == NONE && !operands.isSmallConstant(b)) {
            operands.fetch(RDX, b);
            rb = RDX;
        }
        int op = Assembler.ADC;
        if (isInFlag) {
            // It has survived until here: what comes before only moves.
            op = Assembler.ADC;
        } else if (!operands.isConstant(c)) {
            carryFlag(c);
        } else if (operands.constant(c) == 0) {
            op = Assembler.ADD;
        } else {
            asm.stc();
        }
        if (rb != NONE) {
            asm.alu(op, t, rb);
        } else {
            asm.aluImm(op, t, (int) operands.constant(b));
        }
    }

    /** Sets the host's carry flag by a slot that is 0 or 1. */
    private void carryFlag(int slot) {
        int register = register(slot);
        if (register == NONE) {
            asm.bitTestMem32(Layout.slot(slot), 0);
        } else {
            asm.bitTest(register, 0);
        }
    }

    /** Writes a slot that is always 0 or 1 by the host's carry flag. The flags stay. */
    private void setByCarry(int slot) {
        int register = register(slot);
        if (register == NONE) {
            asm.setccMem8(Condition.BELOW, Layout.slot(slot));
        } else {
            asm.setcc(Condition.BELOW, register);
            if (Operands.isTemporary(slot)) {
                // A guest register had 0 or 1 before.
                asm.zeroExtend8(register, register);
            }
        }
    }

    /** A sum and, if the operations for them follow, its carries and the move of the sum to where it belongs. */
    private void addCarry(int i, long w) {
        int d = Op.d(w);
        boolean isInFlag = carryInFlags == i;
        int next = i + 1;
        int carry32 = NONE;
        if (isCarry32(next, w)) {
            carry32 = operands.isDead(next, words[next]) ? NONE : next;
            next++;
        }
        if (!isCarry(next, w)) {
            sum(w, RAX, isInFlag);
            operands.finish(i, w, RAX, false);
            return;
        }
        int carry = operands.isDead(next, words[next]) ? NONE : next;
        done = next++;
        int last = i;
        if (isMoveOfSum(next, d) && operands.uses(i) == (carry32 == NONE ? 1 : 2)) {
            comparisons.before(next, words[next]);
            done = next;
            last = next;
        }
        int t = sumTarget(w, words[last]);
        boolean isInPlace = t != RAX && (register(Op.a(w)) == t || register(Op.b(w)) == t);
        if (carry32 != NONE) {
            operands.freeRax();
            if (isInPlace) {
                asm.mov(RCX, t);
            }
        }
        sum(w, t, isInFlag);
        if (carry != NONE) {
            carryInFlags = carry32 == NONE ? nextToAdd(done + 1, Op.d(words[carry])) : NONE;
            if (carryInFlags == NONE) {
                setByCarry(Op.d(words[carry]));
            }
        }
        if (carry32 != NONE) {
            int other = Op.b(w);
            if (!isInPlace) {
                operands.fetch(RCX, Op.a(w));
            } else if (register(other) == t) {
                other = Op.a(w);
            }
            if (!operands.isConstant(other) || operands.constant(other) != 0) {
                operands.apply(Assembler.XOR, RCX, other, RDX);
            }
            asm.alu(Assembler.XOR, RCX, t);
            asm.bitTest(RCX, 32);
            setByCarry(Op.d(words[carry32]));
        }
        operands.finish(last, words[last], t, false);
    }

    /** The register to compute a sum with carries into, which the last one of its operations puts into its place. */
    private int sumTarget(long w, long last) {
        int d = Op.d(last);
        int t = Operands.isTemporary(d) ? NONE : operands.register(d);
        boolean isTwice = register(Op.a(w)) == t && register(Op.b(w)) == t;
        return t == NONE || isTwice || register(Op.c(w)) == t ? RAX : t;
    }

    private boolean isCarry32(int next, long w) {
        return isOf(Op.CARRY32, words[next], w) && Op.c(words[next]) == Op.d(w);
    }

    /** Whether an operation is for the carry out of a sum whose operands are still there. */
    private boolean isCarry(int next, long w) {
        int d = Op.d(w);
        return isOf(Op.CARRY, words[next], w)
                && Op.c(words[next]) == Op.c(w)
                && d != Op.a(w)
                && d != Op.b(w)
                && d != Op.c(w);
    }

    /**
     * The operation that adds a carry next, if that stays in the host's carry flag up to there, is in no other place
     * wanted, and is followed by another one.
     */
    private int nextToAdd(int from, int carry) {
        if (comparisons.snapshot() != 0) {
            return NONE;
        }
        for (int k = from; ; k++) {
            long w = words[k];
            int op = Op.of(w);
            if (op == Op.ADC) {
                int next = isCarry32(k + 1, w) ? k + 2 : k + 1;
                boolean isTaken = Op.c(w) == carry && Op.a(w) != carry && Op.b(w) != carry && Op.d(w) != carry;
                boolean hasCarry = isCarry(next, w) && Op.d(words[next]) == carry;
                // Without its sum the carry is worked out alone.
                return isTaken && hasCarry && !operands.isDead(k, w) ? k : NONE;
            }
            boolean isMove = op == Op.MOV || op == Op.MOVI || op == Op.XORI && immediates[k] == -1;
            if (!isMove || Op.readsA(op) && Op.a(w) == carry || Op.d(w) == carry) {
                return NONE;
            }
        }
    }

    private boolean isMoveOfSum(int next, int d) {
        return Op.of(words[next]) == Op.MOV && Op.a(words[next]) == d && !operands.isDead(next, words[next]);
    }

    private static boolean isOf(int op, long candidate, long w) {
        return Op.of(candidate) == op && Op.a(candidate) == Op.a(w) && Op.b(candidate) == Op.b(w);
    }

    private void carry(int i, long w) {
        sum(w, RAX, false);
        asm.setcc(Condition.BELOW, RAX);
        asm.zeroExtend8(RAX, RAX);
        finish(i, w, RAX);
    }

    private void carry32(int i, long w) {
        int c = operands.evictToRcx(Op.c(w));
        int b = Op.b(w);
        if (operands.isCarried(b)) {
            asm.mov(RDX, RAX);
            operands.fetch(RAX, Op.a(w));
            asm.alu(Assembler.XOR, RAX, RDX);
        } else {
            operands.fetch(RAX, Op.a(w));
            operands.apply(Assembler.XOR, RAX, b, RDX);
        }
        if (c == NONE) {
            operands.apply(Assembler.XOR, RAX, Op.c(w), RDX);
        } else {
            asm.alu(Assembler.XOR, RAX, c);
        }
        asm.shift(Assembler.SHR, RAX, 32);
        asm.aluImm32(Assembler.AND, RAX, 1);
        finish(i, w, RAX);
    }

    private void divideSigned(int i, long w, boolean narrow) {
        operands.fetch(RCX, Op.b(w));
        operands.fetch(RAX, Op.a(w));
        if (narrow) {
            asm.test32(RCX, RCX);
        } else {
            asm.test(RCX, RCX);
        }
        long zero = asm.jccForward(Condition.EQUAL);
        long minusOne;
        if (narrow) {
            asm.aluImm32(Assembler.CMP, RCX, -1);
            minusOne = asm.jccForward(Condition.EQUAL);
            asm.cdq();
            asm.unary32(Assembler.IDIV, RCX);
        } else {
            asm.aluImm(Assembler.CMP, RCX, -1);
            minusOne = asm.jccForward(Condition.EQUAL);
            asm.cqo();
            asm.unary(Assembler.IDIV, RCX);
        }
        long end = asm.jmpForward();
        asm.bind(minusOne);
        // The host's division would trap for the most negative dividend; its negation overflows.
        if (narrow) {
            asm.unary32(Assembler.NEG, RAX);
        } else {
            asm.unary(Assembler.NEG, RAX);
        }
        long end2 = asm.jccForward(Condition.not(Condition.OVERFLOW));
        asm.bind(zero);
        asm.clear(RAX);
        asm.bind(end);
        asm.bind(end2);
        finish(i, w, RAX);
    }

    private void divideUnsigned(int i, long w, boolean narrow) {
        operands.fetch(RCX, Op.b(w));
        operands.fetch(RAX, Op.a(w));
        asm.clear(RDX);
        if (narrow) {
            asm.test32(RCX, RCX);
        } else {
            asm.test(RCX, RCX);
        }
        long zero = asm.jccForward(Condition.EQUAL);
        if (narrow) {
            asm.unary32(Assembler.DIV, RCX);
        } else {
            asm.unary(Assembler.DIV, RCX);
        }
        long end = asm.jmpForward();
        asm.bind(zero);
        asm.clear(RAX);
        asm.bind(end);
        finish(i, w, RAX);
    }

    private void equalBytes(int i, long w) {
        int b = operands.evictToRcx(Op.b(w));
        if (b == NONE) {
            operands.fetch(RCX, Op.b(w));
            b = RCX;
        }
        asm.sseRegister(Assembler.MAP_0F, Assembler.P66, true, 0x6e, XMM1, b);
        asm.sseRegister(Assembler.MAP_0F, Assembler.P66, true, 0x6e, XMM0, operands.inRegister(Op.a(w), RAX));
        asm.sseRegister(Assembler.MAP_0F, Assembler.P66, false, 0x74, XMM0, XMM1);
        int t = target(i, w);
        asm.sseRegister(Assembler.MAP_0F, Assembler.P66, true, 0x7e, XMM0, t);
        finish(i, w, t);
    }

    private void select(int i, long w) {
        int b = Op.b(w);
        int c = Op.c(w);
        if (operands.isCarried(b) || operands.isCarried(c)) {
            operands.freeRax();
        }
        int a = operands.inRegister(Op.a(w), RCX);
        asm.test(a, a);
        operands.fetch(RAX, c);
        asm.cmov(Condition.NOT_EQUAL, RAX, operands.inRegister(b, RDX));
        finish(i, w, RAX);
    }

    private void bit(int i, long w) {
        int n = Op.c(w);
        int t = target(i, w);
        operands.fetch(t, Op.a(w));
        if (n != 0) {
            asm.shift(Assembler.SHR, t, n);
        }
        asm.aluImm32(Assembler.AND, t, 1);
        finish(i, w, t);
        zeroFlagOf = Op.d(w);
    }

    private void setBit(int i, long w) {
        int n = Op.c(w);
        operands.fetch(RCX, Op.b(w));
        operands.fetch(RAX, Op.a(w));
        asm.aluImm32(Assembler.AND, RCX, 1);
        if (n != 0) {
            asm.shift(Assembler.SHL, RCX, n);
        }
        if (n < 31) {
            asm.aluImm(Assembler.AND, RAX, ~(1 << n));
        } else {
            asm.movImm(RDX, ~(1L << n));
            asm.alu(Assembler.AND, RAX, RDX);
        }
        asm.alu(Assembler.OR, RAX, RCX);
        finish(i, w, RAX);
    }

    private void unary(int i, long w, int op, long imm) {
        int t = target(i, w);
        int a = Op.a(w);
        switch (op) {
            case Op.NEG -> {
                operands.fetch(t, a);
                asm.unary(Assembler.NEG, t);
            }
            case Op.RSUBI -> {
                operands.fetch(t, a);
                asm.unary(Assembler.NEG, t);
                applyImmediate(Assembler.ADD, t, imm);
            }
            case Op.SHLI, Op.SHRI, Op.SARI -> {
                operands.fetch(t, a);
                asm.shift(
                        op == Op.SHLI ? Assembler.SHL : op == Op.SHRI ? Assembler.SHR : Assembler.SAR,
                        t,
                        (int) imm & 63);
            }
            case Op.SEXT8 -> asm.signExtend8(t, operands.inRegister(a, t));
            case Op.SEXT16 -> asm.signExtend16(t, operands.inRegister(a, t));
            case Op.SEXT32 -> asm.signExtend32(t, operands.inRegister(a, t));
            case Op.DUP32 -> shifts.doubled(t, a);
            case Op.CLZ -> countLeadingZeros(t, operands.inRegister(a, RCX));
            case Op.CTZ -> countTrailingZeros(t, operands.inRegister(a, RCX));
            case Op.POPCNT -> populationCount(t, a);
            case Op.SETNZ -> {
                int from = operands.inRegister(a, RCX);
                asm.test(from, from);
                asm.setcc(Condition.NOT_EQUAL, RAX);
                asm.zeroExtend8(t, RAX);
            }
            default -> throw new IllegalStateException("no such micro-op: " + Op.name(op));
        }
        finish(i, w, t);
    }

    private void countLeadingZeros(int t, int from) {
        if (features.lzcnt()) {
            asm.lzcnt(t, from);
            return;
        }
        asm.movImm(RDX, 127);
        asm.bsr(RAX, from);
        asm.cmov(Condition.EQUAL, RAX, RDX);
        asm.aluImm(Assembler.XOR, RAX, 63);
        move(t, RAX);
    }

    private void countTrailingZeros(int t, int from) {
        if (features.bmi1()) {
            asm.tzcnt(t, from);
            return;
        }
        asm.movImm(RDX, 64);
        asm.bsf(RAX, from);
        asm.cmov(Condition.EQUAL, RAX, RDX);
        move(t, RAX);
    }

    private void populationCount(int t, int slot) {
        if (features.popcnt()) {
            asm.popcnt(t, operands.inRegister(slot, t));
            return;
        }
        // The sum of bits in ever wider fields (Hacker's Delight, 5-1).
        operands.fetch(RAX, slot);
        asm.mov(RCX, RAX);
        asm.shift(Assembler.SHR, RCX, 1);
        asm.movImm(RDX, 0x5555_5555_5555_5555L);
        asm.alu(Assembler.AND, RCX, RDX);
        asm.alu(Assembler.SUB, RAX, RCX);
        asm.movImm(RDX, 0x3333_3333_3333_3333L);
        asm.mov(RCX, RAX);
        asm.alu(Assembler.AND, RAX, RDX);
        asm.shift(Assembler.SHR, RCX, 2);
        asm.alu(Assembler.AND, RCX, RDX);
        asm.alu(Assembler.ADD, RAX, RCX);
        asm.mov(RCX, RAX);
        asm.shift(Assembler.SHR, RCX, 4);
        asm.alu(Assembler.ADD, RAX, RCX);
        asm.movImm(RDX, 0x0f0f_0f0f_0f0f_0f0fL);
        asm.alu(Assembler.AND, RAX, RDX);
        asm.movImm(RDX, 0x0101_0101_0101_0101L);
        asm.imul(RAX, RDX);
        asm.shift(Assembler.SHR, RAX, 56);
        move(t, RAX);
    }

    private void move(int d, int s) {
        if (d != s) {
            asm.mov(d, s);
        }
    }

    private void widen(int i, long w) {
        operands.fetch32(RAX, Op.a(w));
        asm.mov32(RCX, RAX);
        asm.alu32(Assembler.ADD, RCX, RCX);
        asm.aluImm32(Assembler.CMP, RCX, 0xff00_0000);
        long notANumber = asm.jccForward(Condition.ABOVE);
        asm.sseRegister(Assembler.MAP_0F, Assembler.P66, false, 0x6e, XMM0, RAX);
        asm.sseRegister(Assembler.MAP_0F, Assembler.PF3, false, 0x5a, XMM0, XMM0);
        asm.sseRegister(Assembler.MAP_0F, Assembler.P66, true, 0x7e, XMM0, RAX);
        long end = asm.jmpForward();
        asm.bind(notANumber);
        // The host's conversion would make a signalling NaN quiet.
        asm.signExtend32(RAX, RAX);
        asm.shift(Assembler.SHL, RAX, 29);
        asm.movImm(RCX, 0x7ff0_0000_0000_0000L);
        asm.alu(Assembler.OR, RAX, RCX);
        asm.bind(end);
        finish(i, w, RAX);
    }

    private void narrow(int i, long w) {
        operands.fetch(RAX, Op.a(w));
        asm.mov(RCX, RAX);
        asm.shift(Assembler.SHR, RCX, 52);
        asm.aluImm32(Assembler.AND, RCX, 0x7ff);
        asm.aluImm32(Assembler.CMP, RCX, 896);
        long small = asm.jccForward(Condition.BELOW_OR_EQUAL);
        long normal = asm.here();
        asm.mov(RCX, RAX);
        asm.shift(Assembler.SHR, RCX, 32);
        asm.aluImm32(Assembler.AND, RCX, 0xc000_0000);
        asm.shift(Assembler.SHR, RAX, 29);
        asm.aluImm32(Assembler.AND, RAX, 0x3fff_ffff);
        asm.alu32(Assembler.OR, RAX, RCX);
        long end = asm.jmpForward();
        asm.bind(small);
        asm.lea(RDX, Assembler.mem(RAX, RAX, 0, 0));
        asm.test(RDX, RDX);
        asm.jcc(Condition.EQUAL, normal);
        // Denormalized, or nothing at all: the fraction with its hidden bit, shifted right.
        asm.unary32(Assembler.NEG, RCX);
        asm.aluImm32(Assembler.ADD, RCX, 926);
        asm.movImm(RDX, 0x000f_ffff_ffff_ffffL);
        asm.alu(Assembler.AND, RDX, RAX);
        asm.shift(Assembler.SHR, RAX, 63);
        asm.shift(Assembler.SHL, RAX, 31);
        asm.aluImm32(Assembler.CMP, RCX, 53);
        long nothing = asm.jccForward(Condition.ABOVE_OR_EQUAL);
        asm.push(RAX);
        asm.movImm(RAX, 0x0010_0000_0000_0000L);
        asm.alu(Assembler.OR, RDX, RAX);
        asm.pop(RAX);
        asm.shiftCl(Assembler.SHR, RDX);
        asm.alu32(Assembler.OR, RAX, RDX);
        asm.bind(nothing);
        asm.bind(end);
        finish(i, w, RAX);
    }
}

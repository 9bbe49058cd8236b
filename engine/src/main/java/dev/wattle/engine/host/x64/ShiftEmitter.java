// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RCX;
import static dev.wattle.engine.host.x64.Register.RDX;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;

/** Emits shifts and rotations, by constants and by operands, with the masks that come with them and what they lose. */
final class ShiftEmitter {
    private final ComputeEmitter compute;
    private final Operands operands;
    private final HostFeatures features;
    private Assembler asm = new Assembler(0, 0);
    private long[] words = new long[0];
    private long[] immediates = new long[0];
    /** Bit n: temporary n is below 64, so that it may be a shift amount as it is. */
    private int below64;

    ShiftEmitter(ComputeEmitter compute, Operands operands, HostFeatures features) {
        this.compute = compute;
        this.operands = operands;
        this.features = features;
    }

    void begin(Assembler assembler, Block block) {
        asm = assembler;
        words = block.words;
        immediates = block.immediates;
    }

    /** Notes that an operation writes a temporary. */
    void wrote(long w, long imm) {
        int bit = 1 << Op.d(w);
        if (Op.of(w) == Op.ANDI && imm >= 0 && imm < 64) {
            below64 |= bit;
        } else {
            below64 &= ~bit;
        }
    }

    void shift(int i, long w, int op) {
        int t = compute.target(i, w);
        int b = Op.b(w);
        boolean left = op == Op.SHL;
        if (operands.isConstant(b)) {
            int n = (int) operands.constant(b) & 127;
            if (n >= 64) {
                asm.movImm(t, 0);
            } else {
                operands.fetch(t, Op.a(w));
                asm.shift(left ? Assembler.SHL : Assembler.SHR, t, n);
            }
            compute.finish(i, w, t);
            return;
        }
        boolean small = isBelow64(i, b);
        int count = RCX;
        if (features.bmi2()) {
            count = operands.inRegister(b, RCX);
            if (count == t && !small) {
                // It is still to be tested then.
                asm.mov(RCX, count);
                count = RCX;
            }
            int from = operands.inRegister(Op.a(w), RDX);
            if (left) {
                asm.shlx(t, from, count);
            } else {
                asm.shrx(t, from, count);
            }
        } else {
            operands.fetch(RCX, b);
            operands.fetch(t, Op.a(w));
            asm.shiftCl(left ? Assembler.SHL : Assembler.SHR, t);
        }
        if (!small) {
            asm.testImm32(count, 64);
            asm.cmov(Condition.NOT_EQUAL, t, Layout.slot(Slots.ZERO));
        }
        compute.finish(i, w, t);
    }

    /** Whether an operand of operation i is known to be below 64, so that it may be a shift amount as it is. */
    private boolean isBelow64(int i, int slot) {
        if (Operands.isTemporary(slot)) {
            return (below64 >> slot & 1) != 0;
        }
        for (int k = i - 1; k >= 0 && Op.of(words[k]) < Op.FIRST_CONTROL; k--) {
            int op = Op.of(words[k]);
            if (Op.writesD(op) && Op.d(words[k]) == slot) {
                boolean isMasked = op == Op.ANDI || op == Op.ROTMASK32 || op == Op.ROTMASK64;
                return isMasked && immediates[k] >= 0 && immediates[k] < 64;
            }
        }
        return false;
    }

    void shiftAlgebraic(int i, long w) {
        int t = compute.target(i, w);
        int b = Op.b(w);
        if (operands.isConstant(b)) {
            operands.fetch(t, Op.a(w));
            asm.shift(Assembler.SAR, t, Math.min((int) operands.constant(b) & 127, 63));
            compute.finish(i, w, t);
            return;
        }
        boolean small = isBelow64(i, b);
        if (small && features.bmi2()) {
            int count = operands.inRegister(b, RCX);
            asm.sarx(t, operands.inRegister(Op.a(w), RDX), count);
            compute.finish(i, w, t);
            return;
        }
        operands.fetch(RCX, b);
        operands.fetch(t, Op.a(w));
        if (!small) {
            asm.movImm(RDX, 63);
            asm.testImm32(RCX, 64);
            asm.cmov(Condition.NOT_EQUAL, RCX, RDX);
        }
        if (features.bmi2()) {
            asm.sarx(t, t, RCX);
        } else {
            asm.shiftCl(Assembler.SAR, t);
        }
        compute.finish(i, w, t);
    }

    void lostByShift(int i, long w) {
        int a = Op.a(w);
        int b = Op.b(w);
        if (operands.isConstant(b)) {
            int n = (int) operands.constant(b) & 127;
            operands.fetch(RAX, a);
            asm.mov(RCX, RAX);
            // What is lost, at the left end; all of it from 64 on.
            if (n == 0) {
                asm.clear(RCX);
            } else if (n < 64) {
                asm.shift(Assembler.SHL, RCX, 64 - n);
            }
            asm.shift(Assembler.SHR, RAX, 63);
            asm.clear(RDX);
            asm.test(RCX, RCX);
            asm.cmov(Condition.EQUAL, RAX, RDX);
            compute.finish(i, w, RAX);
            return;
        }
        operands.fetch(RCX, b);
        operands.fetch(RAX, a);
        asm.movImm(RDX, -1);
        asm.shiftCl(Assembler.SHL, RDX);
        asm.unary(Assembler.NOT, RDX);
        asm.testImm32(RCX, 64);
        asm.movImm(RCX, -1);
        asm.cmov(Condition.NOT_EQUAL, RDX, RCX);
        asm.alu(Assembler.AND, RDX, RAX);
        asm.movImm(RCX, 0);
        asm.shift(Assembler.SAR, RAX, 63);
        asm.alu(Assembler.AND, RAX, RDX);
        asm.setcc(Condition.NOT_EQUAL, RCX);
        compute.finish(i, w, RCX);
    }

    void rotate(int i, long w) {
        int t = compute.target(i, w);
        operands.fetch(RCX, Op.b(w));
        operands.fetch(t, Op.a(w));
        asm.shiftCl(Assembler.ROL, t);
        compute.finish(i, w, t);
    }

    void rotateMask32(int i, long w, long imm) {
        int n = Op.c(w) & 31;
        int t = compute.target(i, w);
        if (imm >>> 32 != 0) {
            doubled(t, Op.a(w));
            rotate64(t, n);
            compute.mask(t, imm);
        } else {
            operands.fetch32(t, Op.a(w));
            if (n != 0 && imm == (0xffff_ffffL << n & 0xffff_ffffL)) {
                asm.shift32(Assembler.SHL, t, n);
            } else if (n != 0 && imm == 0xffff_ffffL >>> 32 - n) {
                asm.shift32(Assembler.SHR, t, 32 - n);
            } else {
                if (n != 0) {
                    asm.shift32(Assembler.ROL, t, n);
                }
                if (imm != 0xffff_ffffL) {
                    compute.mask(t, imm);
                }
            }
        }
        compute.finish(i, w, t);
    }

    /** The low word of a slot, twice. Changes rcx. */
    void doubled(int t, int slot) {
        operands.fetch32(t, slot);
        asm.mov(RCX, t);
        asm.shift(Assembler.SHL, RCX, 32);
        asm.alu(Assembler.OR, t, RCX);
    }

    private void rotate64(int t, int n) {
        if (n != 0) {
            asm.shift(Assembler.ROL, t, n);
        }
    }

    void rotateMask64(int i, long w, long imm) {
        int n = Op.c(w) & 63;
        int t = compute.target(i, w);
        if (n == 0 && imm >>> 32 == 0) {
            operands.fetch32(t, Op.a(w));
            if (imm != 0xffff_ffffL) {
                compute.mask(t, imm);
            }
        } else {
            operands.fetch(t, Op.a(w));
            int kept = Long.bitCount(imm);
            if (imm == -1L << n) {
                asm.shift(Assembler.SHL, t, n);
            } else if (n != 0 && imm == -1L >>> 64 - n) {
                asm.shift(Assembler.SHR, t, 64 - n);
            } else if (imm == -1L >>> 64 - kept && kept > 31 && n == 0) {
                asm.shift(Assembler.SHL, t, 64 - kept);
                asm.shift(Assembler.SHR, t, 64 - kept);
            } else if (imm == -1L >>> 64 - kept && n != 0 && kept < n) {
                // A field in the middle: rotating it to the right end is a shift, since what it brings in is masked.
                asm.shift(Assembler.SHR, t, 64 - n);
                compute.mask(t, imm);
            } else {
                rotate64(t, n);
                compute.mask(t, imm);
            }
        }
        compute.finish(i, w, t);
    }

    void rotateInsert(int i, long w, int op, long imm) {
        int n = Op.c(w);
        operands.fetch(RDX, Op.b(w));
        if (op == Op.ROTINSERT32) {
            doubled(RAX, Op.a(w));
        } else {
            operands.fetch(RAX, Op.a(w));
        }
        rotate64(RAX, n & 63);
        compute.mask(RAX, imm);
        compute.mask(RDX, ~imm);
        asm.alu(Assembler.OR, RAX, RDX);
        compute.finish(i, w, RAX);
    }
}

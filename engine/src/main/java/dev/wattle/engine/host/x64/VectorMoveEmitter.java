// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Assembler.MAP_0F;
import static dev.wattle.engine.host.x64.Assembler.MAP_0F3A;
import static dev.wattle.engine.host.x64.Assembler.NP;
import static dev.wattle.engine.host.x64.Assembler.P66;
import static dev.wattle.engine.host.x64.Assembler.PF3;
import static dev.wattle.engine.host.x64.Register.RAX;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Op;

/**
 * Emits operations on doublewords that are halves of vector registers, where those are in xmm registers: moves from and
 * to general registers and between floating-point ones, changes of signs, and constants.
 */
final class VectorMoveEmitter {
    private static final int SCRATCH = 0;
    private static final int NONE = -1;
    private static final long SIGN = Long.MIN_VALUE;
    private static final long WORD = 0xffff_ffffL;

    private final Assembler asm;
    private final Operands operands;
    private final VectorRegisters registers;

    private Block block = Block.NONE;
    /** The second half of a constant, which was emitted with the first one. */
    private int done = NONE;

    VectorMoveEmitter(Assembler asm, Operands operands, VectorRegisters registers) {
        this.asm = asm;
        this.operands = operands;
        this.registers = registers;
    }

    void begin(Block newBlock) {
        block = newBlock;
        done = NONE;
    }

    /** Whether operations i and i + 1 put a constant into the vector register of which d is the left doubleword. */
    static boolean isConstant(Block block, int i, int d) {
        long[] words = block.words;
        return (d & 1) != 0
                && Op.of(words[i]) == Op.MOVI
                && Op.d(words[i]) == d
                && i + 1 < words.length
                && Op.of(words[i + 1]) == Op.MOVI
                && Op.d(words[i + 1]) == d - 1
                && block.where[i] == block.where[i + 1];
    }

    /**
     * Whether operations i and i + 1 put a doubleword, or a word as one, into the left of a vector register, and 0 into the
     * right: that can be done in any form.
     */
    static boolean isLeftAlone(Block block, int i) {
        long[] words = block.words;
        int d = Op.d(words[i]);
        int op = Op.of(words[i]);
        return (d & 1) != 0
                && (op == Op.MOV || op == Op.SEXT32 || isWord(words[i], block.immediates[i]))
                && i + 1 < words.length
                && Op.of(words[i + 1]) == Op.MOVI
                && Op.d(words[i + 1]) == d - 1
                && block.immediates[i + 1] == 0
                && block.where[i] == block.where[i + 1];
    }

    private static boolean isWord(long w, long imm) {
        return Op.of(w) == Op.ANDI && imm == WORD;
    }

    /**
     * Whether an operation, if its operand is a vector register, takes the left doubleword, or the word at the right of
     * that, from any form.
     */
    static boolean isLeftRead(long w, long imm) {
        return (Op.a(w) & 1) != 0 && (Op.of(w) == Op.MOV || isWord(w, imm));
    }

    /**
     * Whether an operation, if its target is a vector register, puts something into the left doubleword that is then kept
     * in an xmm register, or 0 into the right one.
     */
    static boolean isLeftWrite(long w, long imm) {
        boolean isLeft = (Op.d(w) & 1) != 0;
        int op = Op.of(w);
        if (op >= Op.FIRST_ACCESS && op < Op.FIRST_STORE) {
            return isLeft;
        }
        return switch (op) {
            case Op.MOV, Op.SEXT32 -> isLeft;
            case Op.MOVI -> !isLeft && imm == 0;
            case Op.XORI, Op.ORI -> isLeft && imm == SIGN && isLeftOfAny(w);
            case Op.ANDI -> isLeft && (imm == WORD || imm == ~SIGN && isLeftOfAny(w));
            default -> false;
        };
    }

    private static boolean isLeftOfAny(long w) {
        return (Op.a(w) & 1) != 0 && !Operands.isTemporary(Op.a(w));
    }

    /** Emits operation i if it is one of these. */
    boolean emit(int i, long w, long imm) {
        if (i == done) {
            return true;
        }
        int op = Op.of(w);
        int d = Op.d(w);
        boolean isEmitted = switch (op) {
            case Op.MOVI -> constant(i, d, imm);
            case Op.MOV -> isLeftAlone(block, i) && registers.isPinnedWhole(d) ? leftAlone(i, w) : move(i, w);
            case Op.SEXT32 -> isExtended(i, w);
            case Op.XORI, Op.ORI, Op.ANDI -> {
                if (isWord(w, imm)) {
                    yield isExtended(i, w) || registers.isVector(Op.a(w)) && moveToGeneral(i, w);
                }
                boolean isSign = registers.isVector(d) && isLeftWrite(w, imm);
                if (isSign) {
                    sign(w, op);
                }
                yield isSign;
            }
            default -> false;
        };
        if (isEmitted) {
            operands.forgetCarried();
        }
        return isEmitted;
    }

    private boolean constant(int i, int d, long imm) {
        if (!registers.isVector(d)) {
            return false;
        }
        if (isConstant(block, i, d)) {
            whole(d, imm, block.immediates[i + 1]);
            done = i + 1;
            return true;
        }
        if ((d & 1) == 0 && imm == 0 && registers.formOf(d) == VectorRegisters.LEFT) {
            registers.zeroRightOf(d);
            return true;
        }
        return false;
    }

    private void whole(int d, long left, long right) {
        int r = registers.defineWhole(d);
        if (left == right && (left == 0 || left == -1)) {
            asm.vexRegister(MAP_0F, P66, false, left == 0 ? 0xef : 0x76, r, r, r);
            return;
        }
        asm.movImm(RAX, left);
        fromGeneral(r, RAX);
        if (left != right) {
            asm.movImm(RAX, right);
            fromGeneral(SCRATCH, RAX);
        }
        beside(r, left == right ? r : SCRATCH);
    }

    /** Moves the doubleword at the right of a register to the left, and puts that of another one beside it. */
    private void beside(int r, int right) {
        asm.vexRegister(MAP_0F, P66, false, 0x6c, r, right, r);
    }

    private void fromGeneral(int r, int general) {
        asm.vexRegister(MAP_0F, P66, true, 0x6e, r, 0, general);
    }

    private void fromSlot(int r, int slot) {
        asm.vexMemory(MAP_0F, PF3, false, 0x7e, r, 0, Layout.slot(slot));
    }

    private boolean move(int i, long w) {
        int d = Op.d(w);
        int a = Op.a(w);
        if (registers.isLeft(d)) {
            int from = source(a);
            int r = registers.defineLeft(d, false);
            asm.vexRegister(MAP_0F, NP, false, 0x28, r, 0, from);
            return true;
        }
        return registers.isVector(d) ? moveToRight(d, a) : registers.isVector(a) && moveToGeneral(i, w);
    }

    /** Puts a word that is extended to a doubleword into the left of a vector register, if that is the target. */
    private boolean isExtended(int i, long w) {
        int d = Op.d(w);
        if (!registers.isLeft(d)) {
            return false;
        }
        if (isLeftAlone(block, i) && registers.isPinnedWhole(d)) {
            return leftAlone(i, w);
        }
        int from = extended(w);
        fromGeneral(registers.defineLeft(d, false), from);
        return true;
    }

    /** Puts something into the left of a register that is in its whole form, and 0 into the right. */
    private boolean leftAlone(int i, long w) {
        int from = extended(w);
        int r = registers.defineWhole(Op.d(w));
        fromGeneral(r, from);
        asm.vexRegisterImm(MAP_0F, P66, false, 0x73, 7, r, r, 8);
        done = i + 1;
        return true;
    }

    /** A general register with operand a, of which the operation may want the low word alone. */
    private int extended(long w) {
        int a = Op.a(w);
        registers.writeSlot(a);
        if (Op.of(w) == Op.MOV) {
            return operands.inRegister(a, RAX);
        }
        operands.fetch32(RAX, a);
        if (Op.of(w) == Op.SEXT32) {
            asm.signExtend32(RAX, RAX);
        }
        return RAX;
    }

    /** An xmm register with a slot's value at its right. */
    private int source(int slot) {
        if (registers.isLeft(slot) && !registers.isPinnedWhole(slot)) {
            return registers.left(slot);
        }
        if (operands.isConstant(slot)) {
            asm.movImm(RAX, operands.constant(slot));
            fromGeneral(SCRATCH, RAX);
        } else if (operands.register(slot) != NONE) {
            fromGeneral(SCRATCH, operands.register(slot));
        } else {
            registers.writeSlot(slot);
            fromSlot(SCRATCH, slot);
        }
        return SCRATCH;
    }

    private boolean moveToRight(int d, int a) {
        if (a == d + 1 && registers.formOf(d) == NONE) {
            registers.left(a);
        }
        if (registers.formOf(d) != VectorRegisters.LEFT || registers.isPinned(d >> 1)) {
            return false;
        }
        int from = a == d + 1 ? NONE : source(a);
        int r = registers.defineWhole(d);
        beside(r, from == NONE ? r : from);
        return true;
    }

    private boolean moveToGeneral(int i, long w) {
        int a = Op.a(w);
        boolean isLeft = (a & 1) != 0;
        int form = registers.formOf(a);
        if (form != VectorRegisters.WHOLE && !(form == VectorRegisters.LEFT && isLeft)) {
            return false;
        }
        int r = form == VectorRegisters.WHOLE ? registers.whole(a) : registers.left(a);
        int t = operands.target(i, w, false);
        boolean isDoubleword = Op.of(w) == Op.MOV;
        if (isLeft && form == VectorRegisters.WHOLE) {
            asm.vexRegisterImm(MAP_0F3A, P66, isDoubleword, 0x16, r, 0, t, isDoubleword ? 1 : 2);
        } else {
            asm.vexRegister(MAP_0F, P66, isDoubleword, 0x7e, r, 0, t);
        }
        operands.finish(i, w, t, false);
        return true;
    }

    private void sign(long w, int op) {
        int from = source(Op.a(w));
        int r = registers.defineLeft(Op.d(w), false);
        int opcode = op == Op.XORI ? 0x57 : op == Op.ORI ? 0x56 : 0x54;
        long constant = Layout.slot(op == Op.ANDI ? VectorEmitter.MAGNITUDE64 : VectorEmitter.SIGN64);
        asm.vexMemory(MAP_0F, P66, false, opcode, r, from, constant);
    }

    /** Whether a load needs no general register on its way to the left doubleword of a vector register. */
    static boolean isPlainLoad(int op) {
        return op == Op.LD64_LE || op == Op.LD32U_LE;
    }

    /** Puts what stands at a host address into the left doubleword of a vector register. */
    void load(int d, int op, long memory) {
        int r = registers.defineLeft(d, false);
        if (op == Op.LD64_LE) {
            asm.vexMemory(MAP_0F, PF3, false, 0x7e, r, 0, memory);
        } else {
            asm.vexMemory(MAP_0F, P66, false, 0x6e, r, 0, memory);
        }
    }

    /** Puts a general register into the left doubleword of a vector register. */
    void put(int d, int general) {
        fromGeneral(registers.defineLeft(d, false), general);
    }

    /** Stores an xmm register's right doubleword at a host address. */
    void store(long memory, int r) {
        asm.vexMemory(MAP_0F, P66, false, 0xd6, r, 0, memory);
    }

    /** Puts an xmm register's right doubleword into a general register. */
    void get(int general, int r) {
        asm.vexRegister(MAP_0F, P66, true, 0x7e, r, 0, general);
    }
}

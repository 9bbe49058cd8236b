// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Assembler.MAP_0F;
import static dev.wattle.engine.host.x64.Assembler.MAP_0F38;
import static dev.wattle.engine.host.x64.Assembler.NP;
import static dev.wattle.engine.host.x64.Assembler.P66;
import static dev.wattle.engine.host.x64.Assembler.PF2;
import static dev.wattle.engine.host.x64.Assembler.PF3;
import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RCX;

import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Emits scalar floating-point forms for the host's unit.
 *
 * <p>The host computes the number alone. Its status, such as the class of the result and whether it was rounded up, is
 * worked out only when somebody wants to know, by running the routine of the last operation again on saved operands: see
 * {@link dev.wattle.engine.Processor#settle}. That suffices, since while the host may compute at all ({@link
 * Slots#FLOAT_ALLOWED}) nothing else of the status changes but what each operation sets anew.
 */
final class FloatEmitter {
    private static final int OPCODE_SQRT = 0x51;
    private static final int OPCODE_ADD = 0x58;
    private static final int OPCODE_MUL = 0x59;
    private static final int OPCODE_SUB = 0x5c;
    private static final int OPCODE_DIV = 0x5e;
    private static final int OPCODE_CONVERT_PRECISION = 0x5a;
    private static final int OPCODE_UCOMIS = 0x2e;
    private static final int OPCODE_CVTSI2 = 0x2a;
    private static final int OPCODE_CVTT2SI = 0x2c;
    private static final int OPCODE_LOAD = 0x10;
    private static final int OPCODE_STORE = 0x11;

    /** Bits of a number in double format that one of single precision does not have. */
    private static final int BELOW_SINGLE = 0x1fff_ffff;

    /** What those bits are half way between two numbers of single precision. */
    private static final int HALF_OF_SINGLE = 0x1000_0000;

    private static final int SINGLE_TO_DOUBLE_BIAS = 1023 - 127;

    private static final int RESULT = 0;
    /** Where operands are put, on hosts that keep none in registers. */
    private static final int A = 4;

    private static final int B = 5;
    private static final int C = 6;
    /** The result in double precision, of an operation in single precision. */
    private static final int WIDE = 2;

    private final HostFeatures features;
    private final Assembler asm;
    private final long codeBase;
    private final VectorRegisters registers;

    /** Whether the status of the operation being emitted may be asked for. */
    private boolean isShown;

    // The registers that have the operands.
    private int ra;
    private int rb;
    private int rc;

    // Descriptors of operations, for settling: written behind the block.
    private int records;
    private long[] recordPatch = new long[16];
    private long[] recordWord = new long[16];
    private long[] recordImmediate = new long[16];

    /** Jumps to the routine, of the form being emitted; 0 for none. */
    long slowJump;

    long slowJump2;
    /** Jump for a result half way between two of single precision, or 0: see {@link #resumeIfSingle}. */
    long halfWayJump;
    /** How a result that is out of the normal range may still be right: see {@link ZeroCheck}. */
    ZeroCheck zero = ZeroCheck.NEVER;
    /** Where to go on if it is. */
    long zeroResume;
    /** What is in registers where the routine is wanted. */
    int slowSnapshot;

    /** When a zero is the exact result, so that the host's is right. */
    enum ZeroCheck {
        NEVER,
        /** Whenever the result, in rax, is zero. */
        ALWAYS,
        /** If it is zero, and so is operand a. */
        IF_A,
        /** If it is zero, and so is operand a or b. */
        IF_A_OR_B
    }

    FloatEmitter(Assembler asm, HostFeatures features, VectorRegisters registers, long codeBase) {
        this.asm = asm;
        this.registers = registers;
        this.features = features;
        this.codeBase = codeBase;
    }

    void begin() {
        records = 0;
    }

    /** Whether the host has instructions for a form. */
    boolean supports(int form) {
        int plain = Form.isSingle(form) ? form - Form.F32 : form;
        boolean fused = plain >= Form.F64_MADD && plain <= Form.F64_NMSUB;
        return (!fused || features.fma()) && (plain > 0 && plain <= Form.F64_NMSUB || form <= Form.F64_COMPARE);
    }

    /**
     * Whether the status of operation i is that of another one before anybody can see it: until there
     * nothing leaves the code.
     */
    boolean isStatusOverwritten(long[] words, int i) {
        for (int k = i + 1; k < words.length; k++) {
            long w = words[k];
            int op = Op.of(w);
            if (op == Op.HOST && supports(Form.of(w))) {
                return setsAllStatus(Form.of(w));
            }
            if (op >= Op.FIRST_ACCESS && op != Op.LEA) {
                return false;
            }
        }
        return false;
    }

    /** Whether a form, if executed, leaves nothing of the status that an operation before it had. */
    private static boolean setsAllStatus(int form) {
        return form != Form.F64_COMPARE && form != Form.I64_FROM_F64 && form != Form.I32_FROM_F64;
    }

    /**
     * Emits an operation. Afterwards the fields say which jumps go to its routine.
     *
     * @param mayShow whether somebody may ask for the operation's status
     */
    void emit(long w, long imm, boolean mayShow) {
        isShown = mayShow;
        slowJump = 0;
        slowJump2 = 0;
        halfWayJump = 0;
        zero = ZeroCheck.NEVER;
        zeroResume = 0;
        int form = Form.of(w);
        loadOperands(w, operandCount(form));
        slowSnapshot = registers.snapshot();
        asm.aluMemImm32(Assembler.CMP, Layout.slot(Slots.FLOAT_ALLOWED), 0);
        slowJump2 = asm.jccForward(Condition.EQUAL);
        switch (form) {
            case Form.F64_COMPARE -> compare(w, imm);
            case Form.I64_FROM_F64, Form.I32_FROM_F64 -> toInteger(form, w, imm);
            case Form.F64_FROM_I64 -> {
                fromInteger(PF2);
                finish(w, imm, 1);
            }
            case Form.F32_FROM_I64 -> {
                fromInteger(PF3);
                widenResult();
                finish(w, imm, 1);
            }
            case Form.F64_TO_F32 -> {
                checkSingle(ra);
                allowZero(ZeroCheck.ALWAYS);
                narrowResult(ra);
                finish(w, imm, 1);
            }
            default -> {
                if (Form.isSingle(form)) {
                    single(form - Form.F32, w, imm);
                } else {
                    dual(form, w, imm);
                }
            }
        }
    }

    /** The register that has a number, or one into which it is loaded. */
    private int load(int register, int slot) {
        if (registers.isActive()) {
            return registers.left(slot);
        }
        asm.sseMemory(MAP_0F, PF2, false, OPCODE_LOAD, register, Layout.slot(slot));
        return register;
    }

    private void store(int slot, int register) {
        if (registers.isActive()) {
            asm.vexMemory(MAP_0F, PF2, false, OPCODE_STORE, register, 0, Layout.slot(slot));
        } else {
            asm.sseMemory(MAP_0F, PF2, false, OPCODE_STORE, register, Layout.slot(slot));
        }
    }

    /** A number becomes the target of an operation; its other doubleword becomes 0. */
    private void put(int slot) {
        if (registers.isActive()) {
            asm.vexRegister(MAP_0F, NP, false, 0x28, registers.defineLeft(slot, true), 0, RESULT);
        } else {
            store(slot, RESULT);
            asm.storeImm(Layout.slot(slot - 1), 0);
        }
    }

    private void fromInteger(int prefix) {
        asm.sseRegister(MAP_0F, P66, true, 0x7e, ra, RAX);
        asm.sseRegister(MAP_0F, NP, false, 0x57, RESULT, RESULT);
        asm.sseRegister(MAP_0F, prefix, true, OPCODE_CVTSI2, RESULT, RAX);
    }

    private void allowZero(ZeroCheck check) {
        zero = check;
        zeroResume = asm.here();
    }

    /** How many numbers a form takes. */
    static int operandCount(int form) {
        int plain = Form.isSingle(form) ? form - Form.F32 : form;
        if (plain == Form.F64_SQRT || plain >= Form.F64_TO_F32 && plain <= Form.I32_FROM_F64) {
            return 1;
        }
        return plain >= Form.F64_MADD && plain <= Form.F64_NMSUB ? 3 : 2;
    }

    private void loadOperands(long w, int count) {
        ra = load(A, Op.a(w));
        if (count > 1) {
            rb = load(B, Op.b(w));
        }
        if (count > 2) {
            rc = load(C, Op.c(w));
        }
    }

    private void dual(int form, long w, long imm) {
        int count = operandCount(form);
        operation(form, RESULT);
        // Not the least exponent either: a tiny result may have been rounded to the least normal number, and
        // underflows.
        checkExponent(RESULT, 2, 0x7fe);
        allowZeroOf(form);
        finish(w, imm, count);
    }

    /** Leaves for the routine unless the exponent of a number, which is put into rax, is one of a range. */
    private void checkExponent(int register, int least, int most) {
        asm.sseRegister(MAP_0F, P66, true, 0x7e, register, RAX);
        // Without the sign.
        asm.lea(RCX, Assembler.mem(RAX, RAX, 0, 0));
        asm.shift(Assembler.SHR, RCX, 53);
        asm.aluImm32(Assembler.SUB, RCX, least);
        asm.aluImm32(Assembler.CMP, RCX, most - least + 1);
        slowJump = asm.jccForward(Condition.ABOVE_OR_EQUAL);
    }

    private void allowZeroOf(int plain) {
        switch (plain) {
            case Form.F64_ADD, Form.F64_SUB -> allowZero(ZeroCheck.ALWAYS);
            case Form.F64_MUL -> allowZero(ZeroCheck.IF_A_OR_B);
            case Form.F64_DIV, Form.F64_SQRT -> allowZero(ZeroCheck.IF_A);
            default -> allowZero(ZeroCheck.NEVER);
        }
    }

    /**
     * Computes in double precision and rounds again.
     *
     * <p>That gives the exact result rounded once unless the first rounding ended half way between two numbers of single
     * precision. Then it still does if the operands are of single precision and the operation is not fused, since a double
     * has more than twice the bits and two (S. Figueroa, "When is double rounding innocuous?", 1995).
     */
    private void single(int plain, long w, long imm) {
        int count = operandCount(plain);
        operation(plain, WIDE);
        checkSingle(WIDE);
        asm.mov32(RCX, RAX);
        asm.aluImm32(Assembler.AND, RCX, BELOW_SINGLE);
        asm.aluImm32(Assembler.CMP, RCX, HALF_OF_SINGLE);
        halfWayJump = asm.jccForward(Condition.EQUAL);
        allowZeroOf(plain);
        narrowResult(WIDE);
        finish(w, imm, count);
    }

    /** Goes on with a result half way between two of single precision if that is exact or was rounded as it should be. */
    void resumeIfSingle(long w, long resume) {
        int count = operandCount(Form.of(w));
        if (count > 2) {
            return;
        }
        asm.load32(RCX, Layout.slot(Op.a(w)));
        if (count > 1) {
            asm.alu32(Assembler.OR, RCX, Layout.slot(Op.b(w)));
        }
        asm.testImm32(RCX, BELOW_SINGLE);
        asm.jcc(Condition.EQUAL, resume);
    }

    /** RESULT = a number rounded to single precision. */
    private void narrowResult(int register) {
        if (features.avx()) {
            asm.vexRegister(MAP_0F, PF2, false, OPCODE_CONVERT_PRECISION, RESULT, register, register);
        } else {
            asm.sseRegister(MAP_0F, PF2, false, OPCODE_CONVERT_PRECISION, RESULT, register);
        }
        widenResult();
    }

    private void widenResult() {
        asm.sseRegister(MAP_0F, PF3, false, OPCODE_CONVERT_PRECISION, RESULT, RESULT);
    }

    /** Leaves for the routine unless a number, which is put into rax, is sure to be a normal one in single precision. */
    private void checkSingle(int register) {
        checkExponent(register, SINGLE_TO_DOUBLE_BIAS + 2, SINGLE_TO_DOUBLE_BIAS + 0xfd);
    }

    /** A register = A op B, with the operands left as they are. */
    private void operation(int plain, int result) {
        switch (plain) {
            case Form.F64_ADD -> binary(OPCODE_ADD, result);
            case Form.F64_SUB -> binary(OPCODE_SUB, result);
            case Form.F64_MUL -> binary(OPCODE_MUL, result);
            case Form.F64_DIV -> binary(OPCODE_DIV, result);
            case Form.F64_SQRT -> {
                asm.sseRegister(MAP_0F, NP, false, 0x28, result, ra);
                asm.sseRegister(MAP_0F, PF2, false, OPCODE_SQRT, result, result);
            }
            default -> {
                asm.sseRegister(MAP_0F, NP, false, 0x28, result, rc);
                boolean adds = plain == Form.F64_MADD || plain == Form.F64_NMADD;
                // vfmadd231 and vfmsub231: the first operand is added or subtracted. The sign of a negated form changes
                // after rounding, which is the same when rounding to nearest.
                asm.vexRegister(MAP_0F38, P66, true, adds ? 0xb9 : 0xbb, result, ra, rb);
                if (plain == Form.F64_NMADD || plain == Form.F64_NMSUB) {
                    negate(result);
                }
            }
        }
    }

    private void negate(int register) {
        // Only fused forms are negated, and hosts that have these have AVX.
        asm.vexMemory(MAP_0F, NP, false, 0x57, register, register, Layout.slot(VectorEmitter.SIGN64));
    }

    private void binary(int opcode, int result) {
        if (features.avx()) {
            asm.vexRegister(MAP_0F, PF2, false, opcode, result, ra, rb);
        } else {
            asm.sseRegister(MAP_0F, NP, false, 0x28, result, ra);
            asm.sseRegister(MAP_0F, PF2, false, opcode, result, rb);
        }
    }

    /** Saves the operands, and writes the result. */
    private void finish(long w, long imm, int count) {
        if (isShown) {
            save(w, imm, count);
        }
        put(Op.d(w));
    }

    private void save(long w, long imm, int count) {
        store(HostSlots.FLOAT_A, ra);
        if (count > 1) {
            store(HostSlots.FLOAT_A + 1, rb);
        }
        if (count > 2) {
            store(HostSlots.FLOAT_A + 2, rc);
        }
        asm.storeImm(Layout.slot(Slots.FLOAT_LAST), 0);
        record(w, imm);
        asm.storeImm(Layout.slot(Slots.FLOAT_LATER), 0);
    }

    /** Remembers that the constant just written must become the place of a descriptor. */
    private void record(long w, long imm) {
        if (records == recordPatch.length) {
            recordPatch = Arrays.copyOf(recordPatch, records * 2);
            recordWord = Arrays.copyOf(recordWord, records * 2);
            recordImmediate = Arrays.copyOf(recordImmediate, records * 2);
        }
        recordPatch[records] = asm.here() - 4;
        recordWord[records] = w;
        recordImmediate[records] = imm;
        records++;
    }

    /**
     * Writes the descriptors: the word of the operation, and its immediate.
     *
     * @param places told where in the code the place of a descriptor is, relative to the start of all code
     */
    void writeRecords(LongConsumer places) {
        for (int k = 0; k < records; k++) {
            long here = asm.here();
            asm.seek(recordPatch[k]);
            asm.int_((int) (here - codeBase));
            places.accept(recordPatch[k]);
            asm.reference(recordPatch[k], here);
            asm.seek(here);
            asm.long_(recordWord[k]);
            asm.long_(recordImmediate[k]);
        }
    }

    private void compare(long w, long imm) {
        asm.movImm(RAX, 2);
        asm.movImm(RCX, 4);
        asm.sseRegister(MAP_0F, P66, false, OPCODE_UCOMIS, ra, rb);
        slowJump = asm.jccForward(Condition.PARITY);
        asm.cmov(Condition.ABOVE, RAX, RCX);
        asm.movImm(RCX, 8);
        asm.cmov(Condition.BELOW, RAX, RCX);
        store(HostSlots.COMPARE_A, ra);
        store(HostSlots.COMPARE_A + 1, rb);
        asm.storeImm32(Layout.slot(Slots.FLOAT_LATER), 0);
        record(w, imm);
        asm.store(Layout.slot(Op.d(w)), RAX);
    }

    private void toInteger(int form, long w, long imm) {
        asm.sseRegister(MAP_0F, PF2, true, OPCODE_CVTT2SI, RAX, ra);
        if (form == Form.I32_FROM_F64) {
            asm.signExtend32(RCX, RAX);
            asm.alu(Assembler.CMP, RCX, RAX);
            slowJump = asm.jccForward(Condition.NOT_EQUAL);
        } else {
            // The host's answer for what has no such integer is the most negative one.
            asm.mov(RCX, RAX);
            asm.aluImm(Assembler.SUB, RCX, 1);
            slowJump = asm.jccForward(Condition.OVERFLOW);
        }
        store(HostSlots.INTEGER_A, ra);
        asm.storeImm32(Layout.highHalf(Slots.FLOAT_LATER), 0);
        record(w, imm);
        asm.sseRegister(MAP_0F, P66, true, 0x6e, RESULT, RAX);
        put(Op.d(w));
    }
}

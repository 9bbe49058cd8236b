// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Assembler.MAP_0F;
import static dev.wattle.engine.host.x64.Assembler.MAP_0F38;
import static dev.wattle.engine.host.x64.Assembler.MAP_0F3A;
import static dev.wattle.engine.host.x64.Assembler.NP;
import static dev.wattle.engine.host.x64.Assembler.P66;
import static dev.wattle.engine.host.x64.Assembler.PF3;
import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RCX;

import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.ir.VectorOp;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.memory.SoftTlb;

/**
 * Emits vector forms for hosts with AVX. {@link VectorRegisters} says where the guest's registers are; the target of an
 * operation is written by its last instruction alone, since it may be one of the operands, too.
 */
final class VectorEmitter {
    private static final int X = 0;
    private static final int Y = 1;
    private static final int Z = 2;
    private static final int T = 3;

    // Properties of an entry in the table of binary operations, beside opcode and map.
    private static final int MAP_SHIFT = 8;
    /** The host's instruction has the operands the other way round. */
    private static final int SWAPPED = 1 << 12;
    /** The result is the complement of the host's. */
    private static final int COMPLEMENT = 1 << 13;
    /** Operates on the left half of each doubleword. */
    private static final int ODD = 1 << 14;

    private static final int WIDE = 1 << 15;
    private static final int AVX2 = 1 << 16;
    /** Not one instruction: see {@link #special}. */
    private static final int SPECIAL = 1 << 17;

    /** Constants in the state block, two slots each. */
    private static final int CONSTANTS = Slots.HOST + 24 & -2;

    static final int REVERSE = CONSTANTS;
    private static final int FIVE_BITS = CONSTANTS + 2;
    private static final int SHIFT32_BITS = CONSTANTS + 4;
    private static final int SHIFT64_BITS = CONSTANTS + 6;
    private static final int BITS32 = CONSTANTS + 8;
    private static final int BITS64 = CONSTANTS + 10;
    private static final int MAGNITUDE32 = CONSTANTS + 12;
    private static final int LEAST32 = CONSTANTS + 14;
    private static final int GREATEST32 = CONSTANTS + 16;
    static final int MAGNITUDE64 = CONSTANTS + 18;
    private static final int LEAST64 = CONSTANTS + 20;
    private static final int GREATEST64 = CONSTANTS + 22;
    private static final int FOUR_LEFT = CONSTANTS + 24;
    private static final int FOUR_RIGHT = CONSTANTS + 26;
    private static final int TWO_LEFT = CONSTANTS + 28;
    private static final int TWO_RIGHT = CONSTANTS + 30;
    private static final int ONE_RIGHT = CONSTANTS + 32;
    private static final int RIGHT_BYTES = CONSTANTS + 34;
    private static final int RIGHT_HALFWORDS = CONSTANTS + 36;
    private static final int TRANSPOSE1 = CONSTANTS + 38;
    private static final int TRANSPOSE2 = CONSTANTS + 40;
    private static final int TRANSPOSE4 = CONSTANTS + 42;
    private static final int ONES = CONSTANTS + 44;
    private static final int BIT_OF_BYTE = CONSTANTS + 46;
    private static final int TOP_BITS = CONSTANTS + 48;
    private static final int THREE_BITS = CONSTANTS + 50;
    static final int SIGN64 = CONSTANTS + 52;
    /** Byte n, counted from the right, has bit n. */
    private static final int IDENTITY = CONSTANTS + 54;

    // Tables of VPTERNLOG: bit 4f + 2v + r is the result for bits f, v and r of the target and the two operands.
    private static final int NOT_R = 0x55;
    private static final int NOR = 0x11;
    private static final int NAND = 0x77;
    private static final int EQV = 0x99;
    private static final int V_OR_NOT_R = 0xdd;
    private static final int F_XOR_V_XOR_R = 0x96;
    private static final int F_SELECTS_R_OR_V = 0xac;
    private static final int V_SELECTS_R_OR_F = 0xb8;
    private static final int V_SELECTS_F_OR_R = 0xe2;
    private static final int[] BINARY = binaries();

    private final Assembler asm;
    private final Operands operands;
    private final HostFeatures features;
    private final AccessEmitter accesses;
    private final VectorRegisters registers;

    /** Jumps to the routine, of the form being emitted; 0 for none. */
    long slowJump;

    long slowJump2;
    /** What is in registers where the routine is wanted. */
    int slowSnapshot;

    VectorEmitter(
            Assembler asm,
            Operands operands,
            HostFeatures features,
            AccessEmitter accesses,
            VectorRegisters registers) {
        this.asm = asm;
        this.operands = operands;
        this.features = features;
        this.accesses = accesses;
        this.registers = registers;
    }

    private static int[] binaries() {
        int[] t = new int[VectorOp.BINARIES];
        int m0 = MAP_0F << MAP_SHIFT;
        int m38 = MAP_0F38 << MAP_SHIFT;
        t[VectorOp.AND] = m0 | 0xdb;
        t[VectorOp.ANDC] = m0 | 0xdf | SWAPPED;
        t[VectorOp.OR] = m0 | 0xeb;
        t[VectorOp.XOR] = m0 | 0xef;
        t[VectorOp.NOR] = m0 | 0xeb | COMPLEMENT;
        t[VectorOp.NAND] = m0 | 0xdb | COMPLEMENT;
        t[VectorOp.EQV] = m0 | 0xef | COMPLEMENT;
        t[VectorOp.ORC] = m0 | 0xdf | COMPLEMENT;
        t[VectorOp.ADD8] = m0 | 0xfc;
        t[VectorOp.ADD16] = m0 | 0xfd;
        t[VectorOp.ADD32] = m0 | 0xfe;
        t[VectorOp.ADD64] = m0 | 0xd4;
        t[VectorOp.SUB8] = m0 | 0xf8;
        t[VectorOp.SUB16] = m0 | 0xf9;
        t[VectorOp.SUB32] = m0 | 0xfa;
        t[VectorOp.SUB64] = m0 | 0xfb;
        t[VectorOp.EQ8] = m0 | 0x74;
        t[VectorOp.EQ16] = m0 | 0x75;
        t[VectorOp.EQ32] = m0 | 0x76;
        t[VectorOp.EQ64] = m38 | 0x29;
        t[VectorOp.NE8] = m0 | 0x74 | COMPLEMENT;
        t[VectorOp.NE16] = m0 | 0x75 | COMPLEMENT;
        t[VectorOp.NE32] = m0 | 0x76 | COMPLEMENT;
        t[VectorOp.GTS8] = m0 | 0x64;
        t[VectorOp.GTS16] = m0 | 0x65;
        t[VectorOp.GTS32] = m0 | 0x66;
        t[VectorOp.GTS64] = m38 | 0x37;
        t[VectorOp.GTU8] = m0 | 0xda | SPECIAL;
        t[VectorOp.GTU16] = m38 | 0x3a | SPECIAL;
        t[VectorOp.GTU32] = m38 | 0x3b | SPECIAL;
        t[VectorOp.MINU8] = m0 | 0xda;
        t[VectorOp.MINU16] = m38 | 0x3a;
        t[VectorOp.MINU32] = m38 | 0x3b;
        t[VectorOp.MINS8] = m38 | 0x38;
        t[VectorOp.MINS16] = m0 | 0xea;
        t[VectorOp.MINS32] = m38 | 0x39;
        t[VectorOp.MAXU8] = m0 | 0xde;
        t[VectorOp.MAXU16] = m38 | 0x3e;
        t[VectorOp.MAXU32] = m38 | 0x3f;
        t[VectorOp.MAXS8] = m38 | 0x3c;
        t[VectorOp.MAXS16] = m0 | 0xee;
        t[VectorOp.MAXS32] = m38 | 0x3d;
        t[VectorOp.AVGU8] = m0 | 0xe0;
        t[VectorOp.AVGU16] = m0 | 0xe3;
        t[VectorOp.MUL32] = m38 | 0x40;
        t[VectorOp.MUL32U_EVEN] = m0 | 0xf4;
        t[VectorOp.MUL32S_EVEN] = m38 | 0x28;
        t[VectorOp.MUL32U_ODD] = m0 | 0xf4 | ODD;
        t[VectorOp.MUL32S_ODD] = m38 | 0x28 | ODD;
        t[VectorOp.MERGE_LEFT8] = m0 | 0x68 | SWAPPED;
        t[VectorOp.MERGE_LEFT16] = m0 | 0x69 | SWAPPED;
        t[VectorOp.MERGE_LEFT32] = m0 | 0x6a | SWAPPED;
        t[VectorOp.MERGE_RIGHT8] = m0 | 0x60 | SWAPPED;
        t[VectorOp.MERGE_RIGHT16] = m0 | 0x61 | SWAPPED;
        t[VectorOp.MERGE_RIGHT32] = m0 | 0x62 | SWAPPED;
        t[VectorOp.SHL32] = m38 | 0x47 | AVX2 | SPECIAL;
        t[VectorOp.SHR32] = m38 | 0x45 | AVX2 | SPECIAL;
        t[VectorOp.SAR32] = m38 | 0x46 | AVX2 | SPECIAL;
        t[VectorOp.SHL64] = m38 | 0x47 | WIDE | AVX2 | SPECIAL;
        t[VectorOp.SHR64] = m38 | 0x45 | WIDE | AVX2 | SPECIAL;
        t[VectorOp.ROTL32] = AVX2 | SPECIAL;
        t[VectorOp.ROTL64] = WIDE | AVX2 | SPECIAL;
        for (int op = VectorOp.SHL8; op <= VectorOp.PICK_BITS; op++) {
            t[op] = SPECIAL;
        }
        t[VectorOp.POLYNOMIAL_SUM64] = SPECIAL;
        t[VectorOp.AES_ENCRYPT] = m38 | 0xdc | SPECIAL;
        t[VectorOp.AES_ENCRYPT_LAST] = m38 | 0xdd | SPECIAL;
        t[VectorOp.AES_DECRYPT] = m38 | 0xdf | SPECIAL;
        t[VectorOp.AES_DECRYPT_LAST] = m38 | 0xdf | SPECIAL;
        return t;
    }

    /** Puts the constants that generated code uses into a state block. */
    static void setUp(long state) {
        constant(state, REVERSE, 0x0809_0a0b_0c0d_0e0fL, 0x0001_0203_0405_0607L);
        splat(state, FIVE_BITS, 0x1f1f_1f1f_1f1f_1f1fL);
        splat(state, SHIFT32_BITS, 0x0000_001f_0000_001fL);
        splat(state, SHIFT64_BITS, 63);
        splat(state, BITS32, 0x0000_0020_0000_0020L);
        splat(state, BITS64, 64);
        splat(state, MAGNITUDE32, 0x7fff_ffff_7fff_ffffL);
        // One more than the least normal number: a tiny result may have been rounded to that, and underflows.
        splat(state, LEAST32, 0x0080_0001_0080_0001L);
        splat(state, GREATEST32, 0x7f7f_ffff_7f7f_ffffL);
        splat(state, MAGNITUDE64, Long.MAX_VALUE);
        splat(state, LEAST64, 0x0010_0000_0000_0001L);
        splat(state, GREATEST64, 0x7fef_ffff_ffff_ffffL);
        splat(state, FOUR_LEFT, 0xf0f0_f0f0_f0f0_f0f0L);
        splat(state, FOUR_RIGHT, 0x0f0f_0f0f_0f0f_0f0fL);
        splat(state, TWO_LEFT, 0xfcfc_fcfc_fcfc_fcfcL);
        splat(state, TWO_RIGHT, 0x3f3f_3f3f_3f3f_3f3fL);
        splat(state, ONE_RIGHT, 0x7f7f_7f7f_7f7f_7f7fL);
        splat(state, RIGHT_BYTES, 0x00ff_00ff_00ff_00ffL);
        splat(state, RIGHT_HALFWORDS, 0x0000_ffff_0000_ffffL);
        splat(state, TRANSPOSE1, 0x00aa_00aa_00aa_00aaL);
        splat(state, TRANSPOSE2, 0x0000_cccc_0000_ccccL);
        splat(state, TRANSPOSE4, 0x0000_0000_f0f0_f0f0L);
        splat(state, ONES, -1);
        splat(state, SIGN64, Long.MIN_VALUE);
        splat(state, BIT_OF_BYTE, 0x0102_0408_1020_4080L);
        splat(state, THREE_BITS, 0x0707_0707_0707_0707L);
        splat(state, TOP_BITS, 0x8080_8080_8080_8080L);
        splat(state, IDENTITY, 0x8040_2010_0804_0201L);
    }

    private static void splat(long state, int slot, long value) {
        constant(state, slot, value, value);
    }

    private static void constant(long state, int slot, long low, long high) {
        HostMemory.putLong(state + slot * 8L, low);
        HostMemory.putLong(state + slot * 8L + 8, high);
    }

    /** Whether the host has instructions for an operation. */
    boolean supports(long w) {
        int form = Form.of(w);
        if (!features.avx() || form < Form.V128_LOAD || form > Form.V128_SUMMARY) {
            return false;
        }
        int c = Op.c(w);
        if (form == Form.V128_BINARY) {
            if (c >= VectorOp.AES_ENCRYPT && c <= VectorOp.AES_DECRYPT_LAST) {
                return features.aes();
            }
            return c == VectorOp.POLYNOMIAL_SUM64 ? features.pclmulqdq() : (BINARY[c] & AVX2) == 0 || features.avx2();
        }
        return form != Form.V128_FLOAT || (c & ~(Form.F32 | VectorOp.FACTOR_IN_D)) < Form.F64_MADD || features.fma();
    }

    /** How many vector registers an operation reads, but for an access, and for d. */
    static int operandCount(long w) {
        return switch (Form.of(w)) {
            case Form.V128_LOAD, Form.V128_STORE -> 0;
            case Form.V128_SUMMARY -> 1;
            case Form.V128_SELECT, Form.V128_PERMUTE, Form.V128_PERMUTE_RIGHT -> 3;
            default -> 2;
        };
    }

    /** Whether an operation gives zeros, whatever its operands are. */
    static boolean isZero(long w) {
        return Form.of(w) == Form.V128_BINARY && Op.c(w) == VectorOp.XOR && Op.a(w) == Op.b(w);
    }

    /** Whether an operation writes a comparison nibble to d. */
    static boolean writesNibble(int form) {
        return form == Form.V128_SUMMARY;
    }

    void emit(long w) {
        slowJump = 0;
        slowJump2 = 0;
        switch (Form.of(w)) {
            case Form.V128_LOAD -> load(w);
            case Form.V128_STORE -> store(w);
            case Form.V128_BINARY -> binary(w);
            case Form.V128_SELECT -> select(w);
            case Form.V128_PERMUTE -> permute(w, true);
            case Form.V128_PERMUTE_RIGHT -> permute(w, false);
            case Form.V128_IMMEDIATE -> immediate(w, Op.c(w) >> 8, Op.c(w) & 0xff);
            case Form.V128_FLOAT -> floating(w, Op.c(w));
            default -> summary(w);
        }
    }

    // Instructions

    private void get(int register, int slot) {
        asm.vexMemory(MAP_0F, PF3, false, 0x6f, register, 0, Layout.slot(slot));
    }

    private void move(int d, int s) {
        asm.vexRegister(MAP_0F, NP, false, 0x28, d, 0, s);
    }

    private void op(int map, int opcode, int d, int a, int b) {
        asm.vexRegister(map, P66, false, opcode, d, a, b);
    }

    private void opMemory(int map, int opcode, int d, int a, int slot) {
        asm.vexMemory(map, P66, false, opcode, d, a, Layout.slot(slot));
    }

    /** d = what a table says for each bit of d, a and b; for hosts with AVX-512. */
    private void ternary(int d, int a, int b, int table) {
        asm.evexRegisterImm(MAP_0F3A, P66, false, 0x25, d, a, b, table);
    }

    private void shuffleWords(int d, int s, int order) {
        asm.vexRegisterImm(MAP_0F, P66, false, 0x70, d, 0, s, order);
    }

    /**
     * d = s shifted: 2 right, 4 algebraically right, 6 left, by a constant; opcode 0x71 for halfwords, 0x72 for words,
     * 0x73 for doublewords, and for the whole in bytes with 7 for left.
     */
    private void shiftBy(int opcode, int kind, int d, int s, int count) {
        // The target is the operand that other instructions have their second source in.
        asm.vexRegisterImm(MAP_0F, P66, false, opcode, kind, d, s, count);
    }

    private int a(long w) {
        return registers.whole(Op.a(w));
    }

    private int b(long w) {
        return registers.whole(Op.b(w));
    }

    private int c(long w) {
        return registers.whole(Op.c(w));
    }

    private int d(long w) {
        return registers.defineWhole(Op.d(w));
    }

    // Storage

    private void reorder(int d, int s, int order) {
        switch (order) {
            case VectorOp.DOUBLEWORDS_LEFT_FIRST -> shuffleWords(d, s, 0x4e);
            case VectorOp.WORDS_LEFT_FIRST -> shuffleWords(d, s, 0x1b);
            default -> opMemory(MAP_0F38, 0x00, d, s, REVERSE);
        }
    }

    private void load(long w) {
        accesses.address(Op.a(w), 0);
        operands.forgetCarried();
        slowSnapshot = registers.snapshot();
        slowJump = accesses.translateVector(SoftTlb.READ_LIMIT);
        loadFrom(w, accesses.memory());
    }

    /** d = what stands at a host address. */
    void loadFrom(long w, long memory) {
        int d = d(w);
        switch (Op.c(w)) {
            case VectorOp.DOUBLEWORDS_LEFT_FIRST -> asm.vexMemoryImm(MAP_0F, P66, false, 0x70, d, 0, memory, 0x4e);
            case VectorOp.WORDS_LEFT_FIRST -> asm.vexMemoryImm(MAP_0F, P66, false, 0x70, d, 0, memory, 0x1b);
            default -> {
                asm.vexMemory(MAP_0F, PF3, false, 0x6f, d, 0, memory);
                if (Op.c(w) != VectorOp.RIGHT_FIRST) {
                    reorder(d, d, Op.c(w));
                }
            }
        }
    }

    private void store(long w) {
        accesses.address(Op.a(w), 0);
        operands.forgetCarried();
        b(w);
        slowSnapshot = registers.snapshot();
        slowJump = accesses.translateVector(SoftTlb.WRITE_LIMIT);
        storeTo(w, accesses.memory());
    }

    /** Stores b at a host address. */
    void storeTo(long w, long memory) {
        int from = b(w);
        if (Op.c(w) != VectorOp.RIGHT_FIRST) {
            reorder(X, from, Op.c(w));
            from = X;
        }
        asm.vexMemory(MAP_0F, PF3, false, 0x7f, from, 0, memory);
    }

    // Computation

    private void binary(long w) {
        int which = Op.c(w);
        int entry = BINARY[which];
        int map = entry >> MAP_SHIFT & 15;
        int opcode = entry & 0xff;
        if (isZero(w)) {
            // The usual way to get zeros, whatever there was before.
            int d = registers.formOf(Op.d(w)) == VectorRegisters.LEFT ? registers.defineLeft(Op.d(w) | 1, true) : d(w);
            op(map, opcode, d, d, d);
            return;
        }
        if (which >= VectorOp.AES_ENCRYPT && which <= VectorOp.AES_DECRYPT_LAST) {
            aes(w, which, map, opcode);
            return;
        }
        int a = a(w);
        int b = b(w);
        int d = d(w);
        if (a == b && which == VectorOp.OR) {
            move(d, a);
            return;
        }
        int table = features.avx512vl() ? table(which) : 0;
        if (table != 0) {
            ternary(d, a, b, table);
        } else if ((entry & SPECIAL) != 0) {
            special(d, a, b, which, map, opcode, (entry & WIDE) != 0);
        } else if ((entry & ODD) != 0) {
            shiftBy(0x73, 2, X, a, 32);
            shiftBy(0x73, 2, Y, b, 32);
            op(map, opcode, d, X, Y);
        } else {
            boolean isSwapped = (entry & SWAPPED) != 0;
            boolean isComplement = (entry & COMPLEMENT) != 0;
            op(map, opcode, isComplement ? X : d, isSwapped ? b : a, isSwapped ? a : b);
            if (isComplement) {
                opMemory(MAP_0F, 0xef, d, X, ONES);
            }
        }
    }

    /** The table of a logical operation that is one instruction with that, 0 for others. */
    private static int table(int which) {
        return switch (which) {
            case VectorOp.NOR -> NOR;
            case VectorOp.NAND -> NAND;
            case VectorOp.EQV -> EQV;
            case VectorOp.ORC -> V_OR_NOT_R;
            default -> 0;
        };
    }

    /** One round; the host has byte 0 of a state at the right. */
    private void aes(long w, int which, int map, int opcode) {
        int a = registers.reversed(Op.a(w), X);
        int b = registers.reversed(Op.b(w), Y);
        boolean isPinned = registers.isPinned(Op.d(w) >> 1);
        int d = isPinned ? X : registers.defineReversed(Op.d(w));
        op(map, opcode, d, a, b);
        if (which == VectorOp.AES_DECRYPT) {
            asm.vexRegister(MAP_0F38, P66, false, 0xdb, d, 0, d);
        }
        if (isPinned) {
            opMemory(MAP_0F38, 0x00, d(w), X, REVERSE);
        }
    }

    /** d = op(a, b) by more than one instruction. */
    private void special(int d, int a, int b, int which, int map, int opcode, boolean wide) {
        switch (which) {
            case VectorOp.GTU8, VectorOp.GTU16, VectorOp.GTU32 -> {
                // Greater is where the smaller one is not the first.
                op(map, opcode, Y, a, b);
                op(MAP_0F, which == VectorOp.GTU8 ? 0x74 : which == VectorOp.GTU16 ? 0x75 : 0x76, X, a, Y);
                opMemory(MAP_0F, 0xef, d, X, ONES);
            }
            case VectorOp.ROTL32, VectorOp.ROTL64 -> {
                if (features.avx512vl()) {
                    asm.evexRegister(MAP_0F38, P66, wide, 0x15, d, a, b);
                    return;
                }
                opMemory(MAP_0F, 0xdb, Y, b, wide ? SHIFT64_BITS : SHIFT32_BITS);
                asm.vexRegister(MAP_0F38, P66, wide, 0x47, Z, a, Y);
                get(T, wide ? BITS64 : BITS32);
                op(MAP_0F, wide ? 0xfb : 0xfa, T, T, Y);
                asm.vexRegister(MAP_0F38, P66, wide, 0x45, X, a, T);
                op(MAP_0F, 0xeb, d, X, Z);
            }
            case VectorOp.POLYNOMIAL_SUM64 -> {
                asm.vexRegisterImm(MAP_0F3A, P66, false, 0x44, X, a, b, 0x00);
                asm.vexRegisterImm(MAP_0F3A, P66, false, 0x44, Y, a, b, 0x11);
                op(MAP_0F, 0xef, d, X, Y);
            }
            case VectorOp.SHL8, VectorOp.SHR8 -> shiftBytes(d, a, b, which == VectorOp.SHL8);
            case VectorOp.SHL16, VectorOp.SHR16 -> shiftHalfwords(d, a, b, which == VectorOp.SHL16 ? 6 : 2);
            case VectorOp.PACK16, VectorOp.PACK32 -> {
                boolean bytes = which == VectorOp.PACK16;
                opMemory(MAP_0F, 0xdb, X, a, bytes ? RIGHT_BYTES : RIGHT_HALFWORDS);
                opMemory(MAP_0F, 0xdb, Y, b, bytes ? RIGHT_BYTES : RIGHT_HALFWORDS);
                op(bytes ? MAP_0F : MAP_0F38, bytes ? 0x67 : 0x2b, d, Y, X);
            }
            // With floating-point words, which nothing is done to.
            case VectorOp.PACK64 -> asm.vexRegisterImm(MAP_0F, NP, false, 0xc6, d, b, a, 0x88);
            case VectorOp.TRANSPOSE8 -> {
                if (features.gfni()) {
                    // The host numbers the rows of its matrix from the other end.
                    opMemory(MAP_0F38, 0x00, X, b, REVERSE);
                    get(Y, IDENTITY);
                    asm.vexRegisterImm(MAP_0F3A, P66, true, 0xce, X, Y, X, 0);
                    shuffleWords(d, X, 0x4e);
                    return;
                }
                move(Y, b);
                exchangeBits(Y, 7, TRANSPOSE1);
                exchangeBits(Y, 14, TRANSPOSE2);
                exchangeBits(Y, 28, TRANSPOSE4);
                move(d, Y);
            }
            case VectorOp.PICK_BITS -> pickBits(d, a, b);
            default -> {
                opMemory(MAP_0F, 0xdb, Y, b, wide ? SHIFT64_BITS : SHIFT32_BITS);
                asm.vexRegister(map, P66, wide, opcode, d, a, Y);
            }
        }
    }

    /** d = bytes of a shifted by the low bits of b's: by 4, 2 and 1 where a bit says so. */
    private void shiftBytes(int d, int a, int b, boolean left) {
        int kind = left ? 6 : 2;
        shiftBy(0x72, 6, Y, b, 5);
        shiftBy(0x72, kind, Z, a, 4);
        opMemory(MAP_0F, 0xdb, Z, Z, left ? FOUR_LEFT : FOUR_RIGHT);
        blend(X, a, Z, Y);
        op(MAP_0F, 0xfc, Y, Y, Y);
        shiftBy(0x72, kind, Z, X, 2);
        opMemory(MAP_0F, 0xdb, Z, Z, left ? TWO_LEFT : TWO_RIGHT);
        blend(X, X, Z, Y);
        op(MAP_0F, 0xfc, Y, Y, Y);
        if (left) {
            op(MAP_0F, 0xfc, Z, X, X);
        } else {
            shiftBy(0x72, kind, Z, X, 1);
            opMemory(MAP_0F, 0xdb, Z, Z, ONE_RIGHT);
        }
        blend(d, X, Z, Y);
    }

    /** d = halfwords of a shifted by the low bits of b's: by 8, 4, 2 and 1 where a bit says so. */
    private void shiftHalfwords(int d, int a, int b, int kind) {
        shiftBy(0x71, 6, Y, b, 12);
        for (int count = 8; count > 0; count >>= 1) {
            // The sign of each halfword, all over it.
            int from = count == 8 ? a : X;
            shiftBy(0x71, 4, T, Y, 15);
            shiftBy(0x71, kind, Z, from, count);
            blend(count == 1 ? d : X, from, Z, T);
            op(MAP_0F, 0xfd, Y, Y, Y);
        }
    }

    /** d = bytes of a, or of b where the top bit of a byte of the selector is set. */
    private void blend(int d, int a, int b, int selector) {
        asm.vexRegisterImm(MAP_0F3A, P66, false, 0x4c, d, a, b, selector << 4);
    }

    /** Exchanges the bits of a mask with those so many places left of them, in each doubleword. */
    private void exchangeBits(int register, int distance, int mask) {
        shiftBy(0x73, 2, T, register, distance);
        op(MAP_0F, 0xef, T, T, register);
        opMemory(MAP_0F, 0xdb, T, T, mask);
        op(MAP_0F, 0xef, register, register, T);
        shiftBy(0x73, 6, T, T, distance);
        op(MAP_0F, 0xef, register, register, T);
    }

    /** d = the bits of a that the bytes of b number, in the left doubleword. */
    private void pickBits(int d, int a, int b) {
        // Which byte, counted from the right; the host gives 0 where the top bit is set.
        shiftBy(0x72, 2, Z, b, 3);
        opMemory(MAP_0F, 0xdb, Z, Z, FOUR_RIGHT);
        opMemory(MAP_0F, 0xef, Z, Z, FOUR_RIGHT);
        opMemory(MAP_0F, 0xdb, T, b, TOP_BITS);
        op(MAP_0F, 0xeb, Z, Z, T);
        op(MAP_0F38, 0x00, X, a, Z);
        // Which bit of it.
        opMemory(MAP_0F, 0xdb, Y, b, THREE_BITS);
        get(T, BIT_OF_BYTE);
        op(MAP_0F38, 0x00, T, T, Y);
        op(MAP_0F, 0xdb, X, X, T);
        op(MAP_0F, 0x74, X, X, T);
        asm.vexRegister(MAP_0F, P66, false, 0xd7, RCX, 0, X);
        asm.vexRegister(MAP_0F, P66, false, 0x6e, X, 0, RCX);
        shiftBy(0x73, 7, d, X, 8);
    }

    /** d = bits of b where c has ones, of a elsewhere. */
    private void select(long w) {
        int a = a(w);
        int b = b(w);
        int c = c(w);
        if (features.avx512vl()) {
            int d = d(w);
            if (d == a) {
                ternary(d, c, b, V_SELECTS_R_OR_F);
            } else if (d == b) {
                ternary(d, c, a, V_SELECTS_F_OR_R);
            } else {
                if (d != c) {
                    move(d, c);
                }
                ternary(d, a, b, F_SELECTS_R_OR_V);
            }
            return;
        }
        op(MAP_0F, 0xdf, X, c, a);
        op(MAP_0F, 0xdb, Y, c, b);
        op(MAP_0F, 0xeb, d(w), X, Y);
    }

    /** d = bytes of a and b, numbered by c from the left end of a, or from the right end of b. */
    private void permute(long w, boolean fromLeft) {
        int a = a(w);
        int b = b(w);
        int c = c(w);
        if (features.avx512vbmi() && a != b) {
            permuteBoth(d(w), a, b, c, fromLeft);
            return;
        }
        opMemory(MAP_0F, fromLeft ? 0xdf : 0xdb, Z, c, FIVE_BITS);
        if (a == b) {
            op(MAP_0F38, 0x00, d(w), a, Z);
            return;
        }
        op(MAP_0F38, 0x00, X, a, Z);
        op(MAP_0F38, 0x00, Y, b, Z);
        // Bit 4 says that it is a's: moved to the top of the byte, where the host's blend looks.
        shiftBy(0x72, 6, Z, Z, 3);
        blend(d(w), Y, X, Z);
    }

    /** As {@link #permute}, by one instruction: the host counts from the right end of b to the left end of a. */
    private void permuteBoth(int d, int a, int b, int c, boolean fromLeft) {
        int numbers = d == a || d == b ? Z : d;
        if (fromLeft) {
            ternary(numbers, c, c, NOT_R);
        } else if (numbers != c) {
            move(numbers, c);
        }
        asm.evexRegister(MAP_0F38, P66, false, 0x75, numbers, b, a);
        if (numbers != d) {
            move(d, numbers);
        }
    }

    private void immediate(long w, int operation, int value) {
        int a = a(w);
        int b = b(w);
        int d = d(w);
        switch (operation) {
            case VectorOp.EXTRACT -> asm.vexRegisterImm(MAP_0F3A, P66, false, 0x0f, d, a, b, value);
            // The host's low bit is for the right doubleword, which comes from its first operand.
            case VectorOp.DOUBLEWORDS -> asm.vexRegisterImm(MAP_0F, P66, false, 0xc6, d, b, a, value);
            case VectorOp.WORDS -> shuffleWords(d, a, value);
            case VectorOp.SPLAT8, VectorOp.SPLAT16 -> {
                boolean bytes = operation == VectorOp.SPLAT8;
                if (features.avx2()) {
                    int from = a;
                    if (value != 0) {
                        shiftBy(0x73, 3, X, a, bytes ? value : value * 2);
                        from = X;
                    }
                    asm.vexRegister(MAP_0F38, P66, false, bytes ? 0x78 : 0x79, d, 0, from);
                } else {
                    asm.movImm(RAX, bytes ? value * 0x0101_0101L : (value * 0x0202L + 0x0100) * 0x1_0001L);
                    asm.vexRegister(MAP_0F, P66, false, 0x6e, Y, 0, RAX);
                    shuffleWords(Y, Y, 0);
                    op(MAP_0F38, 0x00, d, a, Y);
                }
            }
            case VectorOp.SIGMA32 -> sigma(d, a, value, false);
            default -> sigma(d, a, value, true);
        }
    }

    private void sigma(int d, int a, int value, boolean wide) {
        boolean upper = (value & 16) != 0;
        int all = wide ? 3 : 15;
        int ones = value & all;
        boolean isMixed = ones != 0 && ones != all;
        if (ones != all) {
            int[] n = wide
                    ? upper ? new int[] {28, 34, 39} : new int[] {1, 8, 7}
                    : upper ? new int[] {2, 13, 22} : new int[] {7, 18, 3};
            sigma(isMixed ? Y : d, a, n, upper, wide, Y);
        }
        if (ones != 0) {
            int[] n = wide
                    ? upper ? new int[] {14, 18, 41} : new int[] {19, 61, 6}
                    : upper ? new int[] {6, 11, 25} : new int[] {17, 19, 10};
            sigma(isMixed ? Z : d, a, n, upper, wide, Z);
        }
        if (!isMixed) {
            return;
        }
        // The host's blend of halfwords: each word takes two bits of its constant.
        int blend = 0;
        for (int i = 0; i < 8; i++) {
            if ((ones >> (wide ? i >> 2 : i >> 1) & 1) != 0) {
                blend |= 1 << i;
            }
        }
        asm.vexRegisterImm(MAP_0F3A, P66, false, 0x0e, d, Y, Z, blend);
    }

    /** d = a rotated right by n0 ^ rotated by n1 ^ rotated (if upper) or shifted by n2. */
    private void sigma(int d, int a, int[] n, boolean upper, boolean wide, int sum) {
        if (features.avx512vl()) {
            rotateRight(X, a, n[1], wide);
            if (upper) {
                rotateRight(T, a, n[2], wide);
            } else {
                shiftBy(wide ? 0x73 : 0x72, 2, T, a, n[2]);
            }
            rotateRight(d, a, n[0], wide);
            ternary(d, X, T, F_XOR_V_XOR_R);
            return;
        }
        int opcode = wide ? 0x73 : 0x72;
        int bits = wide ? 64 : 32;
        shiftBy(opcode, 2, sum, a, n[0]);
        shiftBy(opcode, 6, T, a, bits - n[0]);
        op(MAP_0F, 0xef, sum, sum, T);
        shiftBy(opcode, 2, X, a, n[1]);
        shiftBy(opcode, 6, T, a, bits - n[1]);
        op(MAP_0F, 0xef, X, X, T);
        op(MAP_0F, 0xef, sum, sum, X);
        shiftBy(opcode, 2, X, a, n[2]);
        if (upper) {
            shiftBy(opcode, 6, T, a, bits - n[2]);
            op(MAP_0F, 0xef, X, X, T);
        }
        op(MAP_0F, 0xef, d, sum, X);
    }

    private void rotateRight(int d, int s, int count, boolean wide) {
        asm.evexRegisterImm(MAP_0F, P66, wide, 0x72, 0, d, s, count);
    }

    private void floating(long w, int c) {
        boolean wide = (c & Form.F32) == 0;
        int plain = c & ~(Form.F32 | VectorOp.FACTOR_IN_D);
        boolean factorInD = (c & VectorOp.FACTOR_IN_D) != 0;
        int a = a(w);
        int b = b(w);
        boolean isFused = plain >= Form.F64_MADD && plain <= Form.F64_NMSUB;
        int old = isFused ? registers.whole(Op.d(w)) : X;
        slowSnapshot = registers.snapshot();
        asm.aluMemImm32(Assembler.CMP, Layout.slot(Slots.FLOAT_ALLOWED), 0);
        slowJump2 = asm.jccForward(Condition.EQUAL);
        int prefix = wide ? P66 : NP;
        switch (plain) {
            case Form.F64_ADD -> asm.vexRegister(MAP_0F, prefix, false, 0x58, X, a, b);
            case Form.F64_SUB -> asm.vexRegister(MAP_0F, prefix, false, 0x5c, X, a, b);
            case Form.F64_MUL -> asm.vexRegister(MAP_0F, prefix, false, 0x59, X, a, b);
            case Form.F64_DIV -> asm.vexRegister(MAP_0F, prefix, false, 0x5e, X, a, b);
            case Form.F64_SQRT -> asm.vexRegister(MAP_0F, prefix, false, 0x51, X, 0, a);
            default -> {
                // The host's names for negated forms: what it negates is the product.
                int opcode = switch (plain) {
                    case Form.F64_MADD -> 0xb8;
                    case Form.F64_MSUB -> 0xba;
                    case Form.F64_NMADD -> 0xbe;
                    default -> 0xbc;
                };
                move(X, old);
                asm.vexRegister(MAP_0F38, P66, wide, factorInD ? opcode - 0x10 : opcode, X, a, b);
            }
        }
        check(wide, plain == Form.F64_ADD || plain == Form.F64_SUB);
        move(d(w), X);
    }

    /** Goes to the routine unless all results are in the normal range, or zero where that is exact. */
    private void check(boolean wide, boolean allowsZero) {
        int map = wide ? MAP_0F38 : MAP_0F;
        int greater = wide ? 0x37 : 0x66;
        opMemory(MAP_0F, 0xdb, T, X, wide ? MAGNITUDE64 : MAGNITUDE32);
        get(Y, wide ? LEAST64 : LEAST32);
        op(map, greater, Y, Y, T);
        if (allowsZero) {
            op(MAP_0F, 0xef, Z, Z, Z);
            op(map, greater, Z, T, Z);
            op(MAP_0F, 0xdb, Y, Y, Z);
        }
        opMemory(map, greater, T, T, wide ? GREATEST64 : GREATEST32);
        op(MAP_0F, 0xeb, T, T, Y);
        asm.vexRegister(MAP_0F38, P66, false, 0x17, T, 0, T);
        slowJump = asm.jccForward(Condition.NOT_EQUAL);
    }

    /** d = 8 if all of a is ones, 2 if it is zeros, else 0. */
    private void summary(long w) {
        asm.vexRegister(MAP_0F, P66, false, 0xd7, RCX, 0, a(w));
        asm.movImm(RAX, 0);
        asm.movImm(Register.RDX, 8);
        asm.aluImm32(Assembler.CMP, RCX, 0xffff);
        asm.cmov(Condition.EQUAL, RAX, Register.RDX);
        asm.movImm(Register.RDX, 2);
        asm.test32(RCX, RCX);
        asm.cmov(Condition.EQUAL, RAX, Register.RDX);
        operands.put(Op.d(w), RAX);
    }
}

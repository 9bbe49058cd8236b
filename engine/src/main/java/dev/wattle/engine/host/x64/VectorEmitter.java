// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Assembler.MAP_0F;
import static dev.wattle.engine.host.x64.Assembler.MAP_0F38;
import static dev.wattle.engine.host.x64.Assembler.MAP_0F3A;
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
 * Emits vector forms for hosts with AVX. Registers are in memory, in the order of a little-endian host, and are loaded
 * and stored around each operation.
 */
final class VectorEmitter {
    private static final int X = 0;
    private static final int Y = 1;
    private static final int Z = 2;
    private static final int T = 3;
    private static final int U = 4;
    private static final int V = 5;

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

    private static final int REVERSE = CONSTANTS;
    private static final int FIVE_BITS = CONSTANTS + 2;
    private static final int SHIFT32_BITS = CONSTANTS + 4;
    private static final int SHIFT64_BITS = CONSTANTS + 6;
    private static final int BITS32 = CONSTANTS + 8;
    private static final int BITS64 = CONSTANTS + 10;
    private static final int MAGNITUDE32 = CONSTANTS + 12;
    private static final int LEAST32 = CONSTANTS + 14;
    private static final int GREATEST32 = CONSTANTS + 16;
    private static final int MAGNITUDE64 = CONSTANTS + 18;
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
    private static final int BIT_OF_BYTE = CONSTANTS + 46;
    private static final int TOP_BITS = CONSTANTS + 48;
    private static final int THREE_BITS = CONSTANTS + 50;
    private static final int[] BINARY = binaries();

    private final Assembler asm;
    private final Operands operands;
    private final HostFeatures features;
    private final AccessEmitter accesses;

    /** Jumps to the routine, of the form being emitted; 0 for none. */
    long slowJump;

    long slowJump2;

    VectorEmitter(Assembler asm, Operands operands, HostFeatures features, AccessEmitter accesses) {
        this.asm = asm;
        this.operands = operands;
        this.features = features;
        this.accesses = accesses;
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
        splat(state, BIT_OF_BYTE, 0x0102_0408_1020_4080L);
        splat(state, THREE_BITS, 0x0707_0707_0707_0707L);
        splat(state, TOP_BITS, 0x8080_8080_8080_8080L);
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

    private void put(int slot, int register) {
        asm.vexMemory(MAP_0F, PF3, false, 0x7f, register, 0, Layout.slot(slot));
    }

    private void op(int map, int opcode, int d, int a, int b) {
        asm.vexRegister(map, P66, false, opcode, d, a, b);
    }

    private void opMemory(int map, int opcode, int d, int a, int slot) {
        asm.vexMemory(map, P66, false, opcode, d, a, Layout.slot(slot));
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

    private void complement(int register) {
        op(MAP_0F, 0x76, T, T, T);
        op(MAP_0F, 0xef, register, register, T);
    }

    // Storage

    private void reorder(int register, int order) {
        switch (order) {
            case VectorOp.DOUBLEWORDS_LEFT_FIRST -> shuffleWords(register, register, 0x4e);
            case VectorOp.WORDS_LEFT_FIRST -> shuffleWords(register, register, 0x1b);
            case VectorOp.LEFT_FIRST -> opMemory(MAP_0F38, 0x00, register, register, REVERSE);
            default -> {
                // As the host has it.
            }
        }
    }

    private void load(long w) {
        accesses.address(Op.a(w), 0);
        operands.forgetCarried();
        slowJump = accesses.translateVector(SoftTlb.READ_LIMIT);
        asm.vexMemory(MAP_0F, PF3, false, 0x6f, X, 0, Assembler.mem(RAX, RCX, 0, 0));
        reorder(X, Op.c(w));
        put(Op.d(w), X);
    }

    private void store(long w) {
        accesses.address(Op.a(w), 0);
        operands.forgetCarried();
        slowJump = accesses.translateVector(SoftTlb.WRITE_LIMIT);
        get(X, Op.b(w));
        reorder(X, Op.c(w));
        asm.vexMemory(MAP_0F, PF3, false, 0x7f, X, 0, Assembler.mem(RAX, RCX, 0, 0));
    }

    // Computation

    private void binary(long w) {
        int entry = BINARY[Op.c(w)];
        int map = entry >> MAP_SHIFT & 15;
        int opcode = entry & 0xff;
        if ((entry & SPECIAL) != 0) {
            get(X, Op.a(w));
            get(Y, Op.b(w));
            special(Op.c(w), map, opcode, (entry & WIDE) != 0);
        } else if ((entry & ODD) != 0) {
            get(X, Op.a(w));
            get(Y, Op.b(w));
            shiftBy(0x73, 2, X, X, 32);
            shiftBy(0x73, 2, Y, Y, 32);
            op(map, opcode, X, X, Y);
        } else if ((entry & SWAPPED) != 0) {
            get(X, Op.b(w));
            opMemory(map, opcode, X, X, Op.a(w));
        } else {
            get(X, Op.a(w));
            opMemory(map, opcode, X, X, Op.b(w));
        }
        if ((entry & COMPLEMENT) != 0) {
            complement(X);
        }
        put(Op.d(w), X);
    }

    /** X = op(X, Y) by more than one instruction. */
    private void special(int which, int map, int opcode, boolean wide) {
        switch (which) {
            case VectorOp.GTU8, VectorOp.GTU16, VectorOp.GTU32 -> {
                // Greater is where the smaller one is not the first.
                op(map, opcode, Y, X, Y);
                op(MAP_0F, which == VectorOp.GTU8 ? 0x74 : which == VectorOp.GTU16 ? 0x75 : 0x76, X, X, Y);
                complement(X);
            }
            case VectorOp.ROTL32, VectorOp.ROTL64 -> {
                opMemory(MAP_0F, 0xdb, Y, Y, wide ? SHIFT64_BITS : SHIFT32_BITS);
                asm.vexRegister(MAP_0F38, P66, wide, 0x47, Z, X, Y);
                get(T, wide ? BITS64 : BITS32);
                op(MAP_0F, wide ? 0xfb : 0xfa, T, T, Y);
                asm.vexRegister(MAP_0F38, P66, wide, 0x45, X, X, T);
                op(MAP_0F, 0xeb, X, X, Z);
            }
            case VectorOp.POLYNOMIAL_SUM64 -> {
                asm.vexRegisterImm(MAP_0F3A, P66, false, 0x44, Z, X, Y, 0x00);
                asm.vexRegisterImm(MAP_0F3A, P66, false, 0x44, X, X, Y, 0x11);
                op(MAP_0F, 0xef, X, X, Z);
            }
            case VectorOp.AES_ENCRYPT, VectorOp.AES_ENCRYPT_LAST, VectorOp.AES_DECRYPT, VectorOp.AES_DECRYPT_LAST -> {
                // The host has byte 0 of a state at the right.
                opMemory(MAP_0F38, 0x00, X, X, REVERSE);
                opMemory(MAP_0F38, 0x00, Y, Y, REVERSE);
                op(map, opcode, X, X, Y);
                if (which == VectorOp.AES_DECRYPT) {
                    asm.vexRegister(MAP_0F38, P66, false, 0xdb, X, 0, X);
                }
                opMemory(MAP_0F38, 0x00, X, X, REVERSE);
            }
            case VectorOp.SHL8, VectorOp.SHR8 -> shiftBytes(which == VectorOp.SHL8);
            case VectorOp.SHL16, VectorOp.SHR16 -> shiftHalfwords(which == VectorOp.SHL16 ? 6 : 2);
            case VectorOp.PACK16, VectorOp.PACK32 -> {
                boolean bytes = which == VectorOp.PACK16;
                opMemory(MAP_0F, 0xdb, X, X, bytes ? RIGHT_BYTES : RIGHT_HALFWORDS);
                opMemory(MAP_0F, 0xdb, Y, Y, bytes ? RIGHT_BYTES : RIGHT_HALFWORDS);
                op(bytes ? MAP_0F : MAP_0F38, bytes ? 0x67 : 0x2b, X, Y, X);
            }
            // With floating-point words, which nothing is done to.
            case VectorOp.PACK64 -> asm.vexRegisterImm(MAP_0F, Assembler.NP, false, 0xc6, X, Y, X, 0x88);
            case VectorOp.TRANSPOSE8 -> {
                exchangeBits(Y, 7, TRANSPOSE1);
                exchangeBits(Y, 14, TRANSPOSE2);
                exchangeBits(Y, 28, TRANSPOSE4);
                asm.vexRegister(MAP_0F, PF3, false, 0x6f, X, 0, Y);
            }
            case VectorOp.PICK_BITS -> pickBits();
            default -> {
                opMemory(MAP_0F, 0xdb, Y, Y, wide ? SHIFT64_BITS : SHIFT32_BITS);
                asm.vexRegister(map, P66, wide, opcode, X, X, Y);
            }
        }
    }

    /** X = bytes of X shifted by the low bits of Y's: by 4, 2 and 1 where a bit says so. */
    private void shiftBytes(boolean left) {
        int kind = left ? 6 : 2;
        shiftBy(0x72, 6, Y, Y, 5);
        shiftBy(0x72, kind, Z, X, 4);
        opMemory(MAP_0F, 0xdb, Z, Z, left ? FOUR_LEFT : FOUR_RIGHT);
        blend(X, X, Z, Y);
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
        blend(X, X, Z, Y);
    }

    /** X = halfwords of X shifted by the low bits of Y's: by 8, 4, 2 and 1 where a bit says so. */
    private void shiftHalfwords(int kind) {
        shiftBy(0x71, 6, Y, Y, 12);
        for (int count = 8; count > 0; count >>= 1) {
            // The sign of each halfword, all over it.
            shiftBy(0x71, 4, T, Y, 15);
            shiftBy(0x71, kind, Z, X, count);
            blend(X, X, Z, T);
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

    /** X = the bits of X that the bytes of Y number, in the left doubleword. */
    private void pickBits() {
        // Which byte, counted from the right; the host gives 0 where the top bit is set.
        shiftBy(0x72, 2, Z, Y, 3);
        opMemory(MAP_0F, 0xdb, Z, Z, FOUR_RIGHT);
        opMemory(MAP_0F, 0xef, Z, Z, FOUR_RIGHT);
        opMemory(MAP_0F, 0xdb, T, Y, TOP_BITS);
        op(MAP_0F, 0xeb, Z, Z, T);
        op(MAP_0F38, 0x00, X, X, Z);
        // Which bit of it.
        opMemory(MAP_0F, 0xdb, Y, Y, THREE_BITS);
        get(T, BIT_OF_BYTE);
        op(MAP_0F38, 0x00, T, T, Y);
        op(MAP_0F, 0xdb, X, X, T);
        op(MAP_0F, 0x74, X, X, T);
        asm.vexRegister(MAP_0F, P66, false, 0xd7, RCX, 0, X);
        asm.vexRegister(MAP_0F, P66, false, 0x6e, X, 0, RCX);
        shiftBy(0x73, 7, X, X, 8);
    }

    /** d = bits of b where c has ones, of a elsewhere. */
    private void select(long w) {
        get(Z, Op.c(w));
        opMemory(MAP_0F, 0xdf, X, Z, Op.a(w));
        opMemory(MAP_0F, 0xdb, Y, Z, Op.b(w));
        op(MAP_0F, 0xeb, X, X, Y);
        put(Op.d(w), X);
    }

    /** d = bytes of a and b, numbered by c from the left end of a, or from the right end of b. */
    private void permute(long w, boolean fromLeft) {
        get(Z, Op.c(w));
        if (fromLeft) {
            complement(Z);
        }
        opMemory(MAP_0F, 0xdb, Z, Z, FIVE_BITS);
        get(X, Op.a(w));
        get(Y, Op.b(w));
        op(MAP_0F38, 0x00, X, X, Z);
        op(MAP_0F38, 0x00, Y, Y, Z);
        // Bit 4 says that it is a's: moved to the top of the byte, where the host's blend looks.
        shiftBy(0x72, 6, Z, Z, 3);
        blend(X, Y, X, Z);
        put(Op.d(w), X);
    }

    private void immediate(long w, int operation, int value) {
        get(X, Op.a(w));
        switch (operation) {
            case VectorOp.EXTRACT -> asm.vexMemoryImm(MAP_0F3A, P66, false, 0x0f, X, X, Layout.slot(Op.b(w)), value);
            case VectorOp.DOUBLEWORDS -> {
                get(Y, Op.b(w));
                // The host's low bit is for the right doubleword, which comes from its first operand.
                asm.vexRegisterImm(MAP_0F, P66, false, 0xc6, X, Y, X, value & 1 | value & 2);
            }
            case VectorOp.WORDS -> shuffleWords(X, X, value);
            case VectorOp.SPLAT8, VectorOp.SPLAT16 -> {
                asm.movImm(
                        RAX,
                        operation == VectorOp.SPLAT8 ? value * 0x0101_0101L : (value * 0x0202L + 0x0100) * 0x1_0001L);
                asm.vexRegister(MAP_0F, P66, false, 0x6e, Y, 0, RAX);
                shuffleWords(Y, Y, 0);
                op(MAP_0F38, 0x00, X, X, Y);
            }
            case VectorOp.SIGMA32 -> sigma(value, false);
            default -> sigma(value, true);
        }
        put(Op.d(w), X);
    }

    private void sigma(int value, boolean wide) {
        boolean upper = (value & 16) != 0;
        int all = wide ? 3 : 15;
        int ones = value & all;
        if (ones != all) {
            int[] n = wide
                    ? upper ? new int[] {28, 34, 39} : new int[] {1, 8, 7}
                    : upper ? new int[] {2, 13, 22} : new int[] {7, 18, 3};
            sigma(Y, n, upper, wide);
        }
        if (ones != 0) {
            int[] n = wide
                    ? upper ? new int[] {14, 18, 41} : new int[] {19, 61, 6}
                    : upper ? new int[] {6, 11, 25} : new int[] {17, 19, 10};
            sigma(Z, n, upper, wide);
        }
        if (ones == 0 || ones == all) {
            asm.vexRegister(MAP_0F, PF3, false, 0x6f, X, 0, ones == 0 ? Y : Z);
            return;
        }
        // The host's blend of halfwords: each word takes two bits of its constant.
        int blend = 0;
        for (int i = 0; i < 8; i++) {
            if ((ones >> (wide ? i >> 2 : i >> 1) & 1) != 0) {
                blend |= 1 << i;
            }
        }
        asm.vexRegisterImm(MAP_0F3A, P66, false, 0x0e, X, Y, Z, blend);
    }

    /** d = X rotated right by n0 ^ rotated by n1 ^ rotated (if upper) or shifted by n2. */
    private void sigma(int d, int[] n, boolean upper, boolean wide) {
        int opcode = wide ? 0x73 : 0x72;
        int bits = wide ? 64 : 32;
        for (int i = 0; i < 3; i++) {
            int target = i == 0 ? d : T;
            shiftBy(opcode, 2, target, X, n[i]);
            if (i > 0) {
                op(MAP_0F, 0xef, d, d, T);
            }
            if (i < 2 || upper) {
                shiftBy(opcode, 6, T, X, bits - n[i]);
                op(MAP_0F, 0xef, d, d, T);
            }
        }
    }

    private void floating(long w, int c) {
        boolean wide = (c & Form.F32) == 0;
        int plain = c & ~(Form.F32 | VectorOp.FACTOR_IN_D);
        boolean factorInD = (c & VectorOp.FACTOR_IN_D) != 0;
        asm.aluMemImm32(Assembler.CMP, Layout.slot(Slots.FLOAT_ALLOWED), 0);
        slowJump2 = asm.jccForward(Condition.EQUAL);
        int prefix = wide ? P66 : Assembler.NP;
        switch (plain) {
            case Form.F64_ADD -> simple(w, prefix, 0x58);
            case Form.F64_SUB -> simple(w, prefix, 0x5c);
            case Form.F64_MUL -> simple(w, prefix, 0x59);
            case Form.F64_DIV -> simple(w, prefix, 0x5e);
            case Form.F64_SQRT -> asm.vexMemory(MAP_0F, prefix, false, 0x51, X, 0, Layout.slot(Op.a(w)));
            default -> {
                // The host's names for negated forms: what it negates is the product.
                int opcode = switch (plain) {
                    case Form.F64_MADD -> 0xb8;
                    case Form.F64_MSUB -> 0xba;
                    case Form.F64_NMADD -> 0xbe;
                    default -> 0xbc;
                };
                get(X, Op.d(w));
                get(Y, Op.a(w));
                asm.vexMemory(MAP_0F38, P66, wide, factorInD ? opcode - 0x10 : opcode, X, Y, Layout.slot(Op.b(w)));
            }
        }
        check(wide, plain == Form.F64_ADD || plain == Form.F64_SUB);
        put(Op.d(w), X);
    }

    private void simple(long w, int prefix, int opcode) {
        get(X, Op.a(w));
        asm.vexMemory(MAP_0F, prefix, false, opcode, X, X, Layout.slot(Op.b(w)));
    }

    /** Goes to the routine unless all results are in the normal range, or zero where that is exact. */
    private void check(boolean wide, boolean allowsZero) {
        int map = wide ? MAP_0F38 : MAP_0F;
        int greater = wide ? 0x37 : 0x66;
        opMemory(MAP_0F, 0xdb, T, X, wide ? MAGNITUDE64 : MAGNITUDE32);
        get(U, wide ? LEAST64 : LEAST32);
        op(map, greater, U, U, T);
        if (allowsZero) {
            op(MAP_0F, 0xef, V, V, V);
            op(map, greater, V, T, V);
            op(MAP_0F, 0xdb, U, U, V);
        }
        opMemory(map, greater, T, T, wide ? GREATEST64 : GREATEST32);
        op(MAP_0F, 0xeb, T, T, U);
        asm.vexRegister(MAP_0F38, P66, false, 0x17, T, 0, T);
        slowJump = asm.jccForward(Condition.NOT_EQUAL);
    }

    /** d = 8 if all of a is ones, 2 if it is zeros, else 0. */
    private void summary(long w) {
        get(X, Op.a(w));
        asm.vexRegister(MAP_0F, P66, false, 0xd7, RCX, 0, X);
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

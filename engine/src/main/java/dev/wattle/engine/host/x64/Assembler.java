// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.memory.HostMemory;

/**
 * Writes x86-64 machine code (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2) into memory.
 *
 * <p>Registers are numbers, 0 to 15 in the encoding's order ({@link Register}). A memory operand is a long made by
 * {@link #mem(int, int)} or {@link #mem(int, int, int, int)}, so that no instruction costs an allocation. Operand sizes
 * are 64 bits unless a method's name ends in 32, 16 or 8; writing a 32-bit register clears its upper half, as the
 * processor has it. Code is written at one address and will run at another, {@link #here} is the latter.
 */
public final class Assembler {
    /** Operations of {@link #alu}, numbered as in the encoding. */
    public static final int ADD = 0;

    public static final int OR = 1;
    public static final int ADC = 2;
    public static final int SBB = 3;
    public static final int AND = 4;
    public static final int SUB = 5;
    public static final int XOR = 6;
    public static final int CMP = 7;

    /** Operations of {@link #shift}. */
    public static final int ROL = 0;

    public static final int ROR = 1;
    public static final int SHL = 4;
    public static final int SHR = 5;
    public static final int SAR = 7;

    /** Operations of {@link #unary}. */
    public static final int NOT = 2;

    public static final int NEG = 3;
    public static final int MUL = 4;
    public static final int IMUL = 5;
    public static final int DIV = 6;
    public static final int IDIV = 7;

    /** Mandatory prefixes and maps of VEX and SSE encodings. */
    public static final int NP = 0;

    public static final int P66 = 1;
    public static final int PF3 = 2;
    public static final int PF2 = 3;
    public static final int MAP_0F = 1;
    public static final int MAP_0F38 = 2;
    public static final int MAP_0F3A = 3;

    private static final int NO_INDEX = 4;

    private final long executeMinusWrite;
    private long at;
    private EmissionListener listener = EmissionListener.NONE;

    /**
     * Starts writing.
     *
     * @param writeAddress where the bytes go
     * @param executeAddress where they will run
     */
    public Assembler(long writeAddress, long executeAddress) {
        at = writeAddress;
        executeMinusWrite = executeAddress - writeAddress;
    }

    /** Has a listener told of all operands that are relative to the code. */
    void listener(EmissionListener newListener) {
        listener = newListener;
    }

    /** Tells the listener that the four bytes at an execute address lead to another one. */
    void reference(long place, long target) {
        listener.reference(place, target);
    }

    private void relative(long target) {
        reference(here(), target);
        int_((int) (target - (here() + 4)));
    }

    /** The address at which the next byte will run. */
    public long here() {
        return at + executeMinusWrite;
    }

    /** Goes on writing the code that will run at an address. */
    public void seek(long executeAddress) {
        at = executeAddress - executeMinusWrite;
    }

    /** The address at which the code that runs at {@code executeAddress} is written. */
    public long writable(long executeAddress) {
        return executeAddress - executeMinusWrite;
    }

    // Operands

    /** [base + disp]. */
    public static long mem(int base, int disp) {
        return (long) disp << 32 | NO_INDEX << 8 | base;
    }

    /** [base + index * 2^scale + disp]; the index is not rsp. */
    public static long mem(int base, int index, int scale, int disp) {
        return (long) disp << 32 | (long) scale << 16 | index << 8 | base;
    }

    /** An operand with no index, and an index for it. */
    static long indexed(long mem, int index) {
        return mem(base(mem), index, 0, disp(mem));
    }

    /** The operand some bytes behind another one. */
    public static long plus(long mem, int bytes) {
        return mem + ((long) bytes << 32);
    }

    private static int base(long mem) {
        return (int) mem & 0xff;
    }

    private static int index(long mem) {
        return (int) mem >>> 8 & 0xff;
    }

    private static int scale(long mem) {
        return (int) mem >>> 16 & 0xff;
    }

    private static int disp(long mem) {
        return (int) (mem >> 32);
    }

    // Bytes

    public void byte_(int value) {
        HostMemory.putByte(at++, (byte) value);
    }

    public void int_(int value) {
        HostMemory.putIntLe(at, value);
        at += 4;
    }

    public void long_(long value) {
        HostMemory.putLongLe(at, value);
        at += 8;
    }

    private void rex(boolean wide, int reg, int index, int base, boolean force) {
        int rex = 0x40 | (wide ? 8 : 0) | reg >> 3 << 2 | index >> 3 << 1 | base >> 3;
        if (rex != 0x40 || force) {
            byte_(rex);
        }
    }

    private void modRegister(int reg, int rm) {
        byte_(0xc0 | (reg & 7) << 3 | rm & 7);
    }

    private void modMemory(int reg, long mem) {
        int base = base(mem);
        int disp = disp(mem);
        boolean sib = index(mem) != NO_INDEX || (base & 7) == 4;
        int mod = disp == 0 && (base & 7) != 5 ? 0 : disp == (byte) disp ? 1 : 2;
        byte_(mod << 6 | (reg & 7) << 3 | (sib ? 4 : base & 7));
        if (sib) {
            byte_(scale(mem) << 6 | (index(mem) & 7) << 3 | base & 7);
        }
        if (mod == 1) {
            byte_(disp);
        } else if (mod == 2) {
            int_(disp);
        }
    }

    private void opcode(int opcode) {
        if (opcode > 0xffff) {
            byte_(opcode >> 16);
        }
        if (opcode > 0xff) {
            byte_(opcode >> 8);
        }
        byte_(opcode);
    }

    /** An instruction with a register and a register operand; opcodes of two and three bytes begin with 0x0f. */
    private void rr(boolean wide, int opcode, int reg, int rm) {
        rex(wide, reg, 0, rm, false);
        opcode(opcode);
        modRegister(reg, rm);
    }

    private void rm(boolean wide, int opcode, int reg, long mem) {
        int index = index(mem);
        rex(wide, reg, index == NO_INDEX ? 0 : index, base(mem), false);
        opcode(opcode);
        modMemory(reg, mem);
    }

    private void rm8(int opcode, int reg, long mem) {
        int index = index(mem);
        rex(false, reg, index == NO_INDEX ? 0 : index, base(mem), reg >= 4);
        opcode(opcode);
        modMemory(reg, mem);
    }

    // Moves

    public void mov(int d, int s) {
        rr(true, 0x89, s, d);
    }

    public void mov32(int d, int s) {
        rr(false, 0x89, s, d);
    }

    /** d = imm in the shortest form; the flags stay as they are. */
    public void movImm(int d, long imm) {
        if (imm >>> 32 == 0) {
            rex(false, 0, 0, d, false);
            byte_(0xb8 | d & 7);
            int_((int) imm);
        } else if (imm == (int) imm) {
            rex(true, 0, 0, d, false);
            byte_(0xc7);
            modRegister(0, d);
            int_((int) imm);
        } else {
            rex(true, 0, 0, d, false);
            byte_(0xb8 | d & 7);
            long_(imm);
        }
    }

    /** d = 0, and the flags change. */
    public void clear(int d) {
        rr(false, 0x31, d, d);
    }

    public void load(int d, long mem) {
        rm(true, 0x8b, d, mem);
    }

    public void load32(int d, long mem) {
        rm(false, 0x8b, d, mem);
    }

    public void loadZero16(int d, long mem) {
        rm(false, 0x0fb7, d, mem);
    }

    public void loadZero8(int d, long mem) {
        rm(false, 0x0fb6, d, mem);
    }

    public void loadSigned32(int d, long mem) {
        rm(true, 0x63, d, mem);
    }

    public void loadSigned16(int d, long mem) {
        rm(true, 0x0fbf, d, mem);
    }

    public void store(long mem, int s) {
        rm(true, 0x89, s, mem);
    }

    public void store32(long mem, int s) {
        rm(false, 0x89, s, mem);
    }

    public void store16(long mem, int s) {
        byte_(0x66);
        rm(false, 0x89, s, mem);
    }

    public void store8(long mem, int s) {
        rm8(0x88, s, mem);
    }

    /** Stores a sign-extended constant as 64 bits. */
    public void storeImm(long mem, int imm) {
        rm(true, 0xc7, 0, mem);
        int_(imm);
    }

    public void storeImm32(long mem, int imm) {
        rm(false, 0xc7, 0, mem);
        int_(imm);
    }

    /** d = bytes of memory, most significant first; needs MOVBE. */
    public void loadBig(int d, long mem) {
        rm(true, 0x0f38f0, d, mem);
    }

    public void loadBig32(int d, long mem) {
        rm(false, 0x0f38f0, d, mem);
    }

    public void storeBig(long mem, int s) {
        rm(true, 0x0f38f1, s, mem);
    }

    public void storeBig32(long mem, int s) {
        rm(false, 0x0f38f1, s, mem);
    }

    public void storeBig16(long mem, int s) {
        byte_(0x66);
        rm(false, 0x0f38f1, s, mem);
    }

    public void bswap(int d) {
        rex(true, 0, 0, d, false);
        byte_(0x0f);
        byte_(0xc8 | d & 7);
    }

    public void bswap32(int d) {
        rex(false, 0, 0, d, false);
        byte_(0x0f);
        byte_(0xc8 | d & 7);
    }

    /** Rotates the low 16 bits of d by 8, which swaps their bytes; the other bits stay. */
    public void swapLow16(int d) {
        byte_(0x66);
        rex(false, 0, 0, d, false);
        byte_(0xc1);
        modRegister(ROL, d);
        byte_(8);
    }

    public void signExtend8(int d, int s) {
        rr(true, 0x0fbe, d, s);
    }

    public void signExtend16(int d, int s) {
        rr(true, 0x0fbf, d, s);
    }

    public void signExtend32(int d, int s) {
        rr(true, 0x63, d, s);
    }

    public void zeroExtend8(int d, int s) {
        rex(false, d, 0, s, s >= 4);
        opcode(0x0fb6);
        modRegister(d, s);
    }

    public void zeroExtend16(int d, int s) {
        rr(false, 0x0fb7, d, s);
    }

    public void lea(int d, long mem) {
        rm(true, 0x8d, d, mem);
    }

    public void lea32(int d, long mem) {
        rm(false, 0x8d, d, mem);
    }

    /** d = index * 2^scale + disp, in 32 bits. */
    public void leaScaled32(int d, int index, int scale, int disp) {
        rex(false, d, index, 0, false);
        byte_(0x8d);
        byte_((d & 7) << 3 | 4);
        byte_(scale << 6 | (index & 7) << 3 | 5);
        int_(disp);
    }

    /** d = the execute address {@code target}, which is near. */
    public void leaCode(int d, long target) {
        rex(true, d, 0, 0, false);
        byte_(0x8d);
        byte_(d << 3 & 0x38 | 5);
        relative(target);
    }

    // Arithmetic

    /** d = d op s, with op one of ADD to CMP. */
    public void alu(int op, int d, int s) {
        rr(true, op << 3 | 1, s, d);
    }

    public void alu32(int op, int d, int s) {
        rr(false, op << 3 | 1, s, d);
    }

    public void alu(int op, int d, long mem) {
        rm(true, op << 3 | 3, d, mem);
    }

    public void alu32(int op, int d, long mem) {
        rm(false, op << 3 | 3, d, mem);
    }

    /** Memory = memory op s. */
    public void aluMem(int op, long mem, int s) {
        rm(true, op << 3 | 1, s, mem);
    }

    public void aluImm(int op, int d, int imm) {
        aluImm(true, op, d, imm);
    }

    public void aluImm32(int op, int d, int imm) {
        aluImm(false, op, d, imm);
    }

    private void aluImm(boolean wide, int op, int d, int imm) {
        boolean small = imm == (byte) imm;
        rr(wide, small ? 0x83 : 0x81, op, d);
        immediate(small, imm);
    }

    /** Memory = memory op a sign-extended constant. */
    public void aluMemImm(int op, long mem, int imm) {
        boolean small = imm == (byte) imm;
        rm(true, small ? 0x83 : 0x81, op, mem);
        immediate(small, imm);
    }

    public void aluMemImm32(int op, long mem, int imm) {
        boolean small = imm == (byte) imm;
        rm(false, small ? 0x83 : 0x81, op, mem);
        immediate(small, imm);
    }

    private void immediate(boolean small, int imm) {
        if (small) {
            byte_(imm);
        } else {
            int_(imm);
        }
    }

    public void test(int a, int b) {
        rr(true, 0x85, b, a);
    }

    public void test32(int a, int b) {
        rr(false, 0x85, b, a);
    }

    public void testImm32(int a, int imm) {
        rr(false, 0xf7, 0, a);
        int_(imm);
    }

    /** Tests the byte in memory against a mask. */
    public void testMem8(long mem, int mask) {
        rm8(0xf6, 0, mem);
        byte_(mask);
    }

    /** NOT, NEG, MUL, IMUL, DIV, IDIV; the last four on rdx:rax. */
    public void unary(int op, int d) {
        rr(true, 0xf7, op, d);
    }

    public void unary32(int op, int d) {
        rr(false, 0xf7, op, d);
    }

    public void unaryMem(int op, long mem) {
        rm(true, 0xf7, op, mem);
    }

    /** d = low half of d * s. */
    public void imul(int d, int s) {
        rr(true, 0x0faf, d, s);
    }

    public void imul(int d, long mem) {
        rm(true, 0x0faf, d, mem);
    }

    public void imulImm(int d, int s, int imm) {
        boolean small = imm == (byte) imm;
        rr(true, small ? 0x6b : 0x69, d, s);
        immediate(small, imm);
    }

    /** Sign of rax into rdx. */
    public void cqo() {
        byte_(0x48);
        byte_(0x99);
    }

    /** Sign of eax into edx. */
    public void cdq() {
        byte_(0x99);
    }

    /** Shifts or rotates by a constant. */
    public void shift(int op, int d, int count) {
        rr(true, 0xc1, op, d);
        byte_(count);
    }

    public void shift32(int op, int d, int count) {
        rr(false, 0xc1, op, d);
        byte_(count);
    }

    /** Shifts or rotates by cl, of which 6 bits count. */
    public void shiftCl(int op, int d) {
        rr(true, 0xd3, op, d);
    }

    public void shiftCl32(int op, int d) {
        rr(false, 0xd3, op, d);
    }

    /** Carry flag = bit of d. */
    public void bitTest(int d, int bit) {
        rr(true, 0x0fba, 4, d);
        byte_(bit);
    }

    /** Carry flag = a bit of a 32-bit word in memory. */
    public void bitTestMem32(long mem, int bit) {
        rm(false, 0x0fba, 4, mem);
        byte_(bit);
    }

    /** As {@link #setcc}, into a byte in memory. */
    public void setccMem8(int condition, long mem) {
        rm(false, 0x0f90 | condition, 0, mem);
    }

    public void setcc(int condition, int d) {
        rex(false, 0, 0, d, d >= 4);
        byte_(0x0f);
        byte_(0x90 | condition);
        modRegister(0, d);
    }

    public void cmov(int condition, int d, int s) {
        rr(true, 0x0f40 | condition, d, s);
    }

    public void cmov(int condition, int d, long mem) {
        rm(true, 0x0f40 | condition, d, mem);
    }

    /** Leading zeros; needs LZCNT. */
    public void lzcnt(int d, int s) {
        byte_(0xf3);
        rr(true, 0x0fbd, d, s);
    }

    /** Trailing zeros; needs BMI1. */
    public void tzcnt(int d, int s) {
        byte_(0xf3);
        rr(true, 0x0fbc, d, s);
    }

    public void popcnt(int d, int s) {
        byte_(0xf3);
        rr(true, 0x0fb8, d, s);
    }

    /** Index of the most significant one; d and ZF = 1 tell of s = 0. */
    public void bsr(int d, int s) {
        rr(true, 0x0fbd, d, s);
    }

    public void bsf(int d, int s) {
        rr(true, 0x0fbc, d, s);
    }

    public void stc() {
        byte_(0xf9);
    }

    public void mfence() {
        byte_(0x0f);
        byte_(0xae);
        byte_(0xf0);
    }

    /** Compares rax with memory, and if equal stores s there; atomic. */
    public void lockCmpxchg(long mem, int s) {
        byte_(0xf0);
        rm(true, 0x0fb1, s, mem);
    }

    public void lockCmpxchg32(long mem, int s) {
        byte_(0xf0);
        rm(false, 0x0fb1, s, mem);
    }

    /** Compares rdx:rax with 16 bytes, aligned to that, and if they are equal stores rcx:rbx there. */
    public void lockCmpxchg16b(long mem) {
        byte_(0xf0);
        rm(true, 0x0fc7, 1, mem);
    }

    /** A locked OR of 4 bytes with a constant: a barrier for all accesses to memory. */
    public void lockOrImm32(long mem, int imm) {
        byte_(0xf0);
        aluMemImm32(OR, mem, imm);
    }

    // BMI2, by VEX encoding; none changes the flags

    /** d = s rotated right by a constant. */
    public void rorx(int d, int s, int count) {
        vex(MAP_0F3A, PF2, true, false, d, 0, s, 0);
        byte_(0xf0);
        modRegister(d, s);
        byte_(count);
    }

    public void rorx32(int d, int s, int count) {
        vex(MAP_0F3A, PF2, false, false, d, 0, s, 0);
        byte_(0xf0);
        modRegister(d, s);
        byte_(count);
    }

    /** d = s << count register (6 bits). */
    public void shlx(int d, int s, int count) {
        vex(MAP_0F38, P66, true, false, d, count, s, 0);
        byte_(0xf7);
        modRegister(d, s);
    }

    public void shrx(int d, int s, int count) {
        vex(MAP_0F38, PF2, true, false, d, count, s, 0);
        byte_(0xf7);
        modRegister(d, s);
    }

    public void sarx(int d, int s, int count) {
        vex(MAP_0F38, PF3, true, false, d, count, s, 0);
        byte_(0xf7);
        modRegister(d, s);
    }

    /** high and low = rdx * s, without signs; the flags stay. Needs BMI2. */
    public void mulx(int high, int low, int s) {
        vex(MAP_0F38, PF2, true, false, high, low, s, 0);
        byte_(0xf6);
        modRegister(high, s);
    }

    /** d = ~a & b; the flags change. Needs BMI1. */
    public void andn(int d, int a, int b) {
        vex(MAP_0F38, NP, true, false, d, a, b, 0);
        byte_(0xf2);
        modRegister(d, b);
    }

    // Vectors: a VEX instruction of any kind, and the SSE encodings

    private void vex(int map, int prefix, boolean wide, boolean l256, int reg, int v, int base, int index) {
        boolean twoBytes = map == MAP_0F && !wide && base < 8 && index < 8;
        int last = (~v & 15) << 3 | (l256 ? 4 : 0) | prefix;
        if (twoBytes) {
            byte_(0xc5);
            byte_((reg < 8 ? 0x80 : 0) | last);
        } else {
            byte_(0xc4);
            byte_((reg < 8 ? 0x80 : 0) | (index < 8 ? 0x40 : 0) | (base < 8 ? 0x20 : 0) | map);
            byte_((wide ? 0x80 : 0) | last);
        }
    }

    /** A VEX-encoded 128-bit instruction on registers: reg, v (0 if it has none), rm. */
    public void vexRegister(int map, int prefix, boolean wide, int opcode, int reg, int v, int rm) {
        vex(map, prefix, wide, false, reg, v, rm, 0);
        byte_(opcode);
        modRegister(reg, rm);
    }

    /** As {@link #vexRegister}, with a byte constant behind it. */
    public void vexRegisterImm(int map, int prefix, boolean wide, int opcode, int reg, int v, int rm, int imm) {
        vexRegister(map, prefix, wide, opcode, reg, v, rm);
        byte_(imm);
    }

    /** A VEX-encoded 128-bit instruction with a memory operand. */
    public void vexMemory(int map, int prefix, boolean wide, int opcode, int reg, int v, long mem) {
        int index = index(mem);
        vex(map, prefix, wide, false, reg, v, base(mem), index == NO_INDEX ? 0 : index);
        byte_(opcode);
        modMemory(reg, mem);
    }

    /** As {@link #vexMemory}, with a byte constant behind it. */
    public void vexMemoryImm(int map, int prefix, boolean wide, int opcode, int reg, int v, long mem, int imm) {
        vexMemory(map, prefix, wide, opcode, reg, v, mem);
        byte_(imm);
    }

    /** An EVEX-encoded 128-bit instruction without mask on the first 16 registers: reg, v, rm. */
    public void evexRegister(int map, int prefix, boolean wide, int opcode, int reg, int v, int rm) {
        byte_(0x62);
        // Registers' upper bits are inverted, and two of them are those of registers from 16 on.
        byte_((reg < 8 ? 0x80 : 0) | 0x40 | (rm < 8 ? 0x20 : 0) | 0x10 | map);
        byte_((wide ? 0x80 : 0) | (~v & 15) << 3 | 4 | prefix);
        byte_(8);
        byte_(opcode);
        modRegister(reg, rm);
    }

    /** As {@link #evexRegister}, with a byte constant behind it. */
    public void evexRegisterImm(int map, int prefix, boolean wide, int opcode, int reg, int v, int rm, int imm) {
        evexRegister(map, prefix, wide, opcode, reg, v, rm);
        byte_(imm);
    }

    private void legacyPrefix(int prefix) {
        switch (prefix) {
            case P66 -> byte_(0x66);
            case PF3 -> byte_(0xf3);
            case PF2 -> byte_(0xf2);
            default -> {
                // None.
            }
        }
    }

    private static int legacyOpcode(int map, int opcode) {
        return switch (map) {
            case MAP_0F -> 0x0f00 | opcode;
            case MAP_0F38 -> 0x0f3800 | opcode;
            default -> 0x0f3a00 | opcode;
        };
    }

    /** An SSE instruction on registers. */
    public void sseRegister(int map, int prefix, boolean wide, int opcode, int reg, int rm) {
        legacyPrefix(prefix);
        rr(wide, legacyOpcode(map, opcode), reg, rm);
    }

    /** An SSE instruction with a memory operand. */
    public void sseMemory(int map, int prefix, boolean wide, int opcode, int reg, long mem) {
        legacyPrefix(prefix);
        rm(wide, legacyOpcode(map, opcode), reg, mem);
    }

    /** An xmm register = 16 bytes of memory. */
    void loadVector(int vector, long mem) {
        sseMemory(MAP_0F, NP, false, 0x10, vector, mem);
    }

    /** 16 bytes of memory = an xmm register. */
    void storeVector(long mem, int vector) {
        sseMemory(MAP_0F, NP, false, 0x11, vector, mem);
    }

    public void loadMxcsr(long mem) {
        rm(false, 0x0fae, 2, mem);
    }

    public void storeMxcsr(long mem) {
        rm(false, 0x0fae, 3, mem);
    }

    // Control

    /** Jumps to an execute address, in the near form; the displacement is the last four bytes. */
    public void jmp(long target) {
        byte_(0xe9);
        relative(target);
    }

    public void jcc(int condition, long target) {
        byte_(0x0f);
        byte_(0x80 | condition);
        relative(target);
    }

    /** A forward jump of the near form to be completed by {@link #bind}; returns where its displacement is. */
    public long jmpForward() {
        jmp(here() + 5);
        return here() - 4;
    }

    public long jccForward(int condition) {
        jcc(condition, here() + 6);
        return here() - 4;
    }

    /** Lets a forward jump go to the next instruction. */
    public void bind(long displacement) {
        patch(displacement, here());
    }

    /** Lets the jump whose displacement is at an execute address go to another one. */
    public void patch(long displacement, long target) {
        reference(displacement, target);
        HostMemory.putIntLe(writable(displacement), (int) (target - (displacement + 4)));
    }

    public void jmpRegister(int r) {
        rr(false, 0xff, 4, r);
    }

    public void jmpMemory(long mem) {
        rm(false, 0xff, 4, mem);
    }

    public void call(long target) {
        byte_(0xe8);
        relative(target);
    }

    public void push(int r) {
        rex(false, 0, 0, r, false);
        byte_(0x50 | r & 7);
    }

    public void pop(int r) {
        rex(false, 0, 0, r, false);
        byte_(0x58 | r & 7);
    }

    public void ret() {
        byte_(0xc3);
    }

    public void cpuid() {
        byte_(0x0f);
        byte_(0xa2);
    }

    /** edx:eax = extended control register ecx. */
    public void xgetbv() {
        byte_(0x0f);
        byte_(0x01);
        byte_(0xd0);
    }

    public void ud2() {
        byte_(0x0f);
        byte_(0x0b);
    }

    /** Fills up to a multiple of a power of two with no-operations. */
    public void align(int bytes) {
        int missing = (int) (-here() & bytes - 1);
        while (missing > 0) {
            int n = Math.min(missing, 8);
            switch (n) {
                case 1 -> byte_(0x90);
                case 2 -> nop(0x66, 0x90);
                case 3 -> nop(0x0f, 0x1f, 0x00);
                case 4 -> nop(0x0f, 0x1f, 0x40, 0);
                case 5 -> nop(0x0f, 0x1f, 0x44, 0, 0);
                case 6 -> nop(0x66, 0x0f, 0x1f, 0x44, 0, 0);
                case 7 -> nop(0x0f, 0x1f, 0x80, 0, 0, 0, 0);
                default -> nop(0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0);
            }
            missing -= n;
        }
    }

    /** Five bytes that do nothing. */
    public void nop5() {
        nop(0x0f, 0x1f, 0x44, 0, 0);
    }

    private void nop(int... bytes) {
        for (int b : bytes) {
            byte_(b);
        }
    }
}

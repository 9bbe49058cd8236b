// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static dev.wattle.engine.host.x64.Register.RAX;
import static dev.wattle.engine.host.x64.Register.RCX;
import static dev.wattle.engine.host.x64.Register.RDX;

import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.SoftTlb;

/** Emits the parts of which loads and stores are made: addresses, the look into the TLB, and the moves themselves. */
final class AccessEmitter {
    private final Assembler asm;
    private final Operands operands;
    private final HostFeatures features;
    /** Whether addresses have 32 bits in the block. */
    private boolean isNarrow;
    /** The copy of a TLB entry that the next access looks at, or -1 to look into the TLB itself. */
    private int recent = -1;
    /** How many times the bytes of the next access are more by what {@link HostSlots#GROUP_INDICES} says. */
    private int indexTimes;
    /** A register that has the effective address of the access but for a displacement. */
    private int base = RAX;

    private int displacement;
    /** Where the look at the copy starts. */
    private long check;

    AccessEmitter(Assembler asm, Operands operands, HostFeatures features) {
        this.asm = asm;
        this.operands = operands;
        this.features = features;
    }

    void begin(Block block) {
        isNarrow = block.addressMask != -1;
    }

    /** Has the next access look at one of the copies of TLB entries first, or at none if that is -1. */
    void useRecent(int index) {
        recent = index;
    }

    /** Has the next accesses take more bytes by so many times what {@link HostSlots#GROUP_INDICES} says. */
    void useIndices(int times) {
        indexTimes = times;
    }

    /** The copy that the last access looks at, or -1. */
    int recent() {
        return recent;
    }

    /** A register that has the effective address of the last access but for {@link #displacement}. */
    int base() {
        return base;
    }

    int displacement() {
        return displacement;
    }

    /** The memory operand of the last access, with host minus effective address in rcx. */
    long memory() {
        return Assembler.mem(base, RCX, 0, displacement);
    }

    /** Where the look of the last access at its copy starts. */
    long check() {
        return check;
    }

    /**
     * Finds the effective address: it is in rax, or what {@link #base} and {@link #displacement} say if there is a copy
     * to look at.
     */
    void address(int slot, long imm) {
        if (recent >= 0
                && imm == (int) imm
                && !isNarrow
                && !operands.isConstant(slot)
                && operands.register(slot) != -1) {
            base = operands.register(slot);
            displacement = (int) imm;
        } else {
            addressInRax(slot, imm);
        }
    }

    /** Finds the effective address, and has it in rax. */
    void addressInRax(int slot, long imm) {
        base = RAX;
        displacement = 0;
        if (operands.isConstant(slot)) {
            asm.movImm(RAX, operands.constant(slot) + imm);
        } else {
            int register = operands.register(slot);
            if (register == -1) {
                asm.load(RAX, Layout.slot(slot));
                register = RAX;
            }
            if (imm != 0) {
                asm.lea(RAX, Assembler.mem(register, (int) imm));
            } else if (register != RAX) {
                asm.mov(RAX, register);
            }
        }
        if (isNarrow) {
            asm.mov32(RAX, RAX);
        }
    }

    /** Has the effective address of an access that has taken its stub in rax. */
    void addressInRax(ExitStub stub) {
        if (stub.displacement != 0) {
            asm.lea(RAX, Assembler.mem(stub.base, stub.displacement));
        } else if (stub.base != RAX) {
            asm.mov(RAX, stub.base);
        }
    }

    /** The effective address of an offset from the start of the page that is executed. Changes rcx. */
    void pageAddress(int i, long w, long imm) {
        int t = operands.target(i, w, false);
        asm.load(t, Layout.slot(HostSlots.PAGE_BASE));
        if (imm == (int) imm) {
            asm.aluImm(Assembler.ADD, t, (int) imm);
        } else {
            asm.movImm(RCX, imm);
            asm.alu(Assembler.ADD, t, RCX);
        }
        if (isNarrow) {
            asm.mov32(t, t);
        }
        operands.finish(i, w, t, false);
    }

    /** rcx = host minus effective address of the page, or a jump to a stub. Returns the jump's place. */
    long translate(int limit) {
        long jump = allow(limit, 0);
        addend(RCX);
        return jump;
    }

    /** Jumps if the entry, or its copy, does not allow 8 bytes and some more. rdx is for {@link #allowAlso}. */
    long allow(int limit, int more) {
        if (recent < 0) {
            return translateTag(limit, more);
        }
        check = asm.here();
        if (recent >= RecentEntries.FIRST_BASE) {
            asm.load(RCX, Layout.slot(Slots.TLB));
        }
        if (displacement == 0) {
            asm.mov(RDX, base);
        } else {
            asm.lea(RDX, Assembler.mem(base, displacement));
        }
        asm.alu(Assembler.XOR, RDX, recentWord(SoftTlb.TAG));
        addBytes(more);
        asm.alu(Assembler.CMP, RDX, recentWord(limit));
        return asm.jccForward(Condition.ABOVE_OR_EQUAL);
    }

    /** Jumps if the entry of {@link #allow} does not allow this, too. */
    long allowAlso(int limit) {
        asm.alu(Assembler.CMP, RDX, recent < 0 ? Assembler.mem(RCX, limit) : recentWord(limit));
        return asm.jccForward(Condition.ABOVE_OR_EQUAL);
    }

    /** A register = host minus effective address, from the entry of {@link #allow}. */
    void addend(int register) {
        asm.load(register, recent < 0 ? Assembler.mem(RCX, SoftTlb.ADDEND) : recentWord(SoftTlb.ADDEND));
    }

    /** A word of the copy; rcx has the TLB's address if it belongs to that. */
    private long recentWord(int offset) {
        if (recent >= RecentEntries.FIRST_BASE) {
            return Assembler.mem(RCX, SoftTlb.base(recent - RecentEntries.FIRST_BASE) + offset);
        }
        return Layout.slot(Slots.RECENT + 4 * recent + offset / 8);
    }

    /**
     * Behind the block: copies the entry of the address in rax, which must be there to be looked at again.
     *
     * @return the place of a jump for when the entry does not allow the access either
     */
    long renew(int index, int limit, int more, boolean readsToo) {
        recent = index;
        long jump = translateTag(limit, more);
        if (readsToo) {
            // Without that permission there is no end of looking at the copy again.
            asm.alu(Assembler.CMP, RDX, Assembler.mem(RCX, SoftTlb.READ_LIMIT));
            long also = asm.jccForward(Condition.BELOW);
            asm.bind(jump);
            jump = asm.jmpForward();
            asm.bind(also);
        }
        asm.loadVector(0, Assembler.mem(RCX, 0));
        asm.loadVector(1, Assembler.mem(RCX, 16));
        if (index >= RecentEntries.FIRST_BASE) {
            asm.load(RCX, Layout.slot(Slots.TLB));
        } else {
            asm.storeImm(Layout.slot(Slots.RECENT_USED), 1);
        }
        asm.storeVector(recentWord(0), 0);
        asm.storeVector(recentWord(16), 1);
        recent = -1;
        return jump;
    }

    /** rcx = the TLB entry; jumps if it does not allow 8 bytes and some more. */
    private long translateTag(int limit, int more) {
        if (features.bmi2()) {
            asm.rorx32(RCX, RAX, 11);
        } else {
            asm.mov32(RCX, RAX);
            asm.shift32(Assembler.SHR, RCX, 11);
        }
        asm.alu32(Assembler.AND, RCX, Layout.slot(Slots.TLB_MASK));
        asm.alu(Assembler.ADD, RCX, Layout.slot(Slots.TLB));
        asm.load(RDX, Assembler.mem(RCX, SoftTlb.TAG));
        asm.alu(Assembler.XOR, RDX, RAX);
        addBytes(more);
        asm.alu(Assembler.CMP, RDX, Assembler.mem(RCX, limit));
        return asm.jccForward(Condition.ABOVE_OR_EQUAL);
    }

    private void addBytes(int more) {
        if (more != 0) {
            asm.aluImm(Assembler.ADD, RDX, more);
        }
        for (int k = 0; k < indexTimes; k++) {
            asm.alu(Assembler.ADD, RDX, Layout.slot(HostSlots.GROUP_INDICES));
        }
    }

    /** As {@link #translate}, for 16 bytes. */
    long translateVector(int limit) {
        long jump = allow(limit, 8);
        addend(RCX);
        return jump;
    }

    /** t = what stands at a host address, as an access loads it. */
    void load(int t, int op, long memory) {
        boolean big = Op.isBigEndian(op);
        boolean signed = Op.isSigned(op);
        switch (Op.log2Bytes(op)) {
            case 0 -> asm.loadZero8(t, memory);
            case 1 -> {
                if (!big && signed) {
                    asm.loadSigned16(t, memory);
                    return;
                }
                asm.loadZero16(t, memory);
                if (big) {
                    asm.swapLow16(t);
                    if (signed) {
                        asm.signExtend16(t, t);
                    }
                }
            }
            case 2 -> {
                if (!big) {
                    if (signed) {
                        asm.loadSigned32(t, memory);
                    } else {
                        asm.load32(t, memory);
                    }
                    return;
                }
                if (features.movbe()) {
                    asm.loadBig32(t, memory);
                } else {
                    asm.load32(t, memory);
                    asm.bswap32(t);
                }
                if (signed) {
                    asm.signExtend32(t, t);
                }
            }
            default -> {
                if (!big) {
                    asm.load(t, memory);
                } else if (features.movbe()) {
                    asm.loadBig(t, memory);
                } else {
                    asm.load(t, memory);
                    asm.bswap(t);
                }
            }
        }
    }

    /** Stores a register at a host address, as an access does. Changes rdx. */
    void store(long memory, int op, int value) {
        boolean big = Op.isBigEndian(op);
        int log2 = Op.log2Bytes(op);
        int from = value;
        if (big && !features.movbe()) {
            asm.mov(RDX, value);
            if (log2 == 1) {
                asm.swapLow16(RDX);
            } else if (log2 == 2) {
                asm.bswap32(RDX);
            } else {
                asm.bswap(RDX);
            }
            from = RDX;
            big = false;
        }
        switch (log2) {
            case 0 -> asm.store8(memory, from);
            case 1 -> {
                if (big) {
                    asm.storeBig16(memory, from);
                } else {
                    asm.store16(memory, from);
                }
            }
            case 2 -> {
                if (big) {
                    asm.storeBig32(memory, from);
                } else {
                    asm.store32(memory, from);
                }
            }
            default -> {
                if (big) {
                    asm.storeBig(memory, from);
                } else {
                    asm.store(memory, from);
                }
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.evaluator;

import dev.wattle.engine.Engine;
import dev.wattle.engine.GuestInterrupt;
import dev.wattle.engine.Processor;
import dev.wattle.engine.Routine;
import dev.wattle.engine.ir.Block;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.SingleFormat;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.memory.SoftTlb;
import dev.wattle.engine.translate.CodePage;

/**
 * The portable engine: executes micro-ops one by one. It is the reference that host back-ends are compared with.
 *
 * @param <P> the guest architecture's processor
 */
public final class Evaluator<P extends Processor> implements Engine {
    private static final int TAKEN = 0;
    private static final int NEXT = 1;
    private static final int ELSEWHERE = 2;

    private final P processor;
    private final Routine<P>[] routines;
    private final long state;

    /**
     * Makes an engine for one processor.
     *
     * @param routines what CALL operations run, by number
     */
    public Evaluator(P processor, Routine<P>[] routines) {
        this.processor = processor;
        this.routines = routines;
        this.state = processor.state;
    }

    @Override
    public void close() {
        // It has nothing of its own.
    }

    @Override
    public void run() {
        P p = processor;
        Block block = Block.NONE;
        while (true) {
            if (HostMemory.getLong(state + Slots.PENDING * 8L) != 0
                    || HostMemory.getLong(state + Slots.COMPLETED * 8L)
                            >= HostMemory.getLong(state + Slots.DEADLINE * 8L)) {
                p.where = 0;
                if (!p.poll()) {
                    return;
                }
                block = Block.NONE;
            }
            try {
                if (!block.valid) {
                    block = find();
                }
                block = execute(block);
            } catch (GuestInterrupt e) {
                HostMemory.putLong(
                        state + Slots.COMPLETED * 8L,
                        HostMemory.getLong(state + Slots.COMPLETED * 8L) + (p.where >>> 16));
                p.where = 0;
                p.takeInterrupt();
                block = Block.NONE;
            }
        }
    }

    /**
     * Executes the rest of a block, for another engine; NIA is its start before, and the next block's start after.
     *
     * @param first number of the first micro-operation to be executed; no temporary that it or a later one reads has
     *     been written before
     */
    public void finish(Block block, int first) {
        evaluate(block, first);
        HostMemory.putLong(
                state + Slots.COMPLETED * 8L, HostMemory.getLong(state + Slots.COMPLETED * 8L) + block.instructions);
    }

    private Block find() {
        P p = processor;
        p.where = 0;
        long nia = HostMemory.getLong(state + Slots.NIA * 8L);
        CodePage page = p.fetchPage(nia);
        int offset = page.offset(nia);
        Block block = page.find(offset, p.mode);
        return block.valid ? block : p.codeCache().translate(page, offset, p.mode);
    }

    /**
     * Executes a block and as many after it as are linked.
     *
     * @return the block to go on with, or an invalid one if it must be found
     */
    private Block execute(Block first) {
        Block block = first;
        while (true) {
            int way = evaluate(block, 0);
            long completed = HostMemory.getLong(state + Slots.COMPLETED * 8L) + block.instructions;
            HostMemory.putLong(state + Slots.COMPLETED * 8L, completed);
            Block following;
            if (way == TAKEN) {
                following = block.taken;
                if (!following.valid) {
                    return link(block, true);
                }
            } else if (way == NEXT) {
                following = block.next;
                if (!following.valid) {
                    return link(block, false);
                }
            } else {
                return Block.NONE;
            }
            if (HostMemory.getLong(state + Slots.PENDING * 8L) != 0
                    || completed >= HostMemory.getLong(state + Slots.DEADLINE * 8L)) {
                return Block.NONE;
            }
            block = following;
        }
    }

    /** Links a block to its successor if that exists and lies in the same page. */
    private Block link(Block block, boolean taken) {
        P p = processor;
        p.where = 0;
        long nia = HostMemory.getLong(state + Slots.NIA * 8L);
        // NIA is the successor's address now; a direct successor in the same page differs only in its offset.
        long distance = taken ? block.immediates[block.immediates.length - 1] : block.pageOffset + block.byteLength;
        if (distance < 0 || distance >= block.pageBytes || block.mode != p.mode) {
            return Block.NONE;
        }
        CodePage page = p.fetchPage(nia);
        Block following = page.find(page.offset(nia), p.mode);
        if (following.valid && block.valid && page.bytes == block.pageBytes) {
            if (taken) {
                block.taken = following;
            } else {
                block.next = following;
            }
        }
        return following;
    }

    private long slotAt(long byteOffset) {
        return HostMemory.getLong(state + byteOffset);
    }

    /**
     * Executes one block; NIA is its start before, and the next block's start after.
     *
     * <p>The loop does the accesses that all operations share, and {@link #compute} is a method of its own, too large to
     * be inlined: otherwise the JIT compiler computes what many cases need before the switch, and spills it.
     */
    private int evaluate(Block block, int first) {
        long[] words = block.words;
        long[] immediates = block.immediates;
        long page = slotAt(Slots.NIA * 8L) & -block.pageBytes;
        for (int i = first; ; i++) {
            long w = words[i];
            int op = (int) w & 0xff;
            long a = slotAt(w >>> 17 & 0x7ff8);
            if (op < Op.FIRST_ACCESS) {
                long b = slotAt(w >>> 29 & 0x7ff8);
                long c = slotAt(w >>> 41 & 0x7ff8);
                HostMemory.putLong(state + (w >>> 5 & 0x7ff8), compute(op, a, b, c, immediates[i], (int) (w >>> 44)));
            } else if (op < Op.FIRST_STORE) {
                processor.where = block.where[i];
                HostMemory.putLong(state + (w >>> 5 & 0x7ff8), load(op, a + immediates[i] & block.addressMask));
            } else if (op < Op.FIRST_CONTROL) {
                processor.where = block.where[i];
                store(op, a + immediates[i] & block.addressMask, slotAt(w >>> 29 & 0x7ff8));
            } else if (op == Op.CALL || op == Op.HOST) {
                processor.where = block.where[i];
                long imm = immediates[i];
                routines[(int) (imm >>> 32)].run(processor, (int) imm);
            } else if (op == Op.LEA) {
                HostMemory.putLong(state + (w >>> 5 & 0x7ff8), page + immediates[i] & block.addressMask);
            } else {
                return end(block, i, w, a, page);
            }
        }
    }

    /** Executes the operation that ends a block. */
    private int end(Block block, int i, long w, long a, long page) {
        long imm = block.immediates[i];
        int n = (int) (w >>> 44);
        long nia = page + block.pageOffset + block.byteLength;
        int way = NEXT;
        switch ((int) w & 0xff) {
            case Op.CALL_END, Op.SWITCH -> {
                return callEnd(block, i, nia);
            }
            case Op.CALL_END_UNLESS_ZERO -> {
                if (a != 0) {
                    return callEnd(block, i, nia);
                }
            }
            case Op.GOTO -> {
                nia = page + imm;
                way = TAKEN;
            }
            case Op.GOTO_ABSOLUTE -> {
                nia = imm;
                way = ELSEWHERE;
            }
            case Op.BRANCH_NZ -> {
                if (a != 0) {
                    nia = page + imm;
                    way = TAKEN;
                }
            }
            case Op.BRANCH_BIT_SET -> {
                if ((a >>> n & 1) != 0) {
                    nia = page + imm;
                    way = TAKEN;
                }
            }
            case Op.BRANCH_BIT_CLEAR -> {
                if ((a >>> n & 1) == 0) {
                    nia = page + imm;
                    way = TAKEN;
                }
            }
            case Op.INDIRECT -> {
                nia = a & -4;
                way = ELSEWHERE;
            }
            case Op.INDIRECT_NZ -> {
                if (a != 0) {
                    nia = slotAt(w >>> 29 & 0x7ff8) & -4;
                    way = ELSEWHERE;
                }
            }
            case Op.FALL_THROUGH -> {
                // NIA is behind the block already.
            }
            default -> throw new IllegalStateException("no such micro-op: " + Op.name((int) w & 0xff));
        }
        HostMemory.putLong(state + Slots.NIA * 8L, nia & block.addressMask);
        return way;
    }

    private int callEnd(Block block, int i, long nia) {
        long imm = block.immediates[i];
        processor.where = block.where[i];
        processor.successor = nia & block.addressMask;
        routines[(int) (imm >>> 32)].run(processor, (int) imm);
        // A routine may have changed the mode and with it the width of addresses.
        HostMemory.putLong(state + Slots.NIA * 8L, processor.successor);
        return ELSEWHERE;
    }

    /** The result of an operation that only computes. */
    private static long compute(int op, long a, long b, long c, long imm, int n) {
        return switch (op) {
            case Op.MOV -> a;
            case Op.MOVI -> imm;
            case Op.ADD -> a + b;
            case Op.SUB -> a - b;
            case Op.MUL -> a * b;
            case Op.AND -> a & b;
            case Op.OR -> a | b;
            case Op.XOR -> a ^ b;
            case Op.ANDC -> a & ~b;
            case Op.ORC -> a | ~b;
            case Op.NAND -> ~(a & b);
            case Op.NOR -> ~(a | b);
            case Op.EQV -> ~(a ^ b);
            case Op.NEG -> -a;
            case Op.ADDI -> a + imm;
            case Op.RSUBI -> imm - a;
            case Op.MULI -> a * imm;
            case Op.ANDI -> a & imm;
            case Op.ORI -> a | imm;
            case Op.XORI -> a ^ imm;
            case Op.SHLI -> a << imm;
            case Op.SHRI -> a >>> imm;
            case Op.SARI -> a >> imm;
            case Op.SHL -> (b & 64) != 0 ? 0 : a << b;
            case Op.SHR -> (b & 64) != 0 ? 0 : a >>> b;
            case Op.SAR -> (b & 64) != 0 ? a >> 63 : a >> b;
            case Op.SEXT8 -> (byte) a;
            case Op.SEXT16 -> (short) a;
            case Op.SEXT32 -> (int) a;
            case Op.DUP32 -> a << 32 | a & 0xffff_ffffL;
            case Op.ROTL -> a << b | a >>> -b;
            case Op.ROTMASK32 -> {
                long twice = a << 32 | a & 0xffff_ffffL;
                yield (twice << n | twice >>> -n) & imm;
            }
            case Op.ROTMASK64 -> (a << n | a >>> -n) & imm;
            case Op.ROTINSERT32 -> {
                long twice = a << 32 | a & 0xffff_ffffL;
                yield (twice << n | twice >>> -n) & imm | b & ~imm;
            }
            case Op.ROTINSERT64 -> (a << n | a >>> -n) & imm | b & ~imm;
            case Op.CMPS64 -> (a < b ? 8 : a > b ? 4 : 2) | c;
            case Op.CMPU64 -> {
                long x = a + Long.MIN_VALUE;
                long y = b + Long.MIN_VALUE;
                yield (x < y ? 8 : x > y ? 4 : 2) | c;
            }
            case Op.CMPS32 -> ((int) a < (int) b ? 8 : (int) a > (int) b ? 4 : 2) | c;
            case Op.CMPU32 -> {
                int x = (int) a + Integer.MIN_VALUE;
                int y = (int) b + Integer.MIN_VALUE;
                yield (x < y ? 8 : x > y ? 4 : 2) | c;
            }
            case Op.CMPS64I -> (a < imm ? 8 : a > imm ? 4 : 2) | c;
            case Op.CMPU64I -> {
                long x = a + Long.MIN_VALUE;
                long y = imm + Long.MIN_VALUE;
                yield (x < y ? 8 : x > y ? 4 : 2) | c;
            }
            case Op.CMPS32I -> ((int) a < (int) imm ? 8 : (int) a > (int) imm ? 4 : 2) | c;
            case Op.CMPU32I -> {
                int x = (int) a + Integer.MIN_VALUE;
                int y = (int) imm + Integer.MIN_VALUE;
                yield (x < y ? 8 : x > y ? 4 : 2) | c;
            }
            case Op.ADC -> a + b + c;
            case Op.CARRY -> {
                long sum = a + b + c;
                yield (a & b | (a | b) & ~sum) >>> 63;
            }
            case Op.CARRY32 -> (a ^ b ^ c) >>> 32 & 1;
            case Op.BIT -> a >>> n & 1;
            case Op.MULHU -> Math.unsignedMultiplyHigh(a, b);
            case Op.MULHS -> Math.multiplyHigh(a, b);
            case Op.DIVS64 -> b == 0 || a == Long.MIN_VALUE && b == -1 ? 0 : a / b;
            case Op.DIVU64 -> b == 0 ? 0 : Long.divideUnsigned(a, b);
            case Op.DIVS32 -> {
                int x = (int) a;
                int y = (int) b;
                yield y == 0 || x == Integer.MIN_VALUE && y == -1 ? 0 : x / y & 0xffff_ffffL;
            }
            case Op.DIVU32 -> {
                long divisor = b & 0xffff_ffffL;
                yield divisor == 0 ? 0 : (a & 0xffff_ffffL) / divisor;
            }
            case Op.CLZ -> Long.numberOfLeadingZeros(a);
            case Op.CTZ -> Long.numberOfTrailingZeros(a);
            case Op.POPCNT -> Long.bitCount(a);
            case Op.EQ8 -> equalBytes(a, b);
            case Op.SETNZ -> a != 0 ? 1 : 0;
            case Op.SELECT -> a != 0 ? b : c;
            case Op.SARLOST -> {
                long lost = (b & 64) != 0 ? a : a & (1L << b) - 1;
                yield a < 0 && lost != 0 ? 1 : 0;
            }
            case Op.WIDEN -> SingleFormat.widen((int) a);
            case Op.NARROW -> SingleFormat.narrow(a) & 0xffff_ffffL;
            case Op.SETBIT -> a & ~(1L << n) | (b & 1) << n;
            default -> throw new IllegalStateException("no such micro-op: " + Op.name(op));
        };
    }

    /**
     * Reads eight bytes from the address on, whatever the size, and keeps those wanted: one access for all loads. Guest
     * memory has a margin behind it for that.
     */
    private long load(int op, long ea) {
        int bytes = 1 << Op.log2Bytes(op);
        long entry = processor.tlbEntry(ea);
        long host;
        if (Long.compareUnsigned(
                        ea ^ HostMemory.getLong(entry + SoftTlb.TAG), HostMemory.getLong(entry + SoftTlb.READ_LIMIT))
                < 0) {
            host = ea + HostMemory.getLong(entry + SoftTlb.ADDEND);
        } else {
            host = processor.loadMiss(ea, bytes);
        }
        int unused = 64 - 8 * bytes;
        long value = HostMemory.getLongLe(host);
        value = Op.isBigEndian(op) ? Long.reverseBytes(value) : value << unused;
        return Op.isSigned(op) ? value >> unused : value >>> unused;
    }

    private void store(int op, long ea, long value) {
        int bytes = 1 << Op.log2Bytes(op);
        boolean big = Op.isBigEndian(op);
        long entry = processor.tlbEntry(ea);
        if (Long.compareUnsigned(
                        ea ^ HostMemory.getLong(entry + SoftTlb.TAG), HostMemory.getLong(entry + SoftTlb.WRITE_LIMIT))
                >= 0) {
            processor.storeMiss(ea, bytes, value, big);
            return;
        }
        long host = ea + HostMemory.getLong(entry + SoftTlb.ADDEND);
        long little = big ? Long.reverseBytes(value) >>> 64 - 8 * bytes : value;
        switch (bytes) {
            case 1 -> HostMemory.putByte(host, (byte) little);
            case 2 -> HostMemory.putShortLe(host, (short) little);
            case 4 -> HostMemory.putIntLe(host, (int) little);
            default -> HostMemory.putLongLe(host, little);
        }
    }

    private static long equalBytes(long a, long b) {
        long difference = a ^ b;
        long low = 0x7f7f_7f7f_7f7f_7f7fL;
        // The top bit of each byte says that the byte is zero; adding 0x7f carries into it from any lower bit.
        long zero = ~((difference & low) + low | difference | low);
        return (zero >>> 7) * 0xff;
    }
}

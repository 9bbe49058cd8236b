// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.memory.HostMemory;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.Interrupts;
import dev.wattle.power.processor.PowerProcessor;

/**
 * Atomic memory operations and the copy-paste facility (Power ISA 3.0B, Book II, 4.4 and 4.5).
 *
 * <p>An operation on one element is a compare-and-set. Those on two elements, which may lie in two doublewords or
 * quadwords of the host, stop the other processors.
 */
final class AtomicMemory {
    /** DSISR bit 60: copy or paste. of storage of the wrong kind. */
    private static final long DSISR_COPY_PASTE = 8;
    /** DSISR bit 61: an atomic memory operation with an invalid function code. */
    private static final long DSISR_FUNCTION_CODE = 4;
    /** Operands of two elements may not cross a boundary of this many bytes. */
    private static final int PAIR_BLOCK = 32;

    private static final int COPY_BYTES = 128;

    private AtomicMemory() {}

    static void bind(Meanings m) {
        m.routine("lwat", (p, w) -> loadAtomic(p, w, 4));
        m.routine("ldat", (p, w) -> loadAtomic(p, w, 8));
        m.routine("stwat", (p, w) -> storeAtomic(p, w, 4));
        m.routine("stdat", (p, w) -> storeAtomic(p, w, 8));
        m.routine("copy", AtomicMemory::copy);
        m.routine("paste.", AtomicMemory::paste);
        m.routine("cpabort", (p, w) -> {});
    }

    private static void loadAtomic(PowerProcessor p, int w, int bytes) {
        long ea = alignedAddress(p, w, bytes);
        int function = Fields.fc(w);
        int rt = Fields.rt(w);
        long operand = p.gpr(rt + 1 & 31) & mask(bytes);
        long old = switch (function) {
            case 0, 1, 2, 3, 4, 5, 6, 7, 8 -> update(p, ea, bytes, function, operand);
            case 16 -> compareAndSwapNotEqual(p, ea, bytes, operand, p.gpr(rt + 2 & 31) & mask(bytes));
            case 24 -> fetchAndStep(p, ea, bytes, bytes, 1, false);
            case 25 -> fetchAndStep(p, ea, bytes, bytes, 1, true);
            case 28 -> fetchAndStep(p, ea, bytes, -bytes, -1, false);
            default -> throw invalidFunctionCode(p, ea);
        };
        p.setGpr(rt, old);
    }

    private static void storeAtomic(PowerProcessor p, int w, int bytes) {
        long ea = alignedAddress(p, w, bytes);
        int function = Fields.fc(w);
        long operand = p.gpr(Fields.rs(w)) & mask(bytes);
        if (function < 8) {
            update(p, ea, bytes, function, operand);
        } else if (function == 24) {
            storeTwin(p, ea, bytes, operand);
        } else {
            throw invalidFunctionCode(p, ea);
        }
    }

    /** Replaces the element at EA and returns what it was, zero-extended. */
    private static long update(PowerProcessor p, long ea, int bytes, int function, long operand) {
        long host = p.hostForStore(ea, bytes);
        while (true) {
            long old = load(p, host, bytes);
            if (replace(p, host, bytes, old, combine(function, bytes, old, operand))) {
                return old;
            }
        }
    }

    private static long combine(int function, int bytes, long old, long operand) {
        int unused = 64 - 8 * bytes;
        return switch (function) {
            case 0 -> old + operand;
            case 1 -> old ^ operand;
            case 2 -> old | operand;
            case 3 -> old & operand;
            case 4 -> Long.compareUnsigned(old, operand) >= 0 ? old : operand;
            case 5 -> old << unused >= operand << unused ? old : operand;
            case 6 -> Long.compareUnsigned(old, operand) <= 0 ? old : operand;
            case 7 -> old << unused <= operand << unused ? old : operand;
            default -> operand;
        };
    }

    private static long compareAndSwapNotEqual(PowerProcessor p, long ea, int bytes, long compared, long value) {
        long host = p.hostForStore(ea, bytes);
        while (true) {
            long old = load(p, host, bytes);
            if (old == compared || replace(p, host, bytes, old, value)) {
                return old;
            }
        }
    }

    /**
     * Fetch and increment or decrement, if the element beside it is equal (or is not). Where nothing is stored, the
     * result is the most negative number.
     */
    private static long fetchAndStep(PowerProcessor p, long ea, int bytes, int beside, int step, boolean ifEqual) {
        requireBlock(p, ea, Math.min(ea, ea + beside), 2 * bytes);
        return p.alone(() -> {
            long host = p.hostForStore(ea, bytes);
            long old = load(p, host, bytes);
            if (old == load(p, host + beside, bytes) != ifEqual) {
                return 1L << 8 * bytes - 1;
            }
            replace(p, host, bytes, old, old + step);
            return old;
        });
    }

    private static void storeTwin(PowerProcessor p, long ea, int bytes, long value) {
        requireBlock(p, ea, ea, 2 * bytes);
        p.alone(() -> {
            long host = p.hostForStore(ea, 2 * bytes);
            long first = load(p, host, bytes);
            boolean stores = first == load(p, host + bytes, bytes);
            if (stores) {
                replace(p, host, bytes, first, value);
                replace(p, host + bytes, bytes, first, value);
            }
            return stores;
        });
    }

    private static RuntimeException invalidFunctionCode(PowerProcessor p, long ea) {
        return p.interrupts().dataStorage(ea, DSISR_FUNCTION_CODE | Interrupts.DSISR_STORE);
    }

    private static void requireBlock(PowerProcessor p, long ea, long from, int bytes) {
        if ((from & PAIR_BLOCK - 1) + bytes > PAIR_BLOCK) {
            throw p.interrupts().alignment(ea);
        }
    }

    private static long alignedAddress(PowerProcessor p, int w, int bytes) {
        long ea = p.ea(p.gprOrZero(Fields.ra(w)));
        if ((ea & bytes - 1) != 0) {
            throw p.interrupts().alignment(ea);
        }
        return ea;
    }

    private static long mask(int bytes) {
        return bytes == 8 ? -1 : 0xffff_ffffL;
    }

    private static long load(PowerProcessor p, long host, int bytes) {
        if (bytes == 8) {
            return p.littleEndian() ? HostMemory.getLongLe(host) : HostMemory.getLongBe(host);
        }
        return (p.littleEndian() ? HostMemory.getIntLe(host) : HostMemory.getIntBe(host)) & 0xffff_ffffL;
    }

    private static boolean replace(PowerProcessor p, long host, int bytes, long old, long value) {
        return Reservations.compareAndSet(
                host, bytes, Reservations.guestOrder(p, old, bytes), Reservations.guestOrder(p, value, bytes));
    }

    // Copy-paste: there is no accelerator to paste to

    private static void copy(PowerProcessor p, int w) {
        p.hostForAlignedLoad(copyAddress(p, w), COPY_BYTES);
    }

    /** Ordinary storage is not an accelerator, so every paste. is an error. */
    private static void paste(PowerProcessor p, int w) {
        long ea = copyAddress(p, w);
        p.hostForStore(ea, COPY_BYTES);
        throw p.interrupts().dataStorage(ea, DSISR_COPY_PASTE | Interrupts.DSISR_STORE);
    }

    private static long copyAddress(PowerProcessor p, int w) {
        long ea = p.ea(p.gprOrZero(Fields.ra(w)) + p.gpr(Fields.rb(w)));
        if ((ea & COPY_BYTES - 1) != 0) {
            throw p.interrupts().alignment(ea);
        }
        return ea;
    }
}

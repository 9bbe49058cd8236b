// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.memory.HostMemory;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.State;

/**
 * Load and reserve, store conditional (Power ISA 3.0B, Book II, 4.6.2), but those of {@link QuadwordStorage}.
 *
 * <p>A reservation is the host address, the length and the raw value that was loaded. The store happens if address and
 * length are those reserved and a compare-and-set of the raw value succeeds. A store by another processor that puts
 * back the same value goes unnoticed, which programs that use the value alone cannot tell; the book would lose the
 * reservation.
 */
final class Reservations {
    static final long NONE = -1;

    private Reservations() {}

    static void bind(Meanings m) {
        m.routine("lbarx", (p, w) -> loadAndReserve(p, w, 1));
        m.routine("lharx", (p, w) -> loadAndReserve(p, w, 2));
        m.routine("lwarx", (p, w) -> loadAndReserve(p, w, 4));
        m.routine("ldarx", (p, w) -> loadAndReserve(p, w, 8));
        m.routine("stbcx.", (p, w) -> storeConditional(p, w, 1));
        m.routine("sthcx.", (p, w) -> storeConditional(p, w, 2));
        m.routine("stwcx.", (p, w) -> storeConditional(p, w, 4));
        m.routine("stdcx.", (p, w) -> storeConditional(p, w, 8));
    }

    private static void loadAndReserve(PowerProcessor p, int w, int bytes) {
        long ea = alignedAddress(p, w, bytes);
        long host = p.hostForAlignedLoad(ea, bytes);
        long raw = loadRaw(host, bytes);
        p.putSlot(State.RESERVATION, host);
        p.putSlot(State.RESERVED_BYTES, bytes);
        p.putSlot(State.RESERVED_VALUE, raw);
        p.setGpr(Fields.rt(w), guestOrder(p, raw, bytes));
    }

    private static void storeConditional(PowerProcessor p, int w, int bytes) {
        long ea = alignedAddress(p, w, bytes);
        boolean stored = false;
        if (p.slot(State.RESERVATION) != NONE) {
            long host = p.hostForStore(ea, bytes);
            long value = guestOrder(p, p.gpr(Fields.rs(w)), bytes);
            stored = host == p.slot(State.RESERVATION)
                    && bytes == p.slot(State.RESERVED_BYTES)
                    && compareAndSet(host, bytes, p.slot(State.RESERVED_VALUE), value);
        }
        finish(p, stored);
    }

    /** Says in CR0 whether a conditional store was made, and ends the reservation. */
    static void finish(PowerProcessor p, boolean stored) {
        p.putSlot(State.RESERVATION, NONE);
        p.setCr(0, (stored ? 2 : 0) | (int) p.slot(State.SO));
    }

    /** EA of an X-form access, aligned to a power of two bytes. */
    static long alignedAddress(PowerProcessor p, int w, int bytes) {
        long ea = p.ea(p.gprOrZero(Fields.ra(w)) + p.gpr(Fields.rb(w)));
        if ((ea & bytes - 1) != 0) {
            throw p.interrupts().alignment(ea);
        }
        return ea;
    }

    // Raw storage: numbers as the host's byte order reads them, zero-extended

    private static long loadRaw(long host, int bytes) {
        boolean big = PowerProcessor.hostBigEndian();
        return switch (bytes) {
            case 1 -> HostMemory.getByte(host) & 0xff;
            case 2 -> (big ? HostMemory.getShortBe(host) : HostMemory.getShortLe(host)) & 0xffff;
            case 4 -> rawInt(host) & 0xffff_ffffL;
            default -> HostMemory.getLong(host);
        };
    }

    private static int rawInt(long host) {
        return PowerProcessor.hostBigEndian() ? HostMemory.getIntBe(host) : HostMemory.getIntLe(host);
    }

    /** Between the host's order and the guest's, both ways; the bytes above the operand come out as zero. */
    static long guestOrder(PowerProcessor p, long value, int bytes) {
        long mask = bytes == 8 ? -1 : (1L << 8 * bytes) - 1;
        boolean swap = p.littleEndian() == PowerProcessor.hostBigEndian();
        return swap ? Long.reverseBytes(value) >>> 64 - 8 * bytes : value & mask;
    }

    /** Compares and sets 1, 2, 4 or 8 aligned bytes in host order. */
    static boolean compareAndSet(long host, int bytes, long expected, long value) {
        if (bytes == 8) {
            return HostMemory.compareAndSetLong(host, expected, value);
        }
        if (bytes == 4) {
            return HostMemory.compareAndSetInt(host, (int) expected, (int) value);
        }
        long word = host & -4;
        int index = (int) (host - word);
        int shift = 8 * (PowerProcessor.hostBigEndian() ? 4 - bytes - index : index);
        int mask = (bytes == 1 ? 0xff : 0xffff) << shift;
        while (true) {
            int old = rawInt(word);
            if ((old & mask) != (int) expected << shift) {
                return false;
            }
            // Failing here means that a neighbour changed, or the operand: look again.
            if (HostMemory.compareAndSetInt(word, old, old & ~mask | (int) value << shift)) {
                return true;
            }
        }
    }
}

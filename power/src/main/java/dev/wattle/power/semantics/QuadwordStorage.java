// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.State;
import java.util.OptionalLong;

/**
 * Storage access of a quadword, which is in a pair of registers (Power ISA 3.0B, Book I, 3.3.4; Book II, 4.6.2.2).
 *
 * <p>Such an access is a single one for all processors (Book II, 1.4). Where the host accesses 16 bytes at once, so do the
 * forms; Java cannot, and the routines stop the other processors instead.
 */
final class QuadwordStorage {
    private static final int BYTES = 16;

    private QuadwordStorage() {}

    static void bind(Meanings m) {
        int lq = m.shared("lq", QuadwordStorage::lq);
        m.emitter("lq", e -> load(e, lq, Form.LOAD_128, displaced(e, Fields.dq(e.word)), isLoadValid(e.word, false)));
        int stq = m.shared("stq", QuadwordStorage::stq);
        m.emitter("stq", e -> {
            if (isStoreValid(e.word)) {
                int form = e.littleEndian() ? Form.STORE_128 : Form.STORE_128_BE;
                e.out.host(form, 0, displaced(e, Fields.ds(e.word)), firstOf(e), secondOf(e), stq, e.word);
            } else {
                e.out.call(stq, e.word);
            }
        });
        int lqarx = m.shared("lqarx", QuadwordStorage::lqarx);
        m.emitter("lqarx", e -> load(e, lqarx, Form.LOAD_RESERVE_128, e.indexed(), isLoadValid(e.word, true)));
        int stqcx = m.shared("stqcx.", QuadwordStorage::stqcx);
        m.emitter("stqcx.", e -> {
            if (isStoreValid(e.word)) {
                int form = e.littleEndian() ? Form.STORE_CONDITIONAL_128 : Form.STORE_CONDITIONAL_128_BE;
                e.out.host(form, State.CR, e.indexed(), firstOf(e), secondOf(e), stqcx, e.word);
                if (e.so() != Slots.ZERO) {
                    e.out.op(Op.OR, State.CR, State.CR, e.so());
                }
            } else {
                e.out.call(stqcx, e.word);
            }
        });
    }

    private static void load(Emission e, int routine, int form, int ea, boolean isValid) {
        if (!isValid) {
            e.out.call(routine, e.word);
            return;
        }
        e.out.host(form, 0, ea, e.littleEndian() ? 0 : Slots.ONE, 0, routine, e.word);
        int rt = Emission.gpr(Fields.rtp(e.word));
        e.out.op(Op.MOV, rt, Slots.QUADWORD, 0);
        e.out.op(Op.MOV, rt + 1, Slots.QUADWORD + 1, 0);
    }

    private static int displaced(Emission e, long displacement) {
        if (displacement == 0) {
            return e.raOrZero();
        }
        int ea = e.temp();
        e.out.opImm(Op.ADDI, ea, e.raOrZero(), displacement);
        return ea;
    }

    /** The register whose doubleword comes first in storage: the low half of the pair in little-endian mode. */
    private static int firstOf(Emission e) {
        return Emission.gpr(Fields.rsp(e.word) + (e.littleEndian() ? 1 : 0));
    }

    private static int secondOf(Emission e) {
        return Emission.gpr(Fields.rsp(e.word) + (e.littleEndian() ? 0 : 1));
    }

    /** The target may not be odd, or overlap a register of the address. */
    private static boolean isLoadValid(int w, boolean isIndexed) {
        int rt = Fields.rtp(w);
        return (rt & 1) == 0 && rt != Fields.ra(w) && !(isIndexed && rt == Fields.rb(w));
    }

    private static boolean isStoreValid(int w) {
        return (Fields.rsp(w) & 1) == 0;
    }

    private static void requireValid(PowerProcessor p, boolean isValid) {
        if (!isValid) {
            throw p.interrupts().illegal();
        }
    }

    // Routines. What a load has loaded is moved from Slots.QUADWORD to the registers by micro-operations behind it.

    private static void lq(PowerProcessor p, int w) {
        requireValid(p, isLoadValid(w, false));
        long ea = requireAligned(p, p.ea(p.gprOrZero(Fields.ra(w)) + Fields.dq(w)));
        boolean isStorage = p.alone(() -> {
            OptionalLong host = p.hostForQuadword(ea, false);
            host.ifPresent(at -> loaded(p, HostMemory.getLong(at), HostMemory.getLong(at + 8)));
            return host.isPresent();
        });
        if (!isStorage) {
            long first = p.load64(ea);
            long second = p.load64(ea + 8);
            putQuadword(p, first, second);
        }
    }

    private static void stq(PowerProcessor p, int w) {
        requireValid(p, isStoreValid(w));
        long ea = requireAligned(p, p.ea(p.gprOrZero(Fields.ra(w)) + Fields.ds(w)));
        boolean isStorage = p.alone(() -> {
            OptionalLong host = p.hostForQuadword(ea, true);
            host.ifPresent(at -> put(p, w, at));
            return host.isPresent();
        });
        if (!isStorage) {
            int rs = Fields.rsp(w);
            boolean little = p.littleEndian();
            p.store64(ea, p.gpr(little ? rs + 1 : rs));
            p.store64(ea + 8, p.gpr(little ? rs : rs + 1));
        }
    }

    private static void lqarx(PowerProcessor p, int w) {
        requireValid(p, isLoadValid(w, true));
        long ea = Reservations.alignedAddress(p, w, BYTES);
        p.alone(() -> {
            long host = p.hostForAlignedLoad(ea, BYTES);
            long first = HostMemory.getLong(host);
            long second = HostMemory.getLong(host + 8);
            p.putSlot(State.RESERVATION, host);
            p.putSlot(State.RESERVED_BYTES, BYTES);
            p.putSlot(State.RESERVED_VALUE, first);
            p.putSlot(State.RESERVED_VALUE2, second);
            loaded(p, first, second);
            return true;
        });
    }

    private static void stqcx(PowerProcessor p, int w) {
        requireValid(p, isStoreValid(w));
        long ea = Reservations.alignedAddress(p, w, BYTES);
        boolean stored = p.slot(State.RESERVATION) != Reservations.NONE && p.alone(() -> storeIfReserved(p, w, ea));
        Reservations.finish(p, stored);
    }

    private static boolean storeIfReserved(PowerProcessor p, int w, long ea) {
        long host = p.hostForStore(ea, BYTES);
        boolean holds = host == p.slot(State.RESERVATION)
                && p.slot(State.RESERVED_BYTES) == BYTES
                && HostMemory.getLong(host) == p.slot(State.RESERVED_VALUE)
                && HostMemory.getLong(host + 8) == p.slot(State.RESERVED_VALUE2);
        if (holds) {
            put(p, w, host);
        }
        return holds;
    }

    /** Stores the pair of registers. */
    private static void put(PowerProcessor p, int w, long host) {
        int rs = Fields.rsp(w);
        boolean little = p.littleEndian();
        HostMemory.putLong(host, Reservations.guestOrder(p, p.gpr(little ? rs + 1 : rs), 8));
        HostMemory.putLong(host + 8, Reservations.guestOrder(p, p.gpr(little ? rs : rs + 1), 8));
    }

    /** Takes note of both doublewords as they stand in storage, in the host's byte order. */
    private static void loaded(PowerProcessor p, long first, long second) {
        putQuadword(p, Reservations.guestOrder(p, first, 8), Reservations.guestOrder(p, second, 8));
    }

    /** The pair of registers is one number: in little-endian mode its low half comes first. */
    private static void putQuadword(PowerProcessor p, long first, long second) {
        p.putSlot(Slots.QUADWORD, p.littleEndian() ? second : first);
        p.putSlot(Slots.QUADWORD + 1, p.littleEndian() ? first : second);
    }

    private static long requireAligned(PowerProcessor p, long ea) {
        if ((ea & BYTES - 1) != 0) {
            throw p.interrupts().alignment(ea);
        }
        return ea;
    }
}

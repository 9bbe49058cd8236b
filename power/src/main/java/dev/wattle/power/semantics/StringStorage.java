// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.State;

/**
 * Storage access of several registers: multiple and string (Power ISA 3.0B, Book I, 3.3.6 and 3.3.7).
 *
 * <p>Access to all of the operand is checked first, so that an interrupt leaves registers and storage as they were.
 * Multiple and string instructions take an alignment interrupt in little-endian mode.
 */
final class StringStorage {
    private StringStorage() {}

    static void bind(Meanings m) {
        m.routine("lmw", StringStorage::lmw);
        m.routine("stmw", StringStorage::stmw);
        m.routine("lswi", StringStorage::lswi);
        m.routine("lswx", StringStorage::lswx);
        m.routine("stswi", StringStorage::stswi);
        m.routine("stswx", StringStorage::stswx);
    }

    private static void lmw(PowerProcessor p, int w) {
        int first = Fields.rt(w);
        long ea = p.ea(p.gprOrZero(Fields.ra(w)) + Fields.d(w));
        requireBigEndian(p, ea);
        p.probe(ea, 4 * (32 - first), false);
        for (int r = first; r < 32; r++) {
            p.setGpr(r, p.load32(p.ea(ea + 4L * (r - first))) & 0xffff_ffffL);
        }
    }

    private static void stmw(PowerProcessor p, int w) {
        int first = Fields.rs(w);
        long ea = p.ea(p.gprOrZero(Fields.ra(w)) + Fields.d(w));
        requireBigEndian(p, ea);
        p.probe(ea, 4 * (32 - first), true);
        for (int r = first; r < 32; r++) {
            p.store32(p.ea(ea + 4L * (r - first)), (int) p.gpr(r));
        }
    }

    private static void lswi(PowerProcessor p, int w) {
        loadString(p, w, p.ea(p.gprOrZero(Fields.ra(w))), immediateCount(w));
    }

    private static void lswx(PowerProcessor p, int w) {
        loadString(p, w, indexed(p, w), (int) p.slot(State.XER_REST) & 0x7f);
    }

    private static void stswi(PowerProcessor p, int w) {
        storeString(p, w, p.ea(p.gprOrZero(Fields.ra(w))), immediateCount(w));
    }

    private static void stswx(PowerProcessor p, int w) {
        storeString(p, w, indexed(p, w), (int) p.slot(State.XER_REST) & 0x7f);
    }

    private static int immediateCount(int w) {
        int nb = Fields.nb(w);
        return nb == 0 ? 32 : nb;
    }

    /**
     * Fills registers from RT on, four bytes each from the left of the low-order word, going on from GPR 31 to GPR 0.
     */
    private static void loadString(PowerProcessor p, int w, long ea, int bytes) {
        requireBigEndian(p, ea);
        p.probe(ea, bytes, false);
        int r = Fields.rt(w);
        for (int at = 0; at < bytes; at += 4) {
            long word = 0;
            for (int i = at; i < Math.min(at + 4, bytes); i++) {
                word |= (long) p.load8(p.ea(ea + i)) << 24 - 8 * (i - at);
            }
            p.setGpr(r, word);
            r = r + 1 & 31;
        }
    }

    private static void storeString(PowerProcessor p, int w, long ea, int bytes) {
        requireBigEndian(p, ea);
        p.probe(ea, bytes, true);
        int rs = Fields.rs(w);
        for (int i = 0; i < bytes; i++) {
            p.store8(p.ea(ea + i), (int) (p.gpr(rs + i / 4 & 31) >>> 24 - 8 * (i & 3)));
        }
    }

    private static void requireBigEndian(PowerProcessor p, long ea) {
        if (p.littleEndian()) {
            throw p.interrupts().alignment(ea);
        }
    }

    private static long indexed(PowerProcessor p, int w) {
        return p.ea(p.gprOrZero(Fields.ra(w)) + p.gpr(Fields.rb(w)));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Op;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.State;

/**
 * Floating-point loads and stores (Power ISA 3.0B, Book I, 4.6.2 to 4.6.4). Single-precision numbers change format on
 * the way, without exceptions; doublewords and words move as they are.
 */
final class FloatingPointStorage {
    private FloatingPointStorage() {}

    static void bind(Meanings m) {
        loadSingle(m, "lfs", false, false);
        loadSingle(m, "lfsx", true, false);
        loadSingle(m, "lfsu", false, true);
        loadSingle(m, "lfsux", true, true);
        storeSingle(m, "stfs", false, false);
        storeSingle(m, "stfsx", true, false);
        storeSingle(m, "stfsu", false, true);
        storeSingle(m, "stfsux", true, true);
        load(m, "lfd", false, false, Op.LD64_LE, Op.LD64_BE);
        load(m, "lfdx", true, false, Op.LD64_LE, Op.LD64_BE);
        load(m, "lfdu", false, true, Op.LD64_LE, Op.LD64_BE);
        load(m, "lfdux", true, true, Op.LD64_LE, Op.LD64_BE);
        load(m, "lfiwax", true, false, Op.LD32S_LE, Op.LD32S_BE);
        load(m, "lfiwzx", true, false, Op.LD32U_LE, Op.LD32U_BE);
        store(m, "stfd", false, false, Op.ST64_LE, Op.ST64_BE);
        store(m, "stfdx", true, false, Op.ST64_LE, Op.ST64_BE);
        store(m, "stfdu", false, true, Op.ST64_LE, Op.ST64_BE);
        store(m, "stfdux", true, true, Op.ST64_LE, Op.ST64_BE);
        store(m, "stfiwx", true, false, Op.ST32_LE, Op.ST32_BE);
        m.routine("lfdp", (p, w) -> loadPair(p, w, p.ea(p.gprOrZero(Fields.ra(w)) + Fields.ds(w))));
        m.routine("lfdpx", (p, w) -> loadPair(p, w, indexed(p, w)));
        m.routine("stfdp", (p, w) -> storePair(p, w, p.ea(p.gprOrZero(Fields.ra(w)) + Fields.ds(w))));
        m.routine("stfdpx", (p, w) -> storePair(p, w, indexed(p, w)));
    }

    // Doublewords and words: micro-ops on the slots of the FPRs

    /** Slot with the effective address less the displacement, in a temporary if RA is to be written. */
    private static int base(Emission e, boolean indexed, boolean update) {
        if (!indexed) {
            return update ? e.ra() : e.raOrZero();
        }
        if (!update && Fields.ra(e.word) == 0) {
            return e.rb();
        }
        int ea = e.temp();
        e.out.op(Op.ADD, ea, e.ra(), e.rb());
        return ea;
    }

    private static void updateRa(Emission e, boolean indexed, int base, long displacement) {
        if (indexed) {
            e.out.op(Op.MOV, e.ra(), base, 0);
        } else {
            e.out.opImm(Op.ADDI, e.ra(), base, displacement);
        }
    }

    private static void load(Meanings m, String name, boolean indexed, boolean update, int little, int big) {
        m.emitter(name, e -> {
            int base = base(e, indexed, update);
            long displacement = indexed ? 0 : Fields.d(e.word);
            int target = State.fpr(Fields.frt(e.word));
            e.out.opImm(e.littleEndian() ? little : big, target, base, displacement);
            e.out.opImm(Op.MOVI, target - 1, 0, 0);
            if (update) {
                updateRa(e, indexed, base, displacement);
            }
        });
    }

    private static void store(Meanings m, String name, boolean indexed, boolean update, int little, int big) {
        m.emitter(name, e -> {
            int base = base(e, indexed, update);
            long displacement = indexed ? 0 : Fields.d(e.word);
            int source = State.fpr(Fields.frs(e.word));
            e.out.emit(e.littleEndian() ? little : big, 0, base, source, 0, displacement);
            if (update) {
                updateRa(e, indexed, base, displacement);
            }
        });
    }

    private static void loadSingle(Meanings m, String name, boolean indexed, boolean update) {
        m.emitter(name, e -> {
            int base = base(e, indexed, update);
            long displacement = indexed ? 0 : Fields.d(e.word);
            int target = State.fpr(Fields.frt(e.word));
            int single = e.temp();
            e.out.opImm(e.littleEndian() ? Op.LD32U_LE : Op.LD32U_BE, single, base, displacement);
            e.out.op(Op.WIDEN, target, single, 0);
            e.out.opImm(Op.MOVI, target - 1, 0, 0);
            if (update) {
                updateRa(e, indexed, base, displacement);
            }
        });
    }

    private static void storeSingle(Meanings m, String name, boolean indexed, boolean update) {
        m.emitter(name, e -> {
            int single = e.temp();
            e.out.op(Op.NARROW, single, State.fpr(Fields.frs(e.word)), 0);
            int base = base(e, indexed, update);
            long displacement = indexed ? 0 : Fields.d(e.word);
            e.out.emit(e.littleEndian() ? Op.ST32_LE : Op.ST32_BE, 0, base, single, 0, displacement);
            if (update) {
                updateRa(e, indexed, base, displacement);
            }
        });
    }

    // Pairs

    private static long displaced(PowerProcessor p, int w) {
        return p.ea(p.gprOrZero(Fields.ra(w)) + Fields.d(w));
    }

    private static long indexed(PowerProcessor p, int w) {
        return p.ea(p.gprOrZero(Fields.ra(w)) + p.gpr(Fields.rb(w)));
    }

    private static void loadPair(PowerProcessor p, int w, long ea) {
        long first = p.load64(ea);
        long second = p.load64(p.ea(ea + 8));
        int even = Fields.frt(w) & 30;
        p.setFpr(even, first);
        p.setFpr(even + 1, second);
    }

    private static void storePair(PowerProcessor p, int w, long ea) {
        int even = Fields.frs(w) & 30;
        p.probe(ea, 16, true);
        p.store64(ea, p.fpr(even));
        p.store64(p.ea(ea + 8), p.fpr(even + 1));
    }
}

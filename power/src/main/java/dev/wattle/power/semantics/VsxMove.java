// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;

/**
 * Moves between general-purpose and vector-scalar registers (Power ISA 3.0B, Book I, 3.3.17).
 *
 * <p>Where the book leaves doubleword 1 of the target undefined it becomes 0.
 */
final class VsxMove {
    private VsxMove() {}

    static void bind(Meanings m) {
        m.routine("mfvsrd", VsxMove::mfvsrd);
        m.routine("mfvsrld", VsxMove::mfvsrld);
        m.routine("mfvsrwz", VsxMove::mfvsrwz);
        m.routine("mtvsrd", VsxMove::mtvsrd);
        m.routine("mtvsrwa", VsxMove::mtvsrwa);
        m.routine("mtvsrwz", VsxMove::mtvsrwz);
        m.routine("mtvsrdd", VsxMove::mtvsrdd);
        m.routine("mtvsrws", VsxMove::mtvsrws);
    }

    static void mfvsrd(PowerProcessor p, int w) {
        p.setGpr(Fields.ra(w), p.vsrHigh(Fields.xs(w)));
    }

    static void mfvsrld(PowerProcessor p, int w) {
        p.setGpr(Fields.ra(w), p.vsrLow(Fields.xs(w)));
    }

    static void mfvsrwz(PowerProcessor p, int w) {
        p.setGpr(Fields.ra(w), p.vsrHigh(Fields.xs(w)) & 0xffff_ffffL);
    }

    static void mtvsrd(PowerProcessor p, int w) {
        p.setVsr(Fields.xt(w), p.gpr(Fields.ra(w)), 0);
    }

    static void mtvsrwa(PowerProcessor p, int w) {
        p.setVsr(Fields.xt(w), (int) p.gpr(Fields.ra(w)), 0);
    }

    static void mtvsrwz(PowerProcessor p, int w) {
        p.setVsr(Fields.xt(w), p.gpr(Fields.ra(w)) & 0xffff_ffffL, 0);
    }

    static void mtvsrdd(PowerProcessor p, int w) {
        p.setVsr(Fields.xt(w), p.gprOrZero(Fields.ra(w)), p.gpr(Fields.rb(w)));
    }

    static void mtvsrws(PowerProcessor p, int w) {
        long value = (p.gpr(Fields.ra(w)) & 0xffff_ffffL) * 0x0000_0001_0000_0001L;
        p.setVsr(Fields.xt(w), value, value);
    }
}

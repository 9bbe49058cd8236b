// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VsxForm.aHigh;
import static dev.wattle.power.semantics.VsxForm.aLow;
import static dev.wattle.power.semantics.VsxForm.bHigh;
import static dev.wattle.power.semantics.VsxForm.bLow;
import static dev.wattle.power.semantics.VsxForm.set;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;

/**
 * VSX logical and select (Power ISA 3.0B, Book I, 7.6.3).
 */
final class VsxLogical {
    private VsxLogical() {}

    static void bind(Meanings m) {
        m.routine("xxland", VsxLogical::xxland);
        m.routine("xxlandc", VsxLogical::xxlandc);
        m.routine("xxleqv", VsxLogical::xxleqv);
        m.routine("xxlnand", VsxLogical::xxlnand);
        m.routine("xxlorc", VsxLogical::xxlorc);
        m.routine("xxlnor", VsxLogical::xxlnor);
        m.routine("xxlor", VsxLogical::xxlor);
        m.routine("xxlxor", VsxLogical::xxlxor);
        m.routine("xxsel", VsxLogical::xxsel);
    }

    static void xxland(PowerProcessor p, int w) {
        set(p, w, aHigh(p, w) & bHigh(p, w), aLow(p, w) & bLow(p, w));
    }

    static void xxlandc(PowerProcessor p, int w) {
        set(p, w, aHigh(p, w) & ~bHigh(p, w), aLow(p, w) & ~bLow(p, w));
    }

    static void xxleqv(PowerProcessor p, int w) {
        set(p, w, ~(aHigh(p, w) ^ bHigh(p, w)), ~(aLow(p, w) ^ bLow(p, w)));
    }

    static void xxlnand(PowerProcessor p, int w) {
        set(p, w, ~(aHigh(p, w) & bHigh(p, w)), ~(aLow(p, w) & bLow(p, w)));
    }

    static void xxlorc(PowerProcessor p, int w) {
        set(p, w, aHigh(p, w) | ~bHigh(p, w), aLow(p, w) | ~bLow(p, w));
    }

    static void xxlnor(PowerProcessor p, int w) {
        set(p, w, ~(aHigh(p, w) | bHigh(p, w)), ~(aLow(p, w) | bLow(p, w)));
    }

    static void xxlor(PowerProcessor p, int w) {
        set(p, w, aHigh(p, w) | bHigh(p, w), aLow(p, w) | bLow(p, w));
    }

    static void xxlxor(PowerProcessor p, int w) {
        set(p, w, aHigh(p, w) ^ bHigh(p, w), aLow(p, w) ^ bLow(p, w));
    }

    static void xxsel(PowerProcessor p, int w) {
        int c = Fields.xc(w);
        set(
                p,
                w,
                Lanes.select(p.vsrHigh(c), bHigh(p, w), aHigh(p, w)),
                Lanes.select(p.vsrLow(c), bLow(p, w), aLow(p, w)));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;

/** The register operands of the XX1, XX2 and XX3 forms, by halves. */
final class VsxForm {
    private VsxForm() {}

    /** Doubleword 0 of XA. */
    static long aHigh(PowerProcessor p, int w) {
        return p.vsrHigh(Fields.xa(w));
    }

    /** Doubleword 1 of XA. */
    static long aLow(PowerProcessor p, int w) {
        return p.vsrLow(Fields.xa(w));
    }

    static long bHigh(PowerProcessor p, int w) {
        return p.vsrHigh(Fields.xb(w));
    }

    static long bLow(PowerProcessor p, int w) {
        return p.vsrLow(Fields.xb(w));
    }

    /** Sets XT. */
    static void set(PowerProcessor p, int w, long high, long low) {
        p.setVsr(Fields.xt(w), high, low);
    }
}

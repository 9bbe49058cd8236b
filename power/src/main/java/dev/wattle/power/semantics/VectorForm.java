// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;

/** The register operands of the VX, VC and VA forms, by halves, and the side effects that vector chapters share. */
final class VectorForm {
    /** VSCR[SAT], sticky (Power ISA 3.0B, Book I, 6.3.2). */
    static final int SAT = 1;

    /** The CR field that vector and decimal record forms set. */
    private static final int CR6 = 6;

    private VectorForm() {}

    /** Doubleword 0 of VRA. */
    static long aHigh(PowerProcessor p, int w) {
        return p.vrHigh(Fields.vra(w));
    }

    /** Doubleword 1 of VRA. */
    static long aLow(PowerProcessor p, int w) {
        return p.vrLow(Fields.vra(w));
    }

    static long bHigh(PowerProcessor p, int w) {
        return p.vrHigh(Fields.vrb(w));
    }

    static long bLow(PowerProcessor p, int w) {
        return p.vrLow(Fields.vrb(w));
    }

    static long cHigh(PowerProcessor p, int w) {
        return p.vrHigh(Fields.vrc(w));
    }

    static long cLow(PowerProcessor p, int w) {
        return p.vrLow(Fields.vrc(w));
    }

    /** Sets VRT. */
    static void set(PowerProcessor p, int w, long high, long low) {
        p.setVr(Fields.vrt(w), high, low);
    }

    /** Sets VSCR[SAT]: an element of the result is saturated. */
    static void saturate(PowerProcessor p) {
        p.setVscr(p.vscr() | SAT);
    }

    static void setCr6(PowerProcessor p, int nibble) {
        p.setCr(CR6, nibble);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorForm.aHigh;
import static dev.wattle.power.semantics.VectorForm.aLow;
import static dev.wattle.power.semantics.VectorForm.bHigh;
import static dev.wattle.power.semantics.VectorForm.bLow;
import static dev.wattle.power.semantics.VectorForm.setCr6;

import dev.wattle.power.processor.PowerProcessor;

/** Vector integer compares (Power ISA 3.0B, Book I, 6.9.3): an element of the result is all ones for true. */
final class VectorCompare {
    /** Rc of the VC form, bit 21. */
    private static final int RC = 0x400;

    private VectorCompare() {}

    static void bind(Meanings m) {
        m.routine("vcmpequb", VectorCompare::vcmpequb);
        m.routine("vcmpequh", VectorCompare::vcmpequh);
        m.routine("vcmpequw", VectorCompare::vcmpequw);
        m.routine("vcmpequd", VectorCompare::vcmpequd);
        m.routine("vcmpgtsb", VectorCompare::vcmpgtsb);
        m.routine("vcmpgtsh", VectorCompare::vcmpgtsh);
        m.routine("vcmpgtsw", VectorCompare::vcmpgtsw);
        m.routine("vcmpgtsd", VectorCompare::vcmpgtsd);
        m.routine("vcmpgtub", VectorCompare::vcmpgtub);
        m.routine("vcmpgtuh", VectorCompare::vcmpgtuh);
        m.routine("vcmpgtuw", VectorCompare::vcmpgtuw);
        m.routine("vcmpgtud", VectorCompare::vcmpgtud);
        m.routine("vcmpneb", VectorCompare::vcmpneb);
        m.routine("vcmpneh", VectorCompare::vcmpneh);
        m.routine("vcmpnew", VectorCompare::vcmpnew);
        m.routine("vcmpnezb", VectorCompare::vcmpnezb);
        m.routine("vcmpnezh", VectorCompare::vcmpnezh);
        m.routine("vcmpnezw", VectorCompare::vcmpnezw);
    }

    /** Sets VRT and, for the record form, CR field 6: LT if all elements are true, EQ if none is. */
    private static void set(PowerProcessor p, int w, long high, long low) {
        VectorForm.set(p, w, high, low);
        if ((w & RC) != 0) {
            setCr6(p, (high & low) == -1 ? 8 : (high | low) == 0 ? 2 : 0);
        }
    }

    private static void equal(PowerProcessor p, int w, long top) {
        set(p, w, Lanes.equal(aHigh(p, w), bHigh(p, w), top), Lanes.equal(aLow(p, w), bLow(p, w), top));
    }

    private static void notEqual(PowerProcessor p, int w, long top) {
        set(p, w, ~Lanes.equal(aHigh(p, w), bHigh(p, w), top), ~Lanes.equal(aLow(p, w), bLow(p, w), top));
    }

    private static void notEqualOrZero(PowerProcessor p, int w, long top) {
        set(p, w, notEqualOrZero(aHigh(p, w), bHigh(p, w), top), notEqualOrZero(aLow(p, w), bLow(p, w), top));
    }

    private static long notEqualOrZero(long a, long b, long top) {
        // Elements that are equal are zero both or not at all.
        return ~Lanes.equal(a, b, top) | Lanes.equal(a, 0, top);
    }

    private static void greaterSigned(PowerProcessor p, int w, long top) {
        set(p, w, Lanes.greaterSigned(aHigh(p, w), bHigh(p, w), top), Lanes.greaterSigned(aLow(p, w), bLow(p, w), top));
    }

    private static void greaterUnsigned(PowerProcessor p, int w, long top) {
        set(
                p,
                w,
                Lanes.greaterUnsigned(aHigh(p, w), bHigh(p, w), top),
                Lanes.greaterUnsigned(aLow(p, w), bLow(p, w), top));
    }

    static void vcmpequb(PowerProcessor p, int w) {
        equal(p, w, Lanes.BYTES);
    }

    static void vcmpequh(PowerProcessor p, int w) {
        equal(p, w, Lanes.HALFWORDS);
    }

    static void vcmpequw(PowerProcessor p, int w) {
        equal(p, w, Lanes.WORDS);
    }

    static void vcmpequd(PowerProcessor p, int w) {
        equal(p, w, Lanes.DOUBLEWORDS);
    }

    static void vcmpgtsb(PowerProcessor p, int w) {
        greaterSigned(p, w, Lanes.BYTES);
    }

    static void vcmpgtsh(PowerProcessor p, int w) {
        greaterSigned(p, w, Lanes.HALFWORDS);
    }

    static void vcmpgtsw(PowerProcessor p, int w) {
        greaterSigned(p, w, Lanes.WORDS);
    }

    static void vcmpgtsd(PowerProcessor p, int w) {
        greaterSigned(p, w, Lanes.DOUBLEWORDS);
    }

    static void vcmpgtub(PowerProcessor p, int w) {
        greaterUnsigned(p, w, Lanes.BYTES);
    }

    static void vcmpgtuh(PowerProcessor p, int w) {
        greaterUnsigned(p, w, Lanes.HALFWORDS);
    }

    static void vcmpgtuw(PowerProcessor p, int w) {
        greaterUnsigned(p, w, Lanes.WORDS);
    }

    static void vcmpgtud(PowerProcessor p, int w) {
        greaterUnsigned(p, w, Lanes.DOUBLEWORDS);
    }

    static void vcmpneb(PowerProcessor p, int w) {
        notEqual(p, w, Lanes.BYTES);
    }

    static void vcmpneh(PowerProcessor p, int w) {
        notEqual(p, w, Lanes.HALFWORDS);
    }

    static void vcmpnew(PowerProcessor p, int w) {
        notEqual(p, w, Lanes.WORDS);
    }

    static void vcmpnezb(PowerProcessor p, int w) {
        notEqualOrZero(p, w, Lanes.BYTES);
    }

    static void vcmpnezh(PowerProcessor p, int w) {
        notEqualOrZero(p, w, Lanes.HALFWORDS);
    }

    static void vcmpnezw(PowerProcessor p, int w) {
        notEqualOrZero(p, w, Lanes.WORDS);
    }
}

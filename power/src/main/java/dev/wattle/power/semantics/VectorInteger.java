// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorForm.aHigh;
import static dev.wattle.power.semantics.VectorForm.aLow;
import static dev.wattle.power.semantics.VectorForm.bHigh;
import static dev.wattle.power.semantics.VectorForm.bLow;
import static dev.wattle.power.semantics.VectorForm.saturate;
import static dev.wattle.power.semantics.VectorForm.set;

import dev.wattle.power.processor.PowerProcessor;

/**
 * Vector integer add, subtract, average, absolute difference, maximum, minimum, negate and extend sign, on elements up
 * to doublewords (Power ISA 3.0B, Book I, 6.9.1 and 6.9.2). Quadwords are in {@link VectorIntegerQuadword}.
 */
final class VectorInteger {
    private VectorInteger() {}

    static void bind(Meanings m) {
        m.routine("vaddubm", VectorInteger::vaddubm);
        m.routine("vadduhm", VectorInteger::vadduhm);
        m.routine("vadduwm", VectorInteger::vadduwm);
        m.routine("vaddudm", VectorInteger::vaddudm);
        m.routine("vsububm", VectorInteger::vsububm);
        m.routine("vsubuhm", VectorInteger::vsubuhm);
        m.routine("vsubuwm", VectorInteger::vsubuwm);
        m.routine("vsubudm", VectorInteger::vsubudm);
        m.routine("vaddcuw", VectorInteger::vaddcuw);
        m.routine("vsubcuw", VectorInteger::vsubcuw);
        m.routine("vaddubs", VectorInteger::vaddubs);
        m.routine("vadduhs", VectorInteger::vadduhs);
        m.routine("vadduws", VectorInteger::vadduws);
        m.routine("vaddsbs", VectorInteger::vaddsbs);
        m.routine("vaddshs", VectorInteger::vaddshs);
        m.routine("vaddsws", VectorInteger::vaddsws);
        m.routine("vsububs", VectorInteger::vsububs);
        m.routine("vsubuhs", VectorInteger::vsubuhs);
        m.routine("vsubuws", VectorInteger::vsubuws);
        m.routine("vsubsbs", VectorInteger::vsubsbs);
        m.routine("vsubshs", VectorInteger::vsubshs);
        m.routine("vsubsws", VectorInteger::vsubsws);
        m.routine("vavgub", VectorInteger::vavgub);
        m.routine("vavguh", VectorInteger::vavguh);
        m.routine("vavguw", VectorInteger::vavguw);
        m.routine("vavgsb", VectorInteger::vavgsb);
        m.routine("vavgsh", VectorInteger::vavgsh);
        m.routine("vavgsw", VectorInteger::vavgsw);
        m.routine("vabsdub", VectorInteger::vabsdub);
        m.routine("vabsduh", VectorInteger::vabsduh);
        m.routine("vabsduw", VectorInteger::vabsduw);
        m.routine("vmaxub", VectorInteger::vmaxub);
        m.routine("vmaxuh", VectorInteger::vmaxuh);
        m.routine("vmaxuw", VectorInteger::vmaxuw);
        m.routine("vmaxud", VectorInteger::vmaxud);
        m.routine("vmaxsb", VectorInteger::vmaxsb);
        m.routine("vmaxsh", VectorInteger::vmaxsh);
        m.routine("vmaxsw", VectorInteger::vmaxsw);
        m.routine("vmaxsd", VectorInteger::vmaxsd);
        m.routine("vminub", VectorInteger::vminub);
        m.routine("vminuh", VectorInteger::vminuh);
        m.routine("vminuw", VectorInteger::vminuw);
        m.routine("vminud", VectorInteger::vminud);
        m.routine("vminsb", VectorInteger::vminsb);
        m.routine("vminsh", VectorInteger::vminsh);
        m.routine("vminsw", VectorInteger::vminsw);
        m.routine("vminsd", VectorInteger::vminsd);
        m.routine("vnegw", VectorInteger::vnegw);
        m.routine("vnegd", VectorInteger::vnegd);
        m.routine("vextsb2w", VectorInteger::vextsb2w);
        m.routine("vextsh2w", VectorInteger::vextsh2w);
        m.routine("vextsb2d", VectorInteger::vextsb2d);
        m.routine("vextsh2d", VectorInteger::vextsh2d);
        m.routine("vextsw2d", VectorInteger::vextsw2d);
    }

    // Modulo and carry

    private static void add(PowerProcessor p, int w, long top) {
        set(p, w, Lanes.add(aHigh(p, w), bHigh(p, w), top), Lanes.add(aLow(p, w), bLow(p, w), top));
    }

    private static void subtract(PowerProcessor p, int w, long top) {
        set(p, w, Lanes.subtract(aHigh(p, w), bHigh(p, w), top), Lanes.subtract(aLow(p, w), bLow(p, w), top));
    }

    static void vaddubm(PowerProcessor p, int w) {
        add(p, w, Lanes.BYTES);
    }

    static void vadduhm(PowerProcessor p, int w) {
        add(p, w, Lanes.HALFWORDS);
    }

    static void vadduwm(PowerProcessor p, int w) {
        add(p, w, Lanes.WORDS);
    }

    static void vaddudm(PowerProcessor p, int w) {
        set(p, w, aHigh(p, w) + bHigh(p, w), aLow(p, w) + bLow(p, w));
    }

    static void vsububm(PowerProcessor p, int w) {
        subtract(p, w, Lanes.BYTES);
    }

    static void vsubuhm(PowerProcessor p, int w) {
        subtract(p, w, Lanes.HALFWORDS);
    }

    static void vsubuwm(PowerProcessor p, int w) {
        subtract(p, w, Lanes.WORDS);
    }

    static void vsubudm(PowerProcessor p, int w) {
        set(p, w, aHigh(p, w) - bHigh(p, w), aLow(p, w) - bLow(p, w));
    }

    static void vaddcuw(PowerProcessor p, int w) {
        set(p, w, carryWords(aHigh(p, w), bHigh(p, w)), carryWords(aLow(p, w), bLow(p, w)));
    }

    private static long carryWords(long a, long b) {
        return Lanes.carries(a, b, Lanes.add(a, b, Lanes.WORDS), Lanes.WORDS) >>> 31;
    }

    /** The complement of the borrow, which is the carry of a + ~b + 1. */
    static void vsubcuw(PowerProcessor p, int w) {
        set(p, w, noBorrowWords(aHigh(p, w), bHigh(p, w)), noBorrowWords(aLow(p, w), bLow(p, w)));
    }

    private static long noBorrowWords(long a, long b) {
        return (Lanes.borrows(a, b, Lanes.subtract(a, b, Lanes.WORDS), Lanes.WORDS) ^ Lanes.WORDS) >>> 31;
    }

    // Saturating

    private static void addUnsignedSaturate(PowerProcessor p, int w, long top) {
        long sumHigh = Lanes.add(aHigh(p, w), bHigh(p, w), top);
        long sumLow = Lanes.add(aLow(p, w), bLow(p, w), top);
        long overHigh = Lanes.carries(aHigh(p, w), bHigh(p, w), sumHigh, top);
        long overLow = Lanes.carries(aLow(p, w), bLow(p, w), sumLow, top);
        set(p, w, sumHigh | Lanes.fill(overHigh, top), sumLow | Lanes.fill(overLow, top));
        saturateIf(p, overHigh | overLow);
    }

    private static void subtractUnsignedSaturate(PowerProcessor p, int w, long top) {
        long differenceHigh = Lanes.subtract(aHigh(p, w), bHigh(p, w), top);
        long differenceLow = Lanes.subtract(aLow(p, w), bLow(p, w), top);
        long underHigh = Lanes.borrows(aHigh(p, w), bHigh(p, w), differenceHigh, top);
        long underLow = Lanes.borrows(aLow(p, w), bLow(p, w), differenceLow, top);
        set(p, w, differenceHigh & ~Lanes.fill(underHigh, top), differenceLow & ~Lanes.fill(underLow, top));
        saturateIf(p, underHigh | underLow);
    }

    private static void addSignedSaturate(PowerProcessor p, int w, long top) {
        long aHigh = aHigh(p, w);
        long aLow = aLow(p, w);
        long sumHigh = Lanes.add(aHigh, bHigh(p, w), top);
        long sumLow = Lanes.add(aLow, bLow(p, w), top);
        long overHigh = (aHigh ^ sumHigh) & (bHigh(p, w) ^ sumHigh) & top;
        long overLow = (aLow ^ sumLow) & (bLow(p, w) ^ sumLow) & top;
        setSignedSaturated(p, w, sumHigh, sumLow, overHigh, overLow, top);
    }

    private static void subtractSignedSaturate(PowerProcessor p, int w, long top) {
        long aHigh = aHigh(p, w);
        long aLow = aLow(p, w);
        long differenceHigh = Lanes.subtract(aHigh, bHigh(p, w), top);
        long differenceLow = Lanes.subtract(aLow, bLow(p, w), top);
        long overHigh = (aHigh ^ bHigh(p, w)) & (aHigh ^ differenceHigh) & top;
        long overLow = (aLow ^ bLow(p, w)) & (aLow ^ differenceLow) & top;
        setSignedSaturated(p, w, differenceHigh, differenceLow, overHigh, overLow, top);
    }

    /** Sets VRT, with the limit on the side of VRA's sign where the operation overflowed. */
    private static void setSignedSaturated(
            PowerProcessor p, int w, long high, long low, long overHigh, long overLow, long top) {
        set(
                p,
                w,
                Lanes.select(Lanes.fill(overHigh, top), Lanes.signedLimit(aHigh(p, w), top), high),
                Lanes.select(Lanes.fill(overLow, top), Lanes.signedLimit(aLow(p, w), top), low));
        saturateIf(p, overHigh | overLow);
    }

    private static void saturateIf(PowerProcessor p, long overflows) {
        if (overflows != 0) {
            saturate(p);
        }
    }

    static void vaddubs(PowerProcessor p, int w) {
        addUnsignedSaturate(p, w, Lanes.BYTES);
    }

    static void vadduhs(PowerProcessor p, int w) {
        addUnsignedSaturate(p, w, Lanes.HALFWORDS);
    }

    static void vadduws(PowerProcessor p, int w) {
        addUnsignedSaturate(p, w, Lanes.WORDS);
    }

    static void vaddsbs(PowerProcessor p, int w) {
        addSignedSaturate(p, w, Lanes.BYTES);
    }

    static void vaddshs(PowerProcessor p, int w) {
        addSignedSaturate(p, w, Lanes.HALFWORDS);
    }

    static void vaddsws(PowerProcessor p, int w) {
        addSignedSaturate(p, w, Lanes.WORDS);
    }

    static void vsububs(PowerProcessor p, int w) {
        subtractUnsignedSaturate(p, w, Lanes.BYTES);
    }

    static void vsubuhs(PowerProcessor p, int w) {
        subtractUnsignedSaturate(p, w, Lanes.HALFWORDS);
    }

    static void vsubuws(PowerProcessor p, int w) {
        subtractUnsignedSaturate(p, w, Lanes.WORDS);
    }

    static void vsubsbs(PowerProcessor p, int w) {
        subtractSignedSaturate(p, w, Lanes.BYTES);
    }

    static void vsubshs(PowerProcessor p, int w) {
        subtractSignedSaturate(p, w, Lanes.HALFWORDS);
    }

    static void vsubsws(PowerProcessor p, int w) {
        subtractSignedSaturate(p, w, Lanes.WORDS);
    }

    // Average and absolute difference

    private static void averageUnsigned(PowerProcessor p, int w, long top) {
        set(
                p,
                w,
                Lanes.averageUnsigned(aHigh(p, w), bHigh(p, w), top),
                Lanes.averageUnsigned(aLow(p, w), bLow(p, w), top));
    }

    /** Moves the signed range to the unsigned one and back. */
    private static void averageSigned(PowerProcessor p, int w, long top) {
        set(
                p,
                w,
                Lanes.averageUnsigned(aHigh(p, w) ^ top, bHigh(p, w) ^ top, top) ^ top,
                Lanes.averageUnsigned(aLow(p, w) ^ top, bLow(p, w) ^ top, top) ^ top);
    }

    private static void absoluteDifference(PowerProcessor p, int w, long top) {
        set(p, w, absoluteDifference(aHigh(p, w), bHigh(p, w), top), absoluteDifference(aLow(p, w), bLow(p, w), top));
    }

    private static long absoluteDifference(long a, long b, long top) {
        long above = Lanes.greaterUnsigned(a, b, top);
        return Lanes.subtract(Lanes.select(above, a, b), Lanes.select(above, b, a), top);
    }

    static void vavgub(PowerProcessor p, int w) {
        averageUnsigned(p, w, Lanes.BYTES);
    }

    static void vavguh(PowerProcessor p, int w) {
        averageUnsigned(p, w, Lanes.HALFWORDS);
    }

    static void vavguw(PowerProcessor p, int w) {
        averageUnsigned(p, w, Lanes.WORDS);
    }

    static void vavgsb(PowerProcessor p, int w) {
        averageSigned(p, w, Lanes.BYTES);
    }

    static void vavgsh(PowerProcessor p, int w) {
        averageSigned(p, w, Lanes.HALFWORDS);
    }

    static void vavgsw(PowerProcessor p, int w) {
        averageSigned(p, w, Lanes.WORDS);
    }

    static void vabsdub(PowerProcessor p, int w) {
        absoluteDifference(p, w, Lanes.BYTES);
    }

    static void vabsduh(PowerProcessor p, int w) {
        absoluteDifference(p, w, Lanes.HALFWORDS);
    }

    static void vabsduw(PowerProcessor p, int w) {
        absoluteDifference(p, w, Lanes.WORDS);
    }

    // Maximum and minimum

    private static void maximumUnsigned(PowerProcessor p, int w, long top) {
        select(p, w, greaterUnsigned(p, w, true, top), greaterUnsigned(p, w, false, top));
    }

    private static void minimumUnsigned(PowerProcessor p, int w, long top) {
        select(p, w, ~greaterUnsigned(p, w, true, top), ~greaterUnsigned(p, w, false, top));
    }

    private static long greaterUnsigned(PowerProcessor p, int w, boolean high, long top) {
        return high
                ? Lanes.greaterUnsigned(aHigh(p, w), bHigh(p, w), top)
                : Lanes.greaterUnsigned(aLow(p, w), bLow(p, w), top);
    }

    private static void maximumSigned(PowerProcessor p, int w, long top) {
        select(p, w, greaterSigned(p, w, true, top), greaterSigned(p, w, false, top));
    }

    private static void minimumSigned(PowerProcessor p, int w, long top) {
        select(p, w, ~greaterSigned(p, w, true, top), ~greaterSigned(p, w, false, top));
    }

    private static long greaterSigned(PowerProcessor p, int w, boolean high, long top) {
        return high
                ? Lanes.greaterSigned(aHigh(p, w), bHigh(p, w), top)
                : Lanes.greaterSigned(aLow(p, w), bLow(p, w), top);
    }

    /** Sets VRT to VRA where the masks have ones, to VRB elsewhere. */
    private static void select(PowerProcessor p, int w, long maskHigh, long maskLow) {
        set(p, w, Lanes.select(maskHigh, aHigh(p, w), bHigh(p, w)), Lanes.select(maskLow, aLow(p, w), bLow(p, w)));
    }

    static void vmaxub(PowerProcessor p, int w) {
        maximumUnsigned(p, w, Lanes.BYTES);
    }

    static void vmaxuh(PowerProcessor p, int w) {
        maximumUnsigned(p, w, Lanes.HALFWORDS);
    }

    static void vmaxuw(PowerProcessor p, int w) {
        maximumUnsigned(p, w, Lanes.WORDS);
    }

    static void vmaxud(PowerProcessor p, int w) {
        maximumUnsigned(p, w, Lanes.DOUBLEWORDS);
    }

    static void vmaxsb(PowerProcessor p, int w) {
        maximumSigned(p, w, Lanes.BYTES);
    }

    static void vmaxsh(PowerProcessor p, int w) {
        maximumSigned(p, w, Lanes.HALFWORDS);
    }

    static void vmaxsw(PowerProcessor p, int w) {
        maximumSigned(p, w, Lanes.WORDS);
    }

    static void vmaxsd(PowerProcessor p, int w) {
        maximumSigned(p, w, Lanes.DOUBLEWORDS);
    }

    static void vminub(PowerProcessor p, int w) {
        minimumUnsigned(p, w, Lanes.BYTES);
    }

    static void vminuh(PowerProcessor p, int w) {
        minimumUnsigned(p, w, Lanes.HALFWORDS);
    }

    static void vminuw(PowerProcessor p, int w) {
        minimumUnsigned(p, w, Lanes.WORDS);
    }

    static void vminud(PowerProcessor p, int w) {
        minimumUnsigned(p, w, Lanes.DOUBLEWORDS);
    }

    static void vminsb(PowerProcessor p, int w) {
        minimumSigned(p, w, Lanes.BYTES);
    }

    static void vminsh(PowerProcessor p, int w) {
        minimumSigned(p, w, Lanes.HALFWORDS);
    }

    static void vminsw(PowerProcessor p, int w) {
        minimumSigned(p, w, Lanes.WORDS);
    }

    static void vminsd(PowerProcessor p, int w) {
        minimumSigned(p, w, Lanes.DOUBLEWORDS);
    }

    // Negate and extend sign

    static void vnegw(PowerProcessor p, int w) {
        set(p, w, Lanes.subtract(0, bHigh(p, w), Lanes.WORDS), Lanes.subtract(0, bLow(p, w), Lanes.WORDS));
    }

    static void vnegd(PowerProcessor p, int w) {
        set(p, w, -bHigh(p, w), -bLow(p, w));
    }

    /** Extends the low {@code bits} bits of each word. */
    private static long extendWords(long a, int bits) {
        long left = a >> 32 << 64 - bits >> 64 - bits;
        long right = a << 64 - bits >> 64 - bits;
        return left << 32 | right & 0xffff_ffffL;
    }

    static void vextsb2w(PowerProcessor p, int w) {
        set(p, w, extendWords(bHigh(p, w), 8), extendWords(bLow(p, w), 8));
    }

    static void vextsh2w(PowerProcessor p, int w) {
        set(p, w, extendWords(bHigh(p, w), 16), extendWords(bLow(p, w), 16));
    }

    static void vextsb2d(PowerProcessor p, int w) {
        set(p, w, (byte) bHigh(p, w), (byte) bLow(p, w));
    }

    static void vextsh2d(PowerProcessor p, int w) {
        set(p, w, (short) bHigh(p, w), (short) bLow(p, w));
    }

    static void vextsw2d(PowerProcessor p, int w) {
        set(p, w, (int) bHigh(p, w), (int) bLow(p, w));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorForm.aHigh;
import static dev.wattle.power.semantics.VectorForm.aLow;
import static dev.wattle.power.semantics.VectorForm.bHigh;
import static dev.wattle.power.semantics.VectorForm.bLow;
import static dev.wattle.power.semantics.VectorForm.cLow;
import static dev.wattle.power.semantics.VectorForm.set;

import dev.wattle.power.processor.PowerProcessor;

/**
 * Vector quadword add and subtract, and multiply by 10, with their carries (Power ISA 3.0B, Book I, 6.9.1.1, 6.9.1.2
 * and 6.18). A digit above 9, for which the book has no product, is added as it is.
 */
final class VectorIntegerQuadword {
    private VectorIntegerQuadword() {}

    static void bind(Meanings m) {
        m.routine("vadduqm", VectorIntegerQuadword::vadduqm);
        m.routine("vaddeuqm", VectorIntegerQuadword::vaddeuqm);
        m.routine("vaddcuq", VectorIntegerQuadword::vaddcuq);
        m.routine("vaddecuq", VectorIntegerQuadword::vaddecuq);
        m.routine("vsubuqm", VectorIntegerQuadword::vsubuqm);
        m.routine("vsubeuqm", VectorIntegerQuadword::vsubeuqm);
        m.routine("vsubcuq", VectorIntegerQuadword::vsubcuq);
        m.routine("vsubecuq", VectorIntegerQuadword::vsubecuq);
        m.routine("vmul10uq", VectorIntegerQuadword::vmul10uq);
        m.routine("vmul10euq", VectorIntegerQuadword::vmul10euq);
        m.routine("vmul10cuq", VectorIntegerQuadword::vmul10cuq);
        m.routine("vmul10ecuq", VectorIntegerQuadword::vmul10ecuq);
    }

    static void vadduqm(PowerProcessor p, int w) {
        setSum(p, w, 0, 0);
    }

    static void vaddeuqm(PowerProcessor p, int w) {
        setSum(p, w, 0, cLow(p, w) & 1);
    }

    static void vaddcuq(PowerProcessor p, int w) {
        setCarry(p, w, 0, 0);
    }

    static void vaddecuq(PowerProcessor p, int w) {
        setCarry(p, w, 0, cLow(p, w) & 1);
    }

    static void vsubuqm(PowerProcessor p, int w) {
        setSum(p, w, -1, 1);
    }

    static void vsubeuqm(PowerProcessor p, int w) {
        setSum(p, w, -1, cLow(p, w) & 1);
    }

    static void vsubcuq(PowerProcessor p, int w) {
        setCarry(p, w, -1, 1);
    }

    static void vsubecuq(PowerProcessor p, int w) {
        setCarry(p, w, -1, cLow(p, w) & 1);
    }

    /** VRT = VRA + (VRB XOR invert) + carry. */
    private static void setSum(PowerProcessor p, int w, long invert, long carry) {
        long a = aLow(p, w);
        long b = bLow(p, w) ^ invert;
        long low = a + b + carry;
        set(p, w, aHigh(p, w) + (bHigh(p, w) ^ invert) + Quadword.carry(a, b, low), low);
    }

    /** VRT = the carry out of VRA + (VRB XOR invert) + carry. */
    private static void setCarry(PowerProcessor p, int w, long invert, long carry) {
        long aLow = aLow(p, w);
        long bLow = bLow(p, w) ^ invert;
        long between = Quadword.carry(aLow, bLow, aLow + bLow + carry);
        long a = aHigh(p, w);
        long b = bHigh(p, w) ^ invert;
        set(p, w, 0, Quadword.carry(a, b, a + b + between));
    }

    static void vmul10uq(PowerProcessor p, int w) {
        setProduct(p, w, 0);
    }

    static void vmul10euq(PowerProcessor p, int w) {
        setProduct(p, w, bLow(p, w) & 15);
    }

    static void vmul10cuq(PowerProcessor p, int w) {
        setProductCarry(p, w, 0);
    }

    static void vmul10ecuq(PowerProcessor p, int w) {
        setProductCarry(p, w, bLow(p, w) & 15);
    }

    /** VRT = VRA times 10, plus a digit. */
    private static void setProduct(PowerProcessor p, int w, long digit) {
        long low = aLow(p, w);
        set(p, w, aHigh(p, w) * 10 + carryOfProduct(low, digit), low * 10 + digit);
    }

    /** VRT = what VRA times 10, plus a digit, has above 128 bits. */
    private static void setProductCarry(PowerProcessor p, int w, long digit) {
        set(p, w, 0, carryOfProduct(aHigh(p, w), carryOfProduct(aLow(p, w), digit)));
    }

    /** What a times 10, plus a number below 16, has above 64 bits. */
    private static long carryOfProduct(long a, long addend) {
        long product = a * 10;
        return Math.unsignedMultiplyHigh(a, 10) + Quadword.carry(product, addend, product + addend);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorForm.bLow;
import static dev.wattle.power.semantics.VectorForm.set;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;

/**
 * Vector storage access, alignment support and the VSCR (Power ISA 3.0B, Book I, 6.7 and 6.19).
 *
 * <p>These instructions ignore the low bits of the effective address, so none crosses an aligned quadword. Storage byte
 * {@code EA + i} of an aligned quadword is byte element {@code i} in big-endian mode and {@code 15 - i} in
 * little-endian mode.
 */
final class VectorLoadStore {
    private VectorLoadStore() {}

    static void bind(Meanings m) {
        m.routine("lvebx", VectorLoadStore::lvebx);
        m.routine("lvehx", VectorLoadStore::lvehx);
        m.routine("lvewx", VectorLoadStore::lvewx);
        m.routine("lvx", VectorLoadStore::lvx);
        m.routine("lvxl", VectorLoadStore::lvx);
        m.routine("stvebx", VectorLoadStore::stvebx);
        m.routine("stvehx", VectorLoadStore::stvehx);
        m.routine("stvewx", VectorLoadStore::stvewx);
        m.routine("stvx", VectorLoadStore::stvx);
        m.routine("stvxl", VectorLoadStore::stvx);
        m.routine("lvsl", VectorLoadStore::lvsl);
        m.routine("lvsr", VectorLoadStore::lvsr);
        m.routine("mfvscr", VectorLoadStore::mfvscr);
        m.routine("mtvscr", VectorLoadStore::mtvscr);
    }

    /** EA of an X-form access to {@code bytes} bytes, aligned down to them. */
    private static long alignedEa(PowerProcessor p, int w, int bytes) {
        return p.ea(p.gprOrZero(Fields.ra(w)) + p.gpr(Fields.rb(w))) & -bytes;
    }

    /** How far left of the right end of the register the element at an aligned EA is, in bits, 0 to 120. */
    private static int elementShift(PowerProcessor p, long ea, int bytes) {
        int offset = (int) ea & 15;
        return 8 * (p.littleEndian() ? offset : 16 - bytes - offset);
    }

    /** Loads one element. The book leaves the others undefined; here they keep their contents. */
    private static void setElement(PowerProcessor p, int w, long ea, int bytes, long value) {
        int t = Fields.vrt(w);
        int shift = elementShift(p, ea, bytes);
        long mask = (1L << 8 * bytes) - 1 << shift;
        long high = p.vrHigh(t);
        long low = p.vrLow(t);
        if (shift < 64) {
            p.setVr(t, high, low & ~mask | value << shift);
        } else {
            p.setVr(t, high & ~mask | value << shift, low);
        }
    }

    private static long element(PowerProcessor p, int w, long ea, int bytes) {
        int s = Fields.vrs(w);
        int shift = elementShift(p, ea, bytes);
        return (shift < 64 ? p.vrLow(s) : p.vrHigh(s)) >>> shift;
    }

    static void lvebx(PowerProcessor p, int w) {
        long ea = alignedEa(p, w, 1);
        setElement(p, w, ea, 1, p.load8(ea));
    }

    static void lvehx(PowerProcessor p, int w) {
        long ea = alignedEa(p, w, 2);
        setElement(p, w, ea, 2, p.load16(ea));
    }

    static void lvewx(PowerProcessor p, int w) {
        long ea = alignedEa(p, w, 4);
        setElement(p, w, ea, 4, p.load32(ea) & 0xffff_ffffL);
    }

    static void lvx(PowerProcessor p, int w) {
        long ea = alignedEa(p, w, 16);
        long first = p.load64(ea);
        long second = p.load64(ea + 8);
        if (p.littleEndian()) {
            set(p, w, second, first);
        } else {
            set(p, w, first, second);
        }
    }

    static void stvebx(PowerProcessor p, int w) {
        long ea = alignedEa(p, w, 1);
        p.store8(ea, (int) element(p, w, ea, 1));
    }

    static void stvehx(PowerProcessor p, int w) {
        long ea = alignedEa(p, w, 2);
        p.store16(ea, (int) element(p, w, ea, 2));
    }

    static void stvewx(PowerProcessor p, int w) {
        long ea = alignedEa(p, w, 4);
        p.store32(ea, (int) element(p, w, ea, 4));
    }

    static void stvx(PowerProcessor p, int w) {
        long ea = alignedEa(p, w, 16);
        int s = Fields.vrs(w);
        boolean little = p.littleEndian();
        p.store64(ea, little ? p.vrLow(s) : p.vrHigh(s));
        p.store64(ea + 8, little ? p.vrHigh(s) : p.vrLow(s));
    }

    static void lvsl(PowerProcessor p, int w) {
        setByteSequence(p, w, alignedEa(p, w, 1) & 15);
    }

    static void lvsr(PowerProcessor p, int w) {
        setByteSequence(p, w, 16 - (alignedEa(p, w, 1) & 15));
    }

    /** Sets VRT to 16 bytes that count up from {@code first}, the same in both byte orders. */
    private static void setByteSequence(PowerProcessor p, int w, long first) {
        long splat = first * 0x0101_0101_0101_0101L;
        set(p, w, splat + 0x0001_0203_0405_0607L, splat + 0x0809_0a0b_0c0d_0e0fL);
    }

    static void mfvscr(PowerProcessor p, int w) {
        set(p, w, 0, p.vscr() & 0xffff_ffffL);
    }

    static void mtvscr(PowerProcessor p, int w) {
        p.setVscr((int) bLow(p, w));
    }
}

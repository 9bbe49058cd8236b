// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorForm.aHigh;
import static dev.wattle.power.semantics.VectorForm.aLow;
import static dev.wattle.power.semantics.VectorForm.bHigh;
import static dev.wattle.power.semantics.VectorForm.bLow;
import static dev.wattle.power.semantics.VectorForm.set;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;

/**
 * Vector rotates and shifts, of elements and of the whole register (Power ISA 3.0B, Book I, 6.8.6 and 6.9.6).
 */
final class VectorShift {
    private VectorShift() {}

    static void bind(Meanings m) {
        m.routine("vrlb", VectorShift::vrlb);
        m.routine("vrlh", VectorShift::vrlh);
        m.routine("vrlw", VectorShift::vrlw);
        m.routine("vrld", VectorShift::vrld);
        m.routine("vslb", VectorShift::vslb);
        m.routine("vslh", VectorShift::vslh);
        m.routine("vslw", VectorShift::vslw);
        m.routine("vsld", VectorShift::vsld);
        m.routine("vsrb", VectorShift::vsrb);
        m.routine("vsrh", VectorShift::vsrh);
        m.routine("vsrw", VectorShift::vsrw);
        m.routine("vsrd", VectorShift::vsrd);
        m.routine("vsrab", VectorShift::vsrab);
        m.routine("vsrah", VectorShift::vsrah);
        m.routine("vsraw", VectorShift::vsraw);
        m.routine("vsrad", VectorShift::vsrad);
        m.routine("vrlwnm", VectorShift::vrlwnm);
        m.routine("vrlwmi", VectorShift::vrlwmi);
        m.routine("vrldnm", VectorShift::vrldnm);
        m.routine("vrldmi", VectorShift::vrldmi);
        m.routine("vsl", VectorShift::vsl);
        m.routine("vsr", VectorShift::vsr);
        m.routine("vslo", VectorShift::vslo);
        m.routine("vsro", VectorShift::vsro);
        m.routine("vslv", VectorShift::vslv);
        m.routine("vsrv", VectorShift::vsrv);
        m.routine("vsldoi", VectorShift::vsldoi);
    }

    // Elements. Counts are the low bits of VRB's elements, as many as the element's width needs.

    private static long rotate(long a, long counts, int width) {
        long mask = -1L >>> 64 - width;
        long result = 0;
        for (int at = 0; at < 64; at += width) {
            long element = a >>> at & mask;
            int count = (int) (counts >>> at) & width - 1;
            result |= (element << count & mask | element >>> width - count) << at;
        }
        return result;
    }

    private static long left(long a, long counts, int width) {
        long mask = -1L >>> 64 - width;
        long result = 0;
        for (int at = 0; at < 64; at += width) {
            result |= (a >>> at << (counts >>> at & width - 1) & mask) << at;
        }
        return result;
    }

    private static long right(long a, long counts, int width) {
        long mask = -1L >>> 64 - width;
        long result = 0;
        for (int at = 0; at < 64; at += width) {
            result |= (a >>> at & mask) >>> (counts >>> at & width - 1) << at;
        }
        return result;
    }

    private static long rightAlgebraic(long a, long counts, int width) {
        long mask = -1L >>> 64 - width;
        long result = 0;
        for (int at = 0; at < 64; at += width) {
            long element = a << 64 - width - at >> 64 - width;
            result |= (element >> (counts >>> at & width - 1) & mask) << at;
        }
        return result;
    }

    static void vrlb(PowerProcessor p, int w) {
        set(p, w, rotate(aHigh(p, w), bHigh(p, w), 8), rotate(aLow(p, w), bLow(p, w), 8));
    }

    static void vrlh(PowerProcessor p, int w) {
        set(p, w, rotate(aHigh(p, w), bHigh(p, w), 16), rotate(aLow(p, w), bLow(p, w), 16));
    }

    static void vrlw(PowerProcessor p, int w) {
        set(p, w, rotate(aHigh(p, w), bHigh(p, w), 32), rotate(aLow(p, w), bLow(p, w), 32));
    }

    static void vrld(PowerProcessor p, int w) {
        set(p, w, Long.rotateLeft(aHigh(p, w), (int) bHigh(p, w)), Long.rotateLeft(aLow(p, w), (int) bLow(p, w)));
    }

    static void vslb(PowerProcessor p, int w) {
        set(p, w, left(aHigh(p, w), bHigh(p, w), 8), left(aLow(p, w), bLow(p, w), 8));
    }

    static void vslh(PowerProcessor p, int w) {
        set(p, w, left(aHigh(p, w), bHigh(p, w), 16), left(aLow(p, w), bLow(p, w), 16));
    }

    static void vslw(PowerProcessor p, int w) {
        set(p, w, left(aHigh(p, w), bHigh(p, w), 32), left(aLow(p, w), bLow(p, w), 32));
    }

    static void vsld(PowerProcessor p, int w) {
        set(p, w, aHigh(p, w) << bHigh(p, w), aLow(p, w) << bLow(p, w));
    }

    static void vsrb(PowerProcessor p, int w) {
        set(p, w, right(aHigh(p, w), bHigh(p, w), 8), right(aLow(p, w), bLow(p, w), 8));
    }

    static void vsrh(PowerProcessor p, int w) {
        set(p, w, right(aHigh(p, w), bHigh(p, w), 16), right(aLow(p, w), bLow(p, w), 16));
    }

    static void vsrw(PowerProcessor p, int w) {
        set(p, w, right(aHigh(p, w), bHigh(p, w), 32), right(aLow(p, w), bLow(p, w), 32));
    }

    static void vsrd(PowerProcessor p, int w) {
        set(p, w, aHigh(p, w) >>> bHigh(p, w), aLow(p, w) >>> bLow(p, w));
    }

    static void vsrab(PowerProcessor p, int w) {
        set(p, w, rightAlgebraic(aHigh(p, w), bHigh(p, w), 8), rightAlgebraic(aLow(p, w), bLow(p, w), 8));
    }

    static void vsrah(PowerProcessor p, int w) {
        set(p, w, rightAlgebraic(aHigh(p, w), bHigh(p, w), 16), rightAlgebraic(aLow(p, w), bLow(p, w), 16));
    }

    static void vsraw(PowerProcessor p, int w) {
        set(p, w, rightAlgebraic(aHigh(p, w), bHigh(p, w), 32), rightAlgebraic(aLow(p, w), bLow(p, w), 32));
    }

    static void vsrad(PowerProcessor p, int w) {
        set(p, w, aHigh(p, w) >> bHigh(p, w), aLow(p, w) >> bLow(p, w));
    }

    // Rotate then mask: VRB's elements hold mask begin, mask end and shift in the low bits of their bytes

    static void vrlwnm(PowerProcessor p, int w) {
        set(p, w, rotateMaskWords(aHigh(p, w), bHigh(p, w), 0), rotateMaskWords(aLow(p, w), bLow(p, w), 0));
    }

    static void vrlwmi(PowerProcessor p, int w) {
        int t = Fields.vrt(w);
        set(
                p,
                w,
                rotateMaskWords(aHigh(p, w), bHigh(p, w), p.vrHigh(t)),
                rotateMaskWords(aLow(p, w), bLow(p, w), p.vrLow(t)));
    }

    private static long rotateMaskWords(long a, long control, long outside) {
        long left = rotateMaskWord((int) (a >>> 32), (int) (control >>> 32), (int) (outside >>> 32));
        return left << 32 | rotateMaskWord((int) a, (int) control, (int) outside) & 0xffff_ffffL;
    }

    private static int rotateMaskWord(int a, int control, int outside) {
        int begin = control >>> 16 & 31;
        int end = control >>> 8 & 31;
        int fromBegin = -1 >>> begin;
        int toEnd = Integer.MIN_VALUE >> end;
        int mask = begin <= end ? fromBegin & toEnd : fromBegin | toEnd;
        return Integer.rotateLeft(a, control) & mask | outside & ~mask;
    }

    static void vrldnm(PowerProcessor p, int w) {
        set(p, w, rotateMask(aHigh(p, w), bHigh(p, w), 0), rotateMask(aLow(p, w), bLow(p, w), 0));
    }

    static void vrldmi(PowerProcessor p, int w) {
        int t = Fields.vrt(w);
        set(p, w, rotateMask(aHigh(p, w), bHigh(p, w), p.vrHigh(t)), rotateMask(aLow(p, w), bLow(p, w), p.vrLow(t)));
    }

    private static long rotateMask(long a, long control, long outside) {
        int begin = (int) (control >>> 16) & 63;
        int end = (int) (control >>> 8) & 63;
        long fromBegin = -1L >>> begin;
        long toEnd = Long.MIN_VALUE >> end;
        long mask = begin <= end ? fromBegin & toEnd : fromBegin | toEnd;
        return Long.rotateLeft(a, (int) control) & mask | outside & ~mask;
    }

    // The whole register

    /** By bits. Where the bytes of VRB differ in the count, which the book leaves undefined, the last one decides. */
    static void vsl(PowerProcessor p, int w) {
        shiftLeft(p, w, (int) bLow(p, w) & 7);
    }

    static void vsr(PowerProcessor p, int w) {
        shiftRight(p, w, (int) bLow(p, w) & 7);
    }

    /** By octets: bits 121:124 of VRB are the count of bytes. */
    static void vslo(PowerProcessor p, int w) {
        shiftLeft(p, w, (int) bLow(p, w) & 0x78);
    }

    static void vsro(PowerProcessor p, int w) {
        shiftRight(p, w, (int) bLow(p, w) & 0x78);
    }

    private static void shiftLeft(PowerProcessor p, int w, int n) {
        long low = aLow(p, w);
        set(p, w, Quadword.shiftLeftHigh(aHigh(p, w), low, n), Quadword.shiftLeftLow(low, n));
    }

    private static void shiftRight(PowerProcessor p, int w, int n) {
        long high = aHigh(p, w);
        set(p, w, Quadword.shiftRightHigh(high, n), Quadword.shiftRightLow(high, aLow(p, w), n));
    }

    /** Each byte is shifted by its own count, and takes its new bits from the byte to its right. */
    static void vslv(PowerProcessor p, int w) {
        long high = aHigh(p, w);
        long low = aLow(p, w);
        set(p, w, shiftVariable(high, high << 8 | low >>> 56, bHigh(p, w)), shiftVariable(low, low << 8, bLow(p, w)));
    }

    /** High bytes of {@code (left byte || right byte) << count}. */
    private static long shiftVariable(long left, long right, long counts) {
        long result = 0;
        for (int at = 0; at < 64; at += 8) {
            long pair = (left >>> at & 0xff) << 8 | right >>> at & 0xff;
            result |= (pair << (counts >>> at & 7) >>> 8 & 0xff) << at;
        }
        return result;
    }

    /** Each byte is shifted by its own count, and takes its new bits from the byte to its left. */
    static void vsrv(PowerProcessor p, int w) {
        long high = aHigh(p, w);
        long low = aLow(p, w);
        set(
                p,
                w,
                shiftRightVariable(high >>> 8, high, bHigh(p, w)),
                shiftRightVariable(low >>> 8 | high << 56, low, bLow(p, w)));
    }

    /** Low bytes of {@code (left byte || right byte) >> count}. */
    private static long shiftRightVariable(long left, long right, long counts) {
        long result = 0;
        for (int at = 0; at < 64; at += 8) {
            long pair = (left >>> at & 0xff) << 8 | right >>> at & 0xff;
            result |= (pair >>> (counts >>> at & 7) & 0xff) << at;
        }
        return result;
    }

    static void vsldoi(PowerProcessor p, int w) {
        int octets = Fields.shb(w);
        int n = 8 * (octets & 7);
        long between = octets < 8 ? aLow(p, w) : bHigh(p, w);
        if (octets < 8) {
            set(p, w, Quadword.funnel(aHigh(p, w), between, n), Quadword.funnel(between, bHigh(p, w), n));
        } else {
            set(p, w, Quadword.funnel(aLow(p, w), between, n), Quadword.funnel(between, bLow(p, w), n));
        }
    }
}

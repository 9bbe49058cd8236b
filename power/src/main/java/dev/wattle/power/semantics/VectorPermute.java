// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorForm.aHigh;
import static dev.wattle.power.semantics.VectorForm.aLow;
import static dev.wattle.power.semantics.VectorForm.bHigh;
import static dev.wattle.power.semantics.VectorForm.bLow;
import static dev.wattle.power.semantics.VectorForm.cHigh;
import static dev.wattle.power.semantics.VectorForm.cLow;
import static dev.wattle.power.semantics.VectorForm.set;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;

/**
 * Vector merge, splat, permute, extract and insert (Power ISA 3.0B, Book I, 6.8.2 to 6.8.4, 6.8.7, 6.8.8 and 6.11.4).
 */
final class VectorPermute {
    private static final long BYTE_SPLAT = 0x0101_0101_0101_0101L;
    private static final long HALFWORD_SPLAT = 0x0001_0001_0001_0001L;
    private static final long WORD_SPLAT = 0x0000_0001_0000_0001L;
    private static final long LEFT_WORD = 0xffff_ffff_0000_0000L;

    private VectorPermute() {}

    static void bind(Meanings m) {
        m.routine("vmrghb", VectorPermute::vmrghb);
        m.routine("vmrghh", VectorPermute::vmrghh);
        m.routine("vmrghw", VectorPermute::vmrghw);
        m.routine("vmrglb", VectorPermute::vmrglb);
        m.routine("vmrglh", VectorPermute::vmrglh);
        m.routine("vmrglw", VectorPermute::vmrglw);
        m.routine("vmrgew", VectorPermute::vmrgew);
        m.routine("vmrgow", VectorPermute::vmrgow);
        m.routine("vspltb", VectorPermute::vspltb);
        m.routine("vsplth", VectorPermute::vsplth);
        m.routine("vspltw", VectorPermute::vspltw);
        m.routine("vspltisb", VectorPermute::vspltisb);
        m.routine("vspltish", VectorPermute::vspltish);
        m.routine("vspltisw", VectorPermute::vspltisw);
        m.routine("vperm", VectorPermute::vperm);
        m.routine("vpermr", VectorPermute::vpermr);
        m.routine("vpermxor", VectorPermute::vpermxor);
        m.routine("vextractub", VectorPermute::vextractub);
        m.routine("vextractuh", VectorPermute::vextractuh);
        m.routine("vextractuw", VectorPermute::vextractuw);
        m.routine("vextractd", VectorPermute::vextractd);
        m.routine("vextublx", VectorPermute::vextublx);
        m.routine("vextuhlx", VectorPermute::vextuhlx);
        m.routine("vextuwlx", VectorPermute::vextuwlx);
        m.routine("vextubrx", VectorPermute::vextubrx);
        m.routine("vextuhrx", VectorPermute::vextuhrx);
        m.routine("vextuwrx", VectorPermute::vextuwrx);
        m.routine("vinsertb", VectorPermute::vinsertb);
        m.routine("vinserth", VectorPermute::vinserth);
        m.routine("vinsertw", VectorPermute::vinsertw);
        m.routine("vinsertd", VectorPermute::vinsertd);
    }

    // Merge

    /** Interleaves the high words' elements: the even elements of the result come from a. */
    private static long merge(long a, long b, int width) {
        return spread(a, width) << width | spread(b, width);
    }

    /** The elements of the high word of a, each at the right end of twice its width. */
    private static long spread(long a, int width) {
        long x = a >>> 32;
        if (width == 32) {
            return x;
        }
        x = (x | x << 16) & 0x0000_ffff_0000_ffffL;
        return width == 16 ? x : (x | x << 8) & 0x00ff_00ff_00ff_00ffL;
    }

    private static void mergeHigh(PowerProcessor p, int w, int width) {
        long a = aHigh(p, w);
        long b = bHigh(p, w);
        set(p, w, merge(a, b, width), merge(a << 32, b << 32, width));
    }

    private static void mergeLow(PowerProcessor p, int w, int width) {
        long a = aLow(p, w);
        long b = bLow(p, w);
        set(p, w, merge(a, b, width), merge(a << 32, b << 32, width));
    }

    static void vmrghb(PowerProcessor p, int w) {
        mergeHigh(p, w, 8);
    }

    static void vmrghh(PowerProcessor p, int w) {
        mergeHigh(p, w, 16);
    }

    static void vmrghw(PowerProcessor p, int w) {
        mergeHigh(p, w, 32);
    }

    static void vmrglb(PowerProcessor p, int w) {
        mergeLow(p, w, 8);
    }

    static void vmrglh(PowerProcessor p, int w) {
        mergeLow(p, w, 16);
    }

    static void vmrglw(PowerProcessor p, int w) {
        mergeLow(p, w, 32);
    }

    static void vmrgew(PowerProcessor p, int w) {
        set(
                p,
                w,
                Lanes.select(LEFT_WORD, aHigh(p, w), bHigh(p, w) >>> 32),
                Lanes.select(LEFT_WORD, aLow(p, w), bLow(p, w) >>> 32));
    }

    static void vmrgow(PowerProcessor p, int w) {
        set(
                p,
                w,
                Lanes.select(LEFT_WORD, aHigh(p, w) << 32, bHigh(p, w)),
                Lanes.select(LEFT_WORD, aLow(p, w) << 32, bLow(p, w)));
    }

    // Splat

    private static void splat(PowerProcessor p, int w, long value) {
        set(p, w, value, value);
    }

    static void vspltb(PowerProcessor p, int w) {
        splat(p, w, Quadword.byteAt(bHigh(p, w), bLow(p, w), Fields.uim4(w)) * BYTE_SPLAT);
    }

    static void vsplth(PowerProcessor p, int w) {
        int i = Fields.uim3(w);
        long half = i < 4 ? bHigh(p, w) : bLow(p, w);
        splat(p, w, (half >>> 16 * (~i & 3) & 0xffff) * HALFWORD_SPLAT);
    }

    static void vspltw(PowerProcessor p, int w) {
        int i = Fields.uim2(w);
        long half = i < 2 ? bHigh(p, w) : bLow(p, w);
        splat(p, w, (half >>> 32 * (~i & 1) & 0xffff_ffffL) * WORD_SPLAT);
    }

    static void vspltisb(PowerProcessor p, int w) {
        splat(p, w, (Fields.sim(w) & 0xff) * BYTE_SPLAT);
    }

    static void vspltish(PowerProcessor p, int w) {
        splat(p, w, (Fields.sim(w) & 0xffff) * HALFWORD_SPLAT);
    }

    static void vspltisw(PowerProcessor p, int w) {
        splat(p, w, (Fields.sim(w) & 0xffff_ffffL) * WORD_SPLAT);
    }

    // Permute

    static void vperm(PowerProcessor p, int w) {
        permute(p, w, cHigh(p, w), cLow(p, w));
    }

    /** Counts bytes from the right: index i is index 31 - i of vperm, which is its complement. */
    static void vpermr(PowerProcessor p, int w) {
        permute(p, w, ~cHigh(p, w), ~cLow(p, w));
    }

    private static void permute(PowerProcessor p, int w, long indexesHigh, long indexesLow) {
        long s0 = aHigh(p, w);
        long s1 = aLow(p, w);
        long s2 = bHigh(p, w);
        long s3 = bLow(p, w);
        set(p, w, permute(s0, s1, s2, s3, indexesHigh), permute(s0, s1, s2, s3, indexesLow));
    }

    /**
     * Eight bytes out of 32.
     *
     * @param s0 bytes 0 to 7 of the source, byte 0 at the left; the others follow
     * @param indexes a byte number, modulo 32, for each byte of the result
     */
    static long permute(long s0, long s1, long s2, long s3, long indexes) {
        long result = 0;
        for (int at = 56; at >= 0; at -= 8) {
            int i = (int) (indexes >>> at);
            long left = (i & 8) == 0 ? s0 : s1;
            long right = (i & 8) == 0 ? s2 : s3;
            // The shift takes its count modulo 64: 8 times the distance of byte i from the right of its doubleword.
            result = result << 8 | ((i & 16) == 0 ? left : right) >>> (~i << 3) & 0xff;
        }
        return result;
    }

    static void vpermxor(PowerProcessor p, int w) {
        long aHigh = aHigh(p, w);
        long aLow = aLow(p, w);
        long bHigh = bHigh(p, w);
        long bLow = bLow(p, w);
        long cHigh = cHigh(p, w);
        long cLow = cLow(p, w);
        set(
                p,
                w,
                permute(aHigh, aLow, aHigh, aLow, cHigh >>> 4) ^ permute(bHigh, bLow, bHigh, bLow, cHigh),
                permute(aHigh, aLow, aHigh, aLow, cLow >>> 4) ^ permute(bHigh, bLow, bHigh, bLow, cLow));
    }

    // Extract. A number of bytes that reaches beyond the register is undefined in the book; here bytes wrap around.

    /** The {@code bytes} bytes from byte {@code i} of VRB on, zero-extended. */
    private static long extract(PowerProcessor p, int w, int i, int bytes) {
        long high = bHigh(p, w);
        long low = bLow(p, w);
        int n = 8 * (i & 7);
        long left = i < 8 ? Quadword.funnel(high, low, n) : Quadword.funnel(low, high, n);
        return left >>> 64 - 8 * bytes;
    }

    static void vextractub(PowerProcessor p, int w) {
        set(p, w, extract(p, w, Fields.uim4(w), 1), 0);
    }

    static void vextractuh(PowerProcessor p, int w) {
        set(p, w, extract(p, w, Fields.uim4(w), 2), 0);
    }

    static void vextractuw(PowerProcessor p, int w) {
        set(p, w, extract(p, w, Fields.uim4(w), 4), 0);
    }

    static void vextractd(PowerProcessor p, int w) {
        set(p, w, extract(p, w, Fields.uim4(w), 8), 0);
    }

    private static void extractLeftIndexed(PowerProcessor p, int w, int bytes) {
        p.setGpr(Fields.rt(w), extract(p, w, (int) p.gpr(Fields.ra(w)) & 15, bytes));
    }

    private static void extractRightIndexed(PowerProcessor p, int w, int bytes) {
        p.setGpr(Fields.rt(w), extract(p, w, 16 - bytes - (int) p.gpr(Fields.ra(w)) & 15, bytes));
    }

    static void vextublx(PowerProcessor p, int w) {
        extractLeftIndexed(p, w, 1);
    }

    static void vextuhlx(PowerProcessor p, int w) {
        extractLeftIndexed(p, w, 2);
    }

    static void vextuwlx(PowerProcessor p, int w) {
        extractLeftIndexed(p, w, 4);
    }

    static void vextubrx(PowerProcessor p, int w) {
        extractRightIndexed(p, w, 1);
    }

    static void vextuhrx(PowerProcessor p, int w) {
        extractRightIndexed(p, w, 2);
    }

    static void vextuwrx(PowerProcessor p, int w) {
        extractRightIndexed(p, w, 4);
    }

    // Insert

    /** Puts the low bytes of VRB's doubleword 0 into VRT from byte UIM on. */
    private static void insert(PowerProcessor p, int w, int bytes) {
        int t = Fields.vrt(w);
        int i = Fields.uim4(w);
        long mask = -1L << 64 - 8 * bytes;
        long value = bHigh(p, w) << 64 - 8 * bytes;
        int n = 8 * i;
        p.setVr(
                t,
                Lanes.select(Quadword.shiftRightHigh(mask, n), Quadword.shiftRightHigh(value, n), p.vrHigh(t)),
                Lanes.select(Quadword.shiftRightLow(mask, 0, n), Quadword.shiftRightLow(value, 0, n), p.vrLow(t)));
    }

    static void vinsertb(PowerProcessor p, int w) {
        insert(p, w, 1);
    }

    static void vinserth(PowerProcessor p, int w) {
        insert(p, w, 2);
    }

    static void vinsertw(PowerProcessor p, int w) {
        insert(p, w, 4);
    }

    static void vinsertd(PowerProcessor p, int w) {
        insert(p, w, 8);
    }
}

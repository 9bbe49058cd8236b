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
 * VSX merge, splat, permute, extract, insert and byte-reverse (Power ISA 3.0B, Book I, 7.6.3).
 */
final class VsxPermute {
    private static final long LEFT_WORD = 0xffff_ffff_0000_0000L;

    private VsxPermute() {}

    static void bind(Meanings m) {
        m.routine("xxmrghw", VsxPermute::xxmrghw);
        m.routine("xxmrglw", VsxPermute::xxmrglw);
        m.routine("xxpermdi", VsxPermute::xxpermdi);
        m.routine("xxsldwi", VsxPermute::xxsldwi);
        m.routine("xxspltw", VsxPermute::xxspltw);
        m.routine("xxspltib", VsxPermute::xxspltib);
        m.routine("xxperm", VsxPermute::xxperm);
        m.routine("xxpermr", VsxPermute::xxpermr);
        m.routine("xxextractuw", VsxPermute::xxextractuw);
        m.routine("xxinsertw", VsxPermute::xxinsertw);
        m.routine("xxbrh", VsxPermute::xxbrh);
        m.routine("xxbrw", VsxPermute::xxbrw);
        m.routine("xxbrd", VsxPermute::xxbrd);
        m.routine("xxbrq", VsxPermute::xxbrq);
    }

    static void xxmrghw(PowerProcessor p, int w) {
        mergeWords(p, w, aHigh(p, w), bHigh(p, w));
    }

    static void xxmrglw(PowerProcessor p, int w) {
        mergeWords(p, w, aLow(p, w), bLow(p, w));
    }

    private static void mergeWords(PowerProcessor p, int w, long a, long b) {
        set(p, w, a & LEFT_WORD | b >>> 32, a << 32 | b & ~LEFT_WORD);
    }

    static void xxpermdi(PowerProcessor p, int w) {
        int dm = Fields.dm(w);
        set(p, w, (dm & 2) == 0 ? aHigh(p, w) : aLow(p, w), (dm & 1) == 0 ? bHigh(p, w) : bLow(p, w));
    }

    static void xxsldwi(PowerProcessor p, int w) {
        int words = Fields.shw(w);
        int n = 32 * (words & 1);
        if (words < 2) {
            long between = aLow(p, w);
            set(p, w, Quadword.funnel(aHigh(p, w), between, n), Quadword.funnel(between, bHigh(p, w), n));
        } else {
            long between = bHigh(p, w);
            set(p, w, Quadword.funnel(aLow(p, w), between, n), Quadword.funnel(between, bLow(p, w), n));
        }
    }

    static void xxspltw(PowerProcessor p, int w) {
        int i = Fields.uim2(w);
        long half = i < 2 ? bHigh(p, w) : bLow(p, w);
        long value = (i & 1) == 0 ? half & LEFT_WORD | half >>> 32 : half << 32 | half & ~LEFT_WORD;
        set(p, w, value, value);
    }

    static void xxspltib(PowerProcessor p, int w) {
        long value = Fields.imm8(w) * 0x0101_0101_0101_0101L;
        set(p, w, value, value);
    }

    /** The 32 bytes to select from are XA and then the old XT. */
    static void xxperm(PowerProcessor p, int w) {
        permute(p, w, bHigh(p, w), bLow(p, w));
    }

    /** Counts bytes from the right. */
    static void xxpermr(PowerProcessor p, int w) {
        permute(p, w, ~bHigh(p, w), ~bLow(p, w));
    }

    private static void permute(PowerProcessor p, int w, long indexesHigh, long indexesLow) {
        long s0 = aHigh(p, w);
        long s1 = aLow(p, w);
        long s2 = p.vsrHigh(Fields.xt(w));
        long s3 = p.vsrLow(Fields.xt(w));
        set(
                p,
                w,
                VectorPermute.permute(s0, s1, s2, s3, indexesHigh),
                VectorPermute.permute(s0, s1, s2, s3, indexesLow));
    }

    /** UIM above 12 is undefined in the book; here bytes wrap around. */
    static void xxextractuw(PowerProcessor p, int w) {
        int i = Fields.uim4(w);
        int n = 8 * (i & 7);
        long high = bHigh(p, w);
        long low = bLow(p, w);
        long left = i < 8 ? Quadword.funnel(high, low, n) : Quadword.funnel(low, high, n);
        set(p, w, left >>> 32, 0);
    }

    /** UIM above 12 is undefined in the book; here what does not fit is dropped. */
    static void xxinsertw(PowerProcessor p, int w) {
        int t = Fields.xt(w);
        int n = 8 * Fields.uim4(w);
        long value = bHigh(p, w) << 32;
        set(
                p,
                w,
                Lanes.select(Quadword.shiftRightHigh(LEFT_WORD, n), Quadword.shiftRightHigh(value, n), p.vsrHigh(t)),
                Lanes.select(
                        Quadword.shiftRightLow(LEFT_WORD, 0, n), Quadword.shiftRightLow(value, 0, n), p.vsrLow(t)));
    }

    static void xxbrh(PowerProcessor p, int w) {
        set(p, w, reverseInHalfwords(bHigh(p, w)), reverseInHalfwords(bLow(p, w)));
    }

    private static long reverseInHalfwords(long a) {
        return a >>> 8 & 0x00ff_00ff_00ff_00ffL | (a & 0x00ff_00ff_00ff_00ffL) << 8;
    }

    static void xxbrw(PowerProcessor p, int w) {
        // Reversing the doubleword's bytes also swaps its words.
        set(
                p,
                w,
                Long.rotateLeft(Long.reverseBytes(bHigh(p, w)), 32),
                Long.rotateLeft(Long.reverseBytes(bLow(p, w)), 32));
    }

    static void xxbrd(PowerProcessor p, int w) {
        set(p, w, Long.reverseBytes(bHigh(p, w)), Long.reverseBytes(bLow(p, w)));
    }

    static void xxbrq(PowerProcessor p, int w) {
        set(p, w, Long.reverseBytes(bLow(p, w)), Long.reverseBytes(bHigh(p, w)));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorForm.aHigh;
import static dev.wattle.power.semantics.VectorForm.aLow;
import static dev.wattle.power.semantics.VectorForm.bHigh;
import static dev.wattle.power.semantics.VectorForm.bLow;
import static dev.wattle.power.semantics.VectorForm.cHigh;
import static dev.wattle.power.semantics.VectorForm.cLow;
import static dev.wattle.power.semantics.VectorForm.set;

import dev.wattle.engine.ir.Op;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.State;

/**
 * Vector logical, select, parity, bit gather, bit count and bit permute instructions (Power ISA 3.0B, Book I, 6.8.5,
 * 6.9.4, 6.9.5 and 6.12 to 6.17).
 */
final class VectorLogical {
    private static final long LOW_BIT_OF_BYTES = 0x0101_0101_0101_0101L;

    private VectorLogical() {}

    static void bind(Meanings m) {
        m.routine("vand", VectorLogical::vand);
        m.routine("vandc", VectorLogical::vandc);
        m.routine("veqv", VectorLogical::veqv);
        m.routine("vnand", VectorLogical::vnand);
        m.routine("vorc", VectorLogical::vorc);
        m.routine("vnor", VectorLogical::vnor);
        m.routine("vor", VectorLogical::vor);
        m.routine("vxor", VectorLogical::vxor);
        m.routine("vsel", VectorLogical::vsel);
        m.routine("vprtybw", VectorLogical::vprtybw);
        m.routine("vprtybd", VectorLogical::vprtybd);
        m.routine("vprtybq", VectorLogical::vprtybq);
        m.routine("vgbbd", VectorLogical::vgbbd);
        m.routine("vclzb", VectorLogical::vclzb);
        m.routine("vclzh", VectorLogical::vclzh);
        m.routine("vclzw", VectorLogical::vclzw);
        m.routine("vclzd", VectorLogical::vclzd);
        m.routine("vctzb", VectorLogical::vctzb);
        m.routine("vctzh", VectorLogical::vctzh);
        m.routine("vctzw", VectorLogical::vctzw);
        m.routine("vctzd", VectorLogical::vctzd);
        m.emitter("vclzlsbb", VectorLogical::vclzlsbb);
        m.emitter("vctzlsbb", VectorLogical::vctzlsbb);
        m.routine("vpopcntb", VectorLogical::vpopcntb);
        m.routine("vpopcnth", VectorLogical::vpopcnth);
        m.routine("vpopcntw", VectorLogical::vpopcntw);
        m.routine("vpopcntd", VectorLogical::vpopcntd);
        m.routine("vbpermq", VectorLogical::vbpermq);
        m.routine("vbpermd", VectorLogical::vbpermd);
    }

    static void vand(PowerProcessor p, int w) {
        set(p, w, aHigh(p, w) & bHigh(p, w), aLow(p, w) & bLow(p, w));
    }

    static void vandc(PowerProcessor p, int w) {
        set(p, w, aHigh(p, w) & ~bHigh(p, w), aLow(p, w) & ~bLow(p, w));
    }

    static void veqv(PowerProcessor p, int w) {
        set(p, w, ~(aHigh(p, w) ^ bHigh(p, w)), ~(aLow(p, w) ^ bLow(p, w)));
    }

    static void vnand(PowerProcessor p, int w) {
        set(p, w, ~(aHigh(p, w) & bHigh(p, w)), ~(aLow(p, w) & bLow(p, w)));
    }

    static void vorc(PowerProcessor p, int w) {
        set(p, w, aHigh(p, w) | ~bHigh(p, w), aLow(p, w) | ~bLow(p, w));
    }

    static void vnor(PowerProcessor p, int w) {
        set(p, w, ~(aHigh(p, w) | bHigh(p, w)), ~(aLow(p, w) | bLow(p, w)));
    }

    static void vor(PowerProcessor p, int w) {
        set(p, w, aHigh(p, w) | bHigh(p, w), aLow(p, w) | bLow(p, w));
    }

    static void vxor(PowerProcessor p, int w) {
        set(p, w, aHigh(p, w) ^ bHigh(p, w), aLow(p, w) ^ bLow(p, w));
    }

    static void vsel(PowerProcessor p, int w) {
        set(
                p,
                w,
                Lanes.select(cHigh(p, w), bHigh(p, w), aHigh(p, w)),
                Lanes.select(cLow(p, w), bLow(p, w), aLow(p, w)));
    }

    // Parity of the least significant bits of an element's bytes

    static void vprtybw(PowerProcessor p, int w) {
        set(p, w, parityWords(bHigh(p, w)), parityWords(bLow(p, w)));
    }

    private static long parityWords(long a) {
        long x = a ^ a >>> 16;
        return (x ^ x >>> 8) & 0x0000_0001_0000_0001L;
    }

    static void vprtybd(PowerProcessor p, int w) {
        set(p, w, parityDoubleword(bHigh(p, w)), parityDoubleword(bLow(p, w)));
    }

    private static long parityDoubleword(long a) {
        return Long.bitCount(a & LOW_BIT_OF_BYTES) & 1;
    }

    static void vprtybq(PowerProcessor p, int w) {
        set(p, w, 0, parityDoubleword(bHigh(p, w) ^ bLow(p, w)));
    }

    // Gather

    static void vgbbd(PowerProcessor p, int w) {
        set(p, w, transpose(bHigh(p, w)), transpose(bLow(p, w)));
    }

    /** Transposes a doubleword as a matrix of 8 bytes by 8 bits: swaps 1x1, 2x2 and 4x4 blocks. */
    private static long transpose(long a) {
        long x = a;
        long t = (x ^ x >>> 7) & 0x00aa_00aa_00aa_00aaL;
        x ^= t ^ t << 7;
        t = (x ^ x >>> 14) & 0x0000_cccc_0000_ccccL;
        x ^= t ^ t << 14;
        t = (x ^ x >>> 28) & 0x0000_0000_f0f0_f0f0L;
        return x ^ t ^ t << 28;
    }

    // Counts

    static void vclzb(PowerProcessor p, int w) {
        countLeadingZeros(p, w, Lanes.BYTES);
    }

    static void vclzh(PowerProcessor p, int w) {
        countLeadingZeros(p, w, Lanes.HALFWORDS);
    }

    static void vclzw(PowerProcessor p, int w) {
        countLeadingZeros(p, w, Lanes.WORDS);
    }

    private static void countLeadingZeros(PowerProcessor p, int w, long top) {
        set(p, w, Lanes.countLeadingZeros(bHigh(p, w), top), Lanes.countLeadingZeros(bLow(p, w), top));
    }

    static void vclzd(PowerProcessor p, int w) {
        set(p, w, Long.numberOfLeadingZeros(bHigh(p, w)), Long.numberOfLeadingZeros(bLow(p, w)));
    }

    static void vctzb(PowerProcessor p, int w) {
        countTrailingZeros(p, w, Lanes.BYTES);
    }

    static void vctzh(PowerProcessor p, int w) {
        countTrailingZeros(p, w, Lanes.HALFWORDS);
    }

    static void vctzw(PowerProcessor p, int w) {
        countTrailingZeros(p, w, Lanes.WORDS);
    }

    private static void countTrailingZeros(PowerProcessor p, int w, long top) {
        set(p, w, Lanes.countTrailingZeros(bHigh(p, w), top), Lanes.countTrailingZeros(bLow(p, w), top));
    }

    static void vctzd(PowerProcessor p, int w) {
        set(p, w, Long.numberOfTrailingZeros(bHigh(p, w)), Long.numberOfTrailingZeros(bLow(p, w)));
    }

    private static void vclzlsbb(Emission e) {
        int low = State.VSR + 2 * (32 + Fields.vrb(e.word));
        zeroBytes(e, Op.CLZ, low + 1, low);
    }

    private static void vctzlsbb(Emission e) {
        int low = State.VSR + 2 * (32 + Fields.vrb(e.word));
        zeroBytes(e, Op.CTZ, low, low + 1);
    }

    /** How many bytes from one end have a low bit of 0. */
    private static void zeroBytes(Emission e, int count, int first, int second) {
        int bits = e.temp();
        int zeros = e.temp();
        int more = e.temp();
        e.out.opImm(Op.ANDI, more, second, LOW_BIT_OF_BYTES);
        e.out.op(count, more, more, 0);
        e.out.opImm(Op.ADDI, more, more, 64);
        e.out.opImm(Op.ANDI, bits, first, LOW_BIT_OF_BYTES);
        e.out.op(count, zeros, bits, 0);
        e.out.emit(Op.SELECT, zeros, bits, zeros, more, 0);
        e.out.opImm(Op.SHRI, e.rt(), zeros, 3);
    }

    static void vpopcntb(PowerProcessor p, int w) {
        count(p, w, Lanes.BYTES);
    }

    static void vpopcnth(PowerProcessor p, int w) {
        count(p, w, Lanes.HALFWORDS);
    }

    static void vpopcntw(PowerProcessor p, int w) {
        count(p, w, Lanes.WORDS);
    }

    private static void count(PowerProcessor p, int w, long top) {
        set(p, w, Lanes.count(bHigh(p, w), top), Lanes.count(bLow(p, w), top));
    }

    static void vpopcntd(PowerProcessor p, int w) {
        set(p, w, Long.bitCount(bHigh(p, w)), Long.bitCount(bLow(p, w)));
    }

    // Bit permute

    static void vbpermq(PowerProcessor p, int w) {
        long high = aHigh(p, w);
        long low = aLow(p, w);
        set(p, w, pickQuadword(high, low, bHigh(p, w)) << 8 | pickQuadword(high, low, bLow(p, w)), 0);
    }

    /** The bits of a quadword whose numbers are the bytes of {@code indexes}, 0 for a number above 127: 8 bits. */
    private static long pickQuadword(long high, long low, long indexes) {
        long bits = 0;
        for (int shift = 56; shift >= 0; shift -= 8) {
            int i = (int) (indexes >>> shift);
            // The shift takes ~i modulo 64, which is the distance from the right of bit i of either half.
            long bit = ((i & 64) == 0 ? high : low) >>> ~i & 1;
            bits = bits << 1 | bit & ~(i >>> 7);
        }
        return bits;
    }

    static void vbpermd(PowerProcessor p, int w) {
        set(p, w, pickDoubleword(aHigh(p, w), bHigh(p, w)), pickDoubleword(aLow(p, w), bLow(p, w)));
    }

    private static long pickDoubleword(long a, long indexes) {
        long bits = 0;
        for (int shift = 56; shift >= 0; shift -= 8) {
            int i = (int) (indexes >>> shift) & 0xff;
            bits = bits << 1 | (i < 64 ? a >>> 63 - i & 1 : 0);
        }
        return bits;
    }
}

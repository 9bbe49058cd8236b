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
 * Vector pack and unpack (Power ISA 3.0B, Book I, 6.8.1).
 */
final class VectorPack {
    private VectorPack() {}

    static void bind(Meanings m) {
        m.routine("vpkuhum", VectorPack::vpkuhum);
        m.routine("vpkuwum", VectorPack::vpkuwum);
        m.routine("vpkudum", VectorPack::vpkudum);
        m.routine("vpkuhus", VectorPack::vpkuhus);
        m.routine("vpkuwus", VectorPack::vpkuwus);
        m.routine("vpkudus", VectorPack::vpkudus);
        m.routine("vpkshus", VectorPack::vpkshus);
        m.routine("vpkswus", VectorPack::vpkswus);
        m.routine("vpksdus", VectorPack::vpksdus);
        m.routine("vpkshss", VectorPack::vpkshss);
        m.routine("vpkswss", VectorPack::vpkswss);
        m.routine("vpksdss", VectorPack::vpksdss);
        m.routine("vpkpx", VectorPack::vpkpx);
        m.routine("vupkhpx", VectorPack::vupkhpx);
        m.routine("vupklpx", VectorPack::vupklpx);
        m.routine("vupkhsb", VectorPack::vupkhsb);
        m.routine("vupklsb", VectorPack::vupklsb);
        m.routine("vupkhsh", VectorPack::vupkhsh);
        m.routine("vupklsh", VectorPack::vupklsh);
        m.routine("vupkhsw", VectorPack::vupkhsw);
        m.routine("vupklsw", VectorPack::vupklsw);
    }

    // Pack: VRA gives the left half of the result, VRB the right one

    /**
     * The low halves of a's elements, side by side in the low word.
     *
     * @param width bits in an element of a
     */
    private static long pack(long a, int width) {
        long x = a;
        if (width == 16) {
            x &= 0x00ff_00ff_00ff_00ffL;
            x |= x >>> 8;
        }
        if (width <= 32) {
            x &= 0x0000_ffff_0000_ffffL;
            x |= x >>> 16;
        }
        return x & 0xffff_ffffL;
    }

    private static void pack(PowerProcessor p, int w, int width) {
        set(
                p,
                w,
                pack(aHigh(p, w), width) << 32 | pack(aLow(p, w), width),
                pack(bHigh(p, w), width) << 32 | pack(bLow(p, w), width));
    }

    /** Packs elements clamped to the result's range. */
    private static long packSaturate(PowerProcessor p, long a, int width, boolean signed, long minimum, long maximum) {
        long result = 0;
        for (int at = 64 - width; at >= 0; at -= width) {
            long left = a << 64 - width - at;
            long element = signed ? left >> 64 - width : left >>> 64 - width;
            long clamped;
            if (signed) {
                clamped = Math.clamp(element, minimum, maximum);
            } else {
                clamped = Long.compareUnsigned(element, maximum) > 0 ? maximum : element;
            }
            if (clamped != element) {
                saturate(p);
            }
            result = result << width / 2 | clamped & (1L << width / 2) - 1;
        }
        return result;
    }

    private static void packSaturate(PowerProcessor p, int w, int width, boolean signed, long minimum, long maximum) {
        long high = packSaturate(p, aHigh(p, w), width, signed, minimum, maximum) << 32
                | packSaturate(p, aLow(p, w), width, signed, minimum, maximum);
        long low = packSaturate(p, bHigh(p, w), width, signed, minimum, maximum) << 32
                | packSaturate(p, bLow(p, w), width, signed, minimum, maximum);
        set(p, w, high, low);
    }

    static void vpkuhum(PowerProcessor p, int w) {
        pack(p, w, 16);
    }

    static void vpkuwum(PowerProcessor p, int w) {
        pack(p, w, 32);
    }

    static void vpkudum(PowerProcessor p, int w) {
        pack(p, w, 64);
    }

    static void vpkuhus(PowerProcessor p, int w) {
        packSaturate(p, w, 16, false, 0, 0xff);
    }

    static void vpkuwus(PowerProcessor p, int w) {
        packSaturate(p, w, 32, false, 0, 0xffff);
    }

    static void vpkudus(PowerProcessor p, int w) {
        packSaturate(p, w, 64, false, 0, 0xffff_ffffL);
    }

    static void vpkshus(PowerProcessor p, int w) {
        packSaturate(p, w, 16, true, 0, 0xff);
    }

    static void vpkswus(PowerProcessor p, int w) {
        packSaturate(p, w, 32, true, 0, 0xffff);
    }

    static void vpksdus(PowerProcessor p, int w) {
        packSaturate(p, w, 64, true, 0, 0xffff_ffffL);
    }

    static void vpkshss(PowerProcessor p, int w) {
        packSaturate(p, w, 16, true, Byte.MIN_VALUE, Byte.MAX_VALUE);
    }

    static void vpkswss(PowerProcessor p, int w) {
        packSaturate(p, w, 32, true, Short.MIN_VALUE, Short.MAX_VALUE);
    }

    static void vpksdss(PowerProcessor p, int w) {
        packSaturate(p, w, 64, true, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    static void vpkpx(PowerProcessor p, int w) {
        set(
                p,
                w,
                packPixels(aHigh(p, w)) << 32 | packPixels(aLow(p, w)),
                packPixels(bHigh(p, w)) << 32 | packPixels(bLow(p, w)));
    }

    /** Two 8:8:8:8 pixels to 1:5:5:5: the low bit of the first channel, the high five of the others. */
    private static long packPixels(long a) {
        long x = a >>> 9 & 0x0000_fc00_0000_fc00L | a >>> 6 & 0x0000_03e0_0000_03e0L | a >>> 3 & 0x0000_001f_0000_001fL;
        return pack(x, 32);
    }

    // Unpack: the high (left) or low half of VRB

    /** Sign-extends the elements of the high word of a to twice their width. */
    private static long unpack(long a, int width) {
        long result = 0;
        for (int at = 64 - width; at >= 32; at -= width) {
            long element = a << 64 - width - at >> 64 - width;
            result = result << 2 * width | element & -1L >>> 64 - 2 * width;
        }
        return result;
    }

    private static void unpackHigh(PowerProcessor p, int w, int width) {
        long b = bHigh(p, w);
        set(p, w, unpack(b, width), unpack(b << 32, width));
    }

    private static void unpackLow(PowerProcessor p, int w, int width) {
        long b = bLow(p, w);
        set(p, w, unpack(b, width), unpack(b << 32, width));
    }

    static void vupkhsb(PowerProcessor p, int w) {
        unpackHigh(p, w, 8);
    }

    static void vupklsb(PowerProcessor p, int w) {
        unpackLow(p, w, 8);
    }

    static void vupkhsh(PowerProcessor p, int w) {
        unpackHigh(p, w, 16);
    }

    static void vupklsh(PowerProcessor p, int w) {
        unpackLow(p, w, 16);
    }

    static void vupkhsw(PowerProcessor p, int w) {
        unpackHigh(p, w, 32);
    }

    static void vupklsw(PowerProcessor p, int w) {
        unpackLow(p, w, 32);
    }

    static void vupkhpx(PowerProcessor p, int w) {
        long b = bHigh(p, w);
        set(p, w, unpackPixels(b), unpackPixels(b << 32));
    }

    static void vupklpx(PowerProcessor p, int w) {
        long b = bLow(p, w);
        set(p, w, unpackPixels(b), unpackPixels(b << 32));
    }

    /** The two 1:5:5:5 pixels of the high word, each channel to a byte: the first sign-extended, the others not. */
    private static long unpackPixels(long a) {
        long x = unpack(a, 16);
        // Sign extension has filled bits 16 to 31 of each word with the first channel already.
        return x & 0xff00_0000_ff00_0000L
                | x << 6 & 0x001f_0000_001f_0000L
                | x << 3 & 0x0000_1f00_0000_1f00L
                | x & 0x0000_001f_0000_001fL;
    }
}

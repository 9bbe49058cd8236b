// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.semantics.floating.Binary32;

/**
 * VSX storage access (Power ISA 3.0B, Book I, 7.6.3).
 *
 * <p>A load that interrupts leaves its target as it was; a store that interrupts has stored nothing.
 */
final class VsxLoadStore {
    private VsxLoadStore() {}

    static void bind(Meanings m) {
        m.routine("lxsdx", VsxLoadStore::lxsdx);
        m.routine("lxsiwax", VsxLoadStore::lxsiwax);
        m.routine("lxsiwzx", VsxLoadStore::lxsiwzx);
        m.routine("lxsibzx", VsxLoadStore::lxsibzx);
        m.routine("lxsihzx", VsxLoadStore::lxsihzx);
        m.routine("lxsspx", VsxLoadStore::lxsspx);
        m.routine("lxsd", VsxLoadStore::lxsd);
        m.routine("lxssp", VsxLoadStore::lxssp);
        m.routine("stxsdx", VsxLoadStore::stxsdx);
        m.routine("stxsiwx", VsxLoadStore::stxsiwx);
        m.routine("stxsibx", VsxLoadStore::stxsibx);
        m.routine("stxsihx", VsxLoadStore::stxsihx);
        m.routine("stxsspx", VsxLoadStore::stxsspx);
        m.routine("stxsd", VsxLoadStore::stxsd);
        m.routine("stxssp", VsxLoadStore::stxssp);
        m.routine("lxvd2x", VsxLoadStore::lxvd2x);
        m.routine("lxvw4x", VsxLoadStore::lxvw4x);
        m.routine("lxvh8x", VsxLoadStore::lxvh8x);
        m.routine("lxvb16x", VsxLoadStore::lxvb16x);
        m.routine("stxvd2x", VsxLoadStore::stxvd2x);
        m.routine("stxvw4x", VsxLoadStore::stxvw4x);
        m.routine("stxvh8x", VsxLoadStore::stxvh8x);
        m.routine("stxvb16x", VsxLoadStore::stxvb16x);
        m.routine("lxvdsx", VsxLoadStore::lxvdsx);
        m.routine("lxvwsx", VsxLoadStore::lxvwsx);
        m.routine("lxv", VsxLoadStore::lxv);
        m.routine("lxvx", VsxLoadStore::lxvx);
        m.routine("stxv", VsxLoadStore::stxv);
        m.routine("stxvx", VsxLoadStore::stxvx);
        m.routine("lxvl", VsxLoadStore::lxvl);
        m.routine("lxvll", VsxLoadStore::lxvll);
        m.routine("stxvl", VsxLoadStore::stxvl);
        m.routine("stxvll", VsxLoadStore::stxvll);
    }

    private static long eaX(PowerProcessor p, int w) {
        return p.ea(p.gprOrZero(Fields.ra(w)) + p.gpr(Fields.rb(w)));
    }

    private static long eaDs(PowerProcessor p, int w) {
        return p.ea(p.gprOrZero(Fields.ra(w)) + Fields.ds(w));
    }

    private static long eaDq(PowerProcessor p, int w) {
        return p.ea(p.gprOrZero(Fields.ra(w)) + Fields.dq(w));
    }

    // Scalars: doubleword 0. The book leaves doubleword 1 undefined; it becomes 0.

    static void lxsdx(PowerProcessor p, int w) {
        p.setVsr(Fields.xt(w), p.load64(eaX(p, w)), 0);
    }

    static void lxsiwax(PowerProcessor p, int w) {
        p.setVsr(Fields.xt(w), p.load32(eaX(p, w)), 0);
    }

    static void lxsiwzx(PowerProcessor p, int w) {
        p.setVsr(Fields.xt(w), p.load32(eaX(p, w)) & 0xffff_ffffL, 0);
    }

    static void lxsibzx(PowerProcessor p, int w) {
        p.setVsr(Fields.xt(w), p.load8(eaX(p, w)), 0);
    }

    static void lxsihzx(PowerProcessor p, int w) {
        p.setVsr(Fields.xt(w), p.load16(eaX(p, w)), 0);
    }

    static void lxsspx(PowerProcessor p, int w) {
        p.setVsr(Fields.xt(w), Binary32.toDouble(p.load32(eaX(p, w))), 0);
    }

    static void lxsd(PowerProcessor p, int w) {
        p.setVr(Fields.vrt(w), p.load64(eaDs(p, w)), 0);
    }

    static void lxssp(PowerProcessor p, int w) {
        p.setVr(Fields.vrt(w), Binary32.toDouble(p.load32(eaDs(p, w))), 0);
    }

    static void stxsdx(PowerProcessor p, int w) {
        p.store64(eaX(p, w), p.vsrHigh(Fields.xs(w)));
    }

    static void stxsiwx(PowerProcessor p, int w) {
        p.store32(eaX(p, w), (int) p.vsrHigh(Fields.xs(w)));
    }

    static void stxsibx(PowerProcessor p, int w) {
        p.store8(eaX(p, w), (int) p.vsrHigh(Fields.xs(w)));
    }

    static void stxsihx(PowerProcessor p, int w) {
        p.store16(eaX(p, w), (int) p.vsrHigh(Fields.xs(w)));
    }

    static void stxsspx(PowerProcessor p, int w) {
        p.store32(eaX(p, w), Binary32.fromDouble(p.vsrHigh(Fields.xs(w))));
    }

    static void stxsd(PowerProcessor p, int w) {
        p.store64(eaDs(p, w), p.vrHigh(Fields.vrs(w)));
    }

    static void stxssp(PowerProcessor p, int w) {
        p.store32(eaDs(p, w), Binary32.fromDouble(p.vrHigh(Fields.vrs(w))));
    }

    // Vectors of elements: element 0 comes from the lowest address, each element in the byte order of the mode

    private static void load(PowerProcessor p, int t, long ea, int elementBytes) {
        long high = p.load64(ea);
        long low = p.load64(p.ea(ea + 8));
        boolean little = p.littleEndian();
        p.setVsr(t, elements(high, elementBytes, little), elements(low, elementBytes, little));
    }

    private static void store(PowerProcessor p, int s, long ea, int elementBytes) {
        boolean little = p.littleEndian();
        probeStore(p, ea, 16);
        p.store64(ea, elements(p.vsrHigh(s), elementBytes, little));
        p.store64(p.ea(ea + 8), elements(p.vsrLow(s), elementBytes, little));
    }

    /** In little-endian mode a doubleword in storage has its elements in the other order. */
    private static long elements(long doubleword, int elementBytes, boolean little) {
        if (!little) {
            return doubleword;
        }
        return switch (elementBytes) {
            case 1 -> Long.reverseBytes(doubleword);
            case 2 -> {
                long x = Long.rotateLeft(doubleword, 32);
                yield x >>> 16 & 0x0000_ffff_0000_ffffL | (x & 0x0000_ffff_0000_ffffL) << 16;
            }
            case 4 -> Long.rotateLeft(doubleword, 32);
            default -> doubleword;
        };
    }

    /** A store of several pieces must be possible as a whole before the first piece is stored. */
    private static void probeStore(PowerProcessor p, long ea, int bytes) {
        if ((ea & 0xfff) + bytes > 0x1000) {
            p.probe(ea, bytes, true);
        }
    }

    static void lxvd2x(PowerProcessor p, int w) {
        load(p, Fields.xt(w), eaX(p, w), 8);
    }

    static void lxvw4x(PowerProcessor p, int w) {
        load(p, Fields.xt(w), eaX(p, w), 4);
    }

    static void lxvh8x(PowerProcessor p, int w) {
        load(p, Fields.xt(w), eaX(p, w), 2);
    }

    static void lxvb16x(PowerProcessor p, int w) {
        load(p, Fields.xt(w), eaX(p, w), 1);
    }

    static void stxvd2x(PowerProcessor p, int w) {
        store(p, Fields.xs(w), eaX(p, w), 8);
    }

    static void stxvw4x(PowerProcessor p, int w) {
        store(p, Fields.xs(w), eaX(p, w), 4);
    }

    static void stxvh8x(PowerProcessor p, int w) {
        store(p, Fields.xs(w), eaX(p, w), 2);
    }

    static void stxvb16x(PowerProcessor p, int w) {
        store(p, Fields.xs(w), eaX(p, w), 1);
    }

    static void lxvdsx(PowerProcessor p, int w) {
        long value = p.load64(eaX(p, w));
        p.setVsr(Fields.xt(w), value, value);
    }

    static void lxvwsx(PowerProcessor p, int w) {
        long value = (p.load32(eaX(p, w)) & 0xffff_ffffL) * 0x0000_0001_0000_0001L;
        p.setVsr(Fields.xt(w), value, value);
    }

    // Quadwords: 16 bytes in the byte order of the mode

    private static void loadQuadword(PowerProcessor p, int t, long ea) {
        long first = p.load64(ea);
        long second = p.load64(p.ea(ea + 8));
        if (p.littleEndian()) {
            p.setVsr(t, second, first);
        } else {
            p.setVsr(t, first, second);
        }
    }

    private static void storeQuadword(PowerProcessor p, int s, long ea) {
        boolean little = p.littleEndian();
        probeStore(p, ea, 16);
        p.store64(ea, little ? p.vsrLow(s) : p.vsrHigh(s));
        p.store64(p.ea(ea + 8), little ? p.vsrHigh(s) : p.vsrLow(s));
    }

    static void lxv(PowerProcessor p, int w) {
        loadQuadword(p, Fields.xtDq(w), eaDq(p, w));
    }

    static void lxvx(PowerProcessor p, int w) {
        loadQuadword(p, Fields.xt(w), eaX(p, w));
    }

    static void stxv(PowerProcessor p, int w) {
        storeQuadword(p, Fields.xsDq(w), eaDq(p, w));
    }

    static void stxvx(PowerProcessor p, int w) {
        storeQuadword(p, Fields.xs(w), eaX(p, w));
    }

    // With length: bits 0:7 of RB are the number of bytes, 16 for more

    private static long eaOfLength(PowerProcessor p, int w) {
        return p.ea(p.gprOrZero(Fields.ra(w)));
    }

    private static int length(PowerProcessor p, int w) {
        return (int) Math.min(p.gpr(Fields.rb(w)) >>> 56, 16);
    }

    /** Up to 8 bytes in the order of their addresses, the first leftmost, zeros after the last. */
    private static long loadBytes(PowerProcessor p, long ea, int count) {
        if (count == 8) {
            long value = p.load64(ea);
            return p.littleEndian() ? Long.reverseBytes(value) : value;
        }
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (long) p.load8(p.ea(ea + i)) << 56 - 8 * i;
        }
        return value;
    }

    private static void storeBytes(PowerProcessor p, long ea, int count, long value) {
        if (count == 8) {
            p.store64(ea, p.littleEndian() ? Long.reverseBytes(value) : value);
            return;
        }
        for (int i = 0; i < count; i++) {
            p.store8(p.ea(ea + i), (int) (value >>> 56 - 8 * i));
        }
    }

    /** Right-justified, last byte leftmost, in little-endian mode; as {@link #lxvll} in big-endian mode. */
    static void lxvl(PowerProcessor p, int w) {
        long ea = eaOfLength(p, w);
        int n = length(p, w);
        long first = loadBytes(p, ea, Math.min(n, 8));
        long second = loadBytes(p, p.ea(ea + 8), Math.max(n - 8, 0));
        if (p.littleEndian()) {
            p.setVsr(Fields.xt(w), Long.reverseBytes(second), Long.reverseBytes(first));
        } else {
            p.setVsr(Fields.xt(w), first, second);
        }
    }

    /** Left-justified in both byte orders. */
    static void lxvll(PowerProcessor p, int w) {
        long ea = eaOfLength(p, w);
        int n = length(p, w);
        long first = loadBytes(p, ea, Math.min(n, 8));
        p.setVsr(Fields.xt(w), first, loadBytes(p, p.ea(ea + 8), Math.max(n - 8, 0)));
    }

    static void stxvl(PowerProcessor p, int w) {
        int s = Fields.xs(w);
        if (p.littleEndian()) {
            storeWithLength(p, w, Long.reverseBytes(p.vsrLow(s)), Long.reverseBytes(p.vsrHigh(s)));
        } else {
            storeWithLength(p, w, p.vsrHigh(s), p.vsrLow(s));
        }
    }

    static void stxvll(PowerProcessor p, int w) {
        int s = Fields.xs(w);
        storeWithLength(p, w, p.vsrHigh(s), p.vsrLow(s));
    }

    private static void storeWithLength(PowerProcessor p, int w, long first, long second) {
        long ea = eaOfLength(p, w);
        int n = length(p, w);
        probeStore(p, ea, n);
        storeBytes(p, ea, Math.min(n, 8), first);
        storeBytes(p, p.ea(ea + 8), Math.max(n - 8, 0), second);
    }
}

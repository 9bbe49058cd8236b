// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

/** The decrementer, kept as the time base value at which it passes zero (Power ISA 3.0B, Book III, 6.4 and 9.3). */
public final class Decrementer {
    /** LPCR[LD]: the decrementer has more than 32 bits. */
    private static final long LPCR_LD = 1L << 17;

    private Decrementer() {}

    private static int bits(PowerProcessor p) {
        return (p.spr(Spr.LPCR) & LPCR_LD) != 0 ? p.model().decrementerBits() : 32;
    }

    /** The decrementer's contents: sign-extended when large, 32 bits zero-extended when not. */
    public static long read(PowerProcessor p) {
        long value = p.spr(Spr.DEC) - p.time().read(p);
        int bits = bits(p);
        return bits == 32 ? value & 0xffff_ffffL : value << 64 - bits >> 64 - bits;
    }

    /** Sets the decrementer; with a negative value the exception is there at once. */
    public static void write(PowerProcessor p, long value) {
        int unused = 64 - bits(p);
        long ticks = value << unused >> unused;
        long due = p.time().read(p) + ticks;
        p.setSpr(Spr.DEC, due);
        // One step: an exception of the old moment must not come after, one of the new moment not be lost.
        p.platform().decrementerDue(p, due + 1);
    }

    /** Sets the time base value at which the decrementer is zero. */
    public static void restore(PowerProcessor p, long timeBase) {
        p.setSpr(Spr.DEC, timeBase);
        p.platform().decrementerDue(p, timeBase + 1);
    }
}

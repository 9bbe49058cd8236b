// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

/** The mode bits that the meaning of translated code depends on; anything else is read when the code runs. */
public final class Mode {
    public static final int SF = 1;
    public static final int LE = 2;
    public static final int PR = 4;
    public static final int FP = 8;
    public static final int VEC = 16;
    public static final int VSX = 32;
    public static final int TM = 64;
    /** Single-step or branch trace, or an armed CIABR: blocks of one instruction. */
    public static final int TRACE = 128;

    public static final int SCV = 256;
    /** XER[SO] is 1: seldom so, and comparisons need not look at it where it is known to be 0. */
    public static final int SO = 512;

    /** Hash translation: access rights depend on all of the AMR. */
    public static final int HASH = 1024;

    private Mode() {}

    /** The mode of an MSR, an FSCR and an XER[SO]. */
    public static int of(long msr, long fscr, long so) {
        return ((msr & Msr.SF) != 0 ? SF : 0)
                | ((msr & Msr.LE) != 0 ? LE : 0)
                | ((msr & Msr.PR) != 0 ? PR : 0)
                | ((msr & Msr.FP) != 0 ? FP : 0)
                | ((msr & Msr.VEC) != 0 ? VEC : 0)
                | ((msr & Msr.VSX) != 0 ? VSX : 0)
                | ((msr & Msr.TM) != 0 ? TM : 0)
                | ((msr & Msr.TE) != 0 ? TRACE : 0)
                | ((fscr & 1L << 12) != 0 ? SCV : 0)
                | (so != 0 ? SO : 0);
    }
}

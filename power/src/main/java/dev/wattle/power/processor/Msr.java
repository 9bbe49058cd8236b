// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

/** Bits of the machine state register (Power ISA 3.0B, Book III, 3.2.1). */
public final class Msr {
    public static final long SF = 1L << 63;
    public static final long HV = 1L << 60;
    /** Transaction state, two bits. */
    public static final long TS = 3L << 33;

    public static final long TM = 1L << 32;
    public static final long VEC = 1L << 25;
    public static final long VSX = 1L << 23;
    public static final long EE = 1L << 15;
    public static final long PR = 1L << 14;
    public static final long FP = 1L << 13;
    public static final long ME = 1L << 12;
    public static final long FE0 = 1L << 11;
    /** Trace enable, two bits: single step 0b10, branch 0b01. */
    public static final long TE = 3L << 9;

    public static final long SE = 1L << 10;
    public static final long BE = 1L << 9;
    public static final long FE1 = 1L << 8;
    public static final long IR = 1L << 5;
    public static final long DR = 1L << 4;
    public static final long PMM = 1L << 2;
    public static final long RI = 1L << 1;
    public static final long LE = 1L;

    private Msr() {}
}

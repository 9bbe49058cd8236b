// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.ir;

/** Numbers of the 64-bit words of a processor's state block that the engine itself uses. */
public final class Slots {
    /** Effective address of the next instruction; while a block runs, of the block's first instruction. */
    public static final int NIA = 0;
    /** Pending work: nonzero makes the run loop leave at the next block end and look. */
    public static final int PENDING = 1;
    /** Guest instructions completed, up to the start of the running block. */
    public static final int COMPLETED = 2;
    /** Completed-instruction count at which the run loop looks for work as if PENDING were set. */
    public static final int DEADLINE = 3;
    /** Always 0. */
    public static final int ZERO = 4;
    /** Always 1. */
    public static final int ONE = 5;
    /** First of the block-local temporaries. */
    public static final int TEMP = 8;
    /** How many temporaries a block may use. */
    public static final int TEMPS = 24;
    /** First slot that belongs to the guest architecture. */
    public static final int GUEST = 32;
    /** Slots of the whole state block. */
    public static final int COUNT = 2048;

    private Slots() {}
}

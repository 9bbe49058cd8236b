// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.ir;

/**
 * Numbers of the 64-bit words of a processor's state block that the engine itself uses.
 *
 * <p>Where a slot is does matter: the host takes a load for one of what was stored last at an address that is the same
 * modulo 4096, and waits for nothing. So what code stores often and what it loads often, of the engine's and of the guest's,
 * should not be 512 slots apart, or a multiple of that.
 */
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
    /** Host address of the software TLB's current table. */
    public static final int TLB = 6;
    /** Byte mask of an index into that table: entries - 1, times 32. */
    public static final int TLB_MASK = 7;
    /** First of the block-local temporaries. */
    public static final int TEMP = 8;
    /** How many temporaries a block may use. */
    public static final int TEMPS = 24;
    /** First slot that belongs to the guest architecture. */
    public static final int GUEST = 32;
    /** Host address of the current table of {@link dev.wattle.engine.translate.JumpTables}. */
    public static final int JUMP_TABLE = 1280;
    /**
     * Floating-point operations that the host has done and whose status is still to be worked out, see {@link
     * dev.wattle.engine.Processor#settle}: the last arithmetic one in the first slot, after it a comparison in the low
     * word of the second, and a conversion to an integer in its high word. 0 for none.
     */
    public static final int FLOAT_LAST = 1281;

    public static final int FLOAT_LATER = 1282;
    /**
     * Nonzero while a host may do the guest's floating-point arithmetic: the guest rounds to nearest, has no exception
     * enabled, and has recorded an inexact result already.
     */
    public static final int FLOAT_ALLOWED = 1283;
    /** Host address of the reservation, or -1 for none. */
    public static final int RESERVATION = 1284;
    /** What was loaded when the reservation was made, as it stands in storage, up to two doublewords. */
    public static final int RESERVED_VALUE = 1285;
    /** Bytes reserved. */
    public static final int RESERVED_BYTES = 1287;
    /** First of 96 slots for a host back-end's own use. */
    public static final int HOST = 1288;
    /** Nonzero while events wait for the processor to allow them; other threads change it. */
    public static final int REQUESTED = 1384;
    /** Host address of the current table of {@link dev.wattle.engine.translate.Contexts}. */
    public static final int CONTEXTS = 1385;
    /** Numbers the current context, for {@link dev.wattle.engine.Processor#adoptContext}. */
    public static final int CONTEXT = 1386;
    /** Key of the context that {@link Op#SWITCH} enters, and the effective address at which it does. */
    public static final int NEXT_CONTEXT = 1387;

    public static final int NEXT_ADDRESS = 1388;
    /** Host address of the {@link dev.wattle.engine.translate.CodeTable}. */
    public static final int CODE_TABLE = 1389;
    /** What {@link Form#LOAD_128} and {@link Form#LOAD_RESERVE_128} have loaded: two slots. */
    public static final int QUADWORD = 1390;
    /** First of 128 slots for what the guest architecture keeps beside its registers. */
    public static final int GUEST_PRIVATE = 1392;
    /** Nonzero if one of the {@link #RECENT} allows anything. */
    public static final int RECENT_USED = 1663;
    /** First of 256 slots for more of a back-end's own use. */
    public static final int HOST_COUNTERS = 1664;
    /** Copies of entries of the software TLB, see {@link dev.wattle.engine.memory.SoftTlb#forgetRecent}. */
    public static final int RECENT = 1920;
    /** How many there are, of 4 slots each. */
    public static final int RECENTS = 32;
    /** Slots of the whole state block. */
    public static final int COUNT = 2048;

    private Slots() {}
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.model;

import dev.wattle.power.processor.Msr;

/** What distinguishes one processor from another. */
public enum ProcessorModel {
    /** POWER8, Power ISA 2.07. */
    POWER8(0x004d_0200, 207, 32, false),
    /** POWER9, Power ISA 3.0B. */
    POWER9(0x004e_1202, 300, 56, true);

    private static final long LPCR_LD = 1L << 17;
    private static final long LPCR_GTSE = 1L << 10;

    private final int pvr;
    private final int isa;
    private final int decrementerBits;
    private final boolean radix;

    ProcessorModel(int pvr, int isa, int decrementerBits, boolean radix) {
        this.pvr = pvr;
        this.isa = isa;
        this.decrementerBits = decrementerBits;
        this.radix = radix;
    }

    /** Processor version register. */
    public int pvr() {
        return pvr;
    }

    /** Power ISA version times 100: 207 or 300. */
    public int isa() {
        return isa;
    }

    /** Implemented bits of the decrementer when LPCR[LD] is 1. */
    public int decrementerBits() {
        return decrementerBits;
    }

    /** Whether radix tree translation exists. */
    public boolean radix() {
        return radix;
    }

    /**
     * The LPCR that a hypervisor gives a guest: large decrementer where there is one, tlbie for a guest with radix
     * translation, interrupts at their vectors.
     */
    public long guestLpcr() {
        return isa >= 300 ? LPCR_LD | LPCR_GTSE : 0;
    }

    /** The FSCR after reset: no facility is offered to problem state. */
    public long guestFscr() {
        return 0;
    }

    /** MSR bits that exist; others read as zero. */
    public long msrMask() {
        return Msr.SF | Msr.HV | Msr.TS | Msr.TM | Msr.VEC | Msr.VSX | Msr.EE | Msr.PR | Msr.FP | Msr.ME | Msr.FE0
                | Msr.TE | Msr.FE1 | Msr.IR | Msr.DR | Msr.PMM | Msr.RI | Msr.LE;
    }
}

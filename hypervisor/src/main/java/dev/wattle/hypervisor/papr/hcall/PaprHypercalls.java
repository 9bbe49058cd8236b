// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import dev.wattle.hypervisor.papr.xics.Xics;

/** The hypercalls that the hypervisor answers itself, without an exit to the machine. */
public final class PaprHypercalls {
    private PaprHypercalls() {}

    /**
     * A table with every hypercall of a radix guest that needs no device: processor, mode, memory and XICS calls. Hash
     * table calls are absent, so they answer {@link ReturnCode#H_FUNCTION}, as PAPR has it for radix guests.
     *
     * @param xics the interrupt controller of the partition
     */
    public static HypercallTable forRadixGuest(Xics xics) {
        HypercallTable table = new HypercallTable();
        new ProcessorHypercalls().define(table);
        new ModeHypercalls().define(table);
        new MemoryHypercalls().define(table);
        new InterruptHypercalls(xics).define(table);
        return table;
    }
}

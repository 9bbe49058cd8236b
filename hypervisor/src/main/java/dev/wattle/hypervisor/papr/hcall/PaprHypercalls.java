// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import dev.wattle.hypervisor.papr.hash.PartitionPageTable;
import dev.wattle.hypervisor.papr.xics.Xics;

/** The hypercalls that the hypervisor answers itself, without an exit to the machine. */
public final class PaprHypercalls {
    private PaprHypercalls() {}

    /**
     * A table with every hypercall that needs no device: processor, mode, translation, memory and XICS calls.
     *
     * @param xics the interrupt controller of the partition
     * @param pageTable its hash page table
     */
    public static HypercallTable forPartition(Xics xics, PartitionPageTable pageTable) {
        HypercallTable table = new HypercallTable();
        new ProcessorHypercalls().define(table);
        new ModeHypercalls().define(table);
        new TranslationHypercalls(pageTable).define(table);
        new HashHypercalls(pageTable).define(table);
        new MemoryHypercalls().define(table);
        new InterruptHypercalls(xics).define(table);
        return table;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import dev.wattle.hypervisor.irq.PartitionInterrupts;
import dev.wattle.hypervisor.papr.hash.PartitionPageTable;

/** The hypercalls that the hypervisor answers itself, without an exit to the machine. */
public final class PaprHypercalls {
    private PaprHypercalls() {}

    /**
     * A table with every hypercall that needs no device: processor, mode, translation, memory and interrupt calls.
     *
     * @param interrupts the interrupt controllers of the partition
     * @param pageTable its hash page table
     */
    public static HypercallTable forPartition(PartitionInterrupts interrupts, PartitionPageTable pageTable) {
        HypercallTable table = new HypercallTable();
        new ProcessorHypercalls().define(table);
        new ModeHypercalls().define(table);
        new TranslationHypercalls(pageTable).define(table);
        new HashHypercalls(pageTable).define(table);
        new MemoryHypercalls().define(table);
        new InterruptHypercalls(interrupts).define(table);
        new XiveHypercalls(interrupts).define(table);
        return table;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_FUNCTION;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_PARAMETER;
import static dev.wattle.hypervisor.papr.hcall.ReturnCode.H_SUCCESS;

import dev.wattle.hypervisor.irq.InterruptMode;
import dev.wattle.hypervisor.irq.PartitionInterrupts;
import dev.wattle.hypervisor.papr.xics.Xics;

/**
 * The XICS presentation calls (PAPR, "Platform Interrupt Management"). They are there unless the partition uses XIVE.
 */
final class InterruptHypercalls {
    private final PartitionInterrupts interrupts;
    private final Xics xics;

    InterruptHypercalls(PartitionInterrupts interrupts) {
        this.interrupts = interrupts;
        xics = interrupts.xics();
    }

    void define(HypercallTable table) {
        table.define(HcallNumber.H_XIRR, whileActive(this::xirr))
                .define(HcallNumber.H_XIRR_X, whileActive(this::xirrX))
                .define(HcallNumber.H_EOI, whileActive(this::eoi))
                .define(HcallNumber.H_CPPR, whileActive(this::cppr))
                .define(HcallNumber.H_IPI, whileActive(this::ipi))
                .define(HcallNumber.H_IPOLL, whileActive(this::ipoll));
    }

    private Hypercall whileActive(Hypercall call) {
        return c -> interrupts.mode() == InterruptMode.XICS ? call.call(c) : H_FUNCTION;
    }

    private long xirr(HypercallContext c) {
        c.result(0, xics.accept(c.server()) & 0xffff_ffffL);
        return H_SUCCESS;
    }

    private long xirrX(HypercallContext c) {
        c.result(0, xics.accept(c.server()) & 0xffff_ffffL);
        c.result(1, c.timeBase());
        return H_SUCCESS;
    }

    private long eoi(HypercallContext c) {
        xics.endOfInterrupt(c.server(), (int) c.argument(0));
        return H_SUCCESS;
    }

    private long cppr(HypercallContext c) {
        xics.setCppr(c.server(), (int) c.argument(0) & 0xff);
        return H_SUCCESS;
    }

    private long ipi(HypercallContext c) {
        long server = c.argument(0);
        if (!xics.isServer(server)) {
            return H_PARAMETER;
        }
        xics.setMfrr((int) server, (int) c.argument(1) & 0xff);
        return H_SUCCESS;
    }

    private long ipoll(HypercallContext c) {
        long server = c.argument(0);
        if (!xics.isServer(server)) {
            return H_PARAMETER;
        }
        c.result(0, xics.xirr((int) server) & 0xffff_ffffL);
        c.result(1, xics.mfrr((int) server));
        return H_SUCCESS;
    }
}

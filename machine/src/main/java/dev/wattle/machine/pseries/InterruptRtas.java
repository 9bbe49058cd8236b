// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.hypervisor.irq.InterruptMode;
import dev.wattle.hypervisor.irq.PartitionInterrupts;
import dev.wattle.hypervisor.papr.xics.Xics;

/**
 * RTAS functions that direct and mask interrupt sources of XICS (PAPR, "Interrupt Support"). They fail while the partition
 * uses XIVE.
 */
final class InterruptRtas {
    private final PartitionInterrupts interrupts;
    private final Xics xics;

    InterruptRtas(PartitionInterrupts interrupts) {
        this.interrupts = interrupts;
        xics = interrupts.xics();
    }

    void define(Rtas rtas) {
        rtas.define("ibm,set-xive", 0x200a, 3, 1, whileActive(this::setXive))
                .define("ibm,get-xive", 0x200b, 1, 3, whileActive(this::getXive))
                .define("ibm,int-off", 0x200c, 1, 1, whileActive(call -> status(xics.mask(call.argument(0)))))
                .define("ibm,int-on", 0x200d, 1, 1, whileActive(call -> status(xics.unmask(call.argument(0)))));
    }

    private RtasFunction whileActive(RtasFunction function) {
        return call -> interrupts.mode() == InterruptMode.XICS ? function.call(call) : RtasStatus.HARDWARE_ERROR;
    }

    private int setXive(RtasCall call) {
        return status(xics.setDestination(call.argument(0), call.argument(1), call.argument(2)));
    }

    private int getXive(RtasCall call) {
        int number = call.argument(0);
        if (!xics.isSource(number)) {
            return RtasStatus.PARAMETER_ERROR;
        }
        Xics.Destination destination = xics.destination(number);
        call.result(1, destination.server());
        call.result(2, destination.priority());
        return RtasStatus.SUCCESS;
    }

    private static int status(boolean done) {
        return done ? RtasStatus.SUCCESS : RtasStatus.PARAMETER_ERROR;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.hypervisor.irq.InterruptMode;
import dev.wattle.power.model.ProcessorModel;

/** Which interrupt controllers a machine offers its guest. */
public enum InterruptChoice {
    /** XICS alone. */
    XICS,
    /** XIVE alone: a guest that cannot use it does not run. */
    XIVE,
    /** Both: the guest begins with XICS, and chooses. */
    DUAL;

    /** What is left of it with a processor: before ISA 3.0 there is no XIVE. */
    InterruptChoice with(ProcessorModel model) {
        return this == DUAL && model.isa() < 300 ? XICS : this;
    }

    /** What the guest begins with. */
    InterruptMode first() {
        return this == XIVE ? InterruptMode.XIVE : InterruptMode.XICS;
    }
}

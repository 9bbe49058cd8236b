// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.hypervisor.Vcpu;
import dev.wattle.hypervisor.papr.hcall.HypercallTable;
import java.util.OptionalLong;

/** The first program in a machine's memory, and what the machine answers to that program alone. */
interface Startup {
    /** Defines the private hypercalls of the program. */
    void define(HypercallTable hypercalls);

    /** Sets the registers that the program starts with. */
    void begin(Vcpu vcpu);

    /** Real address of the memory that RTAS was given, once it was. */
    OptionalLong rtasBase();
}

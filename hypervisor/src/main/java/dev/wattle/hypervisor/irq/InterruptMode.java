// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.irq;

/** The interrupt controllers that a partition can use. */
public enum InterruptMode {
    /** Presented by hypercalls (PAPR, "Platform Interrupt Management"): what each partition begins with. */
    XICS,
    /** Native exploitation of XIVE (PAPR, "XIVE Exploitation Mode"). */
    XIVE
}

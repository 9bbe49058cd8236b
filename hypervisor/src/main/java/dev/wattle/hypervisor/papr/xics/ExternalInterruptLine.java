// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xics;

/** The external interrupt input of a vCPU. */
@FunctionalInterface
public interface ExternalInterruptLine {
    /**
     * Sets the level of the input. Called from any thread with the interrupt controller's lock held: it must neither
     * block nor call the controller.
     */
    void set(boolean asserted);
}

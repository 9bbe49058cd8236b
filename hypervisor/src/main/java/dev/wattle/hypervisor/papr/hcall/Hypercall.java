// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

/** What answers one hypercall number. */
@FunctionalInterface
public interface Hypercall {
    /**
     * Acts for the guest. Runs in the thread of the calling vCPU.
     *
     * @param context the calling vCPU: its arguments, its results and what may be done to it
     * @return the PAPR return code for r3, one of {@link ReturnCode}
     */
    long call(HypercallContext context);
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

/** Where a VM's time comes from. */
public enum ClockMode {
    /** The time base follows the host's monotonic clock. */
    HOST,
    /**
     * The time base counts completed instructions, and jumps ahead when the guest idles: a run with the same inputs
     * repeats exactly.
     */
    VIRTUAL
}

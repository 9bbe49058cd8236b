// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

/** Which kinds of address translation a partition may use. */
public enum MmuMode {
    /** By hash page table, which the hypervisor keeps. */
    HASH,
    /** By radix tree, which processors have from POWER9 on. */
    RADIX,
    /** What the processor has: the guest chooses. */
    AUTO
}

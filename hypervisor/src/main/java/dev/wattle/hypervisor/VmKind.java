// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

/** How a guest's supervisor state is run (the argument of KVM_CREATE_VM on PowerPC). */
public enum VmKind {
    /** As the processor and the version of Wattle do it best: {@link #HV}. */
    DEFAULT,
    /** Hypervisor mode: supervisor state runs directly, and only what is the hypervisor's leaves it. */
    HV,
    /** Problem state: each privileged instruction is emulated. Not there yet; asking for it is refused. */
    PR
}

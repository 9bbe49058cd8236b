// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

/** What leads out of guest code, or interrupts it; counted always. */
public enum ExitKind {
    /** To the monitor: {@link Exit.PaprHcall}, by the hypercall's name. */
    PAPR_HCALL(true),
    /** To the monitor: {@link Exit.Mmio}, by direction. */
    MMIO(true),
    /** To the monitor: {@link Exit.Debug}, by its status. */
    DEBUG(true),
    /** To the monitor: {@link Exit.Interrupted}. */
    INTERRUPTED(true),
    /** To the monitor: {@link Exit.Nmi}. */
    NMI(true),
    /** To the monitor: {@link Exit.FailEntry}. */
    FAIL_ENTRY(true),
    /** To the monitor: {@link Exit.InternalError}. */
    INTERNAL_ERROR(true),
    /** A hypercall that the hypervisor has answered, by its name. */
    HCALL_HANDLED(false),
    /** A load or store that a device on the I/O bus, or an I/O event, has answered, by direction. */
    MMIO_HANDLED(false),
    /** The guest gave its processor up until something happens. */
    CEDE(false),
    /** The guest took an interrupt, by its name in the Power ISA. */
    INTERRUPT(false);

    private final boolean isExit;

    ExitKind(boolean isExit) {
        this.isExit = isExit;
    }

    /** Whether {@link Vcpu#run} returns. */
    public boolean isExit() {
        return isExit;
    }
}

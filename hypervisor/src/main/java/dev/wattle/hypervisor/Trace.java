// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.power.processor.Interrupt;

/**
 * Told what happens at the edge of a vCPU's guest code, on its thread. System calls are not told: most never leave
 * generated code.
 */
public interface Trace {
    /** Told nothing. */
    Trace NONE = new Trace() {};

    /** {@code run} returns to the monitor. */
    default void exit(int vcpu, long nia, Exit exit) {}

    /**
     * A hypercall has been answered inside the hypervisor.
     *
     * @param arguments GPR 4 to 12 before the call
     * @param ret the return code
     */
    default void hypercall(int vcpu, long nia, long number, long[] arguments, long ret) {}

    /**
     * The guest takes an interrupt.
     *
     * @param srr0 where it goes on afterwards
     */
    default void interrupt(int vcpu, Interrupt interrupt, long srr0) {}

    /** Tells two. */
    default Trace and(Trace other) {
        Trace first = this;
        return new Trace() {
            @Override
            public void exit(int vcpu, long nia, Exit exit) {
                first.exit(vcpu, nia, exit);
                other.exit(vcpu, nia, exit);
            }

            @Override
            public void hypercall(int vcpu, long nia, long number, long[] arguments, long ret) {
                first.hypercall(vcpu, nia, number, arguments, ret);
                other.hypercall(vcpu, nia, number, arguments, ret);
            }

            @Override
            public void interrupt(int vcpu, Interrupt interrupt, long srr0) {
                first.interrupt(vcpu, interrupt, srr0);
                other.interrupt(vcpu, interrupt, srr0);
            }
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

/** Why {@link Vcpu#run} returned; members and payloads are named as KVM names them. */
public sealed interface Exit {
    /**
     * A hypercall that the hypervisor does not answer itself. Arguments are in the vCPU's registers; the caller sets
     * GPR 3 and the results, and runs on.
     *
     * @param nr the number from GPR 3
     */
    record PaprHcall(long nr) implements Exit {}

    /** The guest has ended its partition. */
    record Shutdown() implements Exit {}

    /**
     * The vCPU cannot go on, by a fault of this program's.
     *
     * @param reason what happened, with the guest's address and registers
     */
    record InternalError(String reason) implements Exit {}

    /** {@link Vcpu#kick} was called. */
    record Interrupted() implements Exit {}
}

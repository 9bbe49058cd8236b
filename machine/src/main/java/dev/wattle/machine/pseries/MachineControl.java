// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.machine.MachineOutcome;

/** How firmware and devices end the run. The first outcome wins. */
@FunctionalInterface
interface MachineControl {
    /** Ends the run once the current hypercall is done. Callable from any thread. */
    void finish(MachineOutcome outcome);

    default void finish(MachineOutcome.Kind kind, String reason) {
        finish(new MachineOutcome(kind, reason));
    }
}

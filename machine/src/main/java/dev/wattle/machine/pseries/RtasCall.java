// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.papr.hcall.HypercallContext;

/** The argument block of one RTAS call: 32-bit cells, copied out of guest memory. */
final class RtasCall {
    private final HypercallContext context;
    private final int[] arguments;
    private final int[] results;

    RtasCall(HypercallContext context, int[] arguments, int[] results) {
        this.context = context;
        this.arguments = arguments;
        this.results = results;
    }

    /** The calling vCPU. */
    HypercallContext context() {
        return context;
    }

    /** The guest's memory. */
    GuestMemory memory() {
        return context.memory();
    }

    /** Argument cell {@code index}, from 0. */
    int argument(int index) {
        return arguments[index];
    }

    /** Argument cell {@code index} as a real address or a length. */
    long address(int index) {
        return Integer.toUnsignedLong(arguments[index]);
    }

    /** Sets result cell {@code index}; 0 is the status, which the function returns instead. */
    void result(int index, int value) {
        results[index] = value;
    }

    /** Sets a result cell that older callers have no room for. */
    void resultIfAsked(int index, int value) {
        if (index < results.length) {
            results[index] = value;
        }
    }
}

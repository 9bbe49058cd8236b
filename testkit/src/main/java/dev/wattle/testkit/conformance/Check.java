// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.conformance;

import dev.wattle.hypervisor.Vm;
import java.util.function.Supplier;

/**
 * One promise of the API.
 *
 * @param name what is promised
 * @param body how to see whether it is kept
 */
public record Check(String name, Body body) {
    /** Looks at VMs. */
    @FunctionalInterface
    public interface Body {
        /**
         * Makes VMs and closes them.
         *
         * @param vms descriptions of VMs, with the engine that is to be looked at
         * @throws AssertionError if the promise is broken; the message says how
         */
        void run(Supplier<Vm.Builder> vms) throws Exception;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

/** One RTAS function. */
@FunctionalInterface
interface RtasFunction {
    /**
     * Acts for the guest.
     *
     * @param call arguments, and where results after the status go
     * @return the status word, one of {@link RtasStatus}
     */
    int call(RtasCall call);
}

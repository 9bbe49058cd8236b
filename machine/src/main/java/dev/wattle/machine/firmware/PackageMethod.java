// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.firmware;

/** A method of a device tree node that {@code call-method} reaches. */
@FunctionalInterface
public interface PackageMethod {
    /**
     * Runs the method.
     *
     * @param arguments the method's arguments, first one first
     * @param results where the method puts its results, first one first; as long as the caller asked for
     * @return the catch result: 0 on success, anything else if the method threw
     */
    int call(int[] arguments, int[] results);
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine;

/** Is told of the host code that an engine makes, for profilers. */
@FunctionalInterface
public interface HostCodeListener {
    /**
     * Code has been made, in place of all that was there before.
     *
     * @param address host address of its first byte
     * @param bytes its size
     * @param name what it is, without spaces
     */
    void emitted(long address, long bytes, String name);
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine;

import dev.wattle.engine.memory.MemoryBacking;
import dev.wattle.engine.memory.MemoryBackingException;

/** Where a machine gets the host memory for its guest from: each time that one is built. */
@FunctionalInterface
public interface GuestMemorySource {
    /**
     * Opens the memory, which the machine closes.
     *
     * @param bytes how much
     * @throws MemoryBackingException if it cannot be had; the message says what to do
     */
    MemoryBacking open(long bytes) throws MemoryBackingException;
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine;

import dev.wattle.engine.translate.BlockListing;
import java.util.Map;
import java.util.Optional;

/** Executes guest code on one processor. */
public interface Engine extends AutoCloseable {
    /** Runs the guest from NIA on until {@link Processor#poll} says to leave. */
    void run();

    /** Bytes of host code that the engine has made, 0 if it makes none. */
    default long codeBytes() {
        return 0;
    }

    /** How often what has happened, by names for people; empty if the engine does not count. */
    default Map<String, Long> counts() {
        return Map.of();
    }

    /**
     * Lists the block at an effective address for the mode that the processor is in, which is translated if it was not.
     * To be called while the guest does not run.
     *
     * @return the listing; empty if the engine makes no host code
     * @throws GuestInterrupt if the guest may not fetch there
     */
    default Optional<BlockListing> list(long address) {
        return Optional.empty();
    }

    /** Has all host code that is made from now on told to a listener, by the thread that runs the guest. */
    default void onHostCode(HostCodeListener listener) {}

    @Override
    void close();
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine;

/** Executes guest code on one processor. */
public interface Engine extends AutoCloseable {
    /** Runs the guest from NIA on until {@link Processor#poll} says to leave. */
    void run();

    /** Bytes of host code that the engine has made, 0 if it makes none. */
    default long codeBytes() {
        return 0;
    }

    @Override
    void close();
}

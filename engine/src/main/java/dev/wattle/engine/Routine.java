// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine;

/**
 * The meaning of a guest instruction as a Java method, run by a CALL micro-op.
 *
 * @param <P> the processor of the guest architecture
 */
@FunctionalInterface
public interface Routine<P extends Processor> {
    /**
     * Executes one instruction on the processor. A routine that cannot complete throws the processor's
     * {@link GuestInterrupt}; it must not have changed architected state that the interrupt requires to be unchanged.
     *
     * @param processor the processor, with CIA known to it
     * @param instruction the instruction word
     */
    void run(P processor, int instruction);
}

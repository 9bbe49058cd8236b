// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine;

/**
 * A core that a machine has, or has room for.
 *
 * @param number from 0
 * @param firstProcessor number of the processor that its first thread is; the others follow
 * @param threads how many it has
 * @param started how many of them the guest has started
 * @param state whether it is there, and who has it
 */
public record Core(int number, int firstProcessor, int threads, int started, State state) {
    /** Whether a core is there, and who has it. */
    public enum State {
        /** There is room for it. */
        ABSENT,
        /** It is there, and the guest has not taken it yet, or has given it back by itself. */
        OFFERED,
        /** The guest has it. */
        IN_USE,
        /** The guest has it, and has been asked to give it back. */
        WANTED_BACK
    }
}

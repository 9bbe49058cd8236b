// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine;

/**
 * Why a machine stopped running.
 *
 * @param kind what happened
 * @param reason one line for the user
 */
public record MachineOutcome(Kind kind, String reason) {
    /** What happened. */
    public enum Kind {
        /** The guest switched its power off. */
        POWERED_OFF,
        /** The guest asked for a reboot. */
        REBOOT,
        /** The guest's operating system reported that it cannot go on. */
        GUEST_PANIC,
        /** The machine cannot go on, through no decision of the guest. */
        INTERNAL_ERROR,
        /** The embedder stopped the machine. */
        STOPPED
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xics;

/** An interrupt output of a device, connected to a source of an interrupt controller. Thread-safe. */
public interface IrqLine {
    /**
     * Sets the level. A level-sensitive source follows it; a message-signalled source sends one message for each call
     * with {@code true} and ignores {@code false}.
     */
    void set(boolean asserted);

    /** Raises and lowers the line: one message. */
    default void pulse() {
        set(true);
        set(false);
    }

    /** Global interrupt number, as in the device tree. */
    int number();
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xics;

/** What devices and vCPUs see of an interrupt controller. Thread-safe. */
public interface InterruptController {
    /**
     * Claims a level-sensitive source for a device.
     *
     * @throws IllegalArgumentException if the number is out of range or claimed already
     */
    IrqLine claimLevel(int number);

    /**
     * Claims a message-signalled (edge-sensitive) source for a device.
     *
     * @throws IllegalArgumentException if the number is out of range or claimed already
     */
    IrqLine claimMessage(int number);

    /** Gives a source back that was claimed; it is not pending any more. Does nothing if there is no such source. */
    void release(int number);

    /** Whether a device has claimed this source number. */
    boolean isSource(int number);

    /**
     * Has a source deliver nothing until the guest directs it anew, as when a device gives it back.
     *
     * @return false if there is no such source
     */
    boolean mask(int number);

    /**
     * Has the end of each interrupt of a source told by the thread of the vCPU that ends it. Replaces an earlier listener.
     *
     * @throws IllegalArgumentException if there is no such source
     */
    void onEndOfInterrupt(int number, Runnable listener);

    /** Connects a server to the external interrupt input of its vCPU. */
    void connect(int server, ExternalInterruptLine line);

    /** Number of interrupt servers (virtual processors), numbered from 0. */
    int serverCount();

    /** Whether there is a server of a number. */
    boolean isServer(long server);

    /**
     * Takes a server away, as when its vCPU is: it is back in its state at power-on, and nobody can name it until it is
     * {@linkplain #connect connected} again. What is directed to it stays pending.
     */
    void disconnect(int server);

    /** Back to the state at power-on: everything masked, nothing pending but the levels that devices hold. */
    void reset();
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

import java.util.Optional;

/** A virtqueue as its device sees it. Used by one thread at a time. */
public interface Virtqueue {
    /**
     * Takes the next request that the driver has made available.
     *
     * @return nothing if there is none
     * @throws VirtqueueException if the ring or the chain breaks the rules
     */
    Optional<DescriptorChain> take() throws VirtqueueException;

    /**
     * Gives a request back as done.
     *
     * @param written bytes written, from the start of the writable part
     */
    void give(DescriptorChain chain, long written) throws VirtqueueException;

    /** Whether the driver wants to hear of what has been given back since it was last told. */
    boolean wantsInterrupt() throws VirtqueueException;

    /** The driver need not notify: the device is looking anyway. */
    void disableNotifications() throws VirtqueueException;

    /**
     * The driver must notify of what it makes available from now on.
     *
     * @return whether there is something already, of which it will not
     */
    boolean enableNotifications() throws VirtqueueException;
}

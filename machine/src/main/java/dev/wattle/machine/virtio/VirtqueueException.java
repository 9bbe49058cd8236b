// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

/** A driver has broken the rules of a virtqueue: the device needs to be reset. */
public final class VirtqueueException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, for people */
    public VirtqueueException(String message) {
        // A guest can cause many of these.
        super(message, null, false, false);
    }

    /** @param cause an access to what is no memory */
    public VirtqueueException(Exception cause) {
        super(cause.getMessage(), cause, false, false);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.guest;

/** A guest could not be fetched or unpacked. The message is one line that tells the user why and what to do. */
public final class GuestUnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * @param message one line for the user
     */
    public GuestUnavailableException(String message) {
        super(message);
    }

    /**
     * @param message one line for the user
     * @param cause what went wrong underneath
     */
    public GuestUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine;

/** A core cannot be added or removed. The message is one line for the user: the core, what is wrong, what to do. */
public final class HotPlugException extends Exception {
    private static final long serialVersionUID = 1L;

    public HotPlugException(String message) {
        super(message);
    }
}

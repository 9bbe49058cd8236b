// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.memory;

/** Memory of the kind that was asked for cannot be had; the message names it and says what to do. */
public final class MemoryBackingException extends Exception {
    private static final long serialVersionUID = 1;

    MemoryBackingException(String message) {
        super(message);
    }

    MemoryBackingException(String message, Throwable cause) {
        super(message, cause);
    }
}

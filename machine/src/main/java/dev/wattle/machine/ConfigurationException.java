// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine;

/**
 * A machine cannot be built as asked for. The message is one line for the user: the input, what is wrong, what to do.
 */
public final class ConfigurationException extends Exception {
    private static final long serialVersionUID = 1L;

    public ConfigurationException(String message) {
        super(message);
    }

    public ConfigurationException(String message, Throwable cause) {
        super(message, cause);
    }
}

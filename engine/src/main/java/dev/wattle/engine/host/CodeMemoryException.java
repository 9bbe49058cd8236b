// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

/** The host does not let this process make executable code; the message says in one line what it refused. */
public final class CodeMemoryException extends Exception {
    private static final long serialVersionUID = 1L;

    public CodeMemoryException(String message) {
        super(message);
    }
}

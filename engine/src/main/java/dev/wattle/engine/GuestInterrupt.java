// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine;

/**
 * Unwinds from the middle of a guest instruction to the run loop. It carries nothing: what happened is recorded in the
 * processor before it is thrown. One instance per processor, without stack trace, so that throwing costs no allocation.
 */
public final class GuestInterrupt extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public GuestInterrupt() {
        super(null, null, false, false);
    }
}

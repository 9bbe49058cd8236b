// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import io.avaje.jsonb.Json;

/**
 * What {@code wattle cpu} asks of a {@code wattle run}.
 *
 * @param action by the names of {@code CpuCommand.Action}
 * @param core number of a core, or -1 for whichever is at hand
 * @param seconds how long to wait for the guest
 */
@Json
record CoreRequest(String action, int core, double seconds) {
    /** In place of the number of a core. */
    static final int ANY = -1;
}

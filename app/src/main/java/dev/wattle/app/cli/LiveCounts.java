// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import io.avaje.jsonb.Json;
import java.util.List;

/**
 * What a running VM has counted, as it is passed from {@code wattle run} to {@code wattle stat} and {@code wattle info}.
 *
 * @param guest what the guest is, for people
 * @param exits what has led out of guest code
 * @param interrupts the interrupt controller, as text
 */
@Json
record LiveCounts(String guest, List<Count> exits, String interrupts) {
    /**
     * One count.
     *
     * @param kind what, by the names of {@code ExitKind}
     * @param cause which of its kind, may be empty
     * @param count how often since the start
     */
    @Json
    record Count(String kind, String cause, long count) {}
}

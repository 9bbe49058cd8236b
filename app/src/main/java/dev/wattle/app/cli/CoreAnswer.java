// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import io.avaje.jsonb.Json;

/**
 * What a {@code wattle run} answers to a {@link CoreRequest}.
 *
 * @param done whether what was asked for has happened
 * @param text what to tell the user
 */
@Json
record CoreAnswer(boolean done, String text) {}

// SPDX-License-Identifier: Apache-2.0

/** The command line: options, the console on the user's terminal, and what a run reports. */
@NullMarked
package dev.wattle.app.cli;

import org.jspecify.annotations.NullMarked;

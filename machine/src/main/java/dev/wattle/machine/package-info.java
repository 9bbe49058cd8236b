// SPDX-License-Identifier: Apache-2.0

/** What an embedder meets of every machine: its console, its outcome, its statistics. */
package dev.wattle.machine;

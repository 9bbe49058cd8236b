// SPDX-License-Identifier: Apache-2.0

/**
 * Litmus tests of the storage model (Power ISA 3.0B, Book II, chapter 1): short programs on several vCPUs, run very often, whose
 * outcomes say in which order each sees the accesses of the others.
 */
package dev.wattle.testkit.litmus;

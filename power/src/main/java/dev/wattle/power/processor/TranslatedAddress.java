// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

/**
 * Where an effective address leads.
 *
 * @param realAddress the guest real address
 * @param isWritable whether stores are allowed
 * @param isProblemState whether it was translated for problem state, as MSR[PR] says
 */
public record TranslatedAddress(long realAddress, boolean isWritable, boolean isProblemState) {}

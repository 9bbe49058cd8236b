// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

/**
 * The least privileged state in which an instruction may be executed (Power ISA 3.0B, Book III, 3.2.1: MSR[HV] and
 * MSR[PR]).
 */
public enum Privilege {
    /** Any state. An instruction that only some operands make privileged ({@code mtspr}) is of this kind too. */
    PROBLEM,
    /** MSR[PR]=0; in problem state a Privileged Instruction type Program interrupt. */
    PRIVILEGED,
    /** MSR[HV]=1 and MSR[PR]=0. */
    HYPERVISOR
}

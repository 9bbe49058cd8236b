// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

/**
 * A version of the Power ISA, in order of publication. A row of the table names the first version that has the
 * instruction.
 */
public enum IsaVersion {
    /** Power ISA 2.06 and before (POWER7): what the tables call the base. */
    V2_06,
    /** Power ISA 2.07 (POWER8). */
    V2_07,
    /** Power ISA 3.0 and 3.0B (POWER9). */
    V3_0,
    /** Power ISA 3.1 (POWER10). No row needs it yet. */
    V3_1
}

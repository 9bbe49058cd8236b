// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.isa;

/** The MSR bit that must be 1 for an instruction to execute; without it the facility's Unavailable interrupt occurs. */
public enum Facility {
    /** No facility bit is looked at. */
    NONE,
    /** MSR[FP], Floating-Point Unavailable. Decimal floating point uses it too. */
    FP,
    /** MSR[VEC], Vector Unavailable. */
    VEC,
    /** MSR[VSX], VSX Unavailable. */
    VSX,
    /** MSR[TM], Facility Unavailable (transactional memory). */
    TM
}

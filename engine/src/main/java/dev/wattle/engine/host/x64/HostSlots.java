// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Slots;

/** Slots of the state block that only this back-end uses. */
final class HostSlots {
    /** Effective address of the page being executed. Far, modulo 4096, from what is written beside it: links. */
    static final int PAGE_BASE = Slots.HOST + 95;
    /** Host address of the table that indirect jumps look into. */
    static final int JUMP_TABLE = Slots.JUMP_TABLE;
    /** The effective address that an exit is about. */
    static final int EXIT_ADDRESS = Slots.HOST + 1;
    /** {@link Layout#TEMPORARY} while Java runs. */
    static final int TEMPORARY = Slots.HOST + 2;
    /** After a fault in generated code: where it was, what address was accessed, and the signal. */
    static final int FAULT_CODE = Slots.HOST + 3;

    static final int FAULT_ADDRESS = Slots.HOST + 4;
    static final int FAULT_SIGNAL = Slots.HOST + 5;

    /** Operands, saved for {@link dev.wattle.engine.Processor#settle}: of the last arithmetic operation, up to three. */
    static final int FLOAT_A = Slots.HOST + 6;
    /** Of the last comparison behind it, two. */
    static final int COMPARE_A = Slots.HOST + 9;
    /** Of the last conversion to an integer behind it. */
    static final int INTEGER_A = Slots.HOST + 11;

    /** Registers as they were at a fault, which the way out overwrites. */
    static final int FAULT_RAX = Slots.HOST + 20;

    static final int FAULT_RCX = Slots.HOST + 21;
    static final int FAULT_RDX = Slots.HOST + 22;

    /** Host registers while an instruction of the host needs them for its own operands: two. */
    static final int SAVED = Slots.HOST + 18;

    /** Copies of compared values whose registers have changed since: twice as many as there may be comparisons pending. */
    static final int COMPARED = Slots.HOST + 80;

    /** Host minus effective address of the pages of groups of accesses. */
    static final int GROUPS = Slots.HOST + 88;

    static final int MOST_GROUPS = 6;

    /** All bits of the indices of the group that was looked for last. */
    static final int GROUP_INDICES = GROUPS + MOST_GROUPS;

    private HostSlots() {}
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.Instruction;

/**
 * A few instructions and the state they start from.
 *
 * @param seed what the case was made from
 * @param littleEndian the byte order of code and data
 * @param rows the row of each instruction
 * @param code the instruction words
 * @param address effective address of the first instruction
 * @param base number of the GPR that holds {@link MachineState#IMAGE} and that no instruction uses: 2 or 30
 * @param before the state at the start; not changed by running
 */
record TestCase(
        long seed,
        boolean littleEndian,
        Instruction[] rows,
        int[] code,
        long address,
        int base,
        MachineState before) {

    /** Most instructions that a case may have. */
    static final int MAX_INSTRUCTIONS = 28;
    /** Bytes of code storage that a case takes: not a power of two, so that cases lie across page boundaries. */
    static final int CODE_STRIDE = 4 * (MAX_INSTRUCTIONS + 2 + 1 + 2);
    /** Most cases in a batch. */
    static final int BATCH = 1024;

    private static final long CASES = MachineState.CODE + 0x1_0000L;
    private static final int BATCHES =
            (int) ((MachineState.CODE_BYTES - 0x1_0000L) / ((long) BATCH * CODE_STRIDE));

    /** Where the first instruction of case {@code index} of batch {@code batch} lies. */
    static long addressOf(int batch, int index) {
        return CASES + (long) (batch % BATCHES * BATCH + index) * CODE_STRIDE + 8;
    }

    /** The same code and placement with other instructions or another state. */
    TestCase with(Instruction[] otherRows, int[] otherCode, MachineState otherBefore) {
        return new TestCase(seed, littleEndian, otherRows, otherCode, address, base, otherBefore);
    }
}

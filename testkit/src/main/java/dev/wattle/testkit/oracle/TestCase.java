// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.Instruction;

/** A few instructions and the state they start from. */
final class TestCase {

    /** Most instructions that a case may have. */
    static final int MAX_INSTRUCTIONS = 28;
    /** Bytes of code storage that a case takes: not a power of two, so that cases lie across page boundaries. */
    static final int CODE_STRIDE = 4 * (MAX_INSTRUCTIONS + 2 + 1 + 2);
    /** Most cases in a batch. */
    static final int BATCH = 1024;

    private static final long CASES = MachineState.CODE + 0x1_0000L;
    private static final int BATCHES = (int) ((MachineState.CODE_BYTES - 0x1_0000L) / ((long) BATCH * CODE_STRIDE));

    private final long seed;
    private final boolean littleEndian;
    private final Instruction[] rows;
    private final int[] code;
    private final long address;
    private final int base;
    private final MachineState before;

    /**
     * A case.
     *
     * @param seed what it was made from
     * @param littleEndian the byte order of code and data
     * @param rows the row of each instruction
     * @param code the instruction words
     * @param address effective address of the first instruction
     * @param base number of the GPR that holds {@link MachineState#IMAGE} and that no instruction uses: 2 or 30
     * @param before the state at the start
     */
    TestCase(
            long seed,
            boolean littleEndian,
            Instruction[] rows,
            int[] code,
            long address,
            int base,
            MachineState before) {
        this.seed = seed;
        this.littleEndian = littleEndian;
        this.rows = rows;
        this.code = code;
        this.address = address;
        this.base = base;
        this.before = before;
    }

    long seed() {
        return seed;
    }

    boolean littleEndian() {
        return littleEndian;
    }

    /** The row of each instruction; not to be changed. */
    Instruction[] rows() {
        return rows;
    }

    /** The instruction words; not to be changed. */
    int[] code() {
        return code;
    }

    long address() {
        return address;
    }

    int base() {
        return base;
    }

    /** The state at the start, which running does not change. */
    MachineState before() {
        return before;
    }

    /** Where the first instruction of case {@code index} of batch {@code batch} lies. */
    static long addressOf(int batch, int index) {
        return CASES + (long) (batch % BATCHES * BATCH + index) * CODE_STRIDE + 8;
    }

    /** Whether this is of {@link SequenceGenerator}, and not one instruction or a branch with its surroundings. */
    boolean isSequence() {
        return rows.length > 1 && !isBranch();
    }

    private boolean isBranch() {
        if (rows.length != 5) {
            return false;
        }
        for (int i = 0; i < rows.length; i++) {
            if (i == 1 ? !rows[i].chapter().equals("branch") : !rows[i].name().equals("addi")) {
                return false;
            }
        }
        return true;
    }

    /** The same code and placement with other instructions or another state. */
    TestCase with(Instruction[] otherRows, int[] otherCode, MachineState otherBefore) {
        return new TestCase(seed, littleEndian, otherRows, otherCode, address, base, otherBefore);
    }
}

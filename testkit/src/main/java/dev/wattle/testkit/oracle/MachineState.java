// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import java.util.Arrays;

/**
 * What a program in problem state can see of a processor, and the storage it may touch, as numbers.
 *
 * <p>{@link #words} holds the registers: 32 GPRs, 64 VSRs of two words each (doubleword 0 first; FPR n is doubleword
 * 0 of VSR n, VR n is VSR 32 + n), and the registers that the constants name. {@link #memory} holds the bytes of the
 * {@linkplain #WINDOW window} and of the {@linkplain #EDGE edge} behind which nothing is mapped.
 */
final class MachineState {
    static final int GPR = 0;
    static final int VSR = 32;
    static final int LR = 160;
    static final int CTR = 161;
    static final int XER = 162;
    /** 32 bits, field 0 in the most significant nibble. */
    static final int CR = 163;

    static final int FPSCR = 164;
    static final int VSCR = 165;
    static final int VRSAVE = 166;
    static final int TAR = 167;
    static final int WORDS = 168;

    /** Storage for code under test. */
    static final long CODE = 0x0100_0000L;

    static final long CODE_BYTES = 0x0080_0000L;
    /** Value of the register that no test may use, see {@link TestCase#base}. */
    static final long IMAGE = 0x1800_0000L;
    /** Storage for data: all of it can be accessed, but only window and edge are compared. */
    static final long MEMORY = 0x1810_0000L;

    static final long MEMORY_BYTES = 0x0002_0000L;
    /** The window lies across a boundary of 64 KiB. */
    static final long WINDOW = MEMORY + 0xff00L;

    static final int WINDOW_BYTES = 512;
    /** The last bytes of mapped storage. */
    static final int EDGE_BYTES = 64;

    static final long EDGE = MEMORY + MEMORY_BYTES - EDGE_BYTES;

    private static final String[] SPECIAL = {"LR", "CTR", "XER", "CR", "FPSCR", "VSCR", "VRSAVE", "TAR"};

    final long[] words = new long[WORDS];
    final byte[] memory = new byte[WINDOW_BYTES + EDGE_BYTES];

    MachineState copy() {
        MachineState copy = new MachineState();
        System.arraycopy(words, 0, copy.words, 0, WORDS);
        System.arraycopy(memory, 0, copy.memory, 0, memory.length);
        return copy;
    }

    /** Index of doubleword 0 or 1 of VSR n. */
    static int vsr(int n, int doubleword) {
        return VSR + 2 * n + doubleword;
    }

    /** The name of a register word, for people. */
    static String name(int word) {
        if (word < VSR) {
            return "r" + word;
        }
        if (word < LR) {
            return "vs" + (word - VSR >> 1) + ".dw" + (word & 1);
        }
        return SPECIAL[word - LR];
    }

    boolean sameAs(MachineState other) {
        return Arrays.equals(words, other.words) && Arrays.equals(memory, other.memory);
    }
}

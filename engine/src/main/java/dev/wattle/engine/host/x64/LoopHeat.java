// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.HostMemory;

/** Counters in the state block of how many more jumps back to an offset in a page make its loop hot; some share one. */
final class LoopHeat {
    private static final int COUNTERS = 512;

    private LoopHeat() {}

    /** The memory operand of an offset's counter. */
    static long counter(int offset) {
        return Assembler.plus(Layout.slot(Slots.HOST_COUNTERS), index(offset) * Integer.BYTES);
    }

    /** Has the jumps back to an offset counted anew. */
    static void reset(long state, int offset, int jumps) {
        HostMemory.putIntLe(state + Slots.HOST_COUNTERS * 8L + index(offset) * (long) Integer.BYTES, jumps);
    }

    /** Has all jumps back counted anew. */
    static void reset(long state, int jumps) {
        for (int index = 0; index < COUNTERS; index++) {
            reset(state, index << 2, jumps);
        }
    }

    private static int index(int offset) {
        return offset >> 2 & COUNTERS - 1;
    }
}

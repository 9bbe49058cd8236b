// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.Processor;
import dev.wattle.engine.Routine;
import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.HostMemory;

/**
 * The status of floating-point operations that the host has done: worked out by their routines when somebody wants it,
 * from records that stand behind the code.
 *
 * @param <P> the guest architecture's processor
 */
final class FloatStatus<P extends Processor> {
    private final P processor;
    private final Routine<P>[] routines;
    private final long state;
    private final long codeBase;

    /**
     * @param routines by number
     * @param codeBase the address that records are relative to
     */
    FloatStatus(P processor, Routine<P>[] routines, long codeBase) {
        this.processor = processor;
        this.routines = routines;
        this.state = processor.state;
        this.codeBase = codeBase;
    }

    /** Works it out, if there is any that has not been. */
    void settle() {
        long last = slot(Slots.FLOAT_LAST);
        long later = slot(Slots.FLOAT_LATER);
        putSlot(Slots.FLOAT_LAST, 0);
        putSlot(Slots.FLOAT_LATER, 0);
        if (last != 0) {
            repeat(last, HostSlots.FLOAT_A);
        }
        if (later >>> 32 != 0) {
            repeat(later >>> 32, HostSlots.INTEGER_A);
        }
        if ((later & 0xffff_ffffL) != 0) {
            repeat(later & 0xffff_ffffL, HostSlots.COMPARE_A);
        }
    }

    /** Runs the routine of an operation for its status alone. */
    private void repeat(long record, int saved) {
        long at = codeBase + record;
        long w = HostMemory.getLongLe(at);
        long imm = HostMemory.getLongLe(at + 8);
        int[] slots = {Op.a(w), Op.b(w), Op.c(w), Op.d(w), Op.d(w) - 1};
        long[] values = new long[slots.length];
        int operands = FloatEmitter.operandCount(Form.of(w));
        for (int i = 0; i < slots.length; i++) {
            values[i] = slot(slots[i]);
        }
        for (int i = 0; i < operands; i++) {
            putSlot(slots[i], slot(saved + i));
        }
        routines[(int) (imm >>> 32)].run(processor, (int) imm);
        putSlot(slots[4], values[4]);
        putSlot(slots[3], values[3]);
        for (int i = 0; i < operands; i++) {
            putSlot(slots[i], values[i]);
        }
    }

    private long slot(int slot) {
        return HostMemory.getLong(state + slot * 8L);
    }

    private void putSlot(int slot, long value) {
        HostMemory.putLong(state + slot * 8L, value);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.BlockBuilder;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.Mode;
import dev.wattle.power.processor.State;

/** One instruction while its micro-ops are written: the word, where it stands, the mode, and the buffer. */
public final class Emission {
    /** Where the micro-ops go. */
    public final BlockBuilder out;
    /** Whether CA32 and OV32 exist. */
    public final boolean isa3;
    /** The instruction word. */
    public int word;
    /** Its byte offset in the page. */
    public int pageOffset;
    /** Mode bits, see {@link Mode}. */
    public int mode;

    public Emission(BlockBuilder out, boolean isa3) {
        this.out = out;
        this.isa3 = isa3;
    }

    public boolean sf() {
        return (mode & Mode.SF) != 0;
    }

    public boolean littleEndian() {
        return (mode & Mode.LE) != 0;
    }

    /** Slot of GPR n. */
    public static int gpr(int n) {
        return State.GPR + n;
    }

    public int rt() {
        return State.GPR + Fields.rt(word);
    }

    public int ra() {
        return State.GPR + Fields.ra(word);
    }

    public int rb() {
        return State.GPR + Fields.rb(word);
    }

    /** Whether the code is privileged. */
    public boolean privileged() {
        return (mode & Mode.PR) == 0;
    }

    public int temp() {
        return out.temp();
    }

    /** Slot that holds (RA|0). */
    public int raOrZero() {
        return Fields.ra(word) != 0 ? ra() : Slots.ZERO;
    }

    /** Slot with the effective address (RA|0) + (RB), before it is cut to the computation mode's width. */
    public int indexed() {
        if (Fields.ra(word) == 0) {
            return rb();
        }
        int ea = temp();
        out.op(Op.ADD, ea, ra(), rb());
        return ea;
    }

    public boolean rc() {
        return (word & 1) != 0;
    }

    /** Sets CR0 from a result slot in the computation mode. */
    public void recordCr0(int result) {
        out.emit(sf() ? Op.CMPS64I : Op.CMPS32I, State.CR, result, 0, so(), 0);
    }

    /** Slot with XER[SO]: a constant where the mode says that it is 0. */
    public int so() {
        return (mode & Mode.SO) != 0 ? State.SO : Slots.ZERO;
    }

    /** Ends the block with the next instruction to be executed in the mode that holds by then. */
    public void endOfMode() {
        int next = temp();
        out.opImm(Op.LEA, next, 0, pageOffset + 4);
        out.end(Op.INDIRECT, next, 0, 0, 0);
    }

    /** Runs a routine that sets XER[SO] if OE is 1 and there is an overflow. */
    public void callOverflow(int routine) {
        out.call(routine, word);
        if (Fields.oe(word) && (mode & Mode.SO) == 0) {
            endOfMode();
        }
    }

    /** Sets CR0 from a result slot if Rc is 1. */
    public void recordIfRc(int result) {
        if (rc()) {
            recordCr0(result);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.translate;

import dev.wattle.engine.ir.BlockBuilder;
import dev.wattle.engine.ir.Slots;

/** Turns guest code into micro-ops; one for each guest architecture. */
public interface FrontEnd {
    /** A block is made of so many bytes of guest code at most. */
    int MOST_BYTES = 1024;

    /**
     * Translates from an instruction on, to the first one that ends a block or to the end of the page, but no more than
     * {@link #MOST_BYTES}.
     *
     * @param code host address of the instruction
     * @param pageOffset its byte offset in the page
     * @param pageBytes size of the page
     * @param mode the mode bits to translate for
     * @param out an empty buffer
     */
    void translate(long code, int pageOffset, int pageBytes, int mode, BlockBuilder out);

    /** Slots of the guest registers that code uses most, the most used first: for engines with registers to give. */
    default int[] hotSlots() {
        return new int[0];
    }

    /**
     * Slots of the guest registers that are bases of accesses which mostly stay on a page, wherever in the code they are:
     * for engines that can look there first.
     */
    default int[] baseSlots() {
        return new int[0];
    }

    /** The slot of the register that has the address which a function returns to; less than 0 if there is none such. */
    default int returnSlot() {
        return -1;
    }

    /** What a routine is called in statistics, by its number. */
    default String routineName(int routine) {
        return "routine " + routine;
    }

    /**
     * A guest instruction as text, for listings; empty if the front end has no words for it.
     *
     * @param code guest code in the order of storage
     * @param at where in it the instruction starts
     * @param address its effective address
     * @param mode the mode bits to read it in
     */
    default String disassemble(byte[] code, int at, long address, int mode) {
        return "";
    }

    /** What a slot of the state block is called in listings: one word. */
    default String slotName(int slot) {
        return slot >= Slots.TEMP && slot < Slots.TEMP + Slots.TEMPS
                ? "t" + (slot - Slots.TEMP)
                : slot == Slots.ZERO ? "0" : slot == Slots.ONE ? "1" : "s" + slot;
    }

    /** Mode bits with any of which pending work is to be noticed at each block end, not only sooner or later. */
    default int watchedModes() {
        return 0;
    }

    /** Bits of an effective address that count in a mode. */
    long addressMask(int mode);
}

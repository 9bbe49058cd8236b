// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine;

import dev.wattle.engine.ir.BlockBuilder;
import dev.wattle.engine.translate.FrontEnd;

/** A front end for which a page's offsets say what the code there does. */
public final class WrittenFrontEnd implements FrontEnd {
    private final Writer writer;
    private final int[] hotSlots;
    private final int returnSlot;

    /** Writes the micro-ops of the block at an offset. */
    @FunctionalInterface
    public interface Writer {
        void write(int pageOffset, BlockBuilder out);
    }

    public WrittenFrontEnd(int[] hotSlots, int returnSlot, Writer writer) {
        this.writer = writer;
        this.hotSlots = hotSlots;
        this.returnSlot = returnSlot;
    }

    @Override
    public void translate(long code, int pageOffset, int pageBytes, int mode, BlockBuilder out) {
        out.beginInstruction(4);
        writer.write(pageOffset, out);
    }

    @Override
    public int[] hotSlots() {
        return hotSlots;
    }

    @Override
    public int returnSlot() {
        return returnSlot;
    }

    @Override
    public long addressMask(int mode) {
        return -1;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Block;
import java.util.Arrays;

/** The stubs to be written behind the code that is being emitted; they are used again for the next. */
final class ExitStubs {
    /** The block being emitted. */
    Block block = Block.NONE;
    /** Comparisons that are pending on the way that is being emitted and stay so, see {@link Comparisons#snapshot}. */
    long edge;
    /** Whether registers are exchanged where a stub is being added that goes on elsewhere. */
    boolean isExchanged;

    private final Comparisons comparisons;
    private final VectorRegisters registers;
    private EmissionListener listener = EmissionListener.NONE;
    private ExitStub[] stubs = new ExitStub[0];
    private int count;

    ExitStubs(Comparisons comparisons, VectorRegisters registers) {
        this.comparisons = comparisons;
        this.registers = registers;
    }

    /** Has a listener told which stub is for what. */
    void listener(EmissionListener newListener) {
        listener = newListener;
    }

    void begin() {
        count = 0;
        edge = 0;
    }

    int count() {
        return count;
    }

    ExitStub get(int k) {
        return stubs[k];
    }

    /** Has a stub written, with what is pending and in vector registers now. */
    ExitStub add(int kind, long jump, int operation, int slot, int where, int offset, long resume) {
        if (count == stubs.length) {
            stubs = Arrays.copyOf(stubs, count * 2 + 16);
            for (int k = count; k < stubs.length; k++) {
                stubs[k] = new ExitStub();
            }
        }
        listener.stubWanted(count);
        ExitStub stub = stubs[count++];
        stub.kind = kind;
        stub.block = block;
        stub.jump = jump;
        stub.jump2 = 0;
        stub.operation = operation;
        stub.slot = slot;
        stub.where = where;
        stub.offset = offset;
        stub.resume = resume;
        boolean isInside = kind == Exits.LOAD || kind == Exits.STORE || kind == Exits.CALL || kind == Exits.GROUP;
        stub.comparisons = isInside ? comparisons.snapshot() : edge;
        stub.isExchanged = isInside || isExchanged;
        stub.before = registers.snapshot();
        stub.after = stub.before;
        stub.recent = -1;
        stub.tooFar = 0;
        stub.indexTimes = 0;
        return stub;
    }
}

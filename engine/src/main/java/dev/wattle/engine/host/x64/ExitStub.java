// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import dev.wattle.engine.ir.Block;

/** A way out of a block's code that stands behind it: where it comes from, what is to be done, and where it goes on. */
final class ExitStub {
    /** See {@link Exits}. */
    int kind;

    Block block = Block.NONE;
    /** The jump to the stub, and perhaps another one. */
    long jump;

    long jump2;
    int operation;
    int slot;
    /** Which guest instruction it belongs to, as {@link Block#where}. */
    int where;
    /** Offset in the page at which execution goes on. */
    int offset;
    /** Where to come back to in the block. */
    long resume;
    /** What is pending where the stub is gone to, see {@link Comparisons#snapshot}. */
    long comparisons;
    /** Whether registers are exchanged there. */
    boolean isExchanged;
    /** What is in vector registers there, and where it goes on; see {@link VectorRegisters#snapshot}. */
    int before;

    int after;
    /** Of some alone: the operation, its number in the block, and its immediate. */
    long word;

    int number;

    long immediate;

    // Of a floating-point operation: a jump to half of the way, and when a zero is the right result.
    long halfWay;
    FloatEmitter.ZeroCheck zero = FloatEmitter.ZeroCheck.NEVER;
    long zeroResume;

    // Of an access that looks at a copy of a TLB entry: which one or -1, see AccessEmitter.base, and where it looks.
    int recent;
    int base;
    int displacement;
    long check;

    // Of a group with indices: a jump for when these are too large, and see AccessEmitter.useIndices.
    long tooFar;
    int indexTimes;
}

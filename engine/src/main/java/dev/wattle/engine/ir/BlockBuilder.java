// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.ir;

import java.util.Arrays;

/**
 * The reusable buffer that a block's micro-ops are written into: two flat arrays, no object per operation.
 *
 * <p>An operation is a word {@code op | d << 8 | a << 20 | b << 32 | c << 44} and an immediate. {@link #where} says to
 * which guest instruction an operation belongs, so that one which faults gives the exact instruction address.
 */
public final class BlockBuilder {
    private long[] words = new long[1024];
    private long[] immediates = new long[1024];
    private int[] where = new int[1024];
    private int size;
    private int temps;
    private int instruction;
    private int instructions;
    private int byteLength;
    private boolean ended;

    /** Forgets everything. */
    public void clear() {
        size = 0;
        temps = 0;
        instruction = 0;
        instructions = 0;
        byteLength = 0;
        ended = false;
    }

    /**
     * Starts the next guest instruction; its temporaries start afresh.
     *
     * @param bytes its length
     */
    public void beginInstruction(int bytes) {
        instruction = instructions << 16 | byteLength;
        instructions++;
        byteLength += bytes;
        temps = 0;
    }

    /** A fresh temporary slot, valid to the end of the guest instruction. */
    public int temp() {
        if (temps == Slots.TEMPS) {
            throw new IllegalStateException("a guest instruction uses more than " + Slots.TEMPS + " temporaries");
        }
        return Slots.TEMP + temps++;
    }

    /** Writes one operation. */
    public void emit(int op, int d, int a, int b, int c, long imm) {
        if (size == words.length) {
            words = Arrays.copyOf(words, size * 2);
            immediates = Arrays.copyOf(immediates, size * 2);
            where = Arrays.copyOf(where, size * 2);
        }
        words[size] = op | (long) d << 8 | (long) a << 20 | (long) b << 32 | (long) c << 44;
        immediates[size] = imm;
        where[size] = instruction;
        size++;
    }

    /** d = op(a, b). */
    public void op(int op, int d, int a, int b) {
        emit(op, d, a, b, 0, 0);
    }

    /** d = op(a, imm). */
    public void opImm(int op, int d, int a, long imm) {
        emit(op, d, a, 0, 0, imm);
    }

    /** d = op(a, b, c). */
    public void op3(int op, int d, int a, int b, int c) {
        emit(op, d, a, b, c, 0);
    }

    /** Runs a routine on an instruction word. */
    public void call(int routine, int word) {
        emit(Op.CALL, 0, 0, 0, 0, (long) routine << 32 | word & 0xffff_ffffL);
    }

    /** Runs a routine on an instruction word, or does what a {@link Form} says. */
    public void host(int form, int d, int a, int b, int c, int routine, int word) {
        emit(Op.HOST, d, a, b, c, (long) routine << 32 | word & 0xffff_ffffL);
        words[size - 1] |= (long) form << 56;
    }

    /** Runs a routine that decides where execution goes on. */
    public void callEnd(int routine, int word) {
        end(Op.CALL_END, 0, 0, 0, (long) routine << 32 | word & 0xffff_ffffL);
    }

    /**
     * Runs a routine that decides where execution goes on, or does what {@link Op#SWITCH} says.
     *
     * @param word slot of the context's word
     */
    public void switchContext(int word, int routine, int instructionWord) {
        emit(Op.SWITCH, word, 0, 0, 0, (long) routine << 32 | instructionWord & 0xffff_ffffL);
        ended = true;
    }

    /** Ends the block, by a routine that decides where execution goes on unless slot a is 0. */
    public void callEndUnlessZero(int a, int routine, int word) {
        end(Op.CALL_END_UNLESS_ZERO, a, 0, 0, (long) routine << 32 | word & 0xffff_ffffL);
    }

    /** Writes an operation that ends the block. */
    public void end(int op, int a, int b, int c, long imm) {
        emit(op, 0, a, b, c, imm);
        ended = true;
    }

    /** Whether an operation has ended the block. */
    public boolean ended() {
        return ended;
    }

    /** Guest instructions so far. */
    public int instructions() {
        return instructions;
    }

    /** Bytes of guest code so far. */
    public int byteLength() {
        return byteLength;
    }

    /** Makes the block; the buffer may then be reused. */
    public Block build(int pageOffset, int pageBytes, int mode, long addressMask) {
        return new Block(
                Arrays.copyOf(words, size),
                Arrays.copyOf(immediates, size),
                Arrays.copyOf(where, size),
                instructions,
                pageOffset,
                pageBytes,
                byteLength,
                mode,
                addressMask);
    }
}

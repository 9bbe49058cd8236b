// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.power.isa.Assembler;
import dev.wattle.power.isa.InstructionTable;
import dev.wattle.power.model.ProcessorModel;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PowerProcessor;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/**
 * Executes vector instructions given as assembler text. A register's value is an array of its two doublewords, the left
 * one first; elements are numbered from the left.
 */
final class VectorMachine implements AutoCloseable {
    private static final long[] CORNERS = {
        0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffffL, 0x8000_0000L, -1
    };

    final SingleInstruction machine = new SingleInstruction(ProcessorModel.POWER9);
    final PowerProcessor p = machine.p;
    final Random random;
    private final Assembler assembler = new Assembler(InstructionTable.load());
    private final Map<String, Integer> words = new HashMap<>();

    /** Prints the seed of {@link #random} with the test's name. */
    VectorMachine(String test) {
        long seed = System.nanoTime();
        System.out.println(test + " seed " + seed);
        random = new Random(seed);
        p.setMsr(p.msr() | Msr.VEC | Msr.VSX);
    }

    /** Executes an instruction that must not interrupt. */
    void run(String instruction) {
        assertEquals(0, execute(instruction), instruction);
    }

    /** Executes an instruction and gives the interrupt vector, or 0. */
    int execute(String instruction) {
        return machine.run(words.computeIfAbsent(instruction, assembler::assemble));
    }

    void set(int vr, long... value) {
        p.setVr(vr, value[0], value[1]);
    }

    long[] get(int vr) {
        return new long[] {p.vrHigh(vr), p.vrLow(vr)};
    }

    /** Elements of the given width at random, among them many at the ends of ranges. */
    long[] vector(int width) {
        long[] v = new long[2];
        for (int i = 0; i < 128 / width; i++) {
            long value = random.nextInt(3) == 0 ? CORNERS[random.nextInt(CORNERS.length)] : random.nextLong();
            put(v, width, i, random.nextInt(8) == 0 ? 1L << width - 1 : value);
        }
        return v;
    }

    /** Element i, zero-extended. */
    static long element(long[] v, int width, int i) {
        int perHalf = 64 / width;
        return v[i / perHalf] << i % perHalf * width >>> 64 - width;
    }

    /** Element i, sign-extended. */
    static long signed(long[] v, int width, int i) {
        int perHalf = 64 / width;
        return v[i / perHalf] << i % perHalf * width >> 64 - width;
    }

    static long element(long[] v, int width, int i, boolean signed) {
        return signed ? signed(v, width, i) : element(v, width, i);
    }

    static void put(long[] v, int width, int i, long value) {
        int perHalf = 64 / width;
        int shift = 64 - width - i % perHalf * width;
        long mask = -1L >>> 64 - width << shift;
        v[i / perHalf] = v[i / perHalf] & ~mask | value << shift & mask;
    }

    static String hex(long[] v) {
        return String.format("%016x_%016x", v[0], v[1]);
    }

    @Override
    public void close() {
        machine.close();
    }
}

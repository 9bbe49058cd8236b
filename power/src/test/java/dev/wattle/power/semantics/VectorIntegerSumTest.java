// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorMachine.element;
import static dev.wattle.power.semantics.VectorMachine.hex;
import static dev.wattle.power.semantics.VectorMachine.put;
import static dev.wattle.power.semantics.VectorMachine.signed;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.LongBinaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Multiply-add, multiply-sum, sum across and the logical instructions against plain arithmetic. */
class VectorIntegerSumTest {
    private static final int ROUNDS = 300;

    private final VectorMachine machine = new VectorMachine("VectorIntegerSumTest");
    private long[] a;
    private long[] b;
    private long[] c;
    private final long[] expected = new long[2];
    private int sat;

    @AfterEach
    void close() {
        machine.close();
    }

    @BeforeEach
    void randomOperands() {
        int width = 8 << machine.random.nextInt(3);
        a = machine.vector(width);
        b = machine.vector(width);
        c = machine.vector(32);
        machine.set(1, a);
        machine.set(2, b);
        machine.set(3, c);
        sat = 0;
    }

    private long clamp(long value, long minimum, long maximum) {
        long clamped = Math.clamp(value, minimum, maximum);
        if (clamped != value) {
            sat = 1;
        }
        return clamped;
    }

    private void check(String instruction) {
        machine.p.setVscr(0);
        machine.run(instruction);
        String inputs = instruction + " " + hex(a) + " " + hex(b) + " " + hex(c);
        assertEquals(hex(expected), hex(machine.get(0)), inputs);
        assertEquals(sat, machine.p.vscr(), inputs);
        sat = 0;
    }

    @Test
    void MultiplyAdd_randomHalfwords_agreesWithScalars() {
        for (int round = 0; round < ROUNDS; round++) {
            randomOperands();
            for (int i = 0; i < 8; i++) {
                long product = signed(a, 16, i) * signed(b, 16, i);
                put(expected, 16, i, clamp((product >> 15) + signed(c, 16, i), Short.MIN_VALUE, Short.MAX_VALUE));
            }
            check("vmhaddshs 0, 1, 2, 3");
            for (int i = 0; i < 8; i++) {
                long product = signed(a, 16, i) * signed(b, 16, i) + 0x4000;
                put(expected, 16, i, clamp((product >> 15) + signed(c, 16, i), Short.MIN_VALUE, Short.MAX_VALUE));
            }
            check("vmhraddshs 0, 1, 2, 3");
            for (int i = 0; i < 8; i++) {
                put(expected, 16, i, element(a, 16, i) * element(b, 16, i) + element(c, 16, i));
            }
            check("vmladduhm 0, 1, 2, 3");
        }
    }

    private long products(int width, int word, boolean signedA, boolean signedB) {
        long sum = 0;
        for (int i = word * 32 / width; i < (word + 1) * 32 / width; i++) {
            sum += element(a, width, i, signedA) * element(b, width, i, signedB);
        }
        return sum;
    }

    @Test
    void MultiplySum_randomElements_agreesWithScalars() {
        for (int round = 0; round < ROUNDS; round++) {
            randomOperands();
            for (int i = 0; i < 4; i++) {
                put(expected, 32, i, products(8, i, false, false) + signed(c, 32, i));
            }
            check("vmsumubm 0, 1, 2, 3");
            for (int i = 0; i < 4; i++) {
                put(expected, 32, i, products(8, i, true, false) + signed(c, 32, i));
            }
            check("vmsummbm 0, 1, 2, 3");
            for (int i = 0; i < 4; i++) {
                put(expected, 32, i, products(16, i, false, false) + signed(c, 32, i));
            }
            check("vmsumuhm 0, 1, 2, 3");
            for (int i = 0; i < 4; i++) {
                put(expected, 32, i, products(16, i, true, true) + signed(c, 32, i));
            }
            check("vmsumshm 0, 1, 2, 3");
            for (int i = 0; i < 4; i++) {
                put(expected, 32, i, clamp(products(16, i, false, false) + element(c, 32, i), 0, 0xffff_ffffL));
            }
            check("vmsumuhs 0, 1, 2, 3");
            for (int i = 0; i < 4; i++) {
                long sum = products(16, i, true, true) + signed(c, 32, i);
                put(expected, 32, i, clamp(sum, Integer.MIN_VALUE, Integer.MAX_VALUE));
            }
            check("vmsumshs 0, 1, 2, 3");
        }
    }

    private long sum(int width, int from, int count, boolean signed) {
        long sum = 0;
        for (int i = from; i < from + count; i++) {
            sum += element(a, width, i, signed);
        }
        return sum;
    }

    @Test
    void SumAcross_randomElements_saturates() {
        for (int round = 0; round < ROUNDS; round++) {
            randomOperands();
            for (int i = 0; i < 4; i++) {
                put(expected, 32, i, clamp(sum(8, 4 * i, 4, false) + element(b, 32, i), 0, 0xffff_ffffL));
            }
            check("vsum4ubs 0, 1, 2");
            for (int i = 0; i < 4; i++) {
                long sum = sum(8, 4 * i, 4, true) + signed(b, 32, i);
                put(expected, 32, i, clamp(sum, Integer.MIN_VALUE, Integer.MAX_VALUE));
            }
            check("vsum4sbs 0, 1, 2");
            for (int i = 0; i < 4; i++) {
                long sum = sum(16, 2 * i, 2, true) + signed(b, 32, i);
                put(expected, 32, i, clamp(sum, Integer.MIN_VALUE, Integer.MAX_VALUE));
            }
            check("vsum4shs 0, 1, 2");
            for (int i = 0; i < 2; i++) {
                long sum = sum(32, 2 * i, 2, true) + signed(b, 32, 2 * i + 1);
                expected[i] = clamp(sum, Integer.MIN_VALUE, Integer.MAX_VALUE) & 0xffff_ffffL;
            }
            check("vsum2sws 0, 1, 2");
            expected[0] = 0;
            long sum = sum(32, 0, 4, true) + signed(b, 32, 3);
            expected[1] = clamp(sum, Integer.MIN_VALUE, Integer.MAX_VALUE) & 0xffff_ffffL;
            check("vsumsws 0, 1, 2");
        }
    }

    private void checkLogical(String suffix, LongBinaryOperator operation) {
        expected[0] = operation.applyAsLong(a[0], b[0]);
        expected[1] = operation.applyAsLong(a[1], b[1]);
        check("v" + suffix + " 0, 1, 2");
        check("xxl" + suffix + " 32, 33, 34");
    }

    @Test
    void Logical_bothFacilities_agree() {
        checkLogical("and", (x, y) -> x & y);
        checkLogical("andc", (x, y) -> x & ~y);
        checkLogical("eqv", (x, y) -> ~(x ^ y));
        checkLogical("nand", (x, y) -> ~(x & y));
        checkLogical("orc", (x, y) -> x | ~y);
        checkLogical("nor", (x, y) -> ~(x | y));
        checkLogical("or", (x, y) -> x | y);
        checkLogical("xor", (x, y) -> x ^ y);
        expected[0] = a[0] & ~c[0] | b[0] & c[0];
        expected[1] = a[1] & ~c[1] | b[1] & c[1];
        check("vsel 0, 1, 2, 3");
        check("xxsel 32, 33, 34, 35");
    }

    /** VSX operands reach all 64 registers. */
    @Test
    void Logical_lowerRegisters_areFloatingPointRegisters() {
        machine.p.setVsr(1, a[0], a[1]);
        machine.p.setVsr(2, b[0], b[1]);
        machine.run("xxlxor 3, 1, 2");
        assertEquals(a[0] ^ b[0], machine.p.fpr(3));
        assertEquals(a[1] ^ b[1], machine.p.vsrLow(3));
    }
}

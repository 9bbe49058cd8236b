// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorMachine.element;
import static dev.wattle.power.semantics.VectorMachine.hex;
import static dev.wattle.power.semantics.VectorMachine.put;
import static dev.wattle.power.semantics.VectorMachine.signed;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Instructions that work element by element, against the same operation on one element after the other. */
class VectorIntegerTest {
    private static final int ROUNDS = 300;

    private final VectorMachine machine = new VectorMachine("VectorIntegerTest");

    @AfterEach
    void close() {
        machine.close();
    }

    private static int width(char letter) {
        return 8 << "bhwd".indexOf(letter);
    }

    /**
     * Compares an instruction with an operation on extended elements.
     *
     * @param minimum least element of the result, if the instruction saturates
     * @param maximum greatest element, or less than the minimum if the instruction is modulo
     */
    private void check(
            String mnemonic, int width, boolean signed, long minimum, long maximum, LongBinaryOperator operation) {
        for (int round = 0; round < ROUNDS; round++) {
            long[] a = machine.vector(width);
            long[] b = round % 8 == 0 ? a.clone() : machine.vector(width);
            long[] expected = new long[2];
            int sat = 0;
            for (int i = 0; i < 128 / width; i++) {
                long value = operation.applyAsLong(element(a, width, i, signed), element(b, width, i, signed));
                if (minimum <= maximum && (value < minimum || value > maximum)) {
                    value = value < minimum ? minimum : maximum;
                    sat = 1;
                }
                put(expected, width, i, value);
            }
            machine.p.setVscr(0);
            machine.set(1, a);
            machine.set(2, b);
            machine.run(mnemonic + " 0, 1, 2");
            String inputs = mnemonic + " " + hex(a) + " " + hex(b);
            assertEquals(hex(expected), hex(machine.get(0)), inputs);
            assertEquals(sat, machine.p.vscr(), inputs);
        }
    }

    private void checkModulo(String mnemonic, String letters, boolean signed, LongBinaryOperator operation) {
        for (char letter : letters.toCharArray()) {
            check(mnemonic.replace('*', letter), width(letter), signed, 1, 0, operation);
        }
    }

    private void checkSaturating(String mnemonic, boolean signed, LongBinaryOperator operation) {
        for (char letter : "bhw".toCharArray()) {
            int width = width(letter);
            long maximum = (1L << (signed ? width - 1 : width)) - 1;
            check(mnemonic.replace('*', letter), width, signed, signed ? -maximum - 1 : 0, maximum, operation);
        }
    }

    @Test
    void AddAndSubtract_randomElements_wrapAround() {
        checkModulo("vaddu*m", "bhwd", false, Long::sum);
        checkModulo("vsubu*m", "bhwd", false, (a, b) -> a - b);
        checkModulo("vaddcu*", "w", false, (a, b) -> a + b >>> 32);
        checkModulo("vsubcu*", "w", false, (a, b) -> a >= b ? 1 : 0);
    }

    @Test
    void AddAndSubtract_saturatingForms_clampAndSetSat() {
        checkSaturating("vaddu*s", false, Long::sum);
        checkSaturating("vadds*s", true, Long::sum);
        checkSaturating("vsubu*s", false, (a, b) -> a - b);
        checkSaturating("vsubs*s", true, (a, b) -> a - b);
    }

    @Test
    void AverageAndDifference_randomElements_keepTheCarry() {
        checkModulo("vavgu*", "bhw", false, (a, b) -> a + b + 1 >> 1);
        checkModulo("vavgs*", "bhw", true, (a, b) -> a + b + 1 >> 1);
        checkModulo("vabsdu*", "bhw", false, (a, b) -> Math.abs(a - b));
    }

    @Test
    void MaximumAndMinimum_randomElements_chooseBySignedness() {
        checkModulo("vmaxu*", "bhwd", false, (a, b) -> Long.compareUnsigned(a, b) > 0 ? a : b);
        checkModulo("vminu*", "bhwd", false, (a, b) -> Long.compareUnsigned(a, b) < 0 ? a : b);
        checkModulo("vmaxs*", "bhwd", true, Math::max);
        checkModulo("vmins*", "bhwd", true, Math::min);
    }

    @Test
    void Compare_randomElements_givesMasks() {
        checkModulo("vcmpequ*", "bhwd", false, (a, b) -> a == b ? -1 : 0);
        checkModulo("vcmpgtu*", "bhwd", false, (a, b) -> Long.compareUnsigned(a, b) > 0 ? -1 : 0);
        checkModulo("vcmpgts*", "bhwd", true, (a, b) -> a > b ? -1 : 0);
        checkModulo("vcmpne*", "bhw", false, (a, b) -> a != b ? -1 : 0);
        checkModulo("vcmpnez*", "bhw", false, (a, b) -> a != b || a == 0 || b == 0 ? -1 : 0);
    }

    @Test
    void Compare_recordForm_setsCr6ToAllOrNone() {
        machine.set(1, 0x0102_0304_0506_0708L, 0x090a_0b0c_0d0e_0f10L);
        machine.run("vcmpequb. 0, 1, 1");
        assertEquals(8, machine.p.cr(6));
        machine.set(2, 0, 0);
        machine.run("vcmpequb. 0, 1, 2");
        assertEquals(2, machine.p.cr(6));
        machine.set(2, 0, 0x10);
        machine.run("vcmpequb. 0, 1, 2");
        assertEquals(0, machine.p.cr(6));
        machine.p.setCr(6, 5);
        machine.run("vcmpequb 0, 1, 2");
        assertEquals(5, machine.p.cr(6));
    }

    @Test
    void Shifts_randomCounts_useTheLowBitsOfEachElement() {
        for (char letter : "bhwd".toCharArray()) {
            int width = width(letter);
            check("vsl" + letter, width, false, 1, 0, (a, b) -> a << (b & width - 1));
            check("vsr" + letter, width, false, 1, 0, (a, b) -> a >>> (b & width - 1));
            check("vsra" + letter, width, true, 1, 0, (a, b) -> a >> (b & width - 1));
            check("vrl" + letter, width, false, 1, 0, (a, b) -> {
                int n = (int) b & width - 1;
                return n == 0 ? a : a << n | a >>> width - n;
            });
        }
    }

    @Test
    void RotateAndMask_randomMasks_agreeWithTheBookBitByBit() {
        for (int width = 32; width <= 64; width += 32) {
            String letter = width == 32 ? "w" : "d";
            for (int round = 0; round < ROUNDS; round++) {
                long[] a = machine.vector(width);
                long[] b = machine.vector(8);
                long[] t = machine.vector(width);
                long[] masked = new long[2];
                long[] inserted = new long[2];
                for (int i = 0; i < 128 / width; i++) {
                    int control = (int) element(b, width, i);
                    int begin = control >>> 16 & width - 1;
                    int end = control >>> 8 & width - 1;
                    long mask = 0;
                    for (int bit = begin; ; bit = bit + 1 & width - 1) {
                        mask |= 1L << width - 1 - bit;
                        if (bit == end) {
                            break;
                        }
                    }
                    int n = control & width - 1;
                    long x = element(a, width, i);
                    long rotated = n == 0 ? x : x << n | x >>> width - n;
                    put(masked, width, i, rotated & mask);
                    put(inserted, width, i, rotated & mask | element(t, width, i) & ~mask);
                }
                machine.set(0, t);
                machine.set(1, a);
                machine.set(2, b);
                machine.run("vrl" + letter + "mi 0, 1, 2");
                assertEquals(hex(inserted), hex(machine.get(0)));
                machine.run("vrl" + letter + "nm 0, 1, 2");
                assertEquals(hex(masked), hex(machine.get(0)));
            }
        }
    }

    private void checkUnary(String mnemonic, int width, boolean signed, LongUnaryOperator operation) {
        for (int round = 0; round < ROUNDS; round++) {
            long[] b = machine.vector(width);
            long[] expected = new long[2];
            for (int i = 0; i < 128 / width; i++) {
                put(expected, width, i, operation.applyAsLong(element(b, width, i, signed)));
            }
            machine.set(2, b);
            machine.run(mnemonic + " 0, 2");
            assertEquals(hex(expected), hex(machine.get(0)), mnemonic + " " + hex(b));
        }
    }

    @Test
    void Counts_randomElements_countWithinTheElement() {
        for (char letter : "bhwd".toCharArray()) {
            int width = width(letter);
            checkUnary("vclz" + letter, width, false, b -> Long.numberOfLeadingZeros(b) - (64 - width));
            checkUnary("vctz" + letter, width, false, b -> Math.min(width, Long.numberOfTrailingZeros(b)));
            checkUnary("vpopcnt" + letter, width, false, Long::bitCount);
        }
    }

    @Test
    void NegateExtendParity_randomElements_agreeWithScalars() {
        checkUnary("vnegw", 32, true, b -> -b);
        checkUnary("vnegd", 64, true, b -> -b);
        checkUnary("vextsb2w", 32, false, b -> (byte) b);
        checkUnary("vextsh2w", 32, false, b -> (short) b);
        checkUnary("vextsb2d", 64, false, b -> (byte) b);
        checkUnary("vextsh2d", 64, false, b -> (short) b);
        checkUnary("vextsw2d", 64, false, b -> (int) b);
        checkUnary("vprtybw", 32, false, b -> Long.bitCount(b & 0x0101_0101L) & 1);
        checkUnary("vprtybd", 64, false, b -> Long.bitCount(b & 0x0101_0101_0101_0101L) & 1);
    }

    /** All pairs of bytes, sixteen at a time, so that each has many different neighbours. */
    @Test
    void Bytes_allPairs_areRightNextToAnyNeighbour() {
        for (int pair = 0; pair < 1 << 16; pair += 16) {
            long[] a = new long[2];
            long[] b = new long[2];
            long[] sum = new long[2];
            long[] difference = new long[2];
            long[] signedSum = new long[2];
            long[] average = new long[2];
            for (int i = 0; i < 16; i++) {
                // Odd multiples visit all pairs in an order that mixes them.
                int n = (pair + i) * 40503 & 0xffff;
                put(a, 8, i, n >>> 8);
                put(b, 8, i, n);
                put(sum, 8, i, Math.min(255, (n >>> 8) + (n & 0xff)));
                put(difference, 8, i, Math.max(0, (n >>> 8) - (n & 0xff)));
                put(signedSum, 8, i, Math.clamp((byte) (n >>> 8) + (byte) n, -128, 127));
                put(average, 8, i, (byte) (n >>> 8) + (byte) n + 1 >> 1);
            }
            machine.set(1, a);
            machine.set(2, b);
            machine.run("vaddubs 0, 1, 2");
            assertEquals(hex(sum), hex(machine.get(0)));
            machine.run("vsububs 0, 1, 2");
            assertEquals(hex(difference), hex(machine.get(0)));
            machine.run("vaddsbs 0, 1, 2");
            assertEquals(hex(signedSum), hex(machine.get(0)));
            machine.run("vavgsb 0, 1, 2");
            assertEquals(hex(average), hex(machine.get(0)));
        }
    }

    @Test
    void Pack_randomElements_clampsToTheTarget() {
        for (int wide = 16; wide <= 64; wide *= 2) {
            char letter = "hwd".charAt(Integer.numberOfTrailingZeros(wide) - 4);
            int narrow = wide / 2;
            long all = (1L << narrow) - 1;
            for (int round = 0; round < ROUNDS; round++) {
                long[] a = machine.vector(wide);
                long[] b = machine.vector(wide);
                machine.set(1, a);
                machine.set(2, b);
                for (int kind = 0; kind < 4; kind++) {
                    String suffix = new String[] {"um", "us", "us", "ss"}[kind];
                    String mnemonic = "vpk" + (kind < 2 ? "u" : "s") + letter + suffix;
                    long[] expected = new long[2];
                    int sat = 0;
                    for (int i = 0; i < 128 / narrow; i++) {
                        long[] source = i < 64 / narrow ? a : b;
                        int from = i % (64 / narrow);
                        long value = element(source, wide, from, kind >= 2);
                        long clamped = value;
                        if (kind == 1) {
                            clamped = Long.compareUnsigned(value, all) > 0 ? all : value;
                        } else if (kind == 2) {
                            clamped = Math.clamp(value, 0, all);
                        } else if (kind == 3) {
                            clamped = Math.clamp(value, -(all / 2) - 1, all / 2);
                        }
                        sat |= clamped != value ? 1 : 0;
                        put(expected, narrow, i, clamped);
                    }
                    machine.p.setVscr(0);
                    machine.run(mnemonic + " 0, 1, 2");
                    assertEquals(hex(expected), hex(machine.get(0)), mnemonic + " " + hex(a) + " " + hex(b));
                    assertEquals(kind == 0 ? 0 : sat, machine.p.vscr());
                }
            }
        }
    }

    @Test
    void Unpack_randomElements_extendsTheSign() {
        for (int narrow = 8; narrow <= 32; narrow *= 2) {
            char letter = "bhw".charAt(Integer.numberOfTrailingZeros(narrow) - 3);
            for (int round = 0; round < ROUNDS; round++) {
                long[] b = machine.vector(narrow);
                long[] high = new long[2];
                long[] low = new long[2];
                for (int i = 0; i < 64 / narrow; i++) {
                    put(high, 2 * narrow, i, signed(b, narrow, i));
                    put(low, 2 * narrow, i, signed(b, narrow, i + 64 / narrow));
                }
                machine.set(2, b);
                machine.run("vupkhs" + letter + " 0, 2");
                assertEquals(hex(high), hex(machine.get(0)));
                machine.run("vupkls" + letter + " 0, 2");
                assertEquals(hex(low), hex(machine.get(0)));
            }
        }
    }

    @Test
    void Multiply_evenAndOdd_givesDoubleWidthProducts() {
        for (int width = 8; width <= 32; width *= 2) {
            char letter = "bhw".charAt(Integer.numberOfTrailingZeros(width) - 3);
            for (int kind = 0; kind < 4; kind++) {
                boolean signed = (kind & 1) != 0;
                int odd = kind >> 1;
                String mnemonic = "vmul" + (odd == 0 ? "e" : "o") + (signed ? "s" : "u") + letter;
                for (int round = 0; round < ROUNDS; round++) {
                    long[] a = machine.vector(width);
                    long[] b = machine.vector(width);
                    long[] expected = new long[2];
                    for (int i = 0; i < 64 / width; i++) {
                        long product = element(a, width, 2 * i + odd, signed) * element(b, width, 2 * i + odd, signed);
                        put(expected, 2 * width, i, product);
                    }
                    machine.set(1, a);
                    machine.set(2, b);
                    machine.run(mnemonic + " 0, 1, 2");
                    assertEquals(hex(expected), hex(machine.get(0)), mnemonic);
                }
            }
        }
        checkModulo("vmulu*m", "w", false, (a, b) -> a * b);
    }
}

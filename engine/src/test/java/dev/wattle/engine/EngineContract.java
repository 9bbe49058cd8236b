// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.ir.BlockBuilder;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.engine.translate.FrontEnd;
import java.lang.foreign.Arena;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every engine must do; a subclass for each. */
public abstract class EngineContract {
    protected static final int D = Slots.GUEST;
    protected static final int A = Slots.GUEST + 1;
    protected static final int B = Slots.GUEST + 2;
    protected static final int C = Slots.GUEST + 3;
    private static final long[] CORNERS = {
        0,
        1,
        -1,
        2,
        31,
        32,
        33,
        63,
        64,
        65,
        127,
        128,
        0x7fff_ffffL,
        0x8000_0000L,
        0xffff_ffffL,
        1L << 32,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        0x8000_0000_8000_0000L,
        0x0123_4567_89ab_cdefL
    };

    protected final Arena arena = Arena.ofConfined();
    protected final GuestMemory memory = GuestMemory.allocate(1 << 20);

    /** Makes the engine under test. */
    protected abstract Engine engine(FlatProcessor processor, FrontEnd frontEnd);

    /** Guest registers that the engine may keep in host registers. */
    protected int[] hotSlots() {
        return new int[0];
    }

    @AfterEach
    void close() {
        arena.close();
        memory.close();
    }

    /** Calls made by CALL operations: each stops the run. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    protected static Routine<FlatProcessor>[] routines() {
        return new Routine[] {(Routine<FlatProcessor>) (p, word) -> p.request(1)};
    }

    /** A processor with its engine. */
    protected FlatProcessor processor(FrontEnd frontEnd) {
        FlatProcessor p = new FlatProcessor(arena, memory, frontEnd);
        p.engine = engine(p, frontEnd);
        return p;
    }

    /** A front end for which every word is the same program: what {@code body} writes, then a stop. */
    protected FrontEnd program(Consumer<BlockBuilder> body) {
        return frontEnd((offset, out) -> {
            body.accept(out);
            if (!out.ended()) {
                out.callEnd(0, 0);
            }
        });
    }

    protected FrontEnd frontEnd(WrittenFrontEnd.Writer writer) {
        return new WrittenFrontEnd(hotSlots(), -1, writer);
    }

    protected static void run(FlatProcessor p, long nia) {
        p.putSlot(Slots.NIA, nia);
        p.engine.run();
    }

    private long compute(int op, long a, long b, long c, int number, long imm) {
        FlatProcessor p = processor(program(out -> out.emit(op, D, A, B, number >= 0 ? number : C, imm)));
        p.putSlot(A, a);
        p.putSlot(B, b);
        p.putSlot(C, c);
        run(p, 0x1000);
        p.engine.close();
        return p.slot(D);
    }

    private static BigInteger unsigned(long v) {
        return new BigInteger(Long.toUnsignedString(v));
    }

    private interface Model {
        long apply(long a, long b);
    }

    private void check(int op, Model model) {
        Random random = new Random(op);
        for (int i = 0; i < 60; i++) {
            long a = i < 20 ? CORNERS[i] : random.nextLong();
            long b = random.nextBoolean() ? CORNERS[random.nextInt(CORNERS.length)] : random.nextLong();
            assertEquals(model.apply(a, b), compute(op, a, b, 0, -1, 0), () -> Op.name(op) + " seed " + op);
        }
    }

    private static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);

    @Test
    void Arithmetic_randomOperands_agreesWithBigInteger() {
        check(Op.ADD, (a, b) -> unsigned(a).add(unsigned(b)).longValue());
        check(Op.SUB, (a, b) -> unsigned(a).subtract(unsigned(b)).longValue());
        check(Op.MUL, (a, b) -> unsigned(a).multiply(unsigned(b)).longValue());
        check(
                Op.MULHU,
                (a, b) -> unsigned(a).multiply(unsigned(b)).shiftRight(64).longValue());
        check(
                Op.MULHS,
                (a, b) -> BigInteger.valueOf(a)
                        .multiply(BigInteger.valueOf(b))
                        .shiftRight(64)
                        .longValue());
        check(Op.DIVU64, (a, b) -> b == 0 ? 0 : unsigned(a).divide(unsigned(b)).longValue());
        check(Op.DIVS64, (a, b) -> {
            if (b == 0) {
                return 0;
            }
            BigInteger q = BigInteger.valueOf(a).divide(BigInteger.valueOf(b));
            return q.bitLength() > 63 ? 0 : q.longValue();
        });
        check(Op.DIVU32, (a, b) -> (int) b == 0 ? 0 : Integer.toUnsignedLong(Integer.divideUnsigned((int) a, (int) b)));
        check(Op.NEG, (a, b) -> BigInteger.valueOf(a).negate().longValue());
    }

    @Test
    void Shifts_amountsBeyondTheWidth_giveZeroOrSign() {
        check(Op.SHL, (a, b) -> unsigned(a).shiftLeft((int) b & 127).longValue());
        check(Op.SHR, (a, b) -> unsigned(a).shiftRight((int) b & 127).longValue());
        check(Op.SAR, (a, b) -> BigInteger.valueOf(a).shiftRight((int) b & 127).longValue());
        check(Op.ROTL, (a, b) -> Long.rotateLeft(a, (int) b));
        check(Op.SARLOST, (a, b) -> {
            int n = (int) b & 127;
            BigInteger lost = unsigned(a).mod(BigInteger.ONE.shiftLeft(n));
            return a < 0 && lost.signum() != 0 ? 1 : 0;
        });
    }

    @Test
    void Logic_randomOperands_agreesWithBitByBit() {
        check(Op.AND, (a, b) -> bits(a, b, (x, y) -> x & y));
        check(Op.OR, (a, b) -> bits(a, b, (x, y) -> x | y));
        check(Op.XOR, (a, b) -> bits(a, b, (x, y) -> x == y ? 0 : 1));
        check(Op.ANDC, (a, b) -> bits(a, b, (x, y) -> x == 1 && y == 0 ? 1 : 0));
        check(Op.ORC, (a, b) -> bits(a, b, (x, y) -> x == 1 || y == 0 ? 1 : 0));
        check(Op.NAND, (a, b) -> bits(a, b, (x, y) -> x == 1 && y == 1 ? 0 : 1));
        check(Op.NOR, (a, b) -> bits(a, b, (x, y) -> x == 0 && y == 0 ? 1 : 0));
        check(Op.EQV, (a, b) -> bits(a, b, (x, y) -> x == y ? 1 : 0));
        check(
                Op.POPCNT,
                (a, b) -> Long.toBinaryString(a).chars().filter(c -> c == '1').count());
    }

    private static long bits(long a, long b, Model bit) {
        long result = 0;
        for (int i = 0; i < 64; i++) {
            result |= bit.apply(a >>> i & 1, b >>> i & 1) << i;
        }
        return result;
    }

    @Test
    void Comparisons_ofEachWidthAndSign_giveTheNibbleWithSummaryOverflow() {
        for (long a : CORNERS) {
            for (long b : CORNERS) {
                assertEquals(nibble(Long.compare(a, b)) | 1, compute(Op.CMPS64, a, b, 1, -1, 0));
                assertEquals(nibble(Long.compareUnsigned(a, b)), compute(Op.CMPU64, a, b, 0, -1, 0));
                assertEquals(nibble(Integer.compare((int) a, (int) b)), compute(Op.CMPS32, a, b, 0, -1, 0));
                assertEquals(nibble(Integer.compareUnsigned((int) a, (int) b)), compute(Op.CMPU32, a, b, 0, -1, 0));
                assertEquals(nibble(Long.compare(a, b)), compute(Op.CMPS64I, a, 0, 0, -1, b));
                assertEquals(nibble(Long.compareUnsigned(a, b)), compute(Op.CMPU64I, a, 0, 0, -1, b));
                assertEquals(nibble(Integer.compare((int) a, (int) b)), compute(Op.CMPS32I, a, 0, 0, -1, b));
                assertEquals(nibble(Integer.compareUnsigned((int) a, (int) b)), compute(Op.CMPU32I, a, 0, 0, -1, b));
            }
        }
    }

    private static long nibble(int order) {
        return order < 0 ? 8 : order > 0 ? 4 : 2;
    }

    @Test
    void Carries_withAndWithoutCarryIn_areThoseOfTheWideSum() {
        for (long a : CORNERS) {
            for (long b : CORNERS) {
                for (long c = 0; c < 2; c++) {
                    BigInteger sum = unsigned(a).add(unsigned(b)).add(BigInteger.valueOf(c));
                    assertEquals(sum.longValue(), compute(Op.ADC, a, b, c, -1, 0));
                    assertEquals(sum.compareTo(TWO_64) >= 0 ? 1 : 0, compute(Op.CARRY, a, b, c, -1, 0));
                    long low = (a & 0xffff_ffffL) + (b & 0xffff_ffffL) + c;
                    assertEquals(low >>> 32, compute(Op.CARRY32, a, b, sum.longValue(), -1, 0));
                }
            }
        }
    }

    /** One operation of a random program that only computes, and what it does to slots. */
    private record Step(int op, int d, int a, int b, int c, long imm) {
        void apply(long[] slots) {
            BigInteger sum = unsigned(slots[a]).add(unsigned(slots[b])).add(unsigned(slots[c]));
            slots[d] = switch (op) {
                case Op.ADC -> sum.longValue();
                case Op.CARRY -> sum.shiftRight(64).longValue();
                case Op.CARRY32 -> (slots[a] ^ slots[b] ^ slots[c]) >>> 32 & 1;
                case Op.MOV -> slots[a];
                case Op.MOVI -> imm;
                case Op.XORI -> slots[a] ^ imm;
                case Op.ANDI -> slots[a] & imm;
                case Op.MUL -> slots[a] * slots[b];
                case Op.MULHU -> Math.unsignedMultiplyHigh(slots[a], slots[b]);
                case Op.MULHS -> Math.multiplyHigh(slots[a], slots[b]);
                case Op.SHL -> (slots[b] & 64) != 0 ? 0 : slots[a] << slots[b];
                default -> throw new IllegalStateException(Op.name(op));
            };
        }
    }

    @Test
    void Chains_ofSumsWithCarriesAndOfProducts_giveWhatTheirStepsGive() {
        int registers = 6;
        int carry = Slots.GUEST + registers;
        int carry32 = carry + 1;
        Random random = new Random(47);
        for (int program = 0; program < 400; program++) {
            List<Step> steps = new ArrayList<>();
            for (int n = 0; n < 12; n++) {
                int d = Slots.GUEST + random.nextInt(registers);
                int a = Slots.GUEST + random.nextInt(registers);
                int b = Slots.GUEST + random.nextInt(registers);
                switch (random.nextInt(10)) {
                    case 0 -> steps.add(new Step(Op.MOV, d, a, 0, 0, 0));
                    case 1 -> steps.add(new Step(Op.MOVI, d, 0, 0, 0, random.nextInt(3) - 1));
                    case 2 -> {
                        steps.add(new Step(Op.ANDI, d, a, 0, 0, random.nextBoolean() ? 63 : 127));
                        steps.add(new Step(Op.SHL, a, b, d, 0, 0));
                    }
                    case 3, 4 -> {
                        Step low = new Step(Op.MUL, d, a, b, 0, 0);
                        int other = Slots.GUEST + random.nextInt(registers);
                        Step high = new Step(random.nextBoolean() ? Op.MULHU : Op.MULHS, other, b, a, 0, 0);
                        steps.addAll(random.nextBoolean() ? List.of(low, high) : List.of(high, low));
                    }
                    default -> {
                        int first = a;
                        if (random.nextInt(3) == 0) {
                            first = Slots.TEMP + 1;
                            steps.add(new Step(Op.XORI, first, a, 0, 0, -1));
                        } else if (random.nextInt(4) == 0) {
                            b = Slots.ZERO;
                        }
                        int in = new int[] {carry, carry, carry, Slots.ZERO, Slots.ONE}[random.nextInt(5)];
                        int sum = d != first && d != b ? d : Slots.TEMP + 2;
                        steps.add(new Step(Op.ADC, sum, first, b, in, 0));
                        steps.add(new Step(Op.CARRY32, carry32, first, b, sum, 0));
                        steps.add(new Step(Op.CARRY, carry, first, b, in, 0));
                        if (sum != d) {
                            steps.add(new Step(Op.MOV, d, sum, 0, 0, 0));
                        }
                    }
                }
            }
            long[] slots = new long[Slots.GUEST + 32];
            slots[Slots.ONE] = 1;
            FlatProcessor p = processor(program(out -> {
                for (Step step : steps) {
                    out.emit(step.op, step.d, step.a, step.b, step.c, step.imm);
                }
            }));
            for (int i = 0; i < registers; i++) {
                slots[Slots.GUEST + i] =
                        random.nextInt(3) == 0 ? random.nextLong() : CORNERS[random.nextInt(CORNERS.length)];
                p.putSlot(Slots.GUEST + i, slots[Slots.GUEST + i]);
            }
            slots[carry] = random.nextInt(2);
            p.putSlot(carry, slots[carry]);
            run(p, 0x1000);
            steps.forEach(step -> step.apply(slots));
            for (int i = 0; i < registers + 2; i++) {
                assertEquals(slots[Slots.GUEST + i], p.slot(Slots.GUEST + i), "slot " + i + " of " + steps);
            }
            p.engine.close();
        }
    }

    @Test
    void RotateAndMask_ofWordsAndDoublewords_keepAndInsertUnderTheMask() {
        Random random = new Random(5);
        for (int i = 0; i < 200; i++) {
            long a = random.nextLong();
            long b = random.nextLong();
            int n = random.nextInt(32);
            long mask = random.nextLong();
            long rotated64 = Long.rotateLeft(a, n);
            long word = Integer.toUnsignedLong(Integer.rotateLeft((int) a, n));
            long rotated32 = word << 32 | word;
            assertEquals(rotated64 & mask, compute(Op.ROTMASK64, a, b, 0, n, mask));
            assertEquals(rotated32 & mask, compute(Op.ROTMASK32, a, b, 0, n, mask));
            assertEquals(rotated64 & mask | b & ~mask, compute(Op.ROTINSERT64, a, b, 0, n, mask));
            assertEquals(rotated32 & mask | b & ~mask, compute(Op.ROTINSERT32, a, b, 0, n, mask));
            assertEquals(a >>> n & 1, compute(Op.BIT, a, b, 0, n, 0));
            assertEquals(a & ~(1L << n) | (b & 1) << n, compute(Op.SETBIT, a, b, 0, n, 0));
        }
    }

    @Test
    void LoadsAndStores_ofEverySizeOrderAndSign_moveTheBytes() {
        Object[][] forms = {
            {Op.ST8, Op.LD8U, 1, false, false},
            {Op.ST16_LE, Op.LD16U_LE, 2, false, false},
            {Op.ST16_BE, Op.LD16U_BE, 2, true, false},
            {Op.ST16_LE, Op.LD16S_LE, 2, false, true},
            {Op.ST16_BE, Op.LD16S_BE, 2, true, true},
            {Op.ST32_LE, Op.LD32U_LE, 4, false, false},
            {Op.ST32_BE, Op.LD32U_BE, 4, true, false},
            {Op.ST32_LE, Op.LD32S_LE, 4, false, true},
            {Op.ST32_BE, Op.LD32S_BE, 4, true, true},
            {Op.ST64_LE, Op.LD64_LE, 8, false, false},
            {Op.ST64_BE, Op.LD64_BE, 8, true, false},
        };
        long value = 0xf1e2_d3c4_b5a6_9788L;
        for (Object[] form : forms) {
            int bytes = (int) form[2];
            boolean big = (boolean) form[3];
            FlatProcessor p = processor(program(out -> {
                out.emit((int) form[0], 0, A, B, 0, 3);
                out.emit((int) form[1], D, A, 0, 0, 3);
            }));
            p.putSlot(A, 0x8000);
            p.putSlot(B, value);
            run(p, 0x1000);
            int unused = 64 - 8 * bytes;
            assertEquals((boolean) form[4] ? value << unused >> unused : value << unused >>> unused, p.slot(D));
            for (int i = 0; i < bytes; i++) {
                int shift = 8 * (big ? bytes - 1 - i : i);
                assertEquals((byte) (value >>> shift), memory.getByte(0x8003 + i));
            }
        }
    }

    @Test
    void LoadAtTheVeryEnd_ofMemory_readsItsBytes() {
        FlatProcessor p = processor(program(out -> out.emit(Op.LD8U, D, A, 0, 0, 0)));
        memory.putByte(memory.size() - 1, (byte) 0x5a);
        p.putSlot(A, memory.size() - 1);
        run(p, 0x1000);
        assertEquals(0x5a, p.slot(D));
    }

    @Test
    void Fault_inTheMiddleOfABlock_tellsTheInstructionAndLeavesLaterOnesUndone() {
        FlatProcessor p = processor(frontEnd((offset, out) -> {
            out.opImm(Op.MOVI, A, 0, 11);
            out.beginInstruction(4);
            out.opImm(Op.LD64_LE, B, C, 8);
            out.beginInstruction(4);
            out.opImm(Op.MOVI, A, 0, 22);
            out.callEnd(0, 0);
        }));
        p.putSlot(B, 33);
        p.putSlot(C, memory.size());
        p.putSlot(Slots.NIA, 0x2010);
        p.engine.run();
        assertEquals(11, p.slot(A));
        assertEquals(33, p.slot(B));
        assertEquals(memory.size() + 8, p.faultAddress);
        assertEquals(1, p.slot(Slots.COMPLETED));
    }

    @Test
    void Branches_withinAPage_runUntilTheConditionFails() {
        FlatProcessor p = processor(frontEnd((offset, out) -> {
            if (offset == 0x100) {
                out.opImm(Op.ADDI, A, A, -1);
                out.opImm(Op.ADDI, B, B, 3);
                out.end(Op.BRANCH_NZ, A, 0, 0, 0x100);
            } else {
                out.callEnd(0, 0);
            }
        }));
        p.putSlot(A, 1000);
        run(p, 0x3100);
        assertEquals(3000, p.slot(B));
        assertEquals(1001, p.slot(Slots.COMPLETED));
        assertEquals(2, p.codeCache().translations());
    }

    @Test
    void Deadline_reachedInALinkedLoop_leavesAtThatInstruction() {
        FlatProcessor p = processor(frontEnd((offset, out) -> {
            out.opImm(Op.ADDI, A, A, 1);
            out.end(Op.GOTO, 0, 0, 0, offset);
        }));
        p.putSlot(Slots.DEADLINE, 12345);
        run(p, 0x3100);
        assertEquals(12345, p.slot(A));
    }

    @Test
    void StoreIntoTranslatedCode_bySelfOrFromOutside_isExecutedNext() {
        FlatProcessor p = processor(new FrontEnd() {
            @Override
            public void translate(long code, int pageOffset, int pageBytes, int mode, BlockBuilder out) {
                out.beginInstruction(4);
                out.opImm(Op.MOVI, D, 0, dev.wattle.engine.memory.HostMemory.getIntLe(code));
                out.emit(Op.ST32_LE, 0, A, B, 0, 0);
                out.callEnd(0, 0);
            }

            @Override
            public long addressMask(int mode) {
                return -1;
            }
        });
        memory.putInt(0x4000, Integer.reverseBytes(5));
        p.putSlot(A, 0x4000);
        p.putSlot(B, 6);
        run(p, 0x4000);
        assertEquals(5, p.slot(D));
        run(p, 0x4000);
        assertEquals(6, p.slot(D));
        memory.putInt(0x4000, Integer.reverseBytes(7));
        run(p, 0x4000);
        assertEquals(7, p.slot(D));
        assertTrue(p.codeCache().translations() >= 3);
    }

    /** Three stores and three loads off one register, around an address. */
    private FlatProcessor group(long base) {
        FlatProcessor p = processor(program(out -> {
            for (int i = 0; i < 3; i++) {
                out.beginInstruction(4);
                out.opImm(Op.ADDI, B, B, 1);
                out.emit(Op.ST64_LE, 0, A, B, 0, 8L * i - 8);
            }
            for (int i = 0; i < 3; i++) {
                out.beginInstruction(4);
                out.opImm(Op.LD64_LE, D, A, 8L * i - 8);
                out.op(Op.ADD, C, C, D);
            }
        }));
        p.putSlot(A, base);
        return p;
    }

    @Test
    void Group_ofAccessesAnywhere_storesAndLoadsEach() {
        // Within a page, at its very end, across two pages, and so with each base that has them so.
        for (long base = 0x8fe0; base <= 0x9010; base++) {
            FlatProcessor p = group(base);
            for (int run = 1; run <= 3; run++) {
                p.putSlot(B, 100);
                p.putSlot(C, 0);
                run(p, 0x1000);
                assertEquals(101 + 102 + 103, p.slot(C), "base " + Long.toHexString(base));
                assertEquals(103, Long.reverseBytes(memory.getLong(base + 8)));
            }
            p.engine.close();
        }
    }

    @Test
    void Group_whoseEndIsNotThere_stopsAtThatAccessWithAllBeforeDone() {
        long base = memory.size() - 8;
        FlatProcessor p = group(base);
        p.putSlot(B, 100);
        run(p, 0x1000);
        assertEquals(memory.size(), p.faultAddress);
        assertEquals(103, p.slot(B));
        assertEquals(101, Long.reverseBytes(memory.getLong(base - 8)));
        assertEquals(102, Long.reverseBytes(memory.getLong(base)));
        assertEquals(3, p.slot(Slots.COMPLETED));
    }

    @Test
    void Group_inAPageOfCode_dropsWhatItStoresInto() {
        FlatProcessor p = group(0x1800);
        for (int run = 0; run < 40; run++) {
            long translations = p.codeCache().translations();
            p.putSlot(B, run);
            p.putSlot(C, 0);
            run(p, 0x1800 + 8);
            assertEquals(3L * run + 6, p.slot(C));
            assertEquals(translations + 1, p.codeCache().translations());
        }
    }
}

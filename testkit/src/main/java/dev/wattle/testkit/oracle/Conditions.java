// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.Operand;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The conditions of {@code undefined.txt} and {@code qemu-differences.txt}: words joined by {@code &}, each perhaps
 * after {@code !}, some with arguments in parentheses.
 *
 * <ul>
 *   <li>{@code always}, {@code LE}, {@code BE}; {@code sequence}: never holds for an instruction by itself, so that
 *       the line is for readers
 *   <li>{@code reserved}: the word has a reserved bit set
 *   <li>{@code bit(OE)}, {@code bit(Rc)}: the suffix bit is 1; {@code field(L,2)}: an operand has a value; {@code
 *       above(UIM,12)}: it is greater
 *   <li>{@code zero(RB,32)}: the low 32 bits of a register are zero; {@code ones(RB,64)}; {@code least(RA,32)}: the
 *       most negative number
 *   <li>{@code quotientOverflows(RA,RB,32)}: RA, followed by as many zeros, over RB does not fit; {@code
 *       quotientOverflowsUnsigned}
 *   <li>{@code same(RA,RB)}: two operands have the same value
 *   <li>{@code fpscr(VE)}: a bit of the FPSCR before; {@code after(XX)}: after, on our side
 *   <li>{@code repeats}: FPSCR[FX] was 0 and stays so on our side, and an exception bit was 1 before
 *   <li>{@code notSingle}: a source register has no single-precision number
 *   <li>{@code directed}: FPSCR[RN] is toward plus or minus infinity
 *   <li>{@code farFromSingle(FRB)}: the double-precision exponent is beyond what single precision reaches with an
 *       exponent adjusted by 192; {@code farFromDouble(VRB)}: the same of quad and double precision, and 1536
 *   <li>{@code specialDecimal(FRB)}, {@code nanDecimal(FRB)}: a decimal infinity or NaN; {@code specialResult(FRT)}:
 *       the same of our result; {@code swapped(FRTp)}: QEMU has the two halves of our result in reverse order
 *   <li>{@code lowNibbleAbove(RA,14)}; {@code cr6(1)}: our CR field 6 is 1; {@code cr6So}: it has bit 3 set
 *   <li>{@code lowNibble(VRB,0xa)}: the last nibble of a vector register; {@code nj}: VSCR[NJ] is 1; {@code
 *       leastNormal(VRT)}: our result has a word that is the least normalized number
 *   <li>{@code belowSingle(XB)}: a double-precision normalized number below the least one of single precision; {@code
 *       nanQuad(VRB)}: a quad-precision NaN or infinity
 *   <li>{@code close64(FRT,7)}, {@code close32(VRT,11)}: all doublewords or words of both results are numbers of
 *       which one is the other within 1 part in 2 to the power of the second argument
 *   <li>{@code ourResult(FRT,0)}: the (first doubleword of the) register after, on our side; {@code nearZeroLow(VRT)}: its
 *       second doubleword is -1, 0 or 1; {@code fewerBits(VRT)}: each 1 in a vector register of QEMU's is one in ours
 *   <li>{@code denormalSingle(FRT)}: our result is below the least normalized single-precision number
 *   <li>{@code ours(ILLEGAL)}, {@code qemu(NONE)}: how execution stopped
 *   <li>other words: see {@link #WORDS}
 * </ul>
 */
final class Conditions {
    /** One instruction with its state before and what the two machines made of it. */
    record Context(Instruction row, int word, TestCase test, Outcome ours, Outcome qemu) {
        MachineState before() {
            return test.before();
        }
    }

    /** A condition. */
    @FunctionalInterface
    interface Condition {
        boolean holds(Context c);
    }

    @FunctionalInterface
    private interface Word {
        boolean holds(Context c, List<String> arguments);
    }

    /** The exception bits that FPSCR[FX] watches. */
    private static final long EXCEPTIONS = 0x1ff8_0700L;

    private static final long DECIMAL_SPECIAL = 0x7800_0000_0000_0000L;
    private static final long DECIMAL_NAN = 0x7c00_0000_0000_0000L;

    private static final Map<String, Word> WORDS = Map.ofEntries(
            Map.entry("always", (c, a) -> true),
            Map.entry("reserved", (c, a) -> (c.word & c.row.reserved()) != 0),
            Map.entry("sequence", (c, a) -> false),
            Map.entry("LE", (c, a) -> c.test.littleEndian()),
            Map.entry("BE", (c, a) -> !c.test.littleEndian()),
            Map.entry("bit", (c, a) -> (c.word & suffix(c.row, a.get(0))) != 0),
            Map.entry("field", (c, a) -> c.row.operand(a.get(0)).get(c.word) == number(a.get(1))),
            Map.entry("above", (c, a) -> c.row.operand(a.get(0)).get(c.word) > number(a.get(1))),
            Map.entry("zero", (c, a) -> low(c, a) == 0),
            Map.entry("ones", (c, a) -> low(c, a) == -1L >>> 64 - (int) number(a.get(1))),
            Map.entry("least", (c, a) -> low(c, a) == 1L << number(a.get(1)) - 1),
            Map.entry("quotientOverflows", (c, a) -> quotientOverflows(c, a, true)),
            Map.entry("quotientOverflowsUnsigned", (c, a) -> quotientOverflows(c, a, false)),
            Map.entry(
                    "same",
                    (c, a) -> c.row.operand(a.get(0)).get(c.word)
                            == c.row.operand(a.get(1)).get(c.word)),
            Map.entry("fpscr", (c, a) -> fpscrBit(c.before(), a.get(0))),
            Map.entry("after", (c, a) -> fpscrBit(c.ours.after, a.get(0))),
            Map.entry("denormalSingle", (c, a) -> denormalSingle(c, a.get(0))),
            Map.entry("notSingle", (c, a) -> notSingle(c)),
            Map.entry("directed", (c, a) -> (c.before().words[MachineState.FPSCR] & 2) != 0),
            Map.entry("farFromSingle", (c, a) -> farFromSingle(c, a.get(0))),
            Map.entry("specialDecimal", (c, a) -> (before(c, a) & DECIMAL_SPECIAL) == DECIMAL_SPECIAL),
            Map.entry("nanDecimal", (c, a) -> (before(c, a) & DECIMAL_NAN) == DECIMAL_NAN),
            Map.entry("specialResult", (c, a) -> (ours(c, a, 0) & DECIMAL_SPECIAL) == DECIMAL_SPECIAL),
            Map.entry("swapped", (c, a) -> ours(c, a, 0) == qemus(c, a, 2) && ours(c, a, 2) == qemus(c, a, 0)),
            Map.entry("lowNibbleAbove", (c, a) -> (before(c, a) & 15) > number(a.get(1))),
            Map.entry("cr6", (c, a) -> cr6(c) == number(a.get(0))),
            Map.entry("cr6So", (c, a) -> (cr6(c) & 1) != 0),
            Map.entry("lowNibble", (c, a) -> (before(c, a, 1) & 15) == number(a.get(1))),
            Map.entry("nj", (c, a) -> (c.before().words[MachineState.VSCR] & 0x1_0000) != 0),
            Map.entry("leastNormal", (c, a) -> leastNormal(ours(c, a, 0)) || leastNormal(ours(c, a, 1))),
            Map.entry("farFromDouble", (c, a) -> farFromDouble(c, a.get(0))),
            Map.entry("belowSingle", (c, a) -> {
                long exponent = before(c, a) >>> 52 & 0x7ff;
                return exponent > 0 && exponent < 0x381;
            }),
            Map.entry("nanQuad", (c, a) -> (before(c, a) & 0x7fff_0000_0000_0000L) == 0x7fff_0000_0000_0000L),
            Map.entry("close64", (c, a) -> close(c, a, 64)),
            Map.entry("close32", (c, a) -> close(c, a, 32)),
            Map.entry("ourResult", (c, a) -> ours(c, a, 0) == number(a.get(1))),
            Map.entry("nearZeroLow", (c, a) -> Math.abs(ours(c, a, 1)) <= 1),
            Map.entry(
                    "fewerBits",
                    (c, a) -> (qemus(c, a, 0) & ~ours(c, a, 0)) == 0 && (qemus(c, a, 1) & ~ours(c, a, 1)) == 0),
            Map.entry("repeats", (c, a) -> repeats(c)),
            Map.entry("ours", (c, a) -> c.ours.stop == Outcome.Stop.valueOf(a.get(0))),
            Map.entry("qemu", (c, a) -> c.qemu.stop == Outcome.Stop.valueOf(a.get(0))));

    private Conditions() {}

    /**
     * Reads a condition.
     *
     * @throws IllegalArgumentException if it has a word that there is not
     */
    static Condition parse(String text) {
        List<Condition> parts = new ArrayList<>();
        for (String part : text.split("&")) {
            parts.add(part(part.strip()));
        }
        return c -> {
            for (Condition part : parts) {
                if (!part.holds(c)) {
                    return false;
                }
            }
            return true;
        };
    }

    private static Condition part(String text) {
        if (text.startsWith("!")) {
            Condition inner = part(text.substring(1).strip());
            return c -> !inner.holds(c);
        }
        int open = text.indexOf('(');
        String name = open < 0 ? text : text.substring(0, open);
        List<String> arguments = new ArrayList<>();
        if (open >= 0) {
            for (String argument : text.substring(open + 1, text.length() - 1).split(",")) {
                arguments.add(argument.strip());
            }
        }
        Word word = WORDS.get(name);
        if (word == null) {
            throw new IllegalArgumentException("no condition is named " + name);
        }
        return c -> word.holds(c, arguments);
    }

    private static long number(String text) {
        return Long.decode(text);
    }

    private static int suffix(Instruction row, String name) {
        return switch (name) {
            case "OE" -> row.oeBit();
            case "Rc" -> row.rcBit();
            case "LK" -> row.lkBit();
            default -> row.aaBit();
        };
    }

    /** The low bits of the register that an operand names. */
    private static long low(Context c, List<String> arguments) {
        Operand operand = c.row.operand(arguments.get(0));
        return c.before().words[Targets.word(operand, c.word)] & -1L >>> 64 - (int) number(arguments.get(1));
    }

    /** Whether RA followed by as many zeros, divided by RB, does not fit in as many bits. */
    private static boolean quotientOverflows(Context c, List<String> arguments, boolean signed) {
        int bits = (int) number(arguments.get(2));
        BigInteger dividend = integer(c, arguments.get(0), bits, signed).shiftLeft(bits);
        BigInteger divisor = integer(c, arguments.get(1), bits, signed);
        return divisor.signum() == 0
                || (signed
                        ? dividend.divide(divisor).bitLength() >= bits
                        : dividend.divide(divisor).bitLength() > bits);
    }

    private static BigInteger integer(Context c, String operand, int bits, boolean signed) {
        long value = c.before().words[Targets.word(c.row.operand(operand), c.word)];
        BigInteger whole = BigInteger.valueOf(bits == 32 ? (int) value : value);
        return signed || whole.signum() >= 0 ? whole : whole.add(BigInteger.ONE.shiftLeft(bits));
    }

    private static boolean denormalSingle(Context c, String operand) {
        long result = c.ours.after.words[Targets.word(c.row.operand(operand), c.word)] & Long.MAX_VALUE;
        return result != 0 && result < 0x3810_0000_0000_0000L;
    }

    private static boolean notSingle(Context c) {
        boolean accumulates = c.row.name().matches("xsn?m(add|sub).*");
        for (Operand operand : c.row.operands()) {
            boolean target = operand.name().equals("FRT") || operand.name().equals("XT") && !accumulates;
            if (!target && (operand.kind() == Operand.Kind.FPR || operand.kind() == Operand.Kind.VSR)) {
                long bits = c.before().words[Targets.word(operand, c.word)];
                float single = (float) Double.longBitsToDouble(bits);
                boolean nan = (bits & Long.MAX_VALUE) > 0x7ff0_0000_0000_0000L;
                if (nan ? (bits & 0x1fff_ffffL) != 0 : Double.doubleToRawLongBits(single) != bits) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean farFromDouble(Context c, String operand) {
        long bits = c.before().words[Targets.word(c.row.operand(operand), c.word)];
        int exponent = (int) (bits >>> 48 & 0x7fff) - 16383;
        return exponent > 1023 + 1536 - 1 || exponent < -1022 - 1536 + 1;
    }

    private static long cr6(Context c) {
        return c.ours.after.words[MachineState.CR] >>> 4 & 15;
    }

    private static boolean close(Context c, List<String> arguments, int bits) {
        double bound = Math.scalb(1.0, -(int) number(arguments.get(1)));
        boolean vector = c.row.operand(arguments.get(0)).kind() != Operand.Kind.FPR;
        for (int i = 0; i < (vector ? 2 : 1); i++) {
            long a = ours(c, arguments, i);
            long b = qemus(c, arguments, i);
            boolean close = bits == 64
                    ? close(Double.longBitsToDouble(a), Double.longBitsToDouble(b), bound)
                    : close(Float.intBitsToFloat((int) a), Float.intBitsToFloat((int) b), bound)
                            && close(
                                    Float.intBitsToFloat((int) (a >>> 32)),
                                    Float.intBitsToFloat((int) (b >>> 32)),
                                    bound);
            if (!close) {
                return false;
            }
        }
        return true;
    }

    private static boolean close(double a, double b, double bound) {
        return Double.doubleToRawLongBits(a) == Double.doubleToRawLongBits(b)
                || Math.abs(a - b) <= bound * Math.max(Math.abs(a), Math.abs(b));
    }

    private static boolean leastNormal(long words) {
        return (words & 0x7fff_ffff) == 0x0080_0000 || (words >>> 32 & 0x7fff_ffff) == 0x0080_0000;
    }

    private static long before(Context c, List<String> arguments) {
        return before(c, arguments, 0);
    }

    private static long before(Context c, List<String> arguments, int offset) {
        return c.before().words[Targets.word(c.row.operand(arguments.get(0)), c.word) + offset];
    }

    private static long ours(Context c, List<String> arguments, int offset) {
        return c.ours.after.words[Targets.word(c.row.operand(arguments.get(0)), c.word) + offset];
    }

    private static long qemus(Context c, List<String> arguments, int offset) {
        return c.qemu.after.words[Targets.word(c.row.operand(arguments.get(0)), c.word) + offset];
    }

    private static boolean farFromSingle(Context c, String operand) {
        long bits = c.before().words[Targets.word(c.row.operand(operand), c.word)];
        int exponent = (int) (bits >>> 52 & 0x7ff) - 1023;
        return exponent > 127 + 192 - 1 || exponent < -126 - 192 + 1;
    }

    private static boolean repeats(Context c) {
        long before = c.before().words[MachineState.FPSCR];
        long fx = Targets.fpscrBits("FX");
        return (before & fx) == 0 && (c.ours.after.words[MachineState.FPSCR] & fx) == 0 && (before & EXCEPTIONS) != 0;
    }

    private static boolean fpscrBit(MachineState state, String name) {
        return (state.words[MachineState.FPSCR] & Targets.fpscrBits(name)) != 0;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.Routine;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.State;

/**
 * Fixed-point arithmetic with OE and Rc: the forms whose overflow bits make micro-ops too long (Power ISA 3.0B, Book I,
 * 3.3.9).
 *
 * <p>Each method serves all forms of its row, OE = 0 and Rc = 0 included. CA and OV are those of the computation mode;
 * CA32 and OV32, which came with ISA 3.0, always describe the low-order word. Quotients that the book leaves undefined
 * are 0. The high-order half of a word quotient, undefined too, is 0 except that divwe extends the sign.
 */
final class FixedPointOverflow {
    private FixedPointOverflow() {}

    // Sums: every add and subtract form is a + b + carry in, with one operand perhaps complemented

    static void addOverflow(PowerProcessor p, int w) {
        sum(p, w, p.gpr(Fields.ra(w)), p.gpr(Fields.rb(w)), 0, false);
    }

    static void subfOverflow(PowerProcessor p, int w) {
        sum(p, w, ~p.gpr(Fields.ra(w)), p.gpr(Fields.rb(w)), 1, false);
    }

    static void addcOverflow(PowerProcessor p, int w) {
        sum(p, w, p.gpr(Fields.ra(w)), p.gpr(Fields.rb(w)), 0, true);
    }

    static void subfcOverflow(PowerProcessor p, int w) {
        sum(p, w, ~p.gpr(Fields.ra(w)), p.gpr(Fields.rb(w)), 1, true);
    }

    static void addeOverflow(PowerProcessor p, int w) {
        sum(p, w, p.gpr(Fields.ra(w)), p.gpr(Fields.rb(w)), p.slot(State.CA), true);
    }

    static void subfeOverflow(PowerProcessor p, int w) {
        sum(p, w, ~p.gpr(Fields.ra(w)), p.gpr(Fields.rb(w)), p.slot(State.CA), true);
    }

    static void addmeOverflow(PowerProcessor p, int w) {
        sum(p, w, p.gpr(Fields.ra(w)), -1, p.slot(State.CA), true);
    }

    static void subfmeOverflow(PowerProcessor p, int w) {
        sum(p, w, ~p.gpr(Fields.ra(w)), -1, p.slot(State.CA), true);
    }

    static void addzeOverflow(PowerProcessor p, int w) {
        sum(p, w, p.gpr(Fields.ra(w)), 0, p.slot(State.CA), true);
    }

    static void subfzeOverflow(PowerProcessor p, int w) {
        sum(p, w, ~p.gpr(Fields.ra(w)), 0, p.slot(State.CA), true);
    }

    static void negOverflow(PowerProcessor p, int w) {
        sum(p, w, ~p.gpr(Fields.ra(w)), 0, 1, false);
    }

    private static void sum(PowerProcessor p, int w, long a, long b, long carryIn, boolean setsCarry) {
        long result = a + b + carryIn;
        boolean wide = is64Bit(p);
        if (setsCarry) {
            long carries = a & b | (a | b) & ~result;
            long carry32 = carries >>> 31 & 1;
            p.putSlot(State.CA, wide ? carries >>> 63 : carry32);
            if (p.model().isa() >= 300) {
                p.putSlot(State.CA32, carry32);
            }
        }
        if (Fields.oe(w)) {
            long overflows = (a ^ result) & (b ^ result);
            boolean overflow32 = (int) overflows < 0;
            p.setOverflow(wide ? overflows < 0 : overflow32, overflow32);
        }
        finish(p, w, result);
    }

    // Products

    static void mullwOverflow(PowerProcessor p, int w) {
        long product = (long) (int) p.gpr(Fields.ra(w)) * (int) p.gpr(Fields.rb(w));
        finish(p, w, product, product != (int) product);
    }

    static void mulldOverflow(PowerProcessor p, int w) {
        long a = p.gpr(Fields.ra(w));
        long b = p.gpr(Fields.rb(w));
        long product = a * b;
        finish(p, w, product, Math.multiplyHigh(a, b) != product >> 63);
    }

    // Quotients

    static void divwOverflow(PowerProcessor p, int w) {
        int dividend = (int) p.gpr(Fields.ra(w));
        int divisor = (int) p.gpr(Fields.rb(w));
        boolean overflow = divisor == 0 || dividend == Integer.MIN_VALUE && divisor == -1;
        finish(p, w, overflow ? 0 : Integer.toUnsignedLong(dividend / divisor), overflow);
    }

    static void divwuOverflow(PowerProcessor p, int w) {
        int dividend = (int) p.gpr(Fields.ra(w));
        int divisor = (int) p.gpr(Fields.rb(w));
        boolean overflow = divisor == 0;
        finish(p, w, overflow ? 0 : Integer.toUnsignedLong(Integer.divideUnsigned(dividend, divisor)), overflow);
    }

    static void divdOverflow(PowerProcessor p, int w) {
        long dividend = p.gpr(Fields.ra(w));
        long divisor = p.gpr(Fields.rb(w));
        boolean overflow = divisor == 0 || dividend == Long.MIN_VALUE && divisor == -1;
        finish(p, w, overflow ? 0 : dividend / divisor, overflow);
    }

    static void divduOverflow(PowerProcessor p, int w) {
        long dividend = p.gpr(Fields.ra(w));
        long divisor = p.gpr(Fields.rb(w));
        boolean overflow = divisor == 0;
        finish(p, w, overflow ? 0 : Long.divideUnsigned(dividend, divisor), overflow);
    }

    // Extended quotients: the dividend is (RA) followed by as many zeros

    static void divweOverflow(PowerProcessor p, int w) {
        long dividend = p.gpr(Fields.ra(w)) << 32;
        int divisor = (int) p.gpr(Fields.rb(w));
        long quotient = divisor == 0 ? Long.MIN_VALUE : dividend / divisor;
        // -2^63 / -1 wraps to -2^63, which does not fit either.
        boolean overflow = quotient != (int) quotient;
        finish(p, w, overflow ? 0 : quotient, overflow);
    }

    static void divweuOverflow(PowerProcessor p, int w) {
        int high = (int) p.gpr(Fields.ra(w));
        int divisor = (int) p.gpr(Fields.rb(w));
        boolean overflow = Integer.compareUnsigned(high, divisor) >= 0;
        long dividend = (long) high << 32;
        finish(p, w, overflow ? 0 : Long.divideUnsigned(dividend, Integer.toUnsignedLong(divisor)), overflow);
    }

    static void divdeOverflow(PowerProcessor p, int w) {
        long high = p.gpr(Fields.ra(w));
        long divisor = p.gpr(Fields.rb(w));
        long magnitude = Math.abs(high);
        long by = Math.abs(divisor);
        boolean negative = (high ^ divisor) < 0;
        boolean overflow = Long.compareUnsigned(magnitude, by) >= 0;
        long quotient = 0;
        if (!overflow) {
            quotient = divideExtended(magnitude, by);
            if (negative) {
                quotient = -quotient;
                overflow = quotient > 0;
            } else {
                overflow = quotient < 0;
            }
        }
        finish(p, w, overflow ? 0 : quotient, overflow);
    }

    static void divdeuOverflow(PowerProcessor p, int w) {
        long high = p.gpr(Fields.ra(w));
        long divisor = p.gpr(Fields.rb(w));
        boolean overflow = Long.compareUnsigned(high, divisor) >= 0;
        finish(p, w, overflow ? 0 : divideExtended(high, divisor), overflow);
    }

    /**
     * The quotient of {@code high * 2^64} by {@code divisor}, both unsigned, {@code high < divisor}: long division in
     * base 2^32 with a normalized divisor, two quotient digits (Knuth, The Art of Computer Programming, volume 2,
     * 4.3.1).
     */
    private static long divideExtended(long high, long divisor) {
        int shift = Long.numberOfLeadingZeros(divisor);
        long d = divisor << shift;
        long remainder = high << shift;
        long upper = quotientDigit(remainder, d);
        remainder = (remainder << 32) - upper * d;
        long lower = quotientDigit(remainder, d);
        return upper << 32 | lower;
    }

    /** The 32-bit quotient of {@code remainder * 2^32} by the normalized {@code d}, {@code remainder < d}. */
    private static long quotientDigit(long remainder, long d) {
        long dHigh = d >>> 32;
        long dLow = d & 0xffff_ffffL;
        long digit = Long.divideUnsigned(remainder, dHigh);
        long rest = remainder - digit * dHigh;
        // The guess is at most two too large; it is corrected while the rest still has 32 bits.
        while (rest >>> 32 == 0 && (digit >>> 32 != 0 || Long.compareUnsigned(digit * dLow, rest << 32) > 0)) {
            digit--;
            rest += dHigh;
        }
        return digit;
    }

    private static void finish(PowerProcessor p, int w, long result, boolean overflow) {
        if (Fields.oe(w)) {
            p.setOverflow(overflow, overflow);
        }
        finish(p, w, result);
    }

    private static void finish(PowerProcessor p, int w, long result) {
        p.setGpr(Fields.rt(w), result);
        if (Fields.rcBit(w)) {
            p.recordCr0(result);
        }
    }

    private static boolean is64Bit(PowerProcessor p) {
        return (p.msr() & Msr.SF) != 0;
    }

    static void bind(Meanings m) {
        extended(m, "divwe", FixedPointOverflow::divweOverflow);
        extended(m, "divweu", FixedPointOverflow::divweuOverflow);
        extended(m, "divde", FixedPointOverflow::divdeOverflow);
        extended(m, "divdeu", FixedPointOverflow::divdeuOverflow);
    }

    private static void extended(Meanings m, String name, Routine<PowerProcessor> routine) {
        int number = m.shared(name, routine);
        m.emitter(name, e -> e.callOverflow(number));
    }
}

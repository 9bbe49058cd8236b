// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.semantics.decimal.Decimal;
import dev.wattle.power.semantics.decimal.DecimalArithmetic;
import dev.wattle.power.semantics.decimal.DecimalFormat;
import dev.wattle.power.semantics.decimal.DecimalRounding;
import dev.wattle.power.semantics.decimal.Outcome;

/**
 * Decimal floating-point instructions with exceptions: arithmetic, comparison, quantum adjustment and conversion
 * (Power ISA 3.0B, Book I, 5.6.1, 5.6.2, 5.6.4 and 5.6.5).
 *
 * <p>A quad datum is in an even-odd pair of FPRs, the even one on the left. An odd register number, an invalid form,
 * stands for the pair that it belongs to.
 */
final class DecimalFloatingPoint {
    private static final long FX = 0x8000_0000L;
    private static final long FEX = 0x4000_0000L;
    private static final long VX = 0x2000_0000L;
    private static final long FR = 0x0004_0000L;
    private static final long FI = 0x0002_0000L;
    private static final long FPRF = 0x0001_f000L;
    private static final long FPCC = 0x0000_f000L;
    private static final long VE = 0x80;
    private static final long OE = 0x40;
    private static final long UE = 0x20;
    private static final long ZE = 0x10;
    private static final int FPRF_SHIFT = 12;

    private static final DecimalFormat SHORT = DecimalFormat.SHORT;
    private static final DecimalFormat LONG = DecimalFormat.LONG;
    private static final DecimalFormat EXTENDED = DecimalFormat.EXTENDED;

    private DecimalFloatingPoint() {}

    static void bind(Meanings m) {
        m.routine("dadd", (p, w) -> add(p, w, LONG));
        m.routine("daddq", (p, w) -> add(p, w, EXTENDED));
        m.routine("dsub", (p, w) -> subtract(p, w, LONG));
        m.routine("dsubq", (p, w) -> subtract(p, w, EXTENDED));
        m.routine("dmul", (p, w) -> multiply(p, w, LONG));
        m.routine("dmulq", (p, w) -> multiply(p, w, EXTENDED));
        m.routine("ddiv", (p, w) -> divide(p, w, LONG));
        m.routine("ddivq", (p, w) -> divide(p, w, EXTENDED));
        m.routine("dcmpu", (p, w) -> compare(p, w, LONG, false));
        m.routine("dcmpuq", (p, w) -> compare(p, w, EXTENDED, false));
        m.routine("dcmpo", (p, w) -> compare(p, w, LONG, true));
        m.routine("dcmpoq", (p, w) -> compare(p, w, EXTENDED, true));
        m.routine("dquai", (p, w) -> quantizeImmediate(p, w, LONG));
        m.routine("dquaiq", (p, w) -> quantizeImmediate(p, w, EXTENDED));
        m.routine("dqua", (p, w) -> quantize(p, w, LONG));
        m.routine("dquaq", (p, w) -> quantize(p, w, EXTENDED));
        m.routine("drrnd", (p, w) -> reround(p, w, LONG));
        m.routine("drrndq", (p, w) -> reround(p, w, EXTENDED));
        m.routine("drintx", (p, w) -> roundToInteger(p, w, LONG, true));
        m.routine("drintxq", (p, w) -> roundToInteger(p, w, EXTENDED, true));
        m.routine("drintn", (p, w) -> roundToInteger(p, w, LONG, false));
        m.routine("drintnq", (p, w) -> roundToInteger(p, w, EXTENDED, false));
        m.routine("dctdp", DecimalFloatingPoint::dctdp);
        m.routine("dctqpq", DecimalFloatingPoint::dctqpq);
        m.routine("drsp", DecimalFloatingPoint::drsp);
        m.routine("drdpq", DecimalFloatingPoint::drdpq);
        m.routine("dcffix", (p, w) -> convertFromFixed(p, w, LONG));
        m.routine("dcffixq", (p, w) -> convertFromFixed(p, w, EXTENDED));
        m.routine("dctfix", (p, w) -> convertToFixed(p, w, LONG));
        m.routine("dctfixq", (p, w) -> convertToFixed(p, w, EXTENDED));
    }

    // Arithmetic

    private static void add(PowerProcessor p, int w, DecimalFormat format) {
        deliver(p, w, format, arithmetic(p, format).add(a(p, w, format), b(p, w, format)));
    }

    private static void subtract(PowerProcessor p, int w, DecimalFormat format) {
        deliver(p, w, format, arithmetic(p, format).subtract(a(p, w, format), b(p, w, format)));
    }

    private static void multiply(PowerProcessor p, int w, DecimalFormat format) {
        deliver(p, w, format, arithmetic(p, format).multiply(a(p, w, format), b(p, w, format)));
    }

    private static void divide(PowerProcessor p, int w, DecimalFormat format) {
        deliver(p, w, format, arithmetic(p, format).divide(a(p, w, format), b(p, w, format)));
    }

    private static DecimalArithmetic arithmetic(PowerProcessor p, DecimalFormat format) {
        return arithmetic(p, format, DecimalRounding.ofFpscr(p.fpscr()));
    }

    private static DecimalArithmetic arithmetic(PowerProcessor p, DecimalFormat format, DecimalRounding rounding) {
        return new DecimalArithmetic(format, rounding, (p.fpscr() & OE) != 0, (p.fpscr() & UE) != 0);
    }

    // Comparison

    private static void compare(PowerProcessor p, int w, DecimalFormat format, boolean ordered) {
        Decimal a = a(p, w, format);
        Decimal b = b(p, w, format);
        long exceptions = 0;
        int condition = 1;
        if (a.isNan() || b.isNan()) {
            exceptions = (a.isSignaling() || b.isSignaling() ? Outcome.VXSNAN : 0) | (ordered ? Outcome.VXVC : 0);
        } else {
            int order = DecimalArithmetic.compare(a, b);
            condition = order < 0 ? 8 : order > 0 ? 4 : 2;
        }
        setCondition(p, w, condition);
        raise(p, exceptions);
        interruptIfEnabled(p);
    }

    /** CR field BF and FPSCR[FPCC]. */
    static void setCondition(PowerProcessor p, int w, int condition) {
        p.setCr(Fields.bf(w), condition);
        p.setFpscr(p.fpscr() & ~FPCC | (long) condition << FPRF_SHIFT);
    }

    // Quantum adjustment

    private static void quantizeImmediate(PowerProcessor p, int w, DecimalFormat format) {
        Outcome o = controlled(p, w, format, 0).quantize(b(p, w, format), Fields.te(w));
        deliver(p, w, format, o);
    }

    private static void quantize(PowerProcessor p, int w, DecimalFormat format) {
        deliver(p, w, format, controlled(p, w, format, 0).quantize(a(p, w, format), b(p, w, format)));
    }

    private static void reround(PowerProcessor p, int w, DecimalFormat format) {
        int significance = (int) p.fpr(Fields.fra(w)) & 63;
        deliver(p, w, format, controlled(p, w, format, 0).reround(significance, b(p, w, format)));
    }

    private static void roundToInteger(PowerProcessor p, int w, DecimalFormat format, boolean reportsInexact) {
        Outcome o = controlled(p, w, format, Fields.r(w)).roundToInteger(b(p, w, format));
        deliver(p, w, format, reportsInexact ? o : new Outcome(o.value(), o.exceptions() & ~Outcome.XX, false, false));
    }

    private static DecimalArithmetic controlled(PowerProcessor p, int w, DecimalFormat format, int r) {
        return arithmetic(p, format, DecimalRounding.ofControl(r, Fields.rmc(w), p.fpscr()));
    }

    // Conversion between formats

    private static void dctdp(PowerProcessor p, int w) {
        Decimal b = SHORT.decode(0, p.fpr(Fields.frb(w)));
        deliver(p, w, LONG, arithmetic(p, LONG).convert(b, true));
    }

    private static void dctqpq(PowerProcessor p, int w) {
        deliver(p, w, EXTENDED, arithmetic(p, EXTENDED).convert(b(p, w, LONG), false));
    }

    /** The short datum is in the right word of FRT; the left word becomes 0. */
    private static void drsp(PowerProcessor p, int w) {
        Outcome o = arithmetic(p, SHORT).narrowing().convert(b(p, w, LONG), true);
        deliver(p, w, SHORT, o);
    }

    /** The long datum is in the left FPR of the pair; the right one becomes 0. */
    private static void drdpq(PowerProcessor p, int w) {
        Outcome o = arithmetic(p, LONG).narrowing().convert(b(p, w, EXTENDED), false);
        boolean delivered = settle(p, o, LONG);
        if (delivered) {
            int even = Fields.frt(w) & 30;
            p.setFpr(even, LONG.encode(o.value()));
            p.setFpr(even + 1, 0);
        }
        finish(p, w);
    }

    // Conversion from and to integers

    private static void convertFromFixed(PowerProcessor p, int w, DecimalFormat format) {
        deliver(p, w, format, arithmetic(p, format).fromLong(p.fpr(Fields.frb(w))));
    }

    /** FPRF, which the book leaves undefined, stays as it is. */
    private static void convertToFixed(PowerProcessor p, int w, DecimalFormat format) {
        Outcome o = arithmetic(p, format).toLong(b(p, w, format));
        long fprf = p.fpscr() & FPRF;
        boolean delivered = settle(p, o, format);
        p.setFpscr(p.fpscr() & ~FPRF | fprf);
        if (delivered) {
            Decimal integer = o.value();
            long magnitude = integer.coefficient().longValue();
            p.setFpr(Fields.frt(w), integer.negative() ? -magnitude : magnitude);
        }
        finish(p, w);
    }

    // Operands and results

    private static Decimal a(PowerProcessor p, int w, DecimalFormat format) {
        return operand(p, Fields.fra(w), format);
    }

    private static Decimal b(PowerProcessor p, int w, DecimalFormat format) {
        return operand(p, Fields.frb(w), format);
    }

    static Decimal operand(PowerProcessor p, int register, DecimalFormat format) {
        return format == EXTENDED
                ? format.decode(p.fpr(register & 30), p.fpr(register | 1))
                : format.decode(0, p.fpr(register));
    }

    static void setResult(PowerProcessor p, int register, DecimalFormat format, Decimal value) {
        if (format == EXTENDED) {
            p.setFpr(register & 30, format.encodeHigh(value));
            p.setFpr(register | 1, format.encodeLow(value));
        } else {
            p.setFpr(register, format.encode(value));
        }
    }

    /** Ends an instruction whose result goes to FRT in {@code format}. */
    static void deliver(PowerProcessor p, int w, DecimalFormat format, Outcome o) {
        if (settle(p, o, format)) {
            setResult(p, Fields.frt(w), format, o.value());
        }
        finish(p, w);
    }

    /**
     * Sets the FPSCR for an outcome.
     *
     * @return whether the target gets the value: not if an invalid operation or division by zero is enabled
     */
    private static boolean settle(PowerProcessor p, Outcome o, DecimalFormat format) {
        long fpscr = p.fpscr() & ~(FR | FI) | (o.inexact() ? FI : 0) | (o.incremented() ? FR : 0);
        boolean withheld =
                o.isInvalid() && (fpscr & VE) != 0 || (o.exceptions() & Outcome.ZX) != 0 && (fpscr & ZE) != 0;
        if (!withheld) {
            fpscr = fpscr & ~FPRF | (long) resultFlags(o.value(), format) << FPRF_SHIFT;
        }
        p.setFpscr(fpscr);
        raise(p, o.exceptions());
        return !withheld;
    }

    /** FPRF of a result: the class descriptor C and the condition FPCC. */
    private static int resultFlags(Decimal d, DecimalFormat format) {
        return switch (d.kind()) {
            case QUIET_NAN -> 0x11;
            case SIGNALING_NAN -> 0x01;
            case INFINITE -> d.negative() ? 0x09 : 0x05;
            case FINITE -> {
                if (d.isZero()) {
                    yield d.negative() ? 0x12 : 0x02;
                }
                yield (d.negative() ? 0x08 : 0x04) | (format.isSubnormal(d) ? 0x10 : 0);
            }
        };
    }

    /** Sets exception bits and the summaries that follow from them; FX tells of bits that were 0. */
    private static void raise(PowerProcessor p, long exceptions) {
        long fpscr = p.fpscr();
        if ((exceptions & ~fpscr) != 0) {
            fpscr |= FX;
        }
        fpscr |= exceptions;
        boolean invalid = (fpscr & Outcome.ALL_VX) != 0;
        fpscr = fpscr & ~(VX | FEX) | (invalid ? VX : 0);
        // VX, OX, UX, ZX and XX are above VE, OE, UE, ZE and XE by 22 bits, in the same order.
        boolean enabled = (fpscr >>> 22 & fpscr & 0xf8) != 0;
        p.setFpscr(fpscr | (enabled ? FEX : 0));
    }

    private static void finish(PowerProcessor p, int w) {
        if (Fields.rcBit(w)) {
            p.recordCr1();
        }
        interruptIfEnabled(p);
    }

    private static void interruptIfEnabled(PowerProcessor p) {
        if ((p.fpscr() & FEX) != 0 && (p.msr() & (Msr.FE0 | Msr.FE1)) != 0) {
            throw p.interrupts().floatingPointEnabled();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.semantics.decimal.Decimal;
import dev.wattle.power.semantics.decimal.DecimalFormat;
import dev.wattle.power.semantics.decimal.Outcome;
import java.math.BigInteger;

/** Decimal floating-point tests and format instructions (Power ISA 3.0B, Book I, 5.6.3 and 5.6.6). */
final class DecimalFormatting {
    private static final DecimalFormat LONG = DecimalFormat.LONG;
    private static final DecimalFormat EXTENDED = DecimalFormat.EXTENDED;
    /** What dxex and diex have for a biased exponent of an infinity, a quiet and a signaling NaN. */
    private static final long INFINITE = -1;

    private static final long QUIET_NAN = -2;
    private static final long SIGNALING_NAN = -3;

    private DecimalFormatting() {}

    static void bind(Meanings m) {
        m.routine("dtstdc", (p, w) -> testDataClass(p, w, LONG));
        m.routine("dtstdcq", (p, w) -> testDataClass(p, w, EXTENDED));
        m.routine("dtstdg", (p, w) -> testDataGroup(p, w, LONG));
        m.routine("dtstdgq", (p, w) -> testDataGroup(p, w, EXTENDED));
        m.routine("dtstex", (p, w) -> testExponent(p, w, LONG));
        m.routine("dtstexq", (p, w) -> testExponent(p, w, EXTENDED));
        m.routine("dtstsf", (p, w) -> testSignificance(p, w, LONG, (int) p.fpr(Fields.fra(w)) & 63));
        m.routine("dtstsfq", (p, w) -> testSignificance(p, w, EXTENDED, (int) p.fpr(Fields.fra(w)) & 63));
        m.routine("dtstsfi", (p, w) -> testSignificance(p, w, LONG, Fields.uimDtstsfi(w)));
        m.routine("dtstsfiq", (p, w) -> testSignificance(p, w, EXTENDED, Fields.uimDtstsfi(w)));
        m.routine("ddedpd", (p, w) -> decodeToBcd(p, w, LONG));
        m.routine("ddedpdq", (p, w) -> decodeToBcd(p, w, EXTENDED));
        m.routine("denbcd", (p, w) -> encodeBcd(p, w, LONG));
        m.routine("denbcdq", (p, w) -> encodeBcd(p, w, EXTENDED));
        m.routine("dxex", (p, w) -> extractExponent(p, w, LONG));
        m.routine("dxexq", (p, w) -> extractExponent(p, w, EXTENDED));
        m.routine("diex", (p, w) -> insertExponent(p, w, LONG));
        m.routine("diexq", (p, w) -> insertExponent(p, w, EXTENDED));
        m.routine("dscli", (p, w) -> shiftLeft(p, w, LONG));
        m.routine("dscliq", (p, w) -> shiftLeft(p, w, EXTENDED));
        m.routine("dscri", (p, w) -> shiftRight(p, w, LONG));
        m.routine("dscriq", (p, w) -> shiftRight(p, w, EXTENDED));
    }

    // Tests

    private static void testDataClass(PowerProcessor p, int w, DecimalFormat format) {
        Decimal a = DecimalFloatingPoint.operand(p, Fields.fra(w), format);
        int bit = switch (a.kind()) {
            case SIGNALING_NAN -> 0x01;
            case QUIET_NAN -> 0x02;
            case INFINITE -> 0x04;
            case FINITE -> a.isZero() ? 0x20 : format.isSubnormal(a) ? 0x10 : 0x08;
        };
        setMatch(p, w, a, bit);
    }

    private static void testDataGroup(PowerProcessor p, int w, DecimalFormat format) {
        Decimal a = DecimalFloatingPoint.operand(p, Fields.fra(w), format);
        boolean extreme = a.exponent() == format.minExponent() || a.exponent() == format.maxExponent();
        int bit;
        if (!a.isFinite()) {
            bit = 0x01;
        } else if (a.isZero()) {
            bit = extreme ? 0x10 : 0x20;
        } else if (extreme || format.isSubnormal(a)) {
            bit = 0x08;
        } else {
            bit = a.significance() == format.precision() ? 0x02 : 0x04;
        }
        setMatch(p, w, a, bit);
    }

    private static void setMatch(PowerProcessor p, int w, Decimal a, int bit) {
        boolean match = (Fields.dcm(w) & bit) != 0;
        DecimalFloatingPoint.setCondition(p, w, (a.negative() ? 8 : 0) | (match ? 2 : 0));
    }

    private static void testExponent(PowerProcessor p, int w, DecimalFormat format) {
        Decimal a = DecimalFloatingPoint.operand(p, Fields.fra(w), format);
        Decimal b = DecimalFloatingPoint.operand(p, Fields.frb(w), format);
        int condition;
        if (a.isFinite() && b.isFinite()) {
            condition = a.exponent() < b.exponent() ? 8 : a.exponent() > b.exponent() ? 4 : 2;
        } else {
            condition = a.isNan() && b.isNan() || a.isInfinite() && b.isInfinite() ? 2 : 1;
        }
        DecimalFloatingPoint.setCondition(p, w, condition);
    }

    /** A reference significance of 0 is greater than that of any number. */
    private static void testSignificance(PowerProcessor p, int w, DecimalFormat format, int reference) {
        Decimal b = DecimalFloatingPoint.operand(p, Fields.frb(w), format);
        int condition = 1;
        if (b.isFinite()) {
            int digits = b.significance();
            condition = reference == 0 || reference > digits ? 4 : reference < digits ? 8 : 2;
        }
        DecimalFloatingPoint.setCondition(p, w, condition);
    }

    // Packed decimals

    /** SP: 0 and 1 unsigned; 2 and 3 with a sign of C or F for plus, D for minus, on the right. */
    private static void decodeToBcd(PowerProcessor p, int w, DecimalFormat format) {
        Decimal b = DecimalFloatingPoint.operand(p, Fields.frb(w), format);
        int sp = Fields.sp(w);
        BigInteger rest = b.coefficient();
        int places = format == EXTENDED ? 32 : 16;
        long[] words = new long[2];
        int place = 0;
        if ((sp & 2) != 0) {
            words[0] = b.negative() ? 0xd : (sp & 1) != 0 ? 0xf : 0xc;
            place = 1;
        }
        for (; place < places && rest.signum() != 0; place++) {
            BigInteger[] parts = rest.divideAndRemainder(BigInteger.TEN);
            words[place >>> 4] |= parts[1].longValue() << 4 * (place & 15);
            rest = parts[0];
        }
        int frt = Fields.frt(w);
        if (format == EXTENDED) {
            p.setFpr(frt & 30, words[1]);
            p.setFpr(frt | 1, words[0]);
        } else {
            p.setFpr(frt, words[0]);
        }
        record(p, w);
    }

    private static void encodeBcd(PowerProcessor p, int w, DecimalFormat format) {
        int frb = Fields.frb(w);
        long left = format == EXTENDED ? p.fpr(frb & 30) : 0;
        long right = format == EXTENDED ? p.fpr(frb | 1) : p.fpr(frb);
        boolean negative = false;
        if (Fields.sDenbcd(w) != 0) {
            int sign = (int) right & 15;
            if (sign < 10) {
                DecimalFloatingPoint.deliver(p, w, format, invalid());
                return;
            }
            negative = sign == 0xb || sign == 0xd;
            right = right & -16;
        }
        if (!isPackedDecimal(left) || !isPackedDecimal(right)) {
            DecimalFloatingPoint.deliver(p, w, format, invalid());
            return;
        }
        // Hexadecimal text of packed decimals is their decimal text.
        BigInteger coefficient = new BigInteger(Long.toHexString(left))
                .multiply(BigInteger.TEN.pow(16))
                .add(new BigInteger(Long.toHexString(right)));
        if (Fields.sDenbcd(w) != 0) {
            coefficient = coefficient.divide(BigInteger.TEN);
        }
        Decimal value = Decimal.finite(negative, coefficient, 0);
        DecimalFloatingPoint.deliver(p, w, format, new Outcome(value, 0, false, false));
    }

    private static Outcome invalid() {
        return new Outcome(Decimal.defaultNan(), Outcome.VXCVI, false, false);
    }

    private static boolean isPackedDecimal(long word) {
        // A digit above 9 has its 8 together with its 4 or its 2.
        return (word & 0x8888_8888_8888_8888L & (word << 1 | word << 2)) == 0;
    }

    // Exponent and significand

    private static void extractExponent(PowerProcessor p, int w, DecimalFormat format) {
        Decimal b = DecimalFloatingPoint.operand(p, Fields.frb(w), format);
        p.setFpr(
                Fields.frt(w),
                switch (b.kind()) {
                    case INFINITE -> INFINITE;
                    case QUIET_NAN -> QUIET_NAN;
                    case SIGNALING_NAN -> SIGNALING_NAN;
                    case FINITE -> b.exponent() + format.bias();
                });
        record(p, w);
    }

    private static void insertExponent(PowerProcessor p, int w, DecimalFormat format) {
        long biased = p.fpr(Fields.fra(w));
        Decimal b = DecimalFloatingPoint.operand(p, Fields.frb(w), format);
        Decimal result;
        if (biased >= 0 && biased <= format.maxBiasedExponent()) {
            result = Decimal.finite(b.negative(), b.coefficient(), (int) biased - format.bias());
        } else {
            Decimal.Kind kind = biased == INFINITE
                    ? Decimal.Kind.INFINITE
                    : biased == SIGNALING_NAN ? Decimal.Kind.SIGNALING_NAN : Decimal.Kind.QUIET_NAN;
            result = special(kind, b.negative(), b.coefficient(), format);
        }
        DecimalFloatingPoint.setResult(p, Fields.frt(w), format, result);
        record(p, w);
    }

    private static void shiftLeft(PowerProcessor p, int w, DecimalFormat format) {
        Decimal a = DecimalFloatingPoint.operand(p, Fields.fra(w), format);
        setShifted(p, w, format, a, a.coefficient().multiply(BigInteger.TEN.pow(Fields.shDecimal(w))));
    }

    private static void shiftRight(PowerProcessor p, int w, DecimalFormat format) {
        Decimal a = DecimalFloatingPoint.operand(p, Fields.fra(w), format);
        setShifted(p, w, format, a, a.coefficient().divide(BigInteger.TEN.pow(Fields.shDecimal(w))));
    }

    private static void setShifted(PowerProcessor p, int w, DecimalFormat format, Decimal a, BigInteger shifted) {
        Decimal result = a.isFinite()
                ? Decimal.finite(a.negative(), shifted.mod(BigInteger.TEN.pow(format.precision())), a.exponent())
                : special(a.kind(), a.negative(), shifted, format);
        DecimalFloatingPoint.setResult(p, Fields.frt(w), format, result);
        record(p, w);
    }

    /** An infinity or NaN, whose trailing significand has no room for the leftmost digit. */
    private static Decimal special(Decimal.Kind kind, boolean negative, BigInteger digits, DecimalFormat format) {
        return new Decimal(kind, negative, digits.mod(BigInteger.TEN.pow(format.precision() - 1)), 0);
    }

    private static void record(PowerProcessor p, int w) {
        if (Fields.rcBit(w)) {
            p.recordCr1();
        }
    }
}

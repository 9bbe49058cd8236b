// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.Routine;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.semantics.FloatingPointStatus.ResultClass;
import dev.wattle.power.semantics.FloatingPointStatus.Unary;
import dev.wattle.power.semantics.floating.Binary64;
import dev.wattle.power.semantics.floating.Comparison;
import dev.wattle.power.semantics.floating.Conversion;
import dev.wattle.power.semantics.floating.Fpscr;

/** Floating-point rounding, conversion and compare instructions (Power ISA 3.0B, Book I, 4.6.7 and 4.6.8). */
final class FloatingPointConversion {
    private FloatingPointConversion() {}

    static void bind(Meanings m) {
        m.routine("frsp", convert(Binary64::toSinglePrecision, Fpscr::fprfSingle));
        m.routine("fctid", toInteger((s, b) -> Conversion.toInteger(s, b, 64, true)));
        m.routine("fctidz", toInteger((s, b) -> Conversion.truncate(s, b, 64, true)));
        m.routine("fctidu", toInteger((s, b) -> Conversion.toInteger(s, b, 64, false)));
        m.routine("fctiduz", toInteger((s, b) -> Conversion.truncate(s, b, 64, false)));
        m.routine("fctiw", toInteger((s, b) -> word(b, Conversion.toInteger(s, b, 32, true))));
        m.routine("fctiwz", toInteger((s, b) -> word(b, Conversion.truncate(s, b, 32, true))));
        m.routine("fctiwu", toInteger((s, b) -> Conversion.toInteger(s, b, 32, false)));
        m.routine("fctiwuz", toInteger((s, b) -> Conversion.truncate(s, b, 32, false)));
        m.routine("fcfid", convert((s, b) -> Conversion.fromInteger(s, b, true), Fpscr::fprf64));
        m.routine("fcfidu", convert((s, b) -> Conversion.fromInteger(s, b, false), Fpscr::fprf64));
        m.routine("fcfids", convert((s, b) -> Conversion.fromIntegerSingle(s, b, true), Fpscr::fprfSingle));
        m.routine("fcfidus", convert((s, b) -> Conversion.fromIntegerSingle(s, b, false), Fpscr::fprfSingle));
        m.routine("frin", toIntegral(FloatingPointScratch.NEAREST_AWAY));
        m.routine("friz", toIntegral(FloatingPointScratch.TOWARD_ZERO));
        m.routine("frip", toIntegral(FloatingPointScratch.UPWARD));
        m.routine("frim", toIntegral(FloatingPointScratch.DOWNWARD));
        m.routine("fcmpu", (p, w) -> compare(p, w, false));
        m.routine("fcmpo", (p, w) -> compare(p, w, true));
    }

    private static Routine<PowerProcessor> convert(Unary operation, ResultClass fprf) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            long value = operation.apply(s, p.fpr(Fields.frb(w)));
            FloatingPointStatus.finish(p, s, w, value, fprf.of(value));
        };
    }

    /** The left word of the result is undefined; QEMU's is kept: the sign, but zero for a NaN. */
    private static long word(long operand, long value) {
        return Binary64.isNaN(operand) ? value & 0xffff_ffffL : value;
    }

    /**
     * FPRF is undefined after a conversion to an integer; QEMU's is kept: that of a NaN if there is no such integer.
     */
    private static Routine<PowerProcessor> toInteger(Unary operation) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            long value = operation.apply(s, p.fpr(Fields.frb(w)));
            int fprf = (s.flags & Fpscr.VXCVI) != 0 ? Fpscr.FPRF_NAN : FloatingPointStatus.UNCHANGED;
            FloatingPointStatus.finish(p, s, w, value, fprf);
        };
    }

    private static Routine<PowerProcessor> toIntegral(int rounding) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            s.rounding = rounding;
            long value = Conversion.toIntegral(s, p.fpr(Fields.frb(w)));
            FloatingPointStatus.ignoreInexact(s);
            FloatingPointStatus.finish(p, s, w, value, Fpscr.fprf64(value));
        };
    }

    private static void compare(PowerProcessor p, int w, boolean ordered) {
        compare(p, Fields.bf(w), p.fpr(Fields.fra(w)), p.fpr(Fields.frb(w)), ordered);
    }

    /** Compares two numbers into a CR field and FPCC. */
    static void compare(PowerProcessor p, int field, long a, long b, boolean ordered) {
        FloatingPointScratch s = FloatingPointStatus.begin(p);
        int condition = Comparison.compare(a, b);
        if (condition == Comparison.UNORDERED) {
            boolean signaling = Binary64.isSignaling(a) || Binary64.isSignaling(b);
            Comparison.signal(s, condition, signaling, ordered, (s.fpscr & Fpscr.VE) != 0);
        }
        FloatingPointStatus.finishCompare(p, s, field, condition);
    }
}

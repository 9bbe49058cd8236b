// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.Routine;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.semantics.FloatingPointStatus.Unary;
import dev.wattle.power.semantics.floating.Binary32;
import dev.wattle.power.semantics.floating.Conversion;

/**
 * VSX vector conversions and roundings to integers (Power ISA 3.0B, Book I, 7.6.3). Where a doubleword stands against a
 * word, the word is the left one; a word result stands in both, as real processors have it.
 */
final class VsxVectorConversion {
    private VsxVectorConversion() {}

    static void bind(Meanings m) {
        m.routine("xvcvdpsp", each((s, b) -> twice(Conversion.toBinary32(s, b))));
        m.routine("xvcvspdp", each((s, b) -> Conversion.fromBinary32(s, left(b))));
        m.routine("xvcvdpsxds", each((s, b) -> Conversion.truncate(s, b, 64, true)));
        m.routine("xvcvdpuxds", each((s, b) -> Conversion.truncate(s, b, 64, false)));
        m.routine("xvcvdpsxws", each((s, b) -> twice((int) Conversion.truncate(s, b, 32, true))));
        m.routine("xvcvdpuxws", each((s, b) -> twice((int) Conversion.truncate(s, b, 32, false))));
        m.routine("xvcvspsxds", each((s, b) -> Conversion.truncate(s, Binary32.toDouble(left(b)), 64, true)));
        m.routine("xvcvspuxds", each((s, b) -> Conversion.truncate(s, Binary32.toDouble(left(b)), 64, false)));
        m.routine("xvcvspsxws", eachWord((s, b) -> (int) Conversion.truncate(s, Binary32.toDouble(b), 32, true)));
        m.routine("xvcvspuxws", eachWord((s, b) -> (int) Conversion.truncate(s, Binary32.toDouble(b), 32, false)));
        m.routine("xvcvsxddp", each((s, b) -> Conversion.fromInteger(s, b, true)));
        m.routine("xvcvuxddp", each((s, b) -> Conversion.fromInteger(s, b, false)));
        m.routine("xvcvsxwdp", each((s, b) -> Conversion.fromInteger(s, left(b), true)));
        m.routine("xvcvuxwdp", each((s, b) -> Conversion.fromInteger(s, b >>> 32, false)));
        m.routine("xvcvsxdsp", each((s, b) -> twice(single(s, b, true))));
        m.routine("xvcvuxdsp", each((s, b) -> twice(single(s, b, false))));
        m.routine("xvcvsxwsp", eachWord((s, b) -> single(s, b, true)));
        m.routine("xvcvuxwsp", eachWord((s, b) -> single(s, b & 0xffff_ffffL, false)));
        m.routine("xvcvhpsp", eachWord(VsxVectorConversion::fromHalf));
        m.routine("xvcvsphp", eachWord((s, b) -> Conversion.toBinary16(s, Binary32.toDouble(b))));

        m.routine("xvrdpi", toIntegral(FloatingPointScratch.NEAREST_AWAY));
        m.routine("xvrdpiz", toIntegral(FloatingPointScratch.TOWARD_ZERO));
        m.routine("xvrdpip", toIntegral(FloatingPointScratch.UPWARD));
        m.routine("xvrdpim", toIntegral(FloatingPointScratch.DOWNWARD));
        m.routine("xvrdpic", each(Conversion::toIntegral));
        m.routine("xvrspi", toIntegralWords(FloatingPointScratch.NEAREST_AWAY));
        m.routine("xvrspiz", toIntegralWords(FloatingPointScratch.TOWARD_ZERO));
        m.routine("xvrspip", toIntegralWords(FloatingPointScratch.UPWARD));
        m.routine("xvrspim", toIntegralWords(FloatingPointScratch.DOWNWARD));
        m.routine("xvrspic", eachWord(Conversion::toIntegral));
    }

    private static int left(long doubleword) {
        return (int) (doubleword >>> 32);
    }

    private static long twice(int word) {
        return VsxScalarConversion.twice(word);
    }

    private static int single(FloatingPointScratch s, long integer, boolean signed) {
        return Binary32.fromDouble(Conversion.fromIntegerSingle(s, integer, signed));
    }

    /** Half precision to single, which is exact. */
    private static int fromHalf(FloatingPointScratch s, int b) {
        return Binary32.fromDouble(Conversion.fromBinary16(s, b & 0xffff));
    }

    private static Routine<PowerProcessor> each(Unary operation) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            int b = Fields.xb(w);
            long high = operation.apply(s, p.vsrHigh(b));
            long low = operation.apply(s, p.vsrLow(b));
            FloatingPointStatus.finishVector(p, s, Fields.xt(w), high, low);
        };
    }

    private static Routine<PowerProcessor> eachWord(VsxVectorArithmetic.UnaryWord operation) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            int b = Fields.xb(w);
            long high = VsxVectorArithmetic.apply(operation, s, p.vsrHigh(b));
            long low = VsxVectorArithmetic.apply(operation, s, p.vsrLow(b));
            FloatingPointStatus.finishVector(p, s, Fields.xt(w), high, low);
        };
    }

    private static Routine<PowerProcessor> toIntegral(int rounding) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            s.rounding = rounding;
            int b = Fields.xb(w);
            long high = Conversion.toIntegral(s, p.vsrHigh(b));
            long low = Conversion.toIntegral(s, p.vsrLow(b));
            FloatingPointStatus.ignoreInexact(s);
            FloatingPointStatus.finishVector(p, s, Fields.xt(w), high, low);
        };
    }

    private static Routine<PowerProcessor> toIntegralWords(int rounding) {
        VsxVectorArithmetic.UnaryWord operation = Conversion::toIntegral;
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            s.rounding = rounding;
            int b = Fields.xb(w);
            long high = VsxVectorArithmetic.apply(operation, s, p.vsrHigh(b));
            long low = VsxVectorArithmetic.apply(operation, s, p.vsrLow(b));
            FloatingPointStatus.ignoreInexact(s);
            FloatingPointStatus.finishVector(p, s, Fields.xt(w), high, low);
        };
    }
}

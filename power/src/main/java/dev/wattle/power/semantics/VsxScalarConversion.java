// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.Routine;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.FloatingPointScratch;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.semantics.FloatingPointStatus.ResultClass;
import dev.wattle.power.semantics.FloatingPointStatus.Unary;
import dev.wattle.power.semantics.floating.Binary32;
import dev.wattle.power.semantics.floating.Binary64;
import dev.wattle.power.semantics.floating.Conversion;
import dev.wattle.power.semantics.floating.Fpscr;

/**
 * VSX scalar conversions and roundings to integers, in double and single precision (Power ISA 3.0B, Book I, 7.6.3). A
 * word result stands in both words of doubleword 0, as real processors have it.
 */
final class VsxScalarConversion {
    private VsxScalarConversion() {}

    static void bind(Meanings m) {
        m.routine(
                "xscvdpsp", convert((s, b) -> twice(Conversion.toBinary32(s, b)), value -> Fpscr.fprf32((int) value)));
        m.routine("xscvspdp", convert((s, b) -> Conversion.fromBinary32(s, (int) (b >>> 32)), Fpscr::fprf64));
        m.routine(
                "xscvdpspn", (p, w) -> p.setVsr(Fields.xt(w), twice(Binary32.fromDouble(p.vsrHigh(Fields.xb(w)))), 0));
        m.routine(
                "xscvspdpn",
                (p, w) -> p.setVsr(Fields.xt(w), Binary32.toDouble((int) (p.vsrHigh(Fields.xb(w)) >>> 32)), 0));
        m.routine("xsrsp", convert(Binary64::toSinglePrecision, Fpscr::fprfSingle));
        m.routine("xscvdphp", convert(Conversion::toBinary16, value -> Fpscr.fprf16((int) value)));
        m.routine("xscvhpdp", convert((s, b) -> Conversion.fromBinary16(s, (int) b & 0xffff), Fpscr::fprf64));
        m.routine("xscvdpsxds", toInteger((s, b) -> Conversion.truncate(s, b, 64, true)));
        m.routine("xscvdpuxds", toInteger((s, b) -> Conversion.truncate(s, b, 64, false)));
        m.routine("xscvdpsxws", toInteger((s, b) -> twice((int) Conversion.truncate(s, b, 32, true))));
        m.routine("xscvdpuxws", toInteger((s, b) -> twice((int) Conversion.truncate(s, b, 32, false))));
        m.routine("xscvsxddp", convert((s, b) -> Conversion.fromInteger(s, b, true), Fpscr::fprf64));
        m.routine("xscvuxddp", convert((s, b) -> Conversion.fromInteger(s, b, false), Fpscr::fprf64));
        m.routine("xscvsxdsp", convert((s, b) -> Conversion.fromIntegerSingle(s, b, true), Fpscr::fprfSingle));
        m.routine("xscvuxdsp", convert((s, b) -> Conversion.fromIntegerSingle(s, b, false), Fpscr::fprfSingle));
        m.routine("xsrdpi", toIntegral(FloatingPointScratch.NEAREST_AWAY));
        m.routine("xsrdpiz", toIntegral(FloatingPointScratch.TOWARD_ZERO));
        m.routine("xsrdpip", toIntegral(FloatingPointScratch.UPWARD));
        m.routine("xsrdpim", toIntegral(FloatingPointScratch.DOWNWARD));
        m.routine("xsrdpic", convert(Conversion::toIntegral, Fpscr::fprf64));
    }

    static long twice(int word) {
        return word & 0xffff_ffffL | (long) word << 32;
    }

    private static Routine<PowerProcessor> convert(Unary operation, ResultClass fprf) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            long value = operation.apply(s, p.vsrHigh(Fields.xb(w)));
            FloatingPointStatus.finish(p, s, Fields.xt(w), value, 0, fprf.of(value));
        };
    }

    private static Routine<PowerProcessor> toInteger(Unary operation) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            long value = operation.apply(s, p.vsrHigh(Fields.xb(w)));
            FloatingPointStatus.finish(p, s, Fields.xt(w), value, 0, FloatingPointStatus.UNCHANGED);
        };
    }

    private static Routine<PowerProcessor> toIntegral(int rounding) {
        return (p, w) -> {
            FloatingPointScratch s = FloatingPointStatus.begin(p);
            s.rounding = rounding;
            long value = Conversion.toIntegral(s, p.vsrHigh(Fields.xb(w)));
            FloatingPointStatus.ignoreInexact(s);
            FloatingPointStatus.finish(p, s, Fields.xt(w), value, 0, Fpscr.fprf64(value));
        };
    }
}

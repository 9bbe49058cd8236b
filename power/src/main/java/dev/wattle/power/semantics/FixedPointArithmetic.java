// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.Routine;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.State;

/** Fixed-point arithmetic, compare and select instructions (Power ISA 3.0B, Book I, 3.3.9 to 3.3.12). */
final class FixedPointArithmetic {
    private FixedPointArithmetic() {}

    /** A meaning for OE = 0; words with OE = 1 go to a routine. */
    private static void withOverflow(
            Meanings m, String name, Meanings.Emitter plain, Routine<PowerProcessor> overflow) {
        int routine = m.shared("overflow", overflow);
        m.emitter(name, e -> {
            if (Fields.oe(e.word)) {
                e.callOverflow(routine);
            } else {
                plain.emit(e);
            }
        });
    }

    private static Meanings.Emitter binary(int op) {
        return e -> {
            e.out.op(op, e.rt(), e.ra(), e.rb());
            e.recordIfRc(e.rt());
        };
    }

    static void bind(Meanings m) {
        m.emitter("addi", e -> addImmediate(e, Fields.si(e.word)));
        m.emitter("addis", e -> addImmediate(e, (long) Fields.si(e.word) << 16));
        m.emitter("addpcis", e -> e.out.opImm(Op.LEA, e.rt(), 0, e.pageOffset + 4 + ((long) Fields.dx(e.word) << 16)));
        m.emitter("mulli", e -> e.out.opImm(Op.MULI, e.rt(), e.ra(), Fields.si(e.word)));
        m.emitter("addic", e -> addCarrying(e, e.ra(), immediate(e, Fields.si(e.word)), Slots.ZERO));
        m.emitter("addic.", e -> {
            addCarrying(e, e.ra(), immediate(e, Fields.si(e.word)), Slots.ZERO);
            e.recordCr0(e.rt());
        });
        m.emitter("subfic", e -> addCarrying(e, complement(e), immediate(e, Fields.si(e.word)), Slots.ONE));
        withOverflow(m, "add", binary(Op.ADD), FixedPointOverflow::addOverflow);
        withOverflow(
                m,
                "subf",
                e -> {
                    e.out.op(Op.SUB, e.rt(), e.rb(), e.ra());
                    e.recordIfRc(e.rt());
                },
                FixedPointOverflow::subfOverflow);
        withOverflow(
                m,
                "neg",
                e -> {
                    e.out.op(Op.NEG, e.rt(), e.ra(), 0);
                    e.recordIfRc(e.rt());
                },
                FixedPointOverflow::negOverflow);
        withOverflow(m, "addc", e -> carrying(e, e.ra(), e.rb(), Slots.ZERO), FixedPointOverflow::addcOverflow);
        withOverflow(m, "subfc", e -> carrying(e, complement(e), e.rb(), Slots.ONE), FixedPointOverflow::subfcOverflow);
        withOverflow(m, "adde", e -> carrying(e, e.ra(), e.rb(), State.CA), FixedPointOverflow::addeOverflow);
        withOverflow(m, "subfe", e -> carrying(e, complement(e), e.rb(), State.CA), FixedPointOverflow::subfeOverflow);
        withOverflow(
                m, "addme", e -> carrying(e, e.ra(), immediate(e, -1), State.CA), FixedPointOverflow::addmeOverflow);
        withOverflow(
                m,
                "subfme",
                e -> carrying(e, complement(e), immediate(e, -1), State.CA),
                FixedPointOverflow::subfmeOverflow);
        withOverflow(m, "addze", e -> carrying(e, e.ra(), Slots.ZERO, State.CA), FixedPointOverflow::addzeOverflow);
        withOverflow(
                m, "subfze", e -> carrying(e, complement(e), Slots.ZERO, State.CA), FixedPointOverflow::subfzeOverflow);
        withOverflow(m, "mulld", binary(Op.MUL), FixedPointOverflow::mulldOverflow);
        withOverflow(
                m,
                "mullw",
                e -> {
                    int a = e.temp();
                    int b = e.temp();
                    e.out.op(Op.SEXT32, a, e.ra(), 0);
                    e.out.op(Op.SEXT32, b, e.rb(), 0);
                    e.out.op(Op.MUL, e.rt(), a, b);
                    e.recordIfRc(e.rt());
                },
                FixedPointOverflow::mullwOverflow);
        m.emitter("mulhd", binary(Op.MULHS));
        m.emitter("mulhdu", binary(Op.MULHU));
        m.emitter("mulhw", e -> multiplyHighWord(e, true));
        m.emitter("mulhwu", e -> multiplyHighWord(e, false));
        withOverflow(m, "divd", binary(Op.DIVS64), FixedPointOverflow::divdOverflow);
        withOverflow(m, "divdu", binary(Op.DIVU64), FixedPointOverflow::divduOverflow);
        withOverflow(m, "divw", binary(Op.DIVS32), FixedPointOverflow::divwOverflow);
        withOverflow(m, "divwu", binary(Op.DIVU32), FixedPointOverflow::divwuOverflow);
        m.emitter("cmp", e -> compare(e, Op.CMPS64, Op.CMPS32));
        m.emitter("cmpl", e -> compare(e, Op.CMPU64, Op.CMPU32));
        m.emitter("cmpi", e -> compareImmediate(e, Op.CMPS64I, Op.CMPS32I, Fields.si(e.word)));
        m.emitter("cmpli", e -> compareImmediate(e, Op.CMPU64I, Op.CMPU32I, Fields.ui(e.word)));
        m.emitter("isel", e -> {
            int bit = e.temp();
            int bi = e.word >>> 6 & 31;
            e.out.op3(Op.BIT, bit, State.CR + (bi >> 2), 0, 3 - (bi & 3));
            e.out.op3(Op.SELECT, e.rt(), bit, e.raOrZero(), e.rb());
        });
    }

    private static void addImmediate(Emission e, long value) {
        if (Fields.ra(e.word) == 0) {
            e.out.opImm(Op.MOVI, e.rt(), 0, value);
        } else {
            e.out.opImm(Op.ADDI, e.rt(), e.ra(), value);
        }
    }

    private static int immediate(Emission e, long value) {
        int t = e.temp();
        e.out.opImm(Op.MOVI, t, 0, value);
        return t;
    }

    /** Slot with the one's complement of RA. */
    private static int complement(Emission e) {
        int t = e.temp();
        e.out.opImm(Op.XORI, t, e.ra(), -1);
        return t;
    }

    private static void carrying(Emission e, int a, int b, int carryIn) {
        addCarrying(e, a, b, carryIn);
        e.recordIfRc(e.rt());
    }

    /** RT = a + b + carry; CA is the carry out of the computation mode's width, CA32 that out of the low word. */
    private static void addCarrying(Emission e, int a, int b, int carryIn) {
        boolean inPlace = e.rt() != a && e.rt() != b;
        int sum = inPlace ? e.rt() : e.temp();
        e.out.op3(Op.ADC, sum, a, b, carryIn);
        int carry32 = e.isa3 ? State.CA32 : State.CA;
        if (e.sf()) {
            if (e.isa3) {
                e.out.op3(Op.CARRY32, State.CA32, a, b, sum);
            }
            e.out.op3(Op.CARRY, State.CA, a, b, carryIn);
        } else {
            e.out.op3(Op.CARRY32, carry32, a, b, sum);
            if (e.isa3) {
                e.out.op(Op.MOV, State.CA, State.CA32, 0);
            }
        }
        if (!inPlace) {
            e.out.op(Op.MOV, e.rt(), sum, 0);
        }
    }

    private static void multiplyHighWord(Emission e, boolean signed) {
        int a = e.temp();
        int b = e.temp();
        if (signed) {
            e.out.op(Op.SEXT32, a, e.ra(), 0);
            e.out.op(Op.SEXT32, b, e.rb(), 0);
        } else {
            e.out.opImm(Op.ANDI, a, e.ra(), 0xffff_ffffL);
            e.out.opImm(Op.ANDI, b, e.rb(), 0xffff_ffffL);
        }
        e.out.op(Op.MUL, a, a, b);
        // The high word of RT is undefined; zero is what it becomes here for both forms.
        e.out.opImm(Op.SHRI, e.rt(), a, 32);
        if (e.rc()) {
            int result = e.temp();
            e.out.op(Op.SEXT32, result, e.rt(), 0);
            e.recordCr0(result);
        }
    }

    private static int field(Emission e) {
        return State.CR + Fields.bf(e.word);
    }

    private static void compare(Emission e, int op64, int op32) {
        e.out.op3((e.word & 0x20_0000) != 0 ? op64 : op32, field(e), e.ra(), e.rb(), e.so());
    }

    private static void compareImmediate(Emission e, int op64, int op32, long value) {
        e.out.emit((e.word & 0x20_0000) != 0 ? op64 : op32, field(e), e.ra(), 0, e.so(), value);
    }
}

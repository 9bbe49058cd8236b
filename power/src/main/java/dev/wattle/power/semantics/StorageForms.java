// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.State;

/** Which storage access and trap instructions a host may execute itself, as {@link Form}s. */
final class StorageForms {
    // TO bits of traps.
    private static final int SIGNED_LESS = 16;
    private static final int SIGNED_GREATER = 8;
    private static final int EQUAL = 4;
    private static final int UNSIGNED_LESS = 2;
    private static final int UNSIGNED_GREATER = 1;

    private static final int SIGNED = SIGNED_LESS + SIGNED_GREATER;
    private static final int UNSIGNED = UNSIGNED_LESS + UNSIGNED_GREATER;

    private StorageForms() {}

    static void bind(Meanings m) {
        m.hostForm("dcbz", (e, routine) -> e.out.host(Form.CLEAR_BLOCK, 0, e.indexed(), 0, 0, routine, e.word));
        for (String name : new String[] {"dcbst", "dcbf"}) {
            m.hostForm(name, (e, routine) -> e.out.host(Form.PROBE, 0, e.indexed(), 0, 0, routine, e.word));
        }
        // What has been told to this processor, or is to be told to others, is pending work.
        m.hostForm(
                "icbi", (e, routine) -> e.out.host(Form.PROBE_UNLESS_PENDING, 0, e.indexed(), 0, 0, routine, e.word));
        m.hostForm("sync", (e, routine) -> {
            int form = StorageControl.isHeavy(e.word) ? Form.FENCE : Form.FENCE_LIGHT;
            e.out.host(form, 0, 0, 0, 0, routine, e.word);
        });
        m.hostForm("isync", (e, routine) -> e.out.callEndUnlessZero(Slots.PENDING, routine, e.word));
        loadReserve(m, "lwarx", Form.LOAD_RESERVE_32);
        loadReserve(m, "ldarx", Form.LOAD_RESERVE_64);
        storeConditional(m, "stwcx.", Form.STORE_CONDITIONAL_32, Form.STORE_CONDITIONAL_32_BE);
        storeConditional(m, "stdcx.", Form.STORE_CONDITIONAL_64, Form.STORE_CONDITIONAL_64_BE);
        trap(m, "tw", false, false);
        trap(m, "twi", false, true);
        trap(m, "td", true, false);
        trap(m, "tdi", true, true);
    }

    private static void loadReserve(Meanings m, String name, int form) {
        m.hostForm(
                name,
                (e, routine) ->
                        e.out.host(form, e.rt(), e.indexed(), e.littleEndian() ? 0 : Slots.ONE, 0, routine, e.word));
    }

    private static void storeConditional(Meanings m, String name, int little, int big) {
        m.hostForm(
                name,
                (e, routine) -> e.out.host(
                        e.littleEndian() ? little : big, State.CR, e.indexed(), e.rt(), e.so(), routine, e.word));
    }

    /** The routine is for those that trap, and for conditions that no compiler wants. */
    private static void trap(Meanings m, String name, boolean wide, boolean immediate) {
        m.hostForm(name, (e, routine) -> {
            int to = e.word >>> 21 & 31;
            Operand a = new Operand(e.ra(), 0);
            Operand b = immediate ? new Operand(Slots.ZERO, Fields.si(e.word)) : new Operand(e.rb(), 0);
            boolean signed = (to & SIGNED) != 0;
            int traps;
            switch (to) {
                case 0 -> {
                    return;
                }
                case SIGNED, UNSIGNED, EQUAL -> traps = difference(e, wide, a, b);
                case SIGNED_LESS, UNSIGNED_LESS -> traps = notLess(e, wide, signed, a, b);
                case SIGNED_GREATER, UNSIGNED_GREATER -> traps = notLess(e, wide, signed, b, a);
                case SIGNED_GREATER + EQUAL, UNSIGNED_GREATER + EQUAL -> traps = notLess(e, wide, signed, a, b);
                case SIGNED_LESS + EQUAL, UNSIGNED_LESS + EQUAL -> traps = notLess(e, wide, signed, b, a);
                default -> {
                    e.out.call(routine, e.word);
                    return;
                }
            }
            boolean isOneWay = to != SIGNED && to != UNSIGNED;
            if (to == EQUAL) {
                e.out.op(Op.SETNZ, traps, traps, 0);
            }
            if (to == EQUAL || isOneWay && (to & EQUAL) == 0) {
                e.out.opImm(Op.XORI, traps, traps, 1);
            }
            e.out.host(Form.UNLESS_ZERO, 0, traps, 0, 0, routine, e.word);
        });
    }

    /** A register, or, with the slot of 0, an immediate. */
    private record Operand(int slot, long value) {
        boolean isImmediate() {
            return slot == Slots.ZERO;
        }
    }

    private static int difference(Emission e, boolean wide, Operand a, Operand b) {
        int difference = e.temp();
        if (b.isImmediate()) {
            e.out.opImm(Op.XORI, difference, a.slot, b.value);
        } else {
            e.out.op(Op.XOR, difference, a.slot, b.slot);
        }
        if (!wide) {
            e.out.opImm(Op.ANDI, difference, difference, 0xffff_ffffL);
        }
        return difference;
    }

    /** 1 if a is not less than b, else 0. */
    private static int notLess(Emission e, boolean wide, boolean signed, Operand a, Operand b) {
        int result = e.temp();
        if (wide) {
            // The carry out of the unsigned difference; where signs count, they are turned round.
            int left = adapted(e, a, signed ? Op.XORI : Op.MOV, 1L << 63);
            int right = adapted(e, b, Op.XORI, signed ? ~(1L << 63) : -1);
            e.out.emit(Op.CARRY, result, left, right, Slots.ONE, 0);
        } else {
            int extension = signed ? Op.SEXT32 : Op.ANDI;
            int left = adapted(e, a, extension, 0xffff_ffffL);
            int right = adapted(e, b, extension, 0xffff_ffffL);
            e.out.op(Op.SUB, result, left, right);
            e.out.opImm(Op.SHRI, result, result, 63);
            e.out.opImm(Op.XORI, result, result, 1);
        }
        return result;
    }

    private static int adapted(Emission e, Operand a, int op, long imm) {
        if (op == Op.MOV && !a.isImmediate()) {
            return a.slot;
        }
        int t = e.temp();
        if (a.isImmediate()) {
            e.out.opImm(
                    Op.MOVI,
                    t,
                    0,
                    switch (op) {
                        case Op.XORI -> a.value ^ imm;
                        case Op.ANDI -> a.value & imm;
                        default -> a.value;
                    });
        } else {
            e.out.opImm(op, t, a.slot, imm);
        }
        return t;
    }
}

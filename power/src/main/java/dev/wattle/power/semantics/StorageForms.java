// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.State;

/** Which storage access and trap instructions a host may execute itself, as {@link Form}s. */
final class StorageForms {
    /** TO bits of traps. */
    private static final int LESS_OR_GREATER = 24;

    private static final int EQUAL = 4;

    private StorageForms() {}

    static void bind(Meanings m) {
        m.hostForm("dcbz", (e, routine) -> e.out.host(Form.CLEAR_BLOCK, 0, e.indexed(), 0, 0, routine, e.word));
        for (String name : new String[] {"dcbst", "dcbf"}) {
            m.hostForm(name, (e, routine) -> e.out.host(Form.PROBE, 0, e.indexed(), 0, 0, routine, e.word));
        }
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

    /** Traps if equal, or if not, are what compiled code has; they look whether the difference is 0. */
    private static void trap(Meanings m, String name, boolean wide, boolean immediate) {
        m.hostForm(name, (e, routine) -> {
            int to = e.word >>> 21 & 31;
            if (to != LESS_OR_GREATER && to != EQUAL) {
                e.out.call(routine, e.word);
                return;
            }
            int difference = e.temp();
            if (immediate) {
                e.out.opImm(Op.XORI, difference, e.ra(), Fields.si(e.word));
            } else {
                e.out.op(Op.XOR, difference, e.ra(), e.rb());
            }
            if (!wide) {
                e.out.opImm(Op.ANDI, difference, difference, 0xffff_ffffL);
            }
            if (to == EQUAL) {
                e.out.op(Op.SETNZ, difference, difference, 0);
                e.out.opImm(Op.XORI, difference, difference, 1);
            }
            e.out.host(Form.UNLESS_ZERO, 0, difference, 0, 0, routine, e.word);
        });
    }
}

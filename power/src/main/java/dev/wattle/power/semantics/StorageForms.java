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
    private static final int ALWAYS = 31;

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

    /** The routine is for those that trap. To trap if equal, or if not, it is enough to look whether the difference is 0. */
    private static void trap(Meanings m, String name, boolean wide, boolean immediate) {
        m.hostForm(name, (e, routine) -> {
            int to = e.word >>> 21 & 31;
            if (to == 0) {
                return;
            }
            if (to == ALWAYS) {
                e.out.call(routine, e.word);
                return;
            }
            int traps;
            if (to == LESS_OR_GREATER || to == EQUAL) {
                traps = difference(e, wide, immediate);
                if (to == EQUAL) {
                    e.out.op(Op.SETNZ, traps, traps, 0);
                    e.out.opImm(Op.XORI, traps, traps, 1);
                }
            } else {
                traps = e.temp();
                int signed = to >>> 1 & 14;
                int unsigned = to << 2 & 12;
                if (signed != 0) {
                    comparison(e, wide ? Op.CMPS64 : Op.CMPS32, traps, immediate, signed);
                }
                if (unsigned != 0) {
                    int t = signed != 0 ? e.temp() : traps;
                    comparison(e, wide ? Op.CMPU64 : Op.CMPU32, t, immediate, unsigned);
                    if (signed != 0) {
                        e.out.op(Op.OR, traps, traps, t);
                    }
                }
            }
            e.out.host(Form.UNLESS_ZERO, 0, traps, 0, 0, routine, e.word);
        });
    }

    private static int difference(Emission e, boolean wide, boolean immediate) {
        int difference = e.temp();
        if (immediate) {
            e.out.opImm(Op.XORI, difference, e.ra(), Fields.si(e.word));
        } else {
            e.out.op(Op.XOR, difference, e.ra(), e.rb());
        }
        if (!wide) {
            e.out.opImm(Op.ANDI, difference, difference, 0xffff_ffffL);
        }
        return difference;
    }

    /** Some bits of a comparison nibble. */
    private static void comparison(Emission e, int operation, int to, boolean immediate, int bits) {
        int other = e.rb();
        if (immediate) {
            other = e.temp();
            e.out.opImm(Op.MOVI, other, 0, Fields.si(e.word));
        }
        e.out.emit(operation, to, e.ra(), other, Slots.ZERO, 0);
        e.out.opImm(Op.ANDI, to, to, bits);
    }
}

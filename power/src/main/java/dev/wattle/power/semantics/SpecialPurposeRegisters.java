// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Form;
import dev.wattle.engine.ir.Op;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.Mode;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.Spr;
import dev.wattle.power.processor.SprTable;
import dev.wattle.power.processor.SprTable.Access;
import dev.wattle.power.processor.State;

/**
 * Moves to and from special purpose registers and the condition register (Power ISA 3.0B, Book I, 3.3.17; Book III,
 * 4.4.4), for a guest with MSR[HV] = 0.
 */
final class SpecialPurposeRegisters {
    /** LPCR[EVIRT]: what is undefined or a hypervisor's is reported, and not ignored. */
    private static final long LPCR_EVIRT = 1L << 21;

    private static final long WORD = 0xffff_ffffL;
    private static final int FIRST_RESERVED = 808;
    private static final int LAST_RESERVED = 811;

    /** Bits of the XER that have slots of their own, and which they are, counted from the right. */
    private static final int[] XER_SLOTS = {State.SO, State.OV, State.CA, State.OV32, State.CA32};

    private static final int[] XER_BITS = {31, 30, 29, 19, 18};
    private static final int FIRST_XER_BIT_OF_ISA3 = 3;

    private SpecialPurposeRegisters() {}

    static void bind(Meanings m) {
        int read = m.shared("mfspr", SpecialPurposeRegisters::read);
        int write = m.shared("mtspr", SpecialPurposeRegisters::write);
        int summary = m.shared("summary overflow", (p, w) -> p.summaryOverflowChanged());
        int protect = m.shared("access rights", (p, w) -> {
            p.contextChanged();
            if ((p.msr() & (Msr.FE0 | Msr.FE1)) == 0) {
                p.rememberContext(p.msr() | p.slot(State.AMR_KEY));
            }
        });
        m.emitter("mfspr", e -> {
            int spr = Fields.spr(e.word);
            if (spr == Spr.XER) {
                readXer(e);
            } else if (isPlain(spr, e.mode) || isPlainToRead(spr, e)) {
                e.out.op(Op.MOV, e.rt(), State.SPR + (spr == Spr.SPRG3_PROBLEM ? Spr.SPRG3 : spr), 0);
            } else if (spr == Spr.PPR32) {
                e.out.opImm(Op.SHRI, e.rt(), State.SPR + Spr.PPR, 32);
            } else {
                e.out.call(read, e.word);
            }
        });
        m.emitter("mtspr", e -> {
            int spr = Fields.spr(e.word);
            if (spr == Spr.XER) {
                writeXer(e, summary);
            } else if (isPlain(spr, e.mode)) {
                e.out.op(Op.MOV, State.SPR + spr, e.rt(), 0);
            } else if (isWord(spr, e)) {
                e.out.opImm(Op.ANDI, State.SPR + spr, e.rt(), WORD);
            } else if (spr == Spr.PPR) {
                e.out.opImm(Op.ANDI, State.SPR + spr, e.rt(), SprTable.PPR_PRI);
            } else if (spr == Spr.AMR && e.privileged() && (e.mode & Mode.HASH) == 0) {
                writeAmr(e, protect);
            } else if (endsBlock(spr)) {
                e.out.callEnd(write, e.word);
            } else {
                e.out.call(write, e.word);
            }
        });
        m.emitter("mftb", e -> e.out.call(read, e.word));
        m.routine(
                "mcrxrx",
                (p, w) -> p.setCr(Fields.bf(w), (int) (p.slot(State.OV) << 3
                        | p.slot(State.OV32) << 2
                        | p.slot(State.CA) << 1
                        | p.slot(State.CA32))));
        m.emitter("mfcr", e -> {
            int word = e.temp();
            int field = e.temp();
            e.out.opImm(Op.SHLI, word, State.CR, 28);
            for (int i = 1; i < 8; i++) {
                e.out.opImm(Op.SHLI, field, State.CR + i, 28 - 4 * i);
                e.out.op(Op.OR, i == 7 ? e.rt() : word, word, field);
            }
        });
        m.emitter("mfocrf", e -> {
            int fxm = e.word >>> 12 & 0xff;
            if (Integer.bitCount(fxm) == 1) {
                int field = Integer.numberOfLeadingZeros(fxm) - 24;
                e.out.opImm(Op.SHLI, e.rt(), State.CR + field, 28 - 4 * field);
            } else {
                // The contents are undefined; zero, as the other fields of the proper form.
                e.out.opImm(Op.MOVI, e.rt(), 0, 0);
            }
        });
        m.emitter("mtcrf", e -> moveToCr(e, e.word >>> 12 & 0xff));
        m.emitter("mtocrf", e -> moveToCr(e, e.word >>> 12 & 0xff));
    }

    private static void readXer(Emission e) {
        int value = e.temp();
        int bit = e.temp();
        e.out.opImm(Op.SHLI, value, State.SO, 31);
        for (int i = 1; i < XER_SLOTS.length; i++) {
            e.out.opImm(Op.SHLI, bit, XER_SLOTS[i], XER_BITS[i]);
            e.out.op(Op.OR, value, value, bit);
        }
        e.out.op(Op.OR, e.rt(), value, State.XER_REST);
    }

    private static void writeXer(Emission e, int summary) {
        int change = e.temp();
        e.out.op3(Op.BIT, change, e.rt(), 0, XER_BITS[0]);
        if ((e.mode & Mode.SO) != 0) {
            e.out.opImm(Op.XORI, change, change, 1);
        }
        for (int i = 0; i < XER_SLOTS.length; i++) {
            if (i < FIRST_XER_BIT_OF_ISA3 || e.isa3) {
                e.out.op3(Op.BIT, XER_SLOTS[i], e.rt(), 0, XER_BITS[i]);
            }
        }
        e.out.opImm(Op.ANDI, State.XER_REST, e.rt(), 0x7f);
        e.out.host(Form.UNLESS_ZERO, 0, change, 0, 0, summary, e.word);
        e.endOfMode();
    }

    private static void moveToCr(Emission e, int fxm) {
        for (int field = 0; field < 8; field++) {
            if ((fxm & 0x80 >> field) != 0) {
                e.out.opImm(Op.SHRI, State.CR + field, e.rt(), 28 - 4 * field);
                e.out.opImm(Op.ANDI, State.CR + field, State.CR + field, 15);
            }
        }
    }

    /** Registers that are nothing but storage in the given mode. */
    private static boolean isPlain(int spr, int mode) {
        return switch (spr) {
            case Spr.LR, Spr.CTR -> true;
            case Spr.SRR0, Spr.SRR1, Spr.DAR, Spr.SPRG0, Spr.SPRG1, Spr.SPRG2, Spr.SPRG3, Spr.CFAR ->
                (mode & Mode.PR) == 0;
            case Spr.DSCR, Spr.TAR, Spr.EBBHR, Spr.EBBRR, Spr.UAMOR ->
                // From problem state they may be unavailable.
                (mode & Mode.PR) == 0;
            default -> false;
        };
    }

    /** Registers that are read as they have been stored. */
    private static boolean isPlainToRead(int spr, Emission e) {
        return switch (spr) {
            case Spr.PPR, Spr.VRSAVE, Spr.SPRG3_PROBLEM -> true;
            case Spr.DSISR, Spr.AMR, Spr.IAMR, Spr.FSCR, Spr.BESCR -> e.privileged();
            case Spr.PIDR -> e.privileged() && e.isa3;
            default -> false;
        };
    }

    /** Registers of 32 bits that are nothing but storage. */
    private static boolean isWord(int spr, Emission e) {
        return spr == Spr.VRSAVE || spr == Spr.DSISR && e.privileged();
    }

    /** The AMR, and which software TLB data accesses look into from here on. */
    private static void writeAmr(Emission e, int protect) {
        int bits = e.temp();
        e.out.op(Op.MOV, State.SPR + Spr.AMR, e.rt(), 0);
        e.out.opImm(Op.SHRI, bits, e.rt(), 62);
        e.out.opImm(Op.SHLI, State.AMR_KEY, bits, PowerProcessor.KEY_AMR_SHIFT);
        int key = e.temp();
        e.out.op(Op.OR, key, State.MSR, State.AMR_KEY);
        e.out.host(Form.DATA_CONTEXT, 0, key, 0, 0, protect, e.word);
    }

    /** Registers whose change alters how following code is fetched, translated or accesses storage, or that branch. */
    private static boolean endsBlock(int spr) {
        return switch (spr) {
            case Spr.PIDR, Spr.FSCR, Spr.IAMR, Spr.AMR, Spr.AMR_PROBLEM -> true;
            default -> spr >= Spr.BESCRS && spr <= Spr.BESCR;
        };
    }

    private static void read(PowerProcessor p, int w) {
        int spr = Fields.spr(w);
        SprTable.Register register = p.sprTable().register(spr);
        if (isAllowed(p, register.reading())) {
            p.setGpr(Fields.rt(w), register.reader().read(p));
        } else {
            refuse(p, spr);
        }
    }

    private static void write(PowerProcessor p, int w) {
        int spr = Fields.spr(w);
        SprTable.Register register = p.sprTable().register(spr);
        if (isAllowed(p, register.writing())) {
            register.writer().write(p, p.gpr(Fields.rs(w)));
        } else {
            refuse(p, spr);
        }
    }

    private static boolean isAllowed(PowerProcessor p, Access access) {
        return access == Access.PROBLEM || access == Access.PRIVILEGED && (p.msr() & Msr.PR) == 0;
    }

    /**
     * A register that is not there, or not for this state, or not in this direction: in problem state the number says
     * which interrupt follows; in privileged state nothing happens, but for a few numbers. Reserved registers are there
     * for everybody and do nothing.
     */
    private static void refuse(PowerProcessor p, int spr) {
        if (spr >= FIRST_RESERVED && spr <= LAST_RESERVED) {
            return;
        }
        if ((p.msr() & Msr.PR) != 0) {
            throw (spr & 0x10) != 0
                    ? p.interrupts().privileged()
                    : p.interrupts().illegal();
        }
        boolean reported = p.model().isa() >= 300 && (p.spr(Spr.LPCR) & LPCR_EVIRT) != 0;
        if (spr == 0 || spr >= 4 && spr <= 6 || reported) {
            throw p.interrupts().illegal();
        }
    }
}

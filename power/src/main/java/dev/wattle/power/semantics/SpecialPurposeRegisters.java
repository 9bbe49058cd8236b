// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Op;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.Decrementer;
import dev.wattle.power.processor.Mode;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.Spr;
import dev.wattle.power.processor.State;

/**
 * Moves to and from special purpose registers and the condition register (Power ISA 3.0B, Book I, 3.3.17; Book III,
 * 4.4.4), for a guest with MSR[HV] = 0.
 */
final class SpecialPurposeRegisters {
    /** Facilities by their FSCR bit, counted from the right. */
    static final int FSCR_DSCR = 2;

    static final int FSCR_EBB = 7;
    static final int FSCR_TAR = 8;

    /** Facility number of transactional memory in FSCR[IC]. */
    private static final int IC_TM = 5;

    private SpecialPurposeRegisters() {}

    static void bind(Meanings m) {
        int read = m.shared(SpecialPurposeRegisters::read);
        int write = m.shared(SpecialPurposeRegisters::write);
        m.emitter("mfspr", e -> {
            int spr = Fields.spr(e.word);
            if (isPlain(spr, e.mode)) {
                e.out.op(Op.MOV, e.rt(), State.SPR + spr, 0);
            } else {
                e.out.call(read, e.word);
            }
        });
        m.emitter("mtspr", e -> {
            int spr = Fields.spr(e.word);
            if (isPlain(spr, e.mode)) {
                e.out.op(Op.MOV, State.SPR + spr, e.rt(), 0);
            } else if (endsBlock(spr)) {
                e.out.callEnd(write, e.word);
            } else {
                e.out.call(write, e.word);
            }
        });
        m.emitter("mftb", e -> e.out.call(read, e.word));
        m.routine("mcrxrx", (p, w) -> p.setCr(
                Fields.bf(w),
                (int) (p.slot(State.OV) << 3 | p.slot(State.OV32) << 2 | p.slot(State.CA) << 1 | p.slot(State.CA32))));
        m.routine("mfcr", (p, w) -> p.setGpr(Fields.rt(w), p.crWord() & 0xffff_ffffL));
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
            default -> false;
        };
    }

    /** Registers whose change alters how following code is fetched, translated or accesses storage. */
    private static boolean endsBlock(int spr) {
        return spr == Spr.PIDR || spr == Spr.FSCR || spr == Spr.IAMR || spr == Spr.AMR || spr == Spr.AMR_PROBLEM;
    }

    static void requireFacility(PowerProcessor p, int facility) {
        if ((p.spr(Spr.FSCR) >>> facility & 1) == 0 && (p.msr() & Msr.PR) != 0) {
            throw p.interrupts().facilityUnavailable(facility);
        }
    }

    private static void requireTm(PowerProcessor p) {
        if ((p.msr() & Msr.TM) == 0) {
            throw p.interrupts().facilityUnavailable(IC_TM);
        }
    }

    private static void requirePrivilege(PowerProcessor p) {
        if ((p.msr() & Msr.PR) != 0) {
            throw p.interrupts().privileged();
        }
    }

    /**
     * A register number that is not defined, or belongs to the hypervisor (Book III, 4.4.4): in problem state by the
     * number, in privileged state nothing happens but for a few numbers.
     */
    private static void undefined(PowerProcessor p, int spr) {
        if ((p.msr() & Msr.PR) != 0) {
            throw (spr & 0x10) != 0 ? p.interrupts().privileged() : p.interrupts().illegal();
        }
        if (spr == 0 || spr >= 4 && spr <= 6 || isHypervisor(spr)) {
            throw p.interrupts().illegal();
        }
    }

    private static boolean isHypervisor(int spr) {
        return switch (spr) {
            case Spr.HSPRG0,
                    Spr.HSPRG1,
                    Spr.HDSISR,
                    Spr.HDAR,
                    Spr.HDEC,
                    Spr.HRMOR,
                    Spr.HSRR0,
                    Spr.HSRR1,
                    Spr.LPCR,
                    Spr.LPIDR,
                    Spr.HMER,
                    Spr.HMEER,
                    Spr.PCR,
                    Spr.HEIR,
                    Spr.AMOR,
                    Spr.PTCR,
                    Spr.HFSCR,
                    Spr.RPR,
                    Spr.DAWR0,
                    Spr.DAWRX0,
                    Spr.CIABR,
                    Spr.PSSCR,
                    Spr.TBL_WRITE,
                    Spr.TBU_WRITE,
                    Spr.TBU40 -> true;
            default -> false;
        };
    }

    private static void read(PowerProcessor p, int w) {
        int spr = Fields.spr(w);
        int rt = Fields.rt(w);
        switch (spr) {
            case Spr.XER -> p.setGpr(rt, p.xer());
            case Spr.DSCR_PROBLEM -> {
                requireFacility(p, FSCR_DSCR);
                p.setGpr(rt, p.spr(Spr.DSCR));
            }
            case Spr.AMR_PROBLEM -> p.setGpr(rt, p.spr(Spr.AMR));
            case Spr.CTRL_READ -> p.setGpr(rt, p.spr(Spr.CTRL));
            case Spr.VRSAVE -> p.setGpr(rt, p.spr(Spr.VRSAVE) & 0xffff_ffffL);
            case Spr.SPRG3_PROBLEM -> p.setGpr(rt, p.spr(Spr.SPRG3));
            case Spr.TB -> p.setGpr(rt, p.time().read(p));
            case Spr.TBU -> p.setGpr(rt, p.time().read(p) >>> 32);
            case Spr.TAR -> {
                requireFacility(p, FSCR_TAR);
                p.setGpr(rt, p.spr(spr));
            }
            case Spr.BESCRS, Spr.BESCRR -> {
                requireFacility(p, FSCR_EBB);
                p.setGpr(rt, p.spr(Spr.BESCR));
            }
            case Spr.BESCRSU, Spr.BESCRRU -> {
                requireFacility(p, FSCR_EBB);
                p.setGpr(rt, p.spr(Spr.BESCR) >>> 32);
            }
            case Spr.EBBHR, Spr.EBBRR, Spr.BESCR -> {
                requireFacility(p, FSCR_EBB);
                p.setGpr(rt, p.spr(spr));
            }
            case Spr.TFHAR, Spr.TFIAR, Spr.TEXASR -> {
                requireTm(p);
                p.setGpr(rt, p.spr(spr));
            }
            case Spr.TEXASRU -> {
                requireTm(p);
                p.setGpr(rt, p.spr(Spr.TEXASR) >>> 32);
            }
            case Spr.PPR -> p.setGpr(rt, p.spr(Spr.PPR));
            case Spr.PPR32 -> p.setGpr(rt, p.spr(Spr.PPR) >>> 32);
            default -> {
                if (spr >= Spr.SIER_PROBLEM && spr < Spr.SIER) {
                    p.setGpr(rt, p.spr(spr + 16));
                } else if ((spr & 0x10) == 0 || !readPrivileged(p, spr, rt)) {
                    undefined(p, spr);
                }
            }
        }
    }

    private static boolean readPrivileged(PowerProcessor p, int spr, int rt) {
        switch (spr) {
            case Spr.DEC -> {
                requirePrivilege(p);
                p.setGpr(rt, Decrementer.read(p));
            }
            case Spr.PVR, Spr.PIR -> {
                requirePrivilege(p);
                p.setGpr(rt, p.spr(spr) & 0xffff_ffffL);
            }
            case Spr.DSISR -> {
                requirePrivilege(p);
                p.setGpr(rt, p.spr(spr) & 0xffff_ffffL);
            }
            case Spr.PURR, Spr.SPURR -> {
                requirePrivilege(p);
                p.setGpr(rt, p.time().read(p) + p.spr(spr));
            }
            case Spr.VTB -> {
                requirePrivilege(p);
                p.setGpr(rt, p.time().read(p));
            }
            case Spr.IC -> {
                requirePrivilege(p);
                p.setGpr(rt, p.completed());
            }
            case Spr.DPDES -> {
                requirePrivilege(p);
                p.setGpr(rt, p.interrupts().isRequested(PowerProcessor.PENDING_DOORBELL) ? 1 : 0);
            }
            default -> {
                if (!isStorage(spr)) {
                    return false;
                }
                requirePrivilege(p);
                p.setGpr(rt, p.spr(spr));
            }
        }
        return true;
    }

    /** Privileged registers without further effect on this processor. */
    private static boolean isStorage(int spr) {
        return switch (spr) {
            case Spr.DSCR,
                    Spr.DAR,
                    Spr.SRR0,
                    Spr.SRR1,
                    Spr.CFAR,
                    Spr.AMR,
                    Spr.PIDR,
                    Spr.IAMR,
                    Spr.TIDR,
                    Spr.CTRL,
                    Spr.FSCR,
                    Spr.UAMOR,
                    Spr.PSPB,
                    Spr.SPRG0,
                    Spr.SPRG1,
                    Spr.SPRG2,
                    Spr.SPRG3,
                    Spr.CIR,
                    Spr.PSSCR_PRIVILEGED -> true;
            default -> spr >= Spr.SIER && spr < Spr.SIER + 16;
        };
    }

    private static void write(PowerProcessor p, int w) {
        int spr = Fields.spr(w);
        long value = p.gpr(Fields.rs(w));
        switch (spr) {
            case Spr.XER -> p.setXer(value);
            case Spr.DSCR_PROBLEM -> {
                requireFacility(p, FSCR_DSCR);
                p.setSpr(Spr.DSCR, value);
            }
            case Spr.AMR_PROBLEM -> {
                long mask = (p.msr() & Msr.PR) != 0 ? p.spr(Spr.UAMOR) : -1L;
                p.setSpr(Spr.AMR, p.spr(Spr.AMR) & ~mask | value & mask);
                p.contextChanged();
            }
            case Spr.VRSAVE -> p.setSpr(Spr.VRSAVE, value & 0xffff_ffffL);
            case Spr.TAR -> {
                requireFacility(p, FSCR_TAR);
                p.setSpr(spr, value);
            }
            case Spr.BESCRS -> {
                requireFacility(p, FSCR_EBB);
                p.setSpr(Spr.BESCR, p.spr(Spr.BESCR) | value);
            }
            case Spr.BESCRR -> {
                requireFacility(p, FSCR_EBB);
                p.setSpr(Spr.BESCR, p.spr(Spr.BESCR) & ~value);
            }
            case Spr.BESCRSU -> {
                requireFacility(p, FSCR_EBB);
                p.setSpr(Spr.BESCR, p.spr(Spr.BESCR) | value << 32);
            }
            case Spr.BESCRRU -> {
                requireFacility(p, FSCR_EBB);
                p.setSpr(Spr.BESCR, p.spr(Spr.BESCR) & ~(value << 32));
            }
            case Spr.EBBHR, Spr.EBBRR, Spr.BESCR -> {
                requireFacility(p, FSCR_EBB);
                p.setSpr(spr, value);
            }
            case Spr.TFHAR, Spr.TFIAR, Spr.TEXASR -> {
                requireTm(p);
                p.setSpr(spr, value);
            }
            case Spr.PPR -> p.setSpr(Spr.PPR, value);
            case Spr.PPR32 -> p.setSpr(Spr.PPR, value << 32);
            default -> {
                if (spr >= Spr.SIER_PROBLEM && spr < Spr.SIER && (p.msr() & Msr.PR) == 0) {
                    p.setSpr(spr + 16, value);
                } else if ((spr & 0x10) == 0 || !writePrivileged(p, spr, value)) {
                    undefined(p, spr);
                }
            }
        }
    }

    private static boolean writePrivileged(PowerProcessor p, int spr, long value) {
        switch (spr) {
            case Spr.DEC -> {
                requirePrivilege(p);
                Decrementer.write(p, value);
            }
            case Spr.PIDR -> {
                requirePrivilege(p);
                if (p.spr(Spr.PIDR) != (value & 0xffff_ffffL)) {
                    p.setSpr(Spr.PIDR, value & 0xffff_ffffL);
                    p.processChanged();
                }
            }
            case Spr.AMR -> {
                requirePrivilege(p);
                p.setSpr(spr, value);
                p.contextChanged();
            }
            case Spr.IAMR -> {
                requirePrivilege(p);
                if (p.spr(spr) != value) {
                    p.setSpr(spr, value);
                    p.flushFetch();
                }
            }
            case Spr.FSCR -> {
                requirePrivilege(p);
                p.setSpr(spr, value);
                p.contextChanged();
            }
            case Spr.DSISR -> {
                requirePrivilege(p);
                p.setSpr(spr, value & 0xffff_ffffL);
            }
            case Spr.CTRL -> {
                requirePrivilege(p);
                p.setSpr(spr, value & 1);
            }
            default -> {
                if (!isStorage(spr) || spr == Spr.CIR) {
                    return false;
                }
                requirePrivilege(p);
                p.setSpr(spr, value);
            }
        }
        return true;
    }
}

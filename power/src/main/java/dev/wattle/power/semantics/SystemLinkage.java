// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Op;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.Interrupts;
import dev.wattle.power.processor.Msr;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.processor.Spr;
import dev.wattle.power.processor.SprTable;
import dev.wattle.power.processor.State;

/**
 * System linkage, traps, the MSR, and processor control (Power ISA 3.0B, Book I, 2.6 and 3.3.11; Book III, 3.3 and
 * chapter 10).
 */
final class SystemLinkage {
    /** {@code sc 1} from problem state: PAPR's H_PRIVILEGE. */
    private static final long H_PRIVILEGE = -3;

    private static final int FSCR_SCV = 12;
    /** Bits that a guest cannot change by a return from an interrupt. */
    private static final long RETURN_KEEPS = Msr.HV | Msr.ME;

    private static final long MTMSRD_KEEPS = Msr.HV | Msr.ME | Msr.LE;
    private static final long MTMSR_KEEPS = MTMSRD_KEEPS | 0xffff_ffff_0000_0000L;
    private static final long FLOATING_POINT_MODE = Msr.FE0 | Msr.FE1;
    private static final long FPSCR_FEX = 0x4000_0000L;
    private static final long BESCR_GE = 1L << 63;
    private static final long BESCR_TS = 3L << 30;

    /** Message type of a directed privileged doorbell, RB bits 32:36. */
    private static final int PRIVILEGED_DOORBELL = 5;

    private SystemLinkage() {}

    static void bind(Meanings m) {
        m.routine("sc", SystemLinkage::sc);
        m.routine("scv", SystemLinkage::scv);
        m.routine("rfid", SystemLinkage::rfid);
        m.routine("rfscv", SystemLinkage::rfscv);
        m.emitter("mfmsr", e -> e.out.op(Op.MOV, e.rt(), State.MSR, 0));
        m.routine("mtmsr", SystemLinkage::mtmsr);
        m.routine("mtmsrd", SystemLinkage::mtmsrd);
        m.routine("tw", (p, w) -> trap(p, w, (int) p.gpr(Fields.ra(w)), (int) p.gpr(Fields.rb(w))));
        m.routine("twi", (p, w) -> trap(p, w, (int) p.gpr(Fields.ra(w)), Fields.si(w)));
        m.routine("td", (p, w) -> trap(p, w, p.gpr(Fields.ra(w)), p.gpr(Fields.rb(w))));
        m.routine("tdi", (p, w) -> trap(p, w, p.gpr(Fields.ra(w)), Fields.si(w)));
        m.routine("msgsndp", (p, w) -> {
            if (doorbellForThisThread(p.gpr(Fields.rb(w)))) {
                p.interrupts().request(PowerProcessor.PENDING_DOORBELL);
            }
        });
        m.routine("msgclrp", (p, w) -> {
            if (doorbellForThisThread(p.gpr(Fields.rb(w)))) {
                p.interrupts().withdraw(PowerProcessor.PENDING_DOORBELL);
            }
        });
        m.routine("stop", (p, w) -> p.platform().idle(p));
        m.routine("rfebb", SystemLinkage::rfebb);
        // There is no branch history: the buffer reads as empty.
        m.emitter("clrbhrb", e -> {});
        m.emitter("mfbhrbe", e -> e.out.opImm(Op.MOVI, e.rt(), 0, 0));
    }

    private static boolean doorbellForThisThread(long message) {
        return (message >>> 27 & 31) == PRIVILEGED_DOORBELL && (message & 0x7f) == 0;
    }

    private static void sc(PowerProcessor p, int w) {
        if ((w >>> 5 & 0x7f) == 1) {
            if ((p.msr() & Msr.PR) != 0) {
                p.setGpr(3, H_PRIVILEGE);
            } else {
                p.platform().hypercall(p);
                p.debugRegistersChanged();
            }
            return;
        }
        throw p.interrupts().systemCall();
    }

    private static void scv(PowerProcessor p, int w) {
        if ((p.spr(Spr.FSCR) >>> FSCR_SCV & 1) == 0) {
            throw p.interrupts().facilityUnavailable(FSCR_SCV);
        }
        p.interrupts().systemCallVectored(w >>> 5 & 0x7f);
    }

    /**
     * Gives the MSR a value, as far as bits exist and are not to be kept: problem state is never in real mode, and a
     * transaction is not entered in this way. Execution goes on at {@code nia}.
     */
    private static void setMsr(PowerProcessor p, long value, long keep, long nia) {
        if ((value & ~keep & Msr.TS) != 0) {
            throw p.interrupts().program(Interrupts.TM_BAD_THING);
        }
        long old = p.msr();
        long msr = old & keep | value & ~keep & p.model().msrMask();
        if ((msr & Msr.PR) != 0) {
            msr |= Msr.EE | Msr.IR | Msr.DR;
        }
        p.setMsr(msr);
        p.continueAt(nia);
        boolean enabled = (old & FLOATING_POINT_MODE) == 0 && (msr & FLOATING_POINT_MODE) != 0;
        if (enabled && (msr & Msr.FP) != 0 && (p.fpscr() & FPSCR_FEX) != 0) {
            throw p.interrupts().floatingPointNowEnabled(p.successor);
        }
        p.interrupts().eventBasedBranch();
    }

    private static void rfid(PowerProcessor p, int w) {
        setMsr(p, p.spr(Spr.SRR1), RETURN_KEEPS, p.spr(Spr.SRR0) & -4);
    }

    private static void rfscv(PowerProcessor p, int w) {
        setMsr(p, p.slot(State.CTR), RETURN_KEEPS, p.slot(State.LR) & -4);
    }

    private static void mtmsr(PowerProcessor p, int w) {
        long rs = p.gpr(Fields.rs(w));
        if ((w >>> 16 & 1) != 0) {
            setEeAndRi(p, rs);
        } else {
            setMsr(p, rs, MTMSR_KEEPS, p.successor);
        }
    }

    private static void mtmsrd(PowerProcessor p, int w) {
        long rs = p.gpr(Fields.rs(w));
        if ((w >>> 16 & 1) != 0) {
            setEeAndRi(p, rs);
        } else {
            setMsr(p, rs, MTMSRD_KEEPS, p.successor);
        }
    }

    private static void setEeAndRi(PowerProcessor p, long rs) {
        long bits = Msr.EE | Msr.RI;
        p.setMsr(p.msr() & ~bits | rs & bits);
    }

    private static void trap(PowerProcessor p, int w, long a, long b) {
        int to = Fields.to(w);
        if ((to & 16) != 0 && a < b
                || (to & 8) != 0 && a > b
                || (to & 4) != 0 && a == b
                || (to & 2) != 0 && Long.compareUnsigned(a, b) < 0
                || (to & 1) != 0 && Long.compareUnsigned(a, b) > 0) {
            throw p.interrupts().program(Interrupts.TRAP);
        }
    }

    private static void rfebb(PowerProcessor p, int w) {
        SprTable.requireFacility(p, SprTable.FSCR_EBB);
        long bescr = p.spr(Spr.BESCR);
        if ((bescr & BESCR_TS) != 0) {
            throw p.interrupts().program(Interrupts.TM_BAD_THING);
        }
        p.setSpr(Spr.BESCR, (w & 0x800) != 0 ? bescr | BESCR_GE : bescr & ~BESCR_GE);
        p.continueAt(p.spr(Spr.EBBRR) & -4);
        p.interrupts().eventBasedBranch();
    }
}

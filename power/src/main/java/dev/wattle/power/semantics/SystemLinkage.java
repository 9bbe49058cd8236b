// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import dev.wattle.engine.ir.Op;
import dev.wattle.engine.ir.Slots;
import dev.wattle.power.isa.Fields;
import dev.wattle.power.processor.Interrupts;
import dev.wattle.power.processor.Mode;
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
        int enter = m.shared("system linkage", SystemLinkage::enter);
        int sc = m.shared("sc", SystemLinkage::sc);
        int scv = m.shared("scv", SystemLinkage::scv);
        m.emitter("sc", e -> {
            if (level(e.word) == 0 && isPlainProblemState(e)) {
                systemCall(e, enter);
            } else {
                e.out.callEnd(sc, e.word);
            }
        });
        m.emitter("scv", e -> {
            if ((e.mode & Mode.SCV) != 0 && isPlainProblemState(e)) {
                systemCallVectored(e, enter);
            } else {
                e.out.callEnd(scv, e.word);
            }
        });
        m.emitter("rfid", e -> {
            e.out.op(Op.MOV, Slots.NEXT_ADDRESS, State.SPR + Spr.SRR0, 0);
            switchContext(e, State.SPR + Spr.SRR1, RETURN_KEEPS, enter);
        });
        m.emitter("rfscv", e -> {
            e.out.op(Op.MOV, Slots.NEXT_ADDRESS, State.LR, 0);
            switchContext(e, State.CTR, RETURN_KEEPS, enter);
        });
        m.emitter("mfmsr", e -> e.out.op(Op.MOV, e.rt(), State.MSR, 0));
        int enable = m.shared("interrupts enabled", (p, w) -> p.setMsr(p.msr()));
        m.emitter("mtmsr", e -> moveToMsr(e, MTMSR_KEEPS, enter, enable));
        m.emitter("mtmsrd", e -> moveToMsr(e, MTMSRD_KEEPS, enter, enable));
        m.routine("tw", (p, w) -> trap(p, w, (int) p.gpr(Fields.ra(w)), (int) p.gpr(Fields.rb(w))));
        m.routine("twi", (p, w) -> trap(p, w, (int) p.gpr(Fields.ra(w)), Fields.si(w)));
        m.routine("td", (p, w) -> trap(p, w, p.gpr(Fields.ra(w)), p.gpr(Fields.rb(w))));
        m.routine("tdi", (p, w) -> trap(p, w, p.gpr(Fields.ra(w)), Fields.si(w)));
        m.routine("msgsndp", (p, w) -> message(p, p.gpr(Fields.rb(w)), true));
        m.routine("msgclrp", (p, w) -> message(p, p.gpr(Fields.rb(w)), false));
        m.routine("stop", (p, w) -> p.platform().idle(p));
        m.routine("rfebb", SystemLinkage::rfebb);
        // There is no branch history: the buffer reads as empty.
        m.emitter("clrbhrb", e -> {});
        m.emitter("mfbhrbe", e -> e.out.opImm(Op.MOVI, e.rt(), 0, 0));
    }

    private static void message(PowerProcessor p, long message, boolean isSent) {
        if ((message >>> 27 & 31) == PRIVILEGED_DOORBELL) {
            p.platform().doorbell(p, (int) message & 0x7f, isSent);
        }
    }

    private static void sc(PowerProcessor p, int w) {
        if (level(w) == 1) {
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
        p.interrupts().systemCallVectored(level(w));
    }

    /** LEV of a system call. */
    private static int level(int w) {
        return w >>> 5 & 0x7f;
    }

    /** Whether code is of problem state, with translation as that always has it, and is not traced. */
    private static boolean isPlainProblemState(Emission e) {
        return (e.mode & (Mode.PR | Mode.TRACE)) == Mode.PR;
    }

    private static void systemCall(Emission e, int enter) {
        e.out.opImm(Op.LEA, State.SPR + Spr.SRR0, 0, e.pageOffset + 4);
        e.out.opImm(Op.ANDI, State.SPR + Spr.SRR1, State.MSR, ~Interrupts.SRR1_INFORMATION);
        e.out.opImm(Op.ADDI, State.SYSTEM_CALLS, State.SYSTEM_CALLS, 1);
        e.out.op(Op.MOV, Slots.NEXT_ADDRESS, State.SYSTEM_CALL_ADDRESS, 0);
        handler(e, State.SYSTEM_CALL_MSR, Msr.ME, enter);
    }

    private static void systemCallVectored(Emission e, int enter) {
        e.out.opImm(Op.LEA, State.LR, 0, e.pageOffset + 4);
        e.out.opImm(Op.ANDI, State.CTR, State.MSR, ~Interrupts.SRR1_INFORMATION);
        e.out.opImm(Op.ADDI, State.VECTORED_CALLS, State.VECTORED_CALLS, 1);
        e.out.opImm(Op.ADDI, Slots.NEXT_ADDRESS, State.VECTORED_ADDRESS, level(e.word) * 32L);
        handler(e, State.VECTORED_MSR, Msr.ME | Msr.EE | Msr.RI, enter);
    }

    /** Enters a handler of problem state's, with some bits of the MSR as they are. */
    private static void handler(Emission e, int msr, long keep, int enter) {
        int kept = e.temp();
        e.out.opImm(Op.ANDI, kept, State.MSR, keep);
        e.out.op(Op.OR, kept, kept, msr);
        e.out.op(Op.OR, Slots.NEXT_CONTEXT, kept, State.AMR_KEY);
        e.out.switchContext(State.MSR, enter, e.word);
    }

    /** Gives the MSR the value of a slot but for bits that it keeps; {@link Slots#NEXT_ADDRESS} has been set. */
    private static void switchContext(Emission e, int value, long keep, int enter) {
        int msr = e.temp();
        int kept = e.temp();
        e.out.opImm(Op.ANDI, msr, value, ~(keep | PowerProcessor.KEY_AMR));
        e.out.opImm(Op.ANDI, kept, State.MSR, keep);
        e.out.op(Op.OR, msr, msr, kept);
        e.out.op(Op.OR, Slots.NEXT_CONTEXT, msr, State.AMR_KEY);
        e.out.switchContext(State.MSR, enter, e.word);
    }

    /**
     * Gives the MSR the value in {@link Slots#NEXT_CONTEXT}, as far as bits exist: problem state is never in real mode,
     * and a transaction is not entered in this way. Execution goes on at {@link Slots#NEXT_ADDRESS}.
     */
    private static void enter(PowerProcessor p, int w) {
        long key = p.slot(Slots.NEXT_CONTEXT);
        long msr = key & ~PowerProcessor.KEY_AMR & p.model().msrMask();
        if ((msr & Msr.TS) != 0) {
            throw p.interrupts().program(Interrupts.TM_BAD_THING);
        }
        if ((msr & Msr.PR) != 0) {
            msr |= Msr.EE | Msr.IR | Msr.DR;
        }
        long old = p.msr();
        p.setMsr(msr);
        p.continueAt(p.slot(Slots.NEXT_ADDRESS) & -4);
        boolean mayInterrupt = (msr & FLOATING_POINT_MODE) != 0;
        boolean mayBranch = (msr & Msr.PR) != 0 && (p.spr(Spr.BESCR) & BESCR_GE) != 0;
        if (!mayInterrupt && !mayBranch) {
            p.rememberContext(key);
        }
        if (mayInterrupt && (old & FLOATING_POINT_MODE) == 0 && (msr & Msr.FP) != 0 && (p.fpscr() & FPSCR_FEX) != 0) {
            throw p.interrupts().floatingPointNowEnabled(p.successor);
        }
        p.interrupts().eventBasedBranch();
    }

    private static void moveToMsr(Emission e, long keep, int enter, int enable) {
        if ((e.word >>> 16 & 1) == 0) {
            e.out.opImm(Op.LEA, Slots.NEXT_ADDRESS, 0, e.pageOffset + 4);
            switchContext(e, e.rt(), keep, enter);
            return;
        }
        long bits = Msr.EE | Msr.RI;
        int set = e.temp();
        int kept = e.temp();
        e.out.opImm(Op.ANDI, set, e.rt(), bits);
        e.out.opImm(Op.ANDI, kept, State.MSR, ~bits);
        e.out.op(Op.OR, State.MSR, set, kept);
        // What has been waiting for MSR[EE] comes at once.
        e.out.callEndUnlessZero(Slots.REQUESTED, enable, e.word);
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
        p.forgetContexts();
        p.continueAt(p.spr(Spr.EBBRR) & -4);
        p.interrupts().eventBasedBranch();
    }
}

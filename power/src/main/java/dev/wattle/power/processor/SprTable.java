// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import dev.wattle.power.model.ProcessorModel;
import java.util.Arrays;
import java.util.function.LongBinaryOperator;

/**
 * The special purpose registers of one processor model: which exist, who may read and write them, and what that does
 * (Power ISA 3.0B, Book III, 4.4.4; 2.07B, Book III-S, 4.4.4), for a guest with MSR[HV] = 0.
 */
public final class SprTable {
    /** The least privileged state that may access a register in one direction. */
    public enum Access {
        PROBLEM,
        PRIVILEGED,
        /** Only a hypervisor, which a guest is not. */
        HYPERVISOR,
        /** Nobody: there is no such register, or not in this direction. */
        NONE
    }

    /** How a register is read. */
    @FunctionalInterface
    public interface Reader {
        /**
         * The contents, right-justified.
         *
         * @throws dev.wattle.engine.GuestInterrupt if a facility that the register belongs to is unavailable
         */
        long read(PowerProcessor p);
    }

    /** How a register is written. */
    @FunctionalInterface
    public interface Writer {
        /**
         * Writes the contents.
         *
         * @throws dev.wattle.engine.GuestInterrupt if a facility that the register belongs to is unavailable
         */
        void write(PowerProcessor p, long value);
    }

    /** One register. */
    public record Register(Access reading, Access writing, Reader reader, Writer writer) {}

    /** Facilities by their FSCR bit, counted from the right, which is also their number in FSCR[IC]. */
    public static final int FSCR_DSCR = 2;

    public static final int FSCR_EBB = 7;
    public static final int FSCR_TAR = 8;

    private static final int IC_PERFORMANCE_MONITOR = 3;
    private static final int IC_TM = 5;

    private static final long WORD = 0xffff_ffffL;
    private static final int NUMBERS = 1024;
    /** The PRI field, which is all that there is of the PPR. */
    public static final long PPR_PRI = 7L << 50;

    private static final long CTRL_RUN = 1;
    /** CTRL[TS]: the RUN bits of the core's threads, that of thread 0 first. */
    private static final int CTRL_THREAD_0_SHIFT = 15;

    private static final int MMCR0_PMCC_SHIFT = 18;
    /** What problem state sees of MMCR0: FC, PMAE and PMAO. */
    private static final long MMCR0_PROBLEM_BITS = 0x8400_0080L;
    /** What problem state sees of MMCR2: FCnP0. */
    private static final long MMCR2_PROBLEM_BITS = 0x4020_1008_0402_0000L;

    private static final Register ABSENT = new Register(Access.NONE, Access.NONE, p -> 0, (p, v) -> {});
    private static final Register HYPERVISOR = new Register(Access.HYPERVISOR, Access.HYPERVISOR, p -> 0, (p, v) -> {});

    private final Register[] registers = new Register[NUMBERS];

    SprTable(ProcessorModel model) {
        Arrays.fill(registers, ABSENT);
        problemState();
        transactionalMemory();
        eventBasedBranch();
        performanceMonitor();
        privileged();
        storageProtection();
        timers();
        hypervisor();
        if (model.isa() >= 300) {
            version300();
        } else {
            version207();
        }
    }

    /** The register of a number from 0 to 1023; one that does not exist has access {@link Access#NONE}. */
    public Register register(int number) {
        return registers[number];
    }

    /** Takes the facility unavailable interrupt if FSCR keeps a facility from problem state. */
    public static void requireFacility(PowerProcessor p, int facility) {
        if ((p.spr(Spr.FSCR) >>> facility & 1) == 0 && (p.msr() & Msr.PR) != 0) {
            throw p.interrupts().facilityUnavailable(facility);
        }
    }

    private void both(Access access, int number, Reader reader, Writer writer) {
        registers[number] = new Register(access, access, reader, writer);
    }

    private void readOnly(Access access, int number, Reader reader) {
        registers[number] = new Register(access, Access.NONE, reader, (p, v) -> {});
    }

    /** A register that the guest may read, and only a hypervisor may write. */
    private void given(int number, Reader reader) {
        registers[number] = new Register(Access.PRIVILEGED, Access.HYPERVISOR, reader, (p, v) -> {});
    }

    /** Privileged registers of 64 bits without further effect on this processor. */
    private void storage(int... numbers) {
        for (int number : numbers) {
            both(Access.PRIVILEGED, number, p -> p.spr(number), (p, v) -> p.setSpr(number, v));
        }
    }

    /** The same, of 32 bits. */
    private void storage32(int... numbers) {
        for (int number : numbers) {
            both(Access.PRIVILEGED, number, p -> p.spr(number) & WORD, (p, v) -> p.setSpr(number, v & WORD));
        }
    }

    /** A problem-state register of a facility that FSCR controls, with its contents at another number. */
    private void facility(int facility, int number, int contents) {
        both(
                Access.PROBLEM,
                number,
                p -> {
                    requireFacility(p, facility);
                    return p.spr(contents);
                },
                (p, v) -> {
                    requireFacility(p, facility);
                    p.setSpr(contents, v);
                });
    }

    private void problemState() {
        both(Access.PROBLEM, Spr.XER, PowerProcessor::xer, PowerProcessor::setXer);
        both(Access.PROBLEM, Spr.LR, p -> p.spr(Spr.LR), (p, v) -> p.setSpr(Spr.LR, v));
        both(Access.PROBLEM, Spr.CTR, p -> p.spr(Spr.CTR), (p, v) -> p.setSpr(Spr.CTR, v));
        both(Access.PROBLEM, Spr.VRSAVE, p -> p.spr(Spr.VRSAVE) & WORD, (p, v) -> p.setSpr(Spr.VRSAVE, v & WORD));
        facility(FSCR_DSCR, Spr.DSCR_PROBLEM, Spr.DSCR);
        facility(FSCR_TAR, Spr.TAR, Spr.TAR);
        readOnly(Access.PROBLEM, Spr.CTRL_READ, p -> {
            long run = p.spr(Spr.CTRL) & CTRL_RUN;
            return run | run << CTRL_THREAD_0_SHIFT;
        });
        registers[Spr.CTRL] =
                new Register(Access.NONE, Access.PRIVILEGED, p -> 0, (p, v) -> p.setSpr(Spr.CTRL, v & CTRL_RUN));
        readOnly(Access.PROBLEM, Spr.SPRG3_PROBLEM, p -> p.spr(Spr.SPRG3));
        both(Access.PROBLEM, Spr.PPR, p -> p.spr(Spr.PPR), (p, v) -> p.setSpr(Spr.PPR, v & PPR_PRI));
        both(Access.PROBLEM, Spr.PPR32, p -> p.spr(Spr.PPR) >>> 32, (p, v) -> p.setSpr(Spr.PPR, v << 32 & PPR_PRI));
    }

    private void transactionalMemory() {
        for (int number : new int[] {Spr.TFHAR, Spr.TFIAR, Spr.TEXASR}) {
            both(
                    Access.PROBLEM,
                    number,
                    p -> {
                        requireTm(p);
                        return p.spr(number);
                    },
                    (p, v) -> {
                        requireTm(p);
                        p.setSpr(number, number == Spr.TFHAR ? v & -4 : v);
                    });
        }
        both(
                Access.PROBLEM,
                Spr.TEXASRU,
                p -> {
                    requireTm(p);
                    return p.spr(Spr.TEXASR) >>> 32;
                },
                (p, v) -> {
                    requireTm(p);
                    p.setSpr(Spr.TEXASR, v << 32 | p.spr(Spr.TEXASR) & WORD);
                });
    }

    private static void requireTm(PowerProcessor p) {
        if ((p.msr() & Msr.TM) == 0) {
            throw p.interrupts().facilityUnavailable(IC_TM);
        }
    }

    private void eventBasedBranch() {
        facility(FSCR_EBB, Spr.EBBHR, Spr.EBBHR);
        facility(FSCR_EBB, Spr.EBBRR, Spr.EBBRR);
        bescr(Spr.BESCR, 0, (old, v) -> v);
        bescr(Spr.BESCRS, 0, (old, v) -> old | v);
        bescr(Spr.BESCRSU, 32, (old, v) -> old | v << 32);
        bescr(Spr.BESCRR, 0, (old, v) -> old & ~v);
        bescr(Spr.BESCRRU, 32, (old, v) -> old & ~(v << 32));
    }

    private void bescr(int number, int shift, LongBinaryOperator change) {
        both(
                Access.PROBLEM,
                number,
                p -> {
                    requireFacility(p, FSCR_EBB);
                    return p.spr(Spr.BESCR) >>> shift;
                },
                (p, v) -> {
                    requireFacility(p, FSCR_EBB);
                    p.setSpr(Spr.BESCR, change.applyAsLong(p.spr(Spr.BESCR), v));
                    p.forgetContexts();
                    p.interrupts().eventBasedBranch();
                });
    }

    /** The registers of a performance monitor in which no event is ever counted (Book III, 9.4). */
    private void performanceMonitor() {
        for (int number = Spr.SIER; number <= Spr.MMCR1; number++) {
            storage(number);
        }
        for (int number : new int[] {Spr.SIER, Spr.SIAR, Spr.SDAR, Spr.MMCR1}) {
            readOnly(Access.PROBLEM, number - 16, p -> p.spr(number));
        }
        for (int number = Spr.MMCR2; number <= Spr.PMC6; number++) {
            groupA(number, number == Spr.MMCR2 ? MMCR2_PROBLEM_BITS : -1);
        }
        groupA(Spr.MMCR0, MMCR0_PROBLEM_BITS);
    }

    /** Lets problem state at a register as far as MMCR0[PMCC] does, under the number 16 below. */
    private void groupA(int number, long visible) {
        both(
                Access.PROBLEM,
                number - 16,
                p -> {
                    requireCounter(p, number, false);
                    return p.spr(number) & ((p.msr() & Msr.PR) != 0 ? visible : -1);
                },
                (p, v) -> {
                    requireCounter(p, number, true);
                    long mask = (p.msr() & Msr.PR) != 0 ? visible : -1;
                    p.setSpr(number, p.spr(number) & ~mask | v & mask);
                });
    }

    private static void requireCounter(PowerProcessor p, int number, boolean write) {
        if ((p.msr() & Msr.PR) == 0) {
            return;
        }
        int pmcc = (int) (p.spr(Spr.MMCR0) >>> MMCR0_PMCC_SHIFT) & 3;
        if (pmcc == 1 || pmcc == 3 && number >= Spr.PMC6 - 1 && number <= Spr.PMC6) {
            throw p.interrupts().facilityUnavailable(IC_PERFORMANCE_MONITOR);
        }
        if (pmcc == 0 && write) {
            throw p.interrupts().illegal();
        }
    }

    private void privileged() {
        storage(Spr.DSCR, Spr.DAR, Spr.SRR0, Spr.SRR1, Spr.CFAR, Spr.SPRG0, Spr.SPRG1, Spr.SPRG2, Spr.SPRG3);
        storage32(Spr.DSISR, Spr.PSPB);
        both(Access.PRIVILEGED, Spr.FSCR, p -> p.spr(Spr.FSCR), (p, v) -> {
            p.setSpr(Spr.FSCR, v);
            p.contextChanged();
        });
        readOnly(Access.PRIVILEGED, Spr.PVR, p -> p.spr(Spr.PVR) & WORD);
        readOnly(Access.PRIVILEGED, Spr.PIR, p -> p.spr(Spr.PIR) & WORD);
        readOnly(Access.PRIVILEGED, Spr.TIR, p -> p.spr(Spr.TIR));
        readOnly(Access.PRIVILEGED, Spr.CIR, p -> p.spr(Spr.CIR) & WORD);
        given(Spr.DPDES, p -> p.platform().doorbells(p));
    }

    private void storageProtection() {
        both(Access.PRIVILEGED, Spr.AMR, p -> p.spr(Spr.AMR), SprTable::setAmr);
        // From problem state only where UAMOR allows; the hypervisor's AMOR allows everything.
        both(Access.PROBLEM, Spr.AMR_PROBLEM, p -> p.spr(Spr.AMR), (p, v) -> {
            long mask = (p.msr() & Msr.PR) != 0 ? p.spr(Spr.UAMOR) : -1L;
            setAmr(p, p.spr(Spr.AMR) & ~mask | v & mask);
        });
        storage(Spr.UAMOR);
        both(Access.PRIVILEGED, Spr.IAMR, p -> p.spr(Spr.IAMR), (p, v) -> {
            if (p.spr(Spr.IAMR) != v) {
                p.setSpr(Spr.IAMR, v);
                p.forgetFetches();
            }
        });
    }

    private static void setAmr(PowerProcessor p, long value) {
        p.setSpr(Spr.AMR, value);
        p.contextChanged();
    }

    private void timers() {
        readOnly(Access.PROBLEM, Spr.TB, p -> p.time().read(p));
        readOnly(Access.PROBLEM, Spr.TBU, p -> p.time().read(p) >>> 32);
        both(Access.PRIVILEGED, Spr.DEC, Decrementer::read, Decrementer::write);
        given(Spr.PURR, p -> p.time().read(p) + p.spr(Spr.PURR));
        given(Spr.SPURR, p -> p.time().read(p) + p.spr(Spr.SPURR));
        given(Spr.VTB, p -> p.time().read(p));
        given(Spr.IC, PowerProcessor::completed);
    }

    private void hypervisor() {
        for (int number : new int[] {
            Spr.DAWR0,
            Spr.RPR,
            Spr.CIABR,
            Spr.DAWRX0,
            Spr.HFSCR,
            Spr.TBL_WRITE,
            Spr.TBU_WRITE,
            Spr.TBU40,
            Spr.HSPRG0,
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
            Spr.AMOR
        }) {
            registers[number] = HYPERVISOR;
        }
    }

    private void version300() {
        both(Access.PRIVILEGED, Spr.PIDR, p -> p.spr(Spr.PIDR), (p, v) -> {
            if (p.spr(Spr.PIDR) != (v & WORD)) {
                p.setSpr(Spr.PIDR, v & WORD);
                p.processChanged();
            }
        });
        storage(Spr.TIDR, Spr.PSSCR_PRIVILEGED);
        registers[Spr.PTCR] = HYPERVISOR;
        registers[Spr.ASDR] = HYPERVISOR;
        registers[Spr.PSSCR] = HYPERVISOR;
    }

    /** What POWER8 has of its own; a guest saves and restores it without any effect here. */
    private void version207() {
        storage(Spr.ACOP, Spr.PIDR, Spr.TACR, Spr.TCSCR, Spr.CSIGR, Spr.SPMC1, Spr.SPMC2, Spr.MMCRS, Spr.WORT);
    }
}

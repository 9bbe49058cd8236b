// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import dev.wattle.engine.GuestInterrupt;
import dev.wattle.engine.ir.Slots;
import dev.wattle.engine.memory.HostMemory;
import dev.wattle.engine.translate.CodePage;
import dev.wattle.power.mmu.Translation;
import java.util.EnumMap;
import java.util.Map;

/**
 * Interrupts of one processor: recording, priority, delivery (Power ISA 3.0B, Book III, chapter 6).
 *
 * <p>A synchronous interrupt is recorded by one of the methods that return {@link GuestInterrupt}, which the caller
 * throws; the run loop then takes it. Asynchronous ones are requested from any thread by {@link #request} and taken
 * between blocks.
 */
public final class Interrupts {
    /** SRR1 bits of the program interrupt. */
    public static final long FLOATING_POINT_ENABLED = 0x0010_0000L;

    public static final long ILLEGAL = 0x0008_0000L;
    public static final long PRIVILEGED = 0x0004_0000L;
    public static final long TRAP = 0x0002_0000L;
    /** TM Bad Thing: a transition of MSR[TS] that is not allowed. */
    public static final long TM_BAD_THING = 0x0020_0000L;
    /** With FLOATING_POINT_ENABLED: SRR0 is not the instruction that caused the exception. */
    private static final long IMPRECISE = 0x0001_0000L;

    /** DSISR bits of the data storage interrupt. */
    public static final long DSISR_NOT_FOUND = 0x4000_0000L;

    public static final long DSISR_UNSUPPORTED_CONFIGURATION = 0x0008_0000L;
    public static final long DSISR_PROTECTION = 0x0800_0000L;
    public static final long DSISR_STORE = 0x0200_0000L;
    public static final long DSISR_DAWR = 0x0040_0000L;
    /** The storage key of the page's class. */
    public static final long DSISR_CLASS = 0x0020_0000L;
    /** An instruction that may not access storage with the attributes of the page. */
    public static final long DSISR_INVALID_ATTRIBUTE = 0x0400_0000L;

    /** SRR1 bits of the instruction storage interrupt. */
    private static final long ISI_NOT_FOUND = 0x4000_0000L;

    private static final long ISI_NO_EXECUTE = 0x1000_0000L;
    private static final long ISI_PROTECTION = 0x0800_0000L;
    private static final long ISI_CLASS = 0x0020_0000L;

    /** SRR1 bits that an interrupt sets to its own information; the others come from the MSR. */
    public static final long SRR1_INFORMATION = 0x783f_0000L;

    /** SRR1 of every trace interrupt: bit 33. */
    private static final long TRACED = 0x4000_0000L;
    /** SRR1 of the trace interrupt, bit 43: CIABR matched. */
    private static final long TRACED_BY_CIABR = 0x0010_0000L;

    private static final long CIABR_PRIVILEGE = 3;
    private static final long LPCR_ILE = 1L << 25;
    /** Machine check by a load or store, described in DSISR. */
    private static final long MACHINE_CHECK_DATA = 0x0020_0000L;

    private static final long BESCR_GE = 1L << 63;
    /** BESCR: external and performance monitor event-based exceptions enabled, and the same as occurred. */
    private static final int BESCR_ENABLE_SHIFT = 32;

    private static final long BESCR_OCCURRED = 3;
    private static final long BESCR_TS = 3L << 30;
    private static final int FSCR_EBB = 7;

    private final PowerProcessor p;
    private long knownLpcr = -1;
    private final long[] taken = new long[Interrupt.values().length];
    private final Interrupt[] all = Interrupt.values();

    /** SRR1 of the trace interrupt that is due when the running instruction has completed, 0 for none. */
    private long traceInformation;

    private long tracedAddress;
    private Interrupt pending = Interrupt.SYSTEM_RESET;
    private long pendingSrr0;
    private boolean isLeft;
    private long pendingInformation;

    Interrupts(PowerProcessor p) {
        this.p = p;
    }

    // Synchronous interrupts

    /** Leaves the running instruction without an interrupt and ends the run; the next one begins the instruction again. */
    public GuestInterrupt leave() {
        isLeft = true;
        pendingSrr0 = p.cia();
        return p.interrupt;
    }

    private GuestInterrupt record(Interrupt interrupt, long srr0, long information) {
        pending = interrupt;
        pendingSrr0 = srr0;
        pendingInformation = information;
        return p.interrupt;
    }

    /** Program interrupt with SRR1 bits, at the running instruction. */
    public GuestInterrupt program(long information) {
        return record(Interrupt.PROGRAM, p.cia(), information);
    }

    /** Program interrupt for an enabled floating-point exception. */
    public GuestInterrupt floatingPointEnabled() {
        return program(FLOATING_POINT_ENABLED);
    }

    /**
     * Program interrupt for a floating-point exception that has been there before MSR[FE0 FE1] enabled it.
     *
     * @param next address of the instruction that would have been executed next
     */
    public GuestInterrupt floatingPointNowEnabled(long next) {
        return record(Interrupt.PROGRAM, next, FLOATING_POINT_ENABLED | IMPRECISE);
    }

    /** Illegal instruction: what a hypervisor makes of the emulation assistance interrupt. */
    public GuestInterrupt illegal() {
        if (p.debugging().isBreakpoint(runningWord())) {
            return p.debugging().softwareBreakpoint();
        }
        return program(ILLEGAL);
    }

    /** A privileged instruction in problem state. */
    public GuestInterrupt privileged() {
        return program(PRIVILEGED);
    }

    /** Alignment interrupt: DAR is the effective address. */
    public GuestInterrupt alignment(long ea) {
        p.setSpr(Spr.DAR, ea);
        if (p.model().isa() < 300) {
            p.setSpr(Spr.DSISR, alignmentDsisr(runningWord()));
        }
        return record(Interrupt.ALIGNMENT, p.cia(), 0);
    }

    private int runningWord() {
        long cia = p.cia();
        CodePage page = p.fetchPage(cia);
        int word = p.memory().getInt(page.realAddress + page.offset(cia));
        return p.littleEndian() ? Integer.reverseBytes(word) : word;
    }

    /** What DSISR says of the instruction (2.07B, Book III-S, 6.5.8): DS-, D- and X-forms. */
    private static long alignmentDsisr(int word) {
        int opcode = word >>> 26;
        long registers = word >>> 16 & 0x3ff;
        if (opcode == 31) {
            return (long) (word >>> 1 & 3) << 15 | (word >>> 6 & 1) << 14 | (word >>> 7 & 15) << 10 | registers;
        }
        boolean ds = opcode == 58 || opcode == 62 || opcode == 57 || opcode == 61;
        return (ds ? word & 3L : 0) << 18 | (opcode & 1) << 14 | (opcode >>> 1 & 15) << 10 | registers;
    }

    /** Data storage interrupt. */
    public GuestInterrupt dataStorage(long ea, long dsisr) {
        p.setSpr(Spr.DAR, ea);
        p.setSpr(Spr.DSISR, dsisr);
        return record(Interrupt.DATA_STORAGE, p.cia(), 0);
    }

    /** An interrupt without information in SRR1, at the running instruction. */
    public GuestInterrupt unavailable(Interrupt interrupt) {
        return record(interrupt, p.cia(), 0);
    }

    /** Facility unavailable interrupt: the facility's number goes to FSCR[IC]. */
    public GuestInterrupt facilityUnavailable(int facility) {
        p.setSpr(Spr.FSCR, p.spr(Spr.FSCR) & 0x00ff_ffff_ffff_ffffL | (long) facility << 56);
        return record(Interrupt.FACILITY_UNAVAILABLE, p.cia(), 0);
    }

    /** System call interrupt: SRR0 is behind the instruction. */
    public GuestInterrupt systemCall() {
        return record(Interrupt.SYSTEM_CALL, p.cia() + 4 & p.addressMask(), 0);
    }

    GuestInterrupt dataFault(long ea, boolean store, Translation.Fault fault) {
        long direction = store ? DSISR_STORE : 0;
        return switch (fault) {
            case SEGMENT -> {
                p.setSpr(Spr.DAR, ea);
                yield record(Interrupt.DATA_SEGMENT, p.cia(), 0);
            }
            case PROTECTION, NO_EXECUTE -> dataStorage(ea, DSISR_PROTECTION | direction);
            case CLASS -> dataStorage(ea, DSISR_CLASS | direction);
            case PROTECTION_AND_CLASS -> dataStorage(ea, DSISR_PROTECTION | DSISR_CLASS | direction);
            case BAD_CONFIGURATION -> dataStorage(ea, DSISR_UNSUPPORTED_CONFIGURATION | direction);
            case BAD_TABLE_ADDRESS -> machineCheckData(ea, true);
            default -> dataStorage(ea, DSISR_NOT_FOUND | direction);
        };
    }

    GuestInterrupt fetchFault(long ea, Translation.Fault fault) {
        return switch (fault) {
            case SEGMENT -> record(Interrupt.INSTRUCTION_SEGMENT, ea, 0);
            case PROTECTION -> record(Interrupt.INSTRUCTION_STORAGE, ea, ISI_PROTECTION);
            case CLASS -> record(Interrupt.INSTRUCTION_STORAGE, ea, ISI_CLASS);
            case PROTECTION_AND_CLASS -> record(Interrupt.INSTRUCTION_STORAGE, ea, ISI_PROTECTION | ISI_CLASS);
            case NO_EXECUTE -> record(Interrupt.INSTRUCTION_STORAGE, ea, ISI_NO_EXECUTE);
            case NO_EXECUTE_AND_CLASS -> record(Interrupt.INSTRUCTION_STORAGE, ea, ISI_NO_EXECUTE | ISI_CLASS);
            case BAD_CONFIGURATION -> record(Interrupt.INSTRUCTION_STORAGE, ea, DSISR_UNSUPPORTED_CONFIGURATION);
            case BAD_TABLE_ADDRESS -> machineCheckFetch(ea, true);
            default -> record(Interrupt.INSTRUCTION_STORAGE, ea, ISI_NOT_FOUND);
        };
    }

    /**
     * Machine check by a load or store of a real address without storage; the codes are those of the POWER8 and POWER9
     * processors.
     *
     * @param walk whether a translation table, and not the operand, is at the address
     */
    public GuestInterrupt machineCheckData(long ea, boolean walk) {
        p.setSpr(Spr.DAR, ea);
        if (p.model().isa() >= 300) {
            p.setSpr(Spr.DSISR, walk ? 0x20 : 0x40);
        } else {
            p.setSpr(Spr.DSISR, walk ? 0x4000 : 0x8000);
        }
        return record(Interrupt.MACHINE_CHECK, p.cia(), MACHINE_CHECK_DATA);
    }

    /** Machine check by instruction fetch from a real address without storage. */
    GuestInterrupt machineCheckFetch(long ea, boolean walk) {
        long information;
        if (p.model().isa() >= 300) {
            information = walk ? 0x0810_0000L : 0x080c_0000L;
        } else {
            information = walk ? 0x0018_0000L : 0x001c_0000L;
        }
        return record(Interrupt.MACHINE_CHECK, ea, information);
    }

    /** Takes what was recorded. */
    void takePending() {
        if (isLeft) {
            isLeft = false;
            p.debugging().left();
            p.setNia(pendingSrr0);
            p.leave();
            return;
        }
        if (pending == Interrupt.MACHINE_CHECK && leavesForMachineCheck(pendingSrr0, pendingInformation)) {
            p.leave();
            return;
        }
        deliver(pending, pendingSrr0, pendingInformation);
    }

    /** Whether CIABR names an instruction of this privilege. */
    boolean isInstructionWatched(boolean problem) {
        return (p.spr(Spr.CIABR) & CIABR_PRIVILEGE) == (problem ? 1 : 2);
    }

    /**
     * Looks at an instruction that is about to be executed under MSR[TE] or an armed CIABR: if it completes, the trace
     * interrupt follows (Book III, 6.5.15). An instruction that itself changes the MSR is judged by the MSR before.
     */
    public void tracing(int word) {
        p.debugging().begins();
        if (isNeverTraced(word)) {
            return;
        }
        long msr = p.msr();
        long information = (msr & Msr.SE) != 0 || (msr & Msr.BE) != 0 && isBranch(word) ? TRACED : 0;
        long cia = p.cia();
        if (isInstructionWatched((msr & Msr.PR) != 0) && (p.spr(Spr.CIABR) & -4 & p.addressMask()) == cia) {
            information |= TRACED | TRACED_BY_CIABR;
        }
        if (information != 0) {
            traceInformation = information;
            tracedAddress = cia;
            p.request(PowerProcessor.PENDING_KICK);
        }
    }

    /** System calls, returns from interrupts, and instructions that stop the processor. */
    private static boolean isNeverTraced(int word) {
        int opcode = word >>> 26;
        if (opcode == 17) {
            return true;
        }
        return opcode == 19
                && switch (word >>> 1 & 0x3ff) {
                    case 18, 82, 274, 370, 402, 434, 466, 498 -> true;
                    default -> false;
                };
    }

    private static boolean isBranch(int word) {
        int opcode = word >>> 26;
        int extended = word >>> 1 & 0x3ff;
        return opcode == 16 || opcode == 18 || opcode == 19 && (extended == 16 || extended == 528 || extended == 560);
    }

    // Delivery

    private boolean leavesForMachineCheck(long srr0, long information) {
        if (!p.platform().leavesForMachineCheck(p)) {
            return false;
        }
        traceInformation = 0;
        p.setSpr(Spr.SRR0, srr0);
        p.setSpr(Spr.SRR1, p.msr() & ~SRR1_INFORMATION | information);
        p.setNia(srr0);
        return true;
    }

    private void deliver(Interrupt interrupt, long srr0, long information) {
        long msr = p.msr();
        traceInformation = 0;
        p.setSpr(Spr.SRR0, srr0);
        p.setSpr(Spr.SRR1, msr & ~SRR1_INFORMATION | information);
        boolean relocatable = interrupt != Interrupt.SYSTEM_RESET && interrupt != Interrupt.MACHINE_CHECK;
        p.setMsr(handlerMsr(msr, relocatable));
        long entry = interrupt == Interrupt.SYSTEM_RESET ? p.platform().systemResetEntry(p) : interrupt.vector();
        p.putSlot(Slots.NIA, entry + (relocatable ? vectorOffset(msr) : 0));
        taken[interrupt.ordinal()]++;
        p.platform().interruptTaken(p, interrupt, srr0);
    }

    /**
     * The MSR with which a handler starts (figure 64 of the book, MSR[HV] = 0). A machine check leaves MSR[ME] alone:
     * it is the hypervisor that takes it and passes it on, and a guest could not set the bit again.
     */
    private long handlerMsr(long msr, boolean relocatable) {
        long handler = Msr.SF | msr & Msr.ME;
        if ((p.spr(Spr.LPCR) & LPCR_ILE) != 0) {
            handler |= Msr.LE;
        }
        if (relocatable && vectorOffset(msr) != 0) {
            handler |= Msr.IR | Msr.DR;
        }
        return handler;
    }

    /** What LPCR[AIL] adds to vectors for interrupts taken with translation on. */
    private long vectorOffset(long msr) {
        if ((msr & (Msr.IR | Msr.DR)) != (Msr.IR | Msr.DR)) {
            return 0;
        }
        return switch ((int) (p.spr(Spr.LPCR) >>> 23) & 3) {
            case 2 -> 0x1_8000L;
            case 3 -> 0xc000_0000_0000_4000L;
            default -> 0;
        };
    }

    /** Works out again, if the LPCR has changed, where system calls from problem state lead to. */
    public void entriesChanged() {
        long lpcr = p.spr(Spr.LPCR);
        if (lpcr == knownLpcr) {
            return;
        }
        knownLpcr = lpcr;
        long problem = Msr.IR | Msr.DR;
        p.putSlot(State.SYSTEM_CALL_MSR, handlerMsr(problem, true));
        p.putSlot(State.SYSTEM_CALL_ADDRESS, Interrupt.SYSTEM_CALL.vector() + vectorOffset(problem));
        p.putSlot(State.VECTORED_MSR, handlerMsr(problem, true));
        p.putSlot(State.VECTORED_ADDRESS, vectoredAddress(problem));
    }

    private long vectoredAddress(long msr) {
        boolean ail3 = (p.spr(Spr.LPCR) >>> 23 & 3) == 3;
        return vectorOffset(msr) != 0 && ail3 ? 0xc000_0000_0000_3000L : 0x1_7000L;
    }

    /** System call vectored: LR and CTR take the place of SRR0 and SRR1, MSR[EE] and [RI] stay. */
    public void systemCallVectored(int level) {
        long msr = p.msr();
        p.putSlot(State.LR, p.cia() + 4 & p.addressMask());
        p.putSlot(State.CTR, msr & ~SRR1_INFORMATION);
        p.setMsr(handlerMsr(msr, true) | msr & (Msr.EE | Msr.RI));
        p.continueAt(vectoredAddress(msr) + level * 32L);
        taken[Interrupt.SYSTEM_CALL_VECTORED.ordinal()]++;
    }

    /**
     * Takes an event-based branch if BESCR says that an enabled event has occurred (Book II, chapter 7). No event
     * occurs by itself here, but software may say so. Called at the end of a routine that ends a block.
     */
    public void eventBasedBranch() {
        long bescr = p.spr(Spr.BESCR);
        long enabled = bescr >>> BESCR_ENABLE_SHIFT & (p.model().isa() >= 300 ? 3 : 1);
        if ((bescr & BESCR_GE) == 0
                || (bescr & enabled & BESCR_OCCURRED) == 0
                || (p.msr() & Msr.PR) == 0
                || (p.spr(Spr.FSCR) >>> FSCR_EBB & 1) == 0) {
            return;
        }
        p.setSpr(Spr.BESCR, bescr & ~(BESCR_GE | BESCR_TS));
        p.setSpr(Spr.EBBRR, p.successor);
        p.continueAt(p.spr(Spr.EBBHR) & -4);
    }

    // Asynchronous interrupts

    /** Raises a level: one of the PENDING constants of {@link PowerProcessor}. Any thread. */
    public void request(long bit) {
        HostMemory.getAndOrLong(p.state + Slots.REQUESTED * 8L, bit);
        p.request(bit);
    }

    /** Lowers a level. Any thread. */
    public void withdraw(long bit) {
        HostMemory.getAndAndLong(p.state + Slots.REQUESTED * 8L, ~bit);
    }

    private long requested() {
        return HostMemory.getLongVolatile(p.state + Slots.REQUESTED * 8L);
    }

    /** Whether a level is raised. */
    public boolean isRequested(long bit) {
        return (requested() & bit) != 0;
    }

    boolean anyRequested() {
        return requested() != 0;
    }

    /** Whether an interrupt would be taken with MSR[EE] = 1, so that a ceded processor must wake. */
    public boolean wakes() {
        return (requested()
                        & (PowerProcessor.PENDING_EXTERNAL
                                | PowerProcessor.PENDING_DECREMENTER
                                | PowerProcessor.PENDING_DOORBELL
                                | PowerProcessor.PENDING_SYSTEM_RESET
                                | PowerProcessor.PENDING_MACHINE_CHECK))
                != 0;
    }

    /** Looks at pending work between blocks. False to leave the run loop. */
    boolean poll() {
        long bits = HostMemory.getAndAndLong(p.state + Slots.PENDING * 8L, 0);
        if ((bits & PowerProcessor.PENDING_TASK) != 0) {
            p.platform().performTasks(p);
        }
        p.heed();
        if (p.completed() >= p.slot(Slots.DEADLINE) && p.stops()) {
            bits |= PowerProcessor.PENDING_LEAVE;
        }
        if (p.completed() >= p.slot(Slots.DEADLINE)) {
            p.setDecrementerDeadline(Long.MAX_VALUE);
            HostMemory.getAndOrLong(p.state + Slots.REQUESTED * 8L, PowerProcessor.PENDING_DECREMENTER);
        }
        if (p.debugging().stops()) {
            bits |= PowerProcessor.PENDING_LEAVE;
        }
        if ((bits & PowerProcessor.PENDING_LEAVE) != 0) {
            if (traceInformation != 0 || anyRequested()) {
                // For the next run: what was pending beside the wish to leave has not been looked at.
                p.request(PowerProcessor.PENDING_KICK);
            }
            return false;
        }
        if (p.platform().isInstructionBegun(p)) {
            return true;
        }
        if (traceInformation != 0) {
            p.setSpr(Spr.SIAR, tracedAddress);
            deliver(Interrupt.TRACE, p.nia(), traceInformation);
        }
        long wanted = requested();
        if ((wanted & PowerProcessor.PENDING_SYSTEM_RESET) != 0) {
            withdraw(PowerProcessor.PENDING_SYSTEM_RESET);
            deliver(Interrupt.SYSTEM_RESET, p.nia(), 0);
        } else if ((wanted & PowerProcessor.PENDING_MACHINE_CHECK) != 0 && (p.msr() & Msr.ME) != 0) {
            withdraw(PowerProcessor.PENDING_MACHINE_CHECK);
            if (leavesForMachineCheck(p.nia(), 0)) {
                return false;
            }
            deliver(Interrupt.MACHINE_CHECK, p.nia(), 0);
        } else if ((p.msr() & Msr.EE) != 0) {
            if ((wanted & PowerProcessor.PENDING_EXTERNAL) != 0) {
                deliver(Interrupt.EXTERNAL, p.nia(), 0);
            } else if ((wanted & PowerProcessor.PENDING_DECREMENTER) != 0) {
                deliver(Interrupt.DECREMENTER, p.nia(), 0);
            } else if ((wanted & PowerProcessor.PENDING_DOORBELL) != 0) {
                withdraw(PowerProcessor.PENDING_DOORBELL);
                deliver(Interrupt.DIRECTED_PRIVILEGED_DOORBELL, p.nia(), 0);
            }
        }
        return true;
    }

    /** How often each interrupt has been taken; those that never were are left out. */
    public Map<Interrupt, Long> counts() {
        Map<Interrupt, Long> counts = new EnumMap<>(Interrupt.class);
        for (Interrupt interrupt : all) {
            long count = taken[interrupt.ordinal()]
                    + switch (interrupt) {
                        case SYSTEM_CALL -> p.slot(State.SYSTEM_CALLS);
                        case SYSTEM_CALL_VECTORED -> p.slot(State.VECTORED_CALLS);
                        default -> 0;
                    };
            if (count != 0) {
                counts.put(interrupt, count);
            }
        }
        return counts;
    }
}

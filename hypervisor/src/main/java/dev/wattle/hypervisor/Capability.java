// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

/**
 * What a hypervisor can do, under KVM's names and numbers, without {@code KVM_CAP_}; {@link Vm#check} says how much of it
 * a VM has (KVM_CHECK_EXTENSION), {@link Vm#enable} turns on or off what can be (KVM_ENABLE_CAP).
 */
public enum Capability {
    /** vCPUs that should be used at most. */
    NR_VCPUS(9),
    /** Memory slots. */
    NR_MEMSLOTS(10),
    /** Host memory under memory slots may change while the guest runs. */
    SYNC_MMU(16),
    /** {@link dev.wattle.hypervisor.irq.InterruptRouting}. */
    IRQ_ROUTING(25),
    /** {@link dev.wattle.hypervisor.irq.IrqEvent}. */
    IRQFD(32),
    /** {@link dev.wattle.hypervisor.io.IoEvent}. */
    IOEVENTFD(36),
    /** Threads of a virtual core; enabled with their number. */
    PPC_SMT(64),
    /** vCPUs that can be used at most. */
    MAX_VCPUS(66),
    /** PAPR guests: the only ones there are here. */
    PPC_PAPR(68),
    /** {@link Register}. */
    ONE_REG(70),
    /** {@link dev.wattle.engine.memory.MemorySlot.Flag#READONLY}. */
    READONLY_MEM(81),
    /** {@link dev.wattle.hypervisor.irq.IrqEvents#assignWithResample}. */
    IRQFD_RESAMPLE(82),
    /** The hash page table as a stream. */
    PPC_HTAB_FD(84),
    /** The XICS interrupt controller. */
    IRQ_XICS(92),
    /** Hypercalls for several TCEs at once: once there is a {@link dev.wattle.hypervisor.papr.tce.TceTables} for them. */
    SPAPR_MULTITCE(94),
    /** {@link Vm#enable} is there. */
    ENABLE_CAP_VM(98),
    /** Has a hypercall answered inside or not; enabled with its number, and 1 or 0. */
    PPC_ENABLE_HCALL(104),
    /** I/O events of any length. */
    IOEVENTFD_ANY_LENGTH(122),
    /** vCPU numbers are below this. */
    MAX_VCPU_ID(128),
    /** The hash page table can be resized. */
    SPAPR_RESIZE_HPT(133),
    /** Translation by radix tree. */
    PPC_MMU_RADIX(134),
    /** Translation by hash page table of ISA 3.0. */
    PPC_MMU_HASH_V3(135),
    /** {@link Vcpu#kick} ends the next run if there is none. */
    IMMEDIATE_EXIT(136),
    /** A machine check is an {@link Exit.Nmi} instead of an interrupt of the guest; to be enabled, for good. */
    PPC_FWNMI(146),
    /** Bit mask of the numbers of threads that PPC_SMT may be enabled with. */
    PPC_SMT_POSSIBLE(147),
    /** H_GET_CPU_CHARACTERISTICS tells the truth. */
    PPC_GET_CPU_CHAR(151),
    /** Guests that are hypervisors. */
    PPC_NESTED_HV(160),
    /** The XIVE interrupt controller. */
    IRQ_XIVE(169),
    /** {@link Vcpu#setGuestDebug} with single step. */
    PPC_GUEST_DEBUG_SSTEP(176),
    /** H_RPT_INVALIDATE is answered; enabled with 1 or 0. */
    PPC_RPT_INVALIDATE(202),
    /** LPCR[AIL] = 3 for the guest by H_SET_MODE; enabled with 1 or 0. */
    PPC_AIL_MODE_3(210);

    private final int number;

    Capability(int number) {
        this.number = number;
    }

    /** KVM's number of it. */
    public int number() {
        return number;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.hypervisor.papr.hcall.HypercallTable;
import java.util.function.Consumer;

/** What a VM can do, and the switches that it has. */
final class Capabilities {
    /** 1, 2, 4 and 8. */
    private static final int THREADS_POSSIBLE = 15;

    private final boolean radix;
    private final boolean hash;
    private final boolean isa3;
    private final ProcessorTopology topology;
    private final HypercallTable hypercalls;
    private final Consumer<Boolean> ail3;
    private final Runnable machineChecksLeave;

    /**
     * @param radix whether the guest may translate by radix tree
     * @param hash whether it may translate by hash page table
     * @param isa3 whether its processor is of ISA 3.0 or later
     * @param topology its vCPUs
     * @param ail3 allows and forbids LPCR[AIL] = 3
     * @param machineChecksLeave has machine checks be exits
     */
    Capabilities(
            boolean radix,
            boolean hash,
            boolean isa3,
            ProcessorTopology topology,
            HypercallTable hypercalls,
            Consumer<Boolean> ail3,
            Runnable machineChecksLeave) {
        this.radix = radix;
        this.hash = hash;
        this.isa3 = isa3;
        this.topology = topology;
        this.hypercalls = hypercalls;
        this.ail3 = ail3;
        this.machineChecksLeave = machineChecksLeave;
    }

    int check(Capability capability) {
        return switch (capability) {
            case NR_VCPUS, MAX_VCPUS, MAX_VCPU_ID -> ProcessorTopology.MOST_VCPUS;
            // A slot is known by its number, and nothing else bounds them.
            case NR_MEMSLOTS -> Integer.MAX_VALUE;
            case SPAPR_MULTITCE -> hypercalls.answers(HcallNumber.H_PUT_TCE_INDIRECT) ? 1 : 0;
            case PPC_SMT -> topology.threads();
            case PPC_SMT_POSSIBLE -> THREADS_POSSIBLE;
            case PPC_NESTED_HV -> 0;
            case PPC_MMU_RADIX, PPC_RPT_INVALIDATE -> radix ? 1 : 0;
            case PPC_MMU_HASH_V3 -> hash && isa3 ? 1 : 0;
            case IRQ_XIVE -> isa3 ? 1 : 0;
            case PPC_HTAB_FD, SPAPR_RESIZE_HPT -> hash ? 1 : 0;
            default -> 1;
        };
    }

    void enable(Capability capability, long... arguments) {
        switch (capability) {
            case PPC_ENABLE_HCALL -> {
                requireCount(capability, arguments, 2);
                boolean enabled = flag(capability, arguments[1]);
                if (!hypercalls.enable(arguments[0], enabled)) {
                    throw new IllegalArgumentException("capability " + capability + ": hypercall "
                            + HcallNumber.name(arguments[0]) + " is not answered inside the hypervisor");
                }
            }
            case PPC_RPT_INVALIDATE -> {
                requireCount(capability, arguments, 1);
                requirePresent(capability);
                hypercalls.enable(HcallNumber.H_RPT_INVALIDATE, flag(capability, arguments[0]));
            }
            case PPC_AIL_MODE_3 -> {
                requireCount(capability, arguments, 1);
                ail3.accept(flag(capability, arguments[0]));
            }
            case PPC_SMT -> {
                requireCount(capability, arguments, 1);
                if (arguments[0] != topology.threads()) {
                    throw new IllegalArgumentException("capability PPC_SMT: " + arguments[0]
                            + " threads; the cores of this VM have " + topology.threads()
                            + ", as its builder's topology says");
                }
            }
            case PPC_PAPR -> requireCount(capability, arguments, 0);
            case PPC_FWNMI -> {
                requireCount(capability, arguments, 0);
                machineChecksLeave.run();
            }
            case PPC_NESTED_HV -> requirePresent(capability);
            default ->
                throw new IllegalArgumentException(
                        "capability " + capability + ": it cannot be enabled; it is there, or not");
        }
    }

    private void requirePresent(Capability capability) {
        if (check(capability) == 0) {
            throw new IllegalArgumentException("capability " + capability + ": this VM does not have it");
        }
    }

    private static void requireCount(Capability capability, long[] arguments, int count) {
        if (arguments.length != count) {
            throw new IllegalArgumentException(
                    "capability " + capability + ": give " + count + " arguments, not " + arguments.length);
        }
    }

    private static boolean flag(Capability capability, long value) {
        if (value != 0 && value != 1) {
            throw new IllegalArgumentException("capability " + capability + ": " + value + " is neither 0 nor 1");
        }
        return value == 1;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.power.processor.PowerProcessor;

/** The doorbells of the threads of a core (Power ISA, Book III, "Directed Privileged Doorbell"), as one of them sees them. */
final class CoreDoorbells {
    private final Vm vm;
    private final int first;
    private final int threads;

    /** @param number of one of the core's vCPUs */
    CoreDoorbells(Vm vm, int number) {
        this.vm = vm;
        threads = vm.topology().threads();
        first = number - number % threads;
    }

    /** Sends a doorbell to a thread of the core, or takes it back; nothing happens if there is no such thread. */
    void set(int thread, boolean isSent) {
        if (thread >= threads) {
            return;
        }
        vm.find(first + thread).ifPresent(vcpu -> {
            if (isSent) {
                vcpu.raise(PowerProcessor.PENDING_DOORBELL);
            } else {
                vcpu.processor.interrupts().withdraw(PowerProcessor.PENDING_DOORBELL);
            }
        });
    }

    /** Which threads have one: bit n, from the least significant, is that of thread n. */
    long pending() {
        long bits = 0;
        for (int thread = 0; thread < threads; thread++) {
            if (vm.find(first + thread)
                    .map(vcpu -> vcpu.processor.interrupts().isRequested(PowerProcessor.PENDING_DOORBELL))
                    .orElse(false)) {
                bits |= 1L << thread;
            }
        }
        return bits;
    }
}

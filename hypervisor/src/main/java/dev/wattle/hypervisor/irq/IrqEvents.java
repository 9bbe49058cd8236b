// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.irq;

import dev.wattle.hypervisor.io.EventFd;
import dev.wattle.hypervisor.papr.xics.InterruptController;
import dev.wattle.hypervisor.papr.xics.IrqLine;

/** The IRQ events of a VM, and the routes from their numbers to its interrupt sources. */
public final class IrqEvents {
    private final InterruptController controller;
    private final InterruptRouting routing = new InterruptRouting();

    /** Events for the sources of an interrupt controller. */
    public IrqEvents(InterruptController controller) {
        this.controller = controller;
    }

    /** The routes; change them before events are assigned. */
    public InterruptRouting routing() {
        return routing;
    }

    /**
     * Makes an event that raises an interrupt once for each signal.
     *
     * @throws IllegalArgumentException if the GSI has no route, or its source belongs to a device or another event
     */
    public IrqEvent assign(int gsi) {
        IrqLine line = controller.claimMessage(routing.source(gsi));
        return new IrqEvent(line, false, () -> controller.release(line.number()));
    }

    /**
     * Makes an event for a level-sensitive interrupt.
     *
     * @param resample run when the guest has handled the interrupt and its line is low again, on the vCPU's thread
     * @throws IllegalArgumentException as for {@link #assign}
     */
    public IrqEvent assignWithResample(int gsi, Runnable resample) {
        IrqLine line = controller.claimLevel(routing.source(gsi));
        controller.onEndOfInterrupt(line.number(), () -> {
            line.set(false);
            resample.run();
        });
        return new IrqEvent(line, true, () -> controller.release(line.number()));
    }

    /**
     * Has an eventfd signal an event, from a thread that ends when the eventfd is closed. Signals that come together may
     * become one.
     */
    public static void listen(EventFd eventfd, IrqEvent event) {
        Thread.ofPlatform().daemon().name("wattle-irqfd").start(() -> {
            while (eventfd.await() != 0) {
                event.signal();
            }
        });
    }
}

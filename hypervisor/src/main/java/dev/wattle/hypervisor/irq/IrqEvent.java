// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.irq;

import dev.wattle.hypervisor.papr.xics.IrqLine;

/**
 * Something that raises an interrupt of a guest when it is signalled (KVM's irqfd). Thread-safe.
 *
 * <p>One with resampling is for a level-sensitive interrupt: a signal asserts it, and when the guest has handled it
 * (end of interrupt) it is lowered, and whoever assigned it is asked to signal again if its reason is still there.
 */
public final class IrqEvent implements AutoCloseable {
    private final IrqLine line;
    private final boolean resamples;
    private final Runnable release;

    IrqEvent(IrqLine line, boolean resamples, Runnable release) {
        this.line = line;
        this.resamples = resamples;
        this.release = release;
    }

    /** Raises the interrupt: once, or until the guest has handled it if this one resamples. */
    public void signal() {
        if (resamples) {
            line.set(true);
        } else {
            line.pulse();
        }
    }

    /** The number of its interrupt source. */
    public int source() {
        return line.number();
    }

    /** Takes the event away; its interrupt is not pending afterwards. */
    @Override
    public void close() {
        release.run();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.irq;

import dev.wattle.hypervisor.io.IoBus;
import dev.wattle.hypervisor.papr.xics.ExternalInterruptLine;
import dev.wattle.hypervisor.papr.xics.InterruptController;
import dev.wattle.hypervisor.papr.xics.IrqLine;
import dev.wattle.hypervisor.papr.xics.Xics;
import dev.wattle.hypervisor.papr.xive.Xive;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The interrupt controllers of a partition, of which one is active. Devices claim a number in all of them, and their
 * interrupts go to the active one; a level that a device holds is there after a change, too.
 *
 * <p>Thread-safe. The lock is held while the mode changes and while a level does; a message does not need it.
 */
public final class PartitionInterrupts implements InterruptController {
    private final Xics xics;
    private final Optional<Xive> xive;
    private final IoBus bus;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile InterruptMode mode = InterruptMode.XICS;

    /**
     * @param xive XIVE, if the processor has it
     * @param bus where the pages of XIVE are, while it is active
     */
    public PartitionInterrupts(Xics xics, Optional<Xive> xive, IoBus bus) {
        this.xics = xics;
        this.xive = xive;
        this.bus = bus;
    }

    /** Interrupts of a partition without XIVE. */
    public static PartitionInterrupts of(Xics xics) {
        return new PartitionInterrupts(xics, Optional.empty(), new IoBus());
    }

    /** Which controller is active. */
    public InterruptMode mode() {
        return mode;
    }

    /** The XICS controller, active or not. */
    public Xics xics() {
        return xics;
    }

    /** The XIVE controller, active or not, if there is one. */
    public Optional<Xive> xive() {
        return xive;
    }

    /** Whether a mode can be selected. */
    public boolean offers(InterruptMode wanted) {
        return wanted == InterruptMode.XICS || xive.isPresent();
    }

    /**
     * Makes a controller the active one, and resets it; messages that are on their way may be lost by that, levels not.
     *
     * @throws IllegalArgumentException if the partition does not have it
     */
    public void select(InterruptMode wanted) {
        if (!offers(wanted)) {
            throw new IllegalArgumentException(wanted + ": the processor of this partition does not have it");
        }
        lock.lock();
        try {
            xive.ifPresent(Xive::deactivate);
            xics.reset();
            mode = wanted;
            if (wanted == InterruptMode.XIVE) {
                xive.orElseThrow().activate(bus);
            }
        } finally {
            lock.unlock();
        }
    }

    private InterruptController active() {
        return mode == InterruptMode.XIVE ? xive.orElseThrow() : xics;
    }

    @Override
    public IrqLine claimLevel(int number) {
        IrqLine first = xics.claimLevel(number);
        return xive.isEmpty() ? first : new LevelLine(first, xive.get().claimLevel(number));
    }

    @Override
    public IrqLine claimMessage(int number) {
        IrqLine first = xics.claimMessage(number);
        return xive.isEmpty() ? first : new MessageLine(first, xive.get().claimMessage(number));
    }

    @Override
    public void release(int number) {
        xics.release(number);
        xive.ifPresent(x -> x.release(number));
    }

    @Override
    public boolean isSource(int number) {
        return xics.isSource(number);
    }

    @Override
    public boolean mask(int number) {
        return active().mask(number);
    }

    @Override
    public void onEndOfInterrupt(int number, Runnable listener) {
        xics.onEndOfInterrupt(number, listener);
        xive.ifPresent(x -> x.onEndOfInterrupt(number, listener));
    }

    @Override
    public void connect(int server, ExternalInterruptLine line) {
        // The one that is not active never raises it.
        xics.connect(server, line);
        xive.ifPresent(x -> x.connect(server, line));
    }

    @Override
    public void disconnect(int server) {
        xics.disconnect(server);
        xive.ifPresent(x -> x.disconnect(server));
    }

    @Override
    public int serverCount() {
        return xics.serverCount();
    }

    @Override
    public boolean isServer(long server) {
        return xics.isServer(server);
    }

    /** Back to the state at power-on of the active controller. */
    @Override
    public void reset() {
        active().reset();
    }

    /** Both follow the level, so that it is there when the other becomes active. */
    private final class LevelLine implements IrqLine {
        private final IrqLine first;
        private final IrqLine second;

        private LevelLine(IrqLine first, IrqLine second) {
            this.first = first;
            this.second = second;
        }

        @Override
        public void set(boolean asserted) {
            lock.lock();
            try {
                first.set(asserted);
                second.set(asserted);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public int number() {
            return first.number();
        }
    }

    private final class MessageLine implements IrqLine {
        private final IrqLine first;
        private final IrqLine second;

        private MessageLine(IrqLine first, IrqLine second) {
            this.first = first;
            this.second = second;
        }

        @Override
        public void set(boolean asserted) {
            (mode == InterruptMode.XIVE ? second : first).set(asserted);
        }

        @Override
        public int number() {
            return first.number();
        }
    }
}

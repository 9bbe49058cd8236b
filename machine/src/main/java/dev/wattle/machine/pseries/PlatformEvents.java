// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.hypervisor.papr.xics.IrqLine;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.function.Supplier;

/**
 * What the platform has to say to the guest: the power button, and requests to add or remove processors. Each kind has an
 * interrupt, behind which the guest fetches the events by {@code check-exception} (PAPR, "Environmental and Power Warnings
 * Option" and "Hot Plug Events").
 *
 * <p>Thread-safe.
 */
final class PlatformEvents {
    /** Kinds of events, with their bits in the event mask of check-exception and event-scan. */
    private enum Kind {
        POWER_WARNING(0x4000_0000),
        HOT_PLUG(0x1000_0000);

        private final int mask;

        Kind(int mask) {
            this.mask = mask;
        }
    }

    private record Event(Kind kind, byte[] log) {}

    private final IrqLine powerInterrupt;
    private final IrqLine hotPlugInterrupt;
    private final Supplier<Instant> clock;
    /** In the order in which they came; guarded by this. */
    private final Deque<Event> pending = new ArrayDeque<>();

    PlatformEvents(IrqLine powerInterrupt, IrqLine hotPlugInterrupt, Supplier<Instant> clock) {
        this.powerInterrupt = powerInterrupt;
        this.hotPlugInterrupt = hotPlugInterrupt;
        this.clock = clock;
    }

    /** Asks the guest to shut down. */
    void requestShutdown() {
        synchronized (this) {
            if (!isPending(Kind.POWER_WARNING)) {
                pending.add(new Event(Kind.POWER_WARNING, EventLog.shutdown(clock.get())));
            }
        }
        interrupt(Kind.POWER_WARNING);
    }

    /**
     * Asks the guest to take a core, or to give it back.
     *
     * @param connector index of its connector
     */
    void requestHotPlug(boolean isAdded, int connector) {
        synchronized (this) {
            pending.add(new Event(Kind.HOT_PLUG, EventLog.hotPlug(clock.get(), isAdded, connector)));
        }
        interrupt(Kind.HOT_PLUG);
    }

    /** Forgets the requests about cores that the guest has not fetched. */
    synchronized void forgetHotPlug() {
        pending.removeIf(event -> event.kind == Kind.HOT_PLUG);
    }

    private synchronized boolean isPending(Kind kind) {
        return pending.stream().anyMatch(event -> event.kind == kind);
    }

    private void interrupt(Kind kind) {
        (kind == Kind.HOT_PLUG ? hotPlugInterrupt : powerInterrupt).pulse();
    }

    /** Interrupts again for the kinds of a mask of which there are events. */
    private void remind(int mask) {
        for (Kind kind : Kind.values()) {
            if ((mask & kind.mask) != 0 && isPending(kind)) {
                interrupt(kind);
            }
        }
    }

    /** Arguments: vector offset, additional information, event mask, critical, buffer and its length. */
    int checkException(RtasCall call) {
        int mask = call.argument(2);
        int status = fetch(call, mask, call.address(4), call.address(5));
        // The interrupts are messages: each announces one event at least.
        remind(mask);
        return status;
    }

    private synchronized int fetch(RtasCall call, int mask, long buffer, long length) {
        for (Iterator<Event> events = pending.iterator(); events.hasNext(); ) {
            Event event = events.next();
            if ((event.kind.mask & mask) == 0) {
                continue;
            }
            if (length > 0 && !call.memory().contains(buffer, length)) {
                return RtasStatus.PARAMETER_ERROR;
            }
            events.remove();
            call.memory().write(buffer, event.log, 0, (int) Math.min(length, event.log.length));
            return RtasStatus.SUCCESS;
        }
        return RtasStatus.NO_EVENT;
    }

    /**
     * Arguments: event mask, critical, buffer and its length. All events here are announced by interrupts, and are not to be
     * fetched by this call: the guest is reminded of them.
     */
    int eventScan(RtasCall call) {
        remind(call.argument(0));
        return RtasStatus.NO_EVENT;
    }
}

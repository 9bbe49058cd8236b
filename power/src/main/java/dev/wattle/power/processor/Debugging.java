// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import dev.wattle.engine.GuestInterrupt;
import java.util.Optional;

/** Stops a processor where a {@link GuestDebug} wants it. Used by the vCPU's thread. */
public final class Debugging {
    private static final long NOWHERE = -1;

    private final PowerProcessor p;
    private GuestDebug wanted = GuestDebug.NONE;
    private Optional<GuestDebug.Event> event = Optional.empty();
    /** Whether an instruction after which to stop has been begun. */
    private boolean stepping;
    /** The instruction before which it stopped last, by the number of instructions completed before: it is let pass. */
    private long passed = NOWHERE;

    Debugging(PowerProcessor p) {
        this.p = p;
    }

    /** Replaces what is wanted. To be called while the processor does not run. */
    public void set(GuestDebug debug) {
        wanted = debug;
        stepping = false;
        passed = NOWHERE;
        p.forgetContexts();
        p.contextChanged();
        // No entry of the TLB may cover what is watched now.
        p.invalidateTranslations();
    }

    /** Takes why the processor has stopped, if it has for this. */
    public Optional<GuestDebug.Event> take() {
        Optional<GuestDebug.Event> taken = event;
        event = Optional.empty();
        return taken;
    }

    /** Whether each instruction is to be told to {@link #begins}. */
    boolean traces() {
        return wanted.singleStep() || !wanted.breakpoints().isEmpty();
    }

    /** An instruction is about to be executed. */
    void begins() {
        if (!traces()) {
            return;
        }
        if (wanted.breakpoints().contains(p.cia()) && !isPassed()) {
            throw stop(new GuestDebug.Event(GuestDebug.Cause.BREAKPOINT, p.cia()));
        }
        if (wanted.singleStep()) {
            stepping = true;
            p.request(PowerProcessor.PENDING_KICK);
        }
    }

    /** The instruction that was begun is left, to be begun again. */
    void left() {
        stepping = false;
    }

    /** Between two instructions: whether to stop. */
    boolean stops() {
        if (stepping) {
            stepping = false;
            event = Optional.of(new GuestDebug.Event(GuestDebug.Cause.SINGLE_STEP, p.nia()));
        }
        return event.isPresent();
    }

    /** Whether an illegal instruction is a breakpoint of the debugger's. */
    boolean isBreakpoint(int word) {
        return wanted.softwareBreakpoints() && word == GuestDebug.SOFTWARE_BREAKPOINT;
    }

    GuestInterrupt softwareBreakpoint() {
        return stop(new GuestDebug.Event(GuestDebug.Cause.BREAKPOINT, p.cia()));
    }

    /** Whether some byte of a range is watched, whoever accesses it. */
    boolean covers(long ea, long length) {
        for (GuestDebug.Watchpoint watchpoint : wanted.watchpoints()) {
            if (watchpoint.covers(ea, length)) {
                return true;
            }
        }
        return false;
    }

    /**
     * An access is about to happen.
     *
     * @throws GuestInterrupt to stop before it
     */
    void accesses(long ea, int bytes, boolean store) {
        for (GuestDebug.Watchpoint watchpoint : wanted.watchpoints()) {
            if ((store ? watchpoint.stores() : watchpoint.loads()) && watchpoint.covers(ea, bytes) && !isPassed()) {
                throw stop(
                        new GuestDebug.Event(store ? GuestDebug.Cause.WATCH_WRITE : GuestDebug.Cause.WATCH_READ, ea));
            }
        }
    }

    private boolean isPassed() {
        return p.completed() == passed;
    }

    private GuestInterrupt stop(GuestDebug.Event why) {
        event = Optional.of(why);
        passed = p.completed();
        return p.interrupts().leave();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import java.util.List;
import java.util.Set;

/**
 * What stops a processor for a debugger outside of the guest (KVM_SET_GUEST_DEBUG). The guest's own debug registers are
 * not involved, and it does not notice.
 *
 * @param singleStep after each instruction
 * @param softwareBreakpoints before {@link #SOFTWARE_BREAKPOINT}, which the debugger has put into the guest's code
 * @param breakpoints before instructions at these effective addresses. With any of them, as with {@code singleStep}, the
 *     guest runs an instruction at a time, which is many times slower
 * @param watchpoints before accesses to these ranges; accesses near them are slower
 */
public record GuestDebug(
        boolean singleStep, boolean softwareBreakpoints, Set<Long> breakpoints, List<Watchpoint> watchpoints) {
    /** Nothing. */
    public static final GuestDebug NONE = new GuestDebug(false, false, Set.of(), List.of());

    /** The illegal instruction that KVM has taken for breakpoints (KVM_REG_PPC_DEBUG_INST). */
    public static final int SOFTWARE_BREAKPOINT = 0x00dd_dd00;

    /** A range of effective addresses, and which accesses to it are meant. */
    public record Watchpoint(long address, long bytes, boolean loads, boolean stores) {
        /** Checks the range. */
        public Watchpoint {
            if (bytes <= 0) {
                throw new IllegalArgumentException("watchpoint of " + bytes + " bytes: give 1 or more");
            }
        }

        boolean covers(long ea, long length) {
            return Long.compareUnsigned(ea - address, bytes) < 0 || Long.compareUnsigned(address - ea, length) < 0;
        }
    }

    /** Takes copies. */
    public GuestDebug {
        breakpoints = Set.copyOf(breakpoints);
        watchpoints = List.copyOf(watchpoints);
    }

    /** Why a processor has stopped; the names are those of KVM's status bits. */
    public enum Cause {
        SINGLE_STEP,
        BREAKPOINT,
        WATCH_WRITE,
        WATCH_READ
    }

    /**
     * A stop.
     *
     * @param cause why
     * @param address of the next instruction; for the watchpoints, of the data
     */
    public record Event(Cause cause, long address) {}
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

/**
 * The two state bits P and Q of an event state buffer, as a number: P is 2, Q is 1. P: an event has been forwarded and its
 * interrupt has not ended. Q: another one has come meanwhile. Q alone: the source is off.
 */
public final class Pq {
    /** Nothing pending. */
    public static final int RESET = 0;
    /** Off: events are dropped. */
    public static final int OFF = 1;
    /** An event has been forwarded. */
    public static final int PENDING = 2;
    /** And another one is remembered. */
    public static final int QUEUED = 3;

    static final int MASK = 3;

    private Pq() {}

    /** The state after an event. It is forwarded if the state before was {@link #RESET}. */
    static int afterTrigger(int pq) {
        return switch (pq) {
            case RESET -> PENDING;
            case PENDING, QUEUED -> QUEUED;
            default -> OFF;
        };
    }

    /** The state after an end of interrupt. The remembered event is forwarded if the state before was {@link #QUEUED}. */
    static int afterEndOfInterrupt(int pq) {
        return switch (pq) {
            case RESET, PENDING -> RESET;
            case QUEUED -> PENDING;
            default -> OFF;
        };
    }

    /** As in QEMU's {@code info pic}: {@code PQ}, {@code P-}, {@code -Q} or {@code --}. */
    static String text(int pq) {
        return ((pq & PENDING) != 0 ? "P" : "-") + ((pq & OFF) != 0 ? "Q" : "-");
    }
}

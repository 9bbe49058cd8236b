// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.function.Supplier;

/**
 * The guest's time-of-day clock: an offset to a running clock that the guest does not change. RTAS speaks universal
 * time as seven cells: year, month, day, hour, minute, second, nanosecond.
 */
final class TimeOfDay {
    private static final long NANOS = 1_000_000_000L;

    private final Supplier<Instant> clock;
    private long offsetNanos;

    /** @param clock the clock behind this one; the host's, or one that a virtual time base drives */
    TimeOfDay(Supplier<Instant> clock) {
        this.clock = clock;
    }

    synchronized int get(RtasCall call) {
        LocalDateTime now = LocalDateTime.ofInstant(clock.get().plusNanos(offsetNanos), ZoneOffset.UTC);
        call.result(1, now.getYear());
        call.result(2, now.getMonthValue());
        call.result(3, now.getDayOfMonth());
        call.result(4, now.getHour());
        call.result(5, now.getMinute());
        call.result(6, now.getSecond());
        call.result(7, now.getNano());
        return RtasStatus.SUCCESS;
    }

    synchronized int set(RtasCall call) {
        Instant wanted;
        try {
            // The field for nanoseconds is not checked by all operating systems that set the clock.
            int nanos = Math.clamp(call.argument(6), 0, (int) NANOS - 1);
            wanted = LocalDateTime.of(
                            call.argument(0),
                            call.argument(1),
                            call.argument(2),
                            call.argument(3),
                            call.argument(4),
                            call.argument(5),
                            nanos)
                    .toInstant(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            return RtasStatus.PARAMETER_ERROR;
        }
        Instant now = clock.get();
        try {
            long seconds = Math.subtractExact(wanted.getEpochSecond(), now.getEpochSecond());
            offsetNanos = Math.addExact(Math.multiplyExact(seconds, NANOS), wanted.getNano() - now.getNano());
        } catch (ArithmeticException e) {
            // More than 292 years from the clock behind.
            return RtasStatus.PARAMETER_ERROR;
        }
        return RtasStatus.SUCCESS;
    }
}

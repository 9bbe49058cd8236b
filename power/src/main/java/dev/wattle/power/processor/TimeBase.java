// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

/** The time base: 512 MHz, from the host's clock or from the count of completed instructions. */
public abstract class TimeBase {
    /** Ticks in a second. */
    public static final long FREQUENCY = 512_000_000L;

    private long offset;

    /** The time base as the processor sees it while an instruction runs. */
    public final long read(PowerProcessor processor) {
        return ticks(processor) + offset;
    }

    /** Sets the time base. */
    public final void write(PowerProcessor processor, long value) {
        offset = value - ticks(processor);
    }

    /** What is added to the host's ticks: a guest that is restored elsewhere gets its own time base by it. */
    public final long offset() {
        return offset;
    }

    /** Sets what is added to the host's ticks. */
    public final void setOffset(long ticks) {
        offset = ticks;
    }

    /** Ticks since the machine started. */
    protected abstract long ticks(PowerProcessor processor);

    /** Nanoseconds until the time base has a value, 0 if it has; the inverse of {@link #read} on a host clock. */
    public final long nanosUntil(PowerProcessor processor, long timeBase) {
        long delta = timeBase - read(processor);
        return delta <= 0 ? 0 : nanos(delta);
    }

    /** Nanoseconds of a number of ticks, rounded up, saturating at an hour. */
    public static long nanos(long ticks) {
        long hour = 3600L * FREQUENCY;
        return (Math.min(ticks, hour) * 125 + 63) / 64;
    }
}

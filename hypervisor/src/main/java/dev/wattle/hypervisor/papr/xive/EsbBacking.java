// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

/**
 * What is behind the two ESB pages of a source: it has the state P and Q, and decides which events go on. A source has one
 * at a time; it is replaced by {@link XiveSource#switchTo}, as when a device is passed through to a guest and taken back.
 *
 * <p>Thread-safe. Accesses of one that is not attached, or no longer, say so and do nothing.
 */
public interface EsbBacking {
    /** What {@link #load} returns if this is not attached: no value that a page has. */
    long NOT_ATTACHED = Long.MIN_VALUE;

    /** The source in front of a backing, as the backing sees it. */
    interface Source {
        /** Forwards one event. Called with the backing's lock held, so that events do not overtake each other. */
        void forward();

        /** Where the backing counts, with its lock held. */
        SourceCounters counters();

        /** Whether the source is level-sensitive. */
        boolean isLevelSensitive();
    }

    /**
     * Puts this behind the pages of a source. Nothing is forwarded by that, but what has come in for this one while it was
     * behind none.
     *
     * @param pq the state that the pages had
     * @param asserted the level of the source's line
     * @throws IllegalArgumentException if it cannot be behind such a source
     * @throws IllegalStateException if it is attached already
     */
    void attach(Source source, int pq, boolean asserted);

    /**
     * Takes this away: what has been triggered before has been forwarded or is remembered in the state; nothing is forwarded
     * any more.
     *
     * @return P and Q
     */
    int detach();

    /**
     * A load from the management page.
     *
     * @param offset bits 0xfff select the operation (XIVE, "ESB Management")
     * @return its value, or {@link #NOT_ATTACHED}
     */
    long load(int offset);

    /**
     * A store to the management page.
     *
     * @return whether this is attached
     */
    boolean store(int offset);

    /**
     * An event, such as by a store to the trigger page.
     *
     * @return whether this is attached
     */
    boolean trigger();

    /**
     * Changes the level of a level-sensitive source's line.
     *
     * @return whether this is attached
     */
    boolean level(boolean asserted);

    /** Returns when all events so far have gone their way. */
    void sync();

    /** P and Q now, without changing them; {@link #NOT_ATTACHED} if not attached. */
    long state();
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.irq;

import java.util.Map;

/**
 * Which interrupt source a global system interrupt (GSI) stands for (KVM_SET_GSI_ROUTING). Without a table each is the
 * source of its own number.
 *
 * <p>Thread-safe: a new table takes effect as a whole, for events that are assigned afterwards.
 */
public final class InterruptRouting {
    private volatile Map<Integer, Integer> sources = Map.of();
    private volatile boolean isIdentity = true;

    /**
     * Replaces the table.
     *
     * @param table source numbers by GSI; a GSI that is not in it leads nowhere
     */
    public void set(Map<Integer, Integer> table) {
        sources = Map.copyOf(table);
        isIdentity = false;
    }

    /**
     * The source of a GSI.
     *
     * @throws IllegalArgumentException if it leads nowhere
     */
    public int source(int gsi) {
        if (isIdentity) {
            return gsi;
        }
        Integer source = sources.get(gsi);
        if (source == null) {
            throw new IllegalArgumentException("interrupt " + gsi + ": the routing table does not have it");
        }
        return source;
    }
}

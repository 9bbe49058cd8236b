// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Hypercall number to handler, with a count of calls per number.
 *
 * <p>Handlers are defined while the VM is built; after that any number of vCPU threads may call.
 */
public final class HypercallTable {
    private record Entry(Hypercall handler, LongAdder calls) {}

    private final Entry none = new Entry(context -> ReturnCode.H_FUNCTION, new LongAdder());

    private final Map<Long, Entry> entries = new ConcurrentHashMap<>();
    private final Set<Long> disabled = ConcurrentHashMap.newKeySet();
    /** The entries of PAPR's numbers that are not disabled, {@link #none} for the rest. */
    private final AtomicReferenceArray<Entry> enabled = new AtomicReferenceArray<>(HcallNumber.PAPR_LIMIT / 4);

    private final Map<Long, LongAdder> unknown = new ConcurrentHashMap<>();

    /** Bound on the different unknown numbers that are counted, since a guest chooses them. */
    private static final int UNKNOWN_LIMIT = 256;

    /** A table that answers nothing. */
    public HypercallTable() {
        for (int i = 0; i < enabled.length(); i++) {
            enabled.set(i, none);
        }
    }

    private Entry find(long number) {
        return HcallNumber.isPapr(number) ? enabled.get((int) number >> 2) : entries.getOrDefault(number, none);
    }

    private void publish(long number) {
        if (HcallNumber.isPapr(number)) {
            enabled.set((int) number >> 2, disabled.contains(number) ? none : entries.getOrDefault(number, none));
        }
    }

    /**
     * Defines the answer to a number; a later definition replaces an earlier one.
     *
     * @return this
     */
    public HypercallTable define(long number, Hypercall handler) {
        entries.put(number, new Entry(handler, new LongAdder()));
        publish(number);
        return this;
    }

    /** Whether this table answers a number. */
    public boolean answers(long number) {
        return find(number) != none && (HcallNumber.isPapr(number) || !disabled.contains(number));
    }

    /**
     * Turns the answers to a number on or off (KVM_CAP_PPC_ENABLE_HCALL). All are on at first.
     *
     * @return false if there is no handler for it
     */
    public boolean enable(long number, boolean wanted) {
        if (wanted) {
            disabled.remove(number);
        } else {
            disabled.add(number);
        }
        publish(number);
        return entries.containsKey(number);
    }

    /**
     * Calls the handler of a number.
     *
     * @return the PAPR return code for r3; {@link ReturnCode#H_FUNCTION} for a number without a handler; {@link
     *     ReturnCode#H_TOO_HARD} if the monitor has to answer
     */
    public long call(long number, HypercallContext context) {
        Entry entry = find(number);
        if (entry == none) {
            countUnknown(number);
            return ReturnCode.H_FUNCTION;
        }
        long result = entry.handler.call(context);
        if (result != ReturnCode.H_TOO_HARD) {
            entry.calls.increment();
        }
        return result;
    }

    /** Calls so far by hypercall name; numbers that nobody answers appear with the suffix {@code (unknown)}. */
    public Map<String, Long> counts() {
        Map<String, Long> counts = new TreeMap<>();
        entries.forEach((number, entry) -> {
            long calls = entry.calls.sum();
            if (calls != 0) {
                counts.put(HcallNumber.name(number), calls);
            }
        });
        unknown.forEach((number, calls) -> counts.put(HcallNumber.name(number) + " (unknown)", calls.sum()));
        return counts;
    }

    private void countUnknown(long number) {
        LongAdder adder = unknown.get(number);
        if (adder == null) {
            if (unknown.size() >= UNKNOWN_LIMIT) {
                return;
            }
            adder = unknown.computeIfAbsent(number, n -> new LongAdder());
        }
        adder.increment();
    }
}

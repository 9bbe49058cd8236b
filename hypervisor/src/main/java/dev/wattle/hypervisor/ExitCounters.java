// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.power.processor.GuestDebug;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts of one vCPU. Its thread counts; any thread reads.
 *
 * <p>Only one thread writes, so that an ordered store of the sum is enough, which costs next to nothing.
 */
final class ExitCounters {
    /** Causes of each kind that have a place of their own; hypercalls have more. */
    private static final int CAUSES = 4;

    static final int LOAD = 0;
    static final int STORE = 1;
    private static final String[] DIRECTIONS = {"load", "store"};

    /** Bound on numbers other than PAPR's that are counted, since a guest chooses them. */
    private static final int OTHERS = 256;

    private static final ExitKind[] KINDS = ExitKind.values();

    private final AtomicLongArray counts = new AtomicLongArray(KINDS.length * CAUSES);
    private final AtomicLongArray handledHypercalls = new AtomicLongArray(HcallNumber.PAPR_LIMIT / 4);
    private final AtomicLongArray exitedHypercalls = new AtomicLongArray(HcallNumber.PAPR_LIMIT / 4);
    private final Map<Long, AtomicLongArray> otherHypercalls = new ConcurrentHashMap<>();

    void count(ExitKind kind) {
        count(kind, 0);
    }

    void count(ExitKind kind, int cause) {
        add(counts, kind.ordinal() * CAUSES + cause);
    }

    /** Counts a hypercall, under its number too. */
    void hypercall(long number, boolean isHandled) {
        count(isHandled ? ExitKind.HCALL_HANDLED : ExitKind.PAPR_HCALL);
        if (HcallNumber.isPapr(number)) {
            add(isHandled ? handledHypercalls : exitedHypercalls, (int) number / 4);
            return;
        }
        AtomicLongArray other = otherHypercalls.get(number);
        if (other == null) {
            if (otherHypercalls.size() >= OTHERS) {
                return;
            }
            other = otherHypercalls.computeIfAbsent(number, n -> new AtomicLongArray(2));
        }
        add(other, isHandled ? 1 : 0);
    }

    private static void add(AtomicLongArray array, int index) {
        array.setRelease(index, array.getPlain(index) + 1);
    }

    /** How often something of a kind has happened. */
    long of(ExitKind kind) {
        long sum = 0;
        for (int cause = 0; cause < CAUSES; cause++) {
            sum += counts.getAcquire(kind.ordinal() * CAUSES + cause);
        }
        return sum;
    }

    /** All counts that are not 0, in the order of kinds. */
    List<ExitCount> all() {
        List<ExitCount> all = new ArrayList<>();
        for (ExitKind kind : KINDS) {
            if (kind == ExitKind.PAPR_HCALL || kind == ExitKind.HCALL_HANDLED) {
                hypercalls(all, kind);
                continue;
            }
            for (int cause = 0; cause < CAUSES; cause++) {
                add(all, kind, cause(kind, cause), counts.getAcquire(kind.ordinal() * CAUSES + cause));
            }
        }
        return all;
    }

    private static String cause(ExitKind kind, int cause) {
        return switch (kind) {
            case MMIO, MMIO_HANDLED -> cause < DIRECTIONS.length ? DIRECTIONS[cause] : "";
            case DEBUG -> GuestDebug.Cause.values()[cause].name();
            default -> "";
        };
    }

    private void hypercalls(List<ExitCount> all, ExitKind kind) {
        boolean isHandled = kind == ExitKind.HCALL_HANDLED;
        AtomicLongArray known = isHandled ? handledHypercalls : exitedHypercalls;
        long named = 0;
        for (int i = 0; i < known.length(); i++) {
            long count = known.getAcquire(i);
            named += count;
            add(all, kind, HcallNumber.name(4L * i), count);
        }
        for (Map.Entry<Long, AtomicLongArray> other : otherHypercalls.entrySet()) {
            long count = other.getValue().getAcquire(isHandled ? 1 : 0);
            named += count;
            add(all, kind, HcallNumber.name(other.getKey()), count);
        }
        add(all, kind, "other numbers", of(kind) - named);
    }

    private static void add(List<ExitCount> all, ExitKind kind, String cause, long count) {
        if (count > 0) {
            all.add(new ExitCount(kind, cause, count));
        }
    }
}

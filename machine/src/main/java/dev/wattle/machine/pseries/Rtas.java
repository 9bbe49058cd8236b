// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.papr.hcall.HypercallContext;
import dev.wattle.hypervisor.papr.hcall.ReturnCode;
import dev.wattle.machine.firmware.DeviceTree;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Run-time abstraction services (PAPR, "RTAS"): the functions by token, and the call convention.
 *
 * <p>A call passes the real address of a block of 32-bit big-endian cells: token, number of arguments N, number of
 * results M, N arguments, M results. The first result is the status;
 * firmware does not ask for it where it would do nothing with it.
 */
final class Rtas {
    private static final int CELL = Integer.BYTES;
    /** Largest number of argument and result cells together (PAPR, "RTAS Argument Call Buffer"). */
    private static final int CELL_LIMIT = 16;

    private record Entry(
            String name, int token, int arguments, int leastResults, RtasFunction function, LongAdder calls) {}

    private final Map<String, Entry> byName = new LinkedHashMap<>();
    private final Map<Integer, Entry> byToken = new ConcurrentHashMap<>();

    /**
     * Defines a function.
     *
     * @param name the property of /rtas that holds its token
     * @param arguments how many arguments it takes
     * @param results how many results it gives, the status included; a call may have room for more
     */
    Rtas define(String name, int token, int arguments, int results, RtasFunction function) {
        Entry entry = new Entry(name, token, arguments, results, function, new LongAdder());
        byName.put(name, entry);
        byToken.put(token, entry);
        return this;
    }

    /** Puts the tokens of all functions into the /rtas node. */
    void describe(DeviceTree.Node rtas) {
        byName.forEach((name, entry) -> rtas.set(name, entry.token));
    }

    /** Calls so far by function name. */
    Map<String, Long> counts() {
        Map<String, Long> counts = new TreeMap<>();
        byName.forEach((name, entry) -> {
            if (entry.calls.sum() != 0) {
                counts.put(name, entry.calls.sum());
            }
        });
        return counts;
    }

    /** The hypercall behind the RTAS entry: argument 0 is the real address of the block. */
    long hypercall(HypercallContext context) {
        // The entry is called in 32-bit mode, where the upper half of a register means nothing.
        long block = context.argument(0) & 0xffff_ffffL;
        GuestMemory memory = context.memory();
        if (!memory.contains(block, 3 * CELL)) {
            return ReturnCode.H_PARAMETER;
        }
        int token = memory.getInt(block);
        int argumentCount = memory.getInt(block + CELL);
        int resultCount = memory.getInt(block + 2 * CELL);
        if (argumentCount < 0
                || argumentCount > CELL_LIMIT
                || resultCount < 0
                || resultCount > CELL_LIMIT - argumentCount
                || !memory.contains(block, (3L + argumentCount + resultCount) * CELL)) {
            return ReturnCode.H_PARAMETER;
        }
        long resultsAt = block + (3L + argumentCount) * CELL;
        Entry entry = byToken.get(token);
        if (entry == null || entry.arguments != argumentCount || entry.leastResults > resultCount) {
            if (resultCount > 0) {
                memory.putInt(resultsAt, RtasStatus.PARAMETER_ERROR);
            }
            return entry == null ? ReturnCode.H_PARAMETER : ReturnCode.H_SUCCESS;
        }
        int[] arguments = new int[argumentCount];
        for (int i = 0; i < argumentCount; i++) {
            arguments[i] = memory.getInt(block + (3L + i) * CELL);
        }
        int[] results = new int[resultCount];
        entry.calls.increment();
        int status = entry.function.call(new RtasCall(context, arguments, results));
        if (resultCount > 0) {
            results[0] = status;
        }
        for (int i = 0; i < resultCount; i++) {
            memory.putInt(resultsAt + (long) i * CELL, results[i]);
        }
        return ReturnCode.H_SUCCESS;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.MachineStatistics;
import io.avaje.jsonb.Json;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What {@code --stats} writes, as one JSON object with these names. Counts are sums over all boots of the run.
 *
 * @param outcome why the run ended
 * @param reason the same in one line for people
 * @param boots 1, and one more for each reboot
 * @param instructionsCompleted guest instructions
 * @param exitsByKind exits of guest mode; hypercalls count under their PAPR names
 * @param interruptsByVector interrupts delivered to the guest, by vector name
 * @param translations blocks translated
 * @param codeBytes host code made of them that was there at the end of a boot
 * @param engineCounts what the engine counts, by names for people
 * @param wallSeconds time for which the guest ran
 * @param cpuSeconds processor time that it took
 * @param residentBytes how much of the process was in the host's memory at the end, by kind; empty if the host does not
 *     tell
 */
@Json
record RunReport(
        String outcome,
        String reason,
        int boots,
        long instructionsCompleted,
        Map<String, Long> exitsByKind,
        Map<String, Long> interruptsByVector,
        long translations,
        long codeBytes,
        Map<String, Long> engineCounts,
        double wallSeconds,
        double cpuSeconds,
        Map<String, Long> residentBytes) {

    static RunReport empty() {
        return new RunReport("", "", 0, 0, Map.of(), Map.of(), 0, 0, Map.of(), 0, 0, Map.of());
    }

    /**
     * This report with one more boot.
     *
     * @param resident as {@link ResidentMemory#now} says at its end
     */
    RunReport plus(MachineOutcome end, MachineStatistics boot, Map<String, Long> resident) {
        return new RunReport(
                end.kind().name(),
                end.reason(),
                boots + 1,
                instructionsCompleted + boot.instructionsCompleted(),
                sum(exitsByKind, boot.exitsByKind()),
                sum(interruptsByVector, boot.interruptsByVector()),
                translations + boot.translations(),
                codeBytes + boot.codeBytes(),
                sum(engineCounts, boot.engineCounts()),
                wallSeconds + boot.wallSeconds(),
                cpuSeconds + boot.cpuSeconds(),
                resident);
    }

    private static SortedMap<String, Long> sum(Map<String, Long> some, Map<String, Long> more) {
        SortedMap<String, Long> sums = new TreeMap<>(some);
        more.forEach((name, count) -> sums.merge(name, count, Long::sum));
        return sums;
    }
}

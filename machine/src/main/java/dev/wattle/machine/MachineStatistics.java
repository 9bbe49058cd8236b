// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine;

import java.util.Map;

/**
 * What a machine has done so far.
 *
 * @param instructionsCompleted guest instructions
 * @param exitsByKind exits of guest mode; hypercalls count under their PAPR names
 * @param interruptsByVector interrupts delivered to the guest, by vector name
 * @param translations blocks translated
 * @param codeBytes host code made of them that is still there
 * @param engineCounts what the engine counts, such as its exits and the TLB's misses, by names for people
 * @param wallSeconds time since {@code run} began
 * @param cpuSeconds processor time that the vCPU threads used
 */
public record MachineStatistics(
        long instructionsCompleted,
        Map<String, Long> exitsByKind,
        Map<String, Long> interruptsByVector,
        long translations,
        long codeBytes,
        Map<String, Long> engineCounts,
        double wallSeconds,
        double cpuSeconds) {
    public MachineStatistics {
        exitsByKind = Map.copyOf(exitsByKind);
        interruptsByVector = Map.copyOf(interruptsByVector);
        engineCounts = Map.copyOf(engineCounts);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.power.processor.ProcessorGroup;

/**
 * The vCPUs of a VM: cores, each with the same number of threads. The number of a vCPU, which is its interrupt server number
 * and its PIR, is that of its core times the threads of a core, plus its thread's in the core (TIR).
 *
 * @param cores at least 1
 * @param threads of each core: 1, 2, 4 or 8
 * @param possibleCores how many cores there may be once others have been added, at least {@code cores}
 */
public record ProcessorTopology(int cores, int threads, int possibleCores) {
    /** vCPUs that a VM may have. */
    public static final int MOST_VCPUS = ProcessorGroup.CAPACITY;

    private static final int MOST_THREADS = 8;

    /** One core with one thread. */
    public static final ProcessorTopology SINGLE = new ProcessorTopology(1, 1);

    /**
     * Checks it.
     *
     * @throws IllegalArgumentException if a core cannot have so many threads, or a VM so many vCPUs; it says what to do
     */
    public ProcessorTopology {
        if (threads < 1 || threads > MOST_THREADS || Integer.bitCount(threads) != 1) {
            throw new IllegalArgumentException("threads " + threads + ": a core has 1, 2, 4 or 8");
        }
        if (cores < 1) {
            throw new IllegalArgumentException("cores " + cores + ": give at least 1");
        }
        if (possibleCores < cores) {
            throw new IllegalArgumentException("%d possible cores: there are %d from the start; give at least as many"
                    .formatted(possibleCores, cores));
        }
        if (possibleCores > MOST_VCPUS / threads) {
            throw new IllegalArgumentException("%d cores with %d threads each: a machine has at most %d vCPUs; give %s"
                    .formatted(possibleCores, threads, MOST_VCPUS, "at most " + MOST_VCPUS / threads + " such cores"));
        }
    }

    /** Cores that are all there from the start. */
    public ProcessorTopology(int cores, int threads) {
        this(cores, threads, cores);
    }

    /** How many vCPUs there are from the start. */
    public int vcpus() {
        return cores * threads;
    }

    /** How many vCPUs there may be: their numbers are below this. */
    public int possibleVcpus() {
        return possibleCores * threads;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

/**
 * A program of the suite.
 *
 * @param name what users and the guest call it
 * @param workload its class
 * @param iterations how much it does at scale 1, in a unit of its own
 * @param measure what of it is compared
 * @param portability whether it runs on the host, too
 */
record Program(String name, Workload workload, long iterations, Measure measure, Portability portability) {

    /** What is compared. */
    enum Measure {
        /** Host processor time that the machine monitor used from the program's start to its end. */
        CPU,
        /** Time by the host's clock from the program's start to its end. */
        WALL,
        /** Time for the whole job by the guest's clock, which the guest reports. */
        GUEST_CLOCK
    }

    /** Whether the host can run the same source. */
    enum Portability {
        /** It is for POWER alone. */
        GUEST_ONLY,
        /** Its floating-point result may differ by the host's way of fusing operations. */
        TIMED,
        /** It must give the same checksum on the host. */
        COMPARED
    }

    /** The iterations at another scale, at least one. */
    long iterations(double scale) {
        return Math.max(1, Math.round(iterations * scale));
    }
}

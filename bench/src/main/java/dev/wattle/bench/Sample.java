// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

/**
 * One run of a program.
 *
 * @param program what ran
 * @param monitor on which machine monitor
 * @param repeat in which round, from 0
 * @param cpuSeconds host processor time of the monitor meanwhile
 * @param wallSeconds real time
 * @param nanosecondsPerOperation as the program says, or 0
 * @param checksum as the program says, or empty
 * @param failure why it did not end well, or empty
 */
record Sample(
        Program program,
        String monitor,
        int repeat,
        double cpuSeconds,
        double wallSeconds,
        double nanosecondsPerOperation,
        String checksum,
        String failure) {

    static Sample failed(Program program, String monitor, int repeat, String failure) {
        return new Sample(program, monitor, repeat, 0, 0, 0, "", failure);
    }

    boolean isGood() {
        return failure.isEmpty();
    }

    /** What is compared, in seconds: smaller is better. */
    double cost() {
        return switch (program.measure()) {
            case CPU -> cpuSeconds;
            case WALL -> wallSeconds;
            case GUEST_CLOCK -> nanosecondsPerOperation / 1e9;
        };
    }
}

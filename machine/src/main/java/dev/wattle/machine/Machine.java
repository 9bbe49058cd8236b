// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine;

import dev.wattle.hypervisor.ExitCount;
import java.util.List;

/** A machine with a guest in it, from its building to its end. */
public interface Machine extends AutoCloseable {
    /**
     * Runs the guest until it ends or is stopped. Call it once; it blocks.
     *
     * @return why the run ended
     */
    MachineOutcome run();

    /** Ends {@link #run} soon, with {@link MachineOutcome.Kind#STOPPED}. Callable from any thread, at any time. */
    void stop();

    /** What the machine has done so far. Callable from any thread. */
    MachineStatistics statistics();

    /** What has led out of guest code so far, by kind and cause. Callable from any thread. */
    List<ExitCount> exits();

    /** The interrupt controller as it is now, in lines of text. Callable from any thread. */
    String interrupts();

    /** Releases the guest's memory. Not while {@link #run} is under way. */
    @Override
    void close();
}

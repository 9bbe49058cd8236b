// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine;

import dev.wattle.hypervisor.ExitCount;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

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

    /** The cores that it has or has room for, by number. Callable from any thread. */
    List<Core> cores();

    /** Numbers of the cores that the guest has when it begins anew: those that there are, but for those that it is to give back. */
    Collection<Integer> coresAfterReset();

    /**
     * Adds a core. The guest takes it while it runs, or when it starts. Callable from any thread.
     *
     * @return what the guest makes of it
     * @throws HotPlugException if there is no room for it, it is there already, or the guest cannot take it
     */
    CompletableFuture<HotPlugAnswer> plugCore(int core) throws HotPlugException;

    /**
     * Asks the guest to give a core back; once it has, the core's threads are no more. Asks again if it has been asked before.
     * Callable from any thread.
     *
     * @return what the guest makes of it
     * @throws HotPlugException if the core is not there, has to stay, or the guest cannot give it back
     */
    CompletableFuture<HotPlugAnswer> unplugCore(int core) throws HotPlugException;

    /** Releases the guest's memory. Not while {@link #run} is under way. */
    @Override
    void close();
}

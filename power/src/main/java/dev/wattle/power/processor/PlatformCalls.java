// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

/** What the hypervisor does for a processor, called on the vCPU's thread in the middle of an instruction. */
public interface PlatformCalls {
    /**
     * {@code sc 1} from privileged state: a hypercall, number in GPR 3. Called with NIA behind the instruction; whoever
     * cannot answer at once calls {@link PowerProcessor#leave}.
     */
    void hypercall(PowerProcessor processor);

    /**
     * The decrementer was written: withdraws its exception, and requests it again when the time base has this value, at
     * once if it has it already. No exception of an earlier moment may be requested after this returns.
     */
    void decrementerDue(PowerProcessor processor, long timeBase);

    /** A number for {@code darn}: random, or from a fixed sequence under a virtual clock. */
    long randomNumber();

    /** {@code stop} and friends in a guest: give up the processor until something is pending. */
    void idle(PowerProcessor processor);
}

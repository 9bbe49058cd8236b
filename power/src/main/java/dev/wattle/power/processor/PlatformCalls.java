// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import dev.wattle.engine.GuestInterrupt;
import java.util.Optional;
import java.util.function.Supplier;

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

    /**
     * A load from a real address without storage. The running instruction may be begun again, and ask again, after this
     * has thrown.
     *
     * @param ea the effective address, for the machine check that is the answer of a platform without devices
     * @param ra the real address
     * @param bytes 1, 2, 4 or 8
     * @return the bytes, the one at the lowest address least significant
     * @throws GuestInterrupt to leave the instruction
     */
    default long ioLoad(PowerProcessor processor, long ea, long ra, int bytes) {
        throw processor.interrupts().machineCheckData(ea, false);
    }

    /**
     * A store to a real address without storage, or with storage that may only be read.
     *
     * @param value the bytes, the one at the lowest address least significant
     * @throws GuestInterrupt to leave the instruction, as for {@link #ioLoad}
     */
    default void ioStore(PowerProcessor processor, long ea, long ra, int bytes, long value) {
        throw processor.interrupts().machineCheckData(ea, false);
    }

    /**
     * An instruction is going to access a real address without storage, beside others: whether it may begin.
     *
     * @throws GuestInterrupt to leave the instruction before any of its accesses
     */
    default void ioProbe(PowerProcessor processor, long ea) {
        throw processor.interrupts().machineCheckData(ea, false);
    }

    /** The guest takes an interrupt, other than a system call; {@code srr0} is where it goes on afterwards. */
    default void interruptTaken(PowerProcessor processor, Interrupt interrupt, long srr0) {}

    /**
     * The processor takes a machine check: whether it leaves for it instead, with SRR0, SRR1, DAR and DSISR set and NIA where
     * SRR0 says.
     */
    default boolean leavesForMachineCheck(PowerProcessor processor) {
        return false;
    }

    /** The processor takes a system reset, with SRR0 and SRR1 set: the address that it goes on at. */
    default long systemResetEntry(PowerProcessor processor) {
        return Interrupt.SYSTEM_RESET.vector();
    }

    /** {@link PowerProcessor#PENDING_TASK} was requested: does what is to be done between two instructions. */
    default void performTasks(PowerProcessor processor) {}

    /**
     * Does something while no other processor executes anything, unless others want the same now.
     *
     * @return what the action returns; empty if it was not done, since this processor has to make way first
     * @throws GuestInterrupt what the action throws
     */
    default <T> Optional<T> alone(PowerProcessor processor, Supplier<T> action) {
        return Optional.of(action.get());
    }

    /**
     * Whether the instruction at NIA has been begun, and left by {@link Interrupts#leave}, and must be finished before
     * any interrupt is taken. Once it is finished the platform requests {@link PowerProcessor#PENDING_KICK}.
     */
    default boolean isInstructionBegun(PowerProcessor processor) {
        return false;
    }

    /**
     * {@code msgsndp} and {@code msgclrp}: sends a directed privileged doorbell to a thread of the core, or takes it back.
     *
     * @param thread its number in the core, perhaps of none
     */
    default void doorbell(PowerProcessor processor, int thread, boolean isSent) {
        if (thread == 0) {
            if (isSent) {
                processor.interrupts().request(PowerProcessor.PENDING_DOORBELL);
            } else {
                processor.interrupts().withdraw(PowerProcessor.PENDING_DOORBELL);
            }
        }
    }

    /** DPDES: a bit for each thread of the core, whether a doorbell waits there. */
    default long doorbells(PowerProcessor processor) {
        return processor.interrupts().isRequested(PowerProcessor.PENDING_DOORBELL) ? 1 : 0;
    }
}

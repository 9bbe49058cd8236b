// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.hcall;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.io.IoBus;
import dev.wattle.hypervisor.papr.area.ProcessorAreas;
import java.util.function.Supplier;

/**
 * The calling vCPU as a hypercall sees it (PAPR, "Hypervisor Call Functions"): argument and result registers, guest
 * real memory, and the few things that a hypercall may do to processor state that the guest cannot reach itself.
 *
 * <p>All methods are called from the vCPU's own thread, while the guest waits at its {@code sc 1}.
 */
public interface HypercallContext {
    /** Argument {@code index}: 0 is r4, 8 is r12. */
    long argument(int index);

    /** Sets result {@code index}: 0 is r4, 8 is r12. */
    void result(int index, long value);

    /** The guest's real memory. A hypercall checks every guest address with {@link GuestMemory#contains} first. */
    GuestMemory memory();

    /** The devices of the partition that are accessed by guest real address. */
    IoBus io();

    /** Interrupt server number of this vCPU, as in {@code ibm,ppc-interrupt-server#s}. */
    int server();

    /** The time base as the guest would read it now. */
    long timeBase();

    /** 64 bits for H_RANDOM; from a fixed sequence when the VM's clock is virtual. */
    long random();

    /**
     * Replaces bits of the LPCR of every vCPU of the partition.
     *
     * @param mask bits to replace (Power ISA, Book III, "Logical Partitioning Control Register")
     * @param value new values of those bits
     */
    void setLpcrBits(long mask, long value);

    /** Whether the partition may have LPCR[AIL] = 3. */
    default boolean allowsAil3() {
        return true;
    }

    /** Writes a special purpose register of this vCPU that only a hypervisor may write, by SPR number. */
    void setSpr(int spr, long value);

    /**
     * Installs the process table of the partition and the kind of translation that goes with it.
     *
     * @param dword second doubleword of the partition table entry: PRTB (real address of the table) and PRTS (log2 of
     *     its size less 12); 0 when there is no table
     * @param radix whether the guest translates by radix trees (LPCR[HR] and LPCR[UPRT])
     * @param gtse whether the guest may execute {@code tlbie} itself (LPCR[GTSE])
     */
    void registerProcessTable(long dword, boolean radix, boolean gtse);

    /** Whether the partition translates by radix tree (LPCR[HR] = 1). */
    default boolean isRadix() {
        return false;
    }

    /** Whether the partition may translate by radix tree. */
    default boolean hasRadix() {
        return true;
    }

    /**
     * Says whether the guest may execute {@code tlbie} itself (LPCR[GTSE]).
     */
    default void allowInvalidation(boolean gtse) {}

    /** Forgets the translations of a process of a radix guest; those of process 0 are everybody's. */
    default void forgetProcess(long pid) {}

    /** Forgets the translations of one page of a process of a radix guest. */
    default void forgetPage(long pid, long ea, long bytes) {}

    /** H_CEDE: sets MSR[EE] and idles this vCPU until an interrupt is pending or another vCPU prods it. */
    void cede();

    /** H_JOIN: idles this vCPU until another one prods it; interrupts do not wake it. */
    default void join() {
        cede();
    }

    /** Whether a vCPU has been started and has not stopped itself since. */
    default boolean isOnline(int server) {
        return true;
    }

    /** MSR[EE]. */
    default boolean isExternalEnabled() {
        return false;
    }

    /**
     * Does something in turn with other vCPUs that do so. What is done may stop all of them; it must not wait for anything
     * that another vCPU does.
     */
    default <T> T exclusively(Supplier<T> action) {
        return action.get();
    }

    /**
     * H_PROD: wakes a vCPU from H_CEDE, or makes its next H_CEDE return at once.
     *
     * @return false if no vCPU has this server number
     */
    boolean prod(int server);

    /**
     * H_SIGNAL_SYS_RESET: delivers a system reset interrupt.
     *
     * @return false if no vCPU has this server number
     */
    boolean systemReset(int server);

    /** The areas that are registered for a vCPU, by its server number, for which {@link #isServer} holds. */
    ProcessorAreas areas(int server);

    /** How many vCPUs the partition may have: their server numbers are below this. */
    int serverCount();

    /** Whether there is a vCPU of a server number. */
    default boolean isServer(long server) {
        return server >= 0 && server < serverCount();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

/** How a {@link TestCase} ended. Reused from batch to batch. */
final class Outcome {
    /** Why execution stopped, as the POSIX signal that a program gets. */
    enum Stop {
        /** All instructions were executed. */
        NONE,
        /** SIGILL. */
        ILLEGAL,
        /** SIGTRAP. */
        TRAP,
        /** SIGBUS. */
        ALIGNMENT,
        /** SIGFPE. */
        FLOATING_POINT,
        /** SIGSEGV. */
        STORAGE,
        /** Something that no program should ever see. */
        OTHER
    }

    final MachineState after = new MachineState();
    Stop stop = Stop.NONE;
    /** Whether an {@link Stop#ILLEGAL} was for lack of privilege. */
    boolean privileged;
    /** Effective address of the instruction that stopped; 0 for none. */
    long stopAddress;
    /** What the machine has to say about it. */
    String remark = "";
}

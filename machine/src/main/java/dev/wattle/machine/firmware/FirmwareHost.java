// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.firmware;

/** What the client interface needs of the machine around it. */
public interface FirmwareHost {
    /** Writes to the console. */
    void write(byte[] data, int offset, int length);

    /** Reads from the console without waiting; 0 if there is no input. */
    int read(byte[] buffer, int offset, int length);

    /** Milliseconds since some fixed time. */
    long milliseconds();

    /** The client has read all that it wants and is about to take over the machine. */
    void quiesce();

    /** The client gives control back for good. */
    void exit();

    /**
     * The client wants the machine to start again.
     *
     * @param arguments what to boot; may be empty
     */
    void boot(String arguments);

    /**
     * Starts a stopped processor.
     *
     * @param cpu phandle of its node
     * @param entry real address where it begins
     * @param argument what it finds in r3
     * @return false if there is no such stopped processor
     */
    boolean startCpu(int cpu, int entry, int argument);
}

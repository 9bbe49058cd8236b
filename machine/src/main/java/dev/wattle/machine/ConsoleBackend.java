// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine;

/** The other end of a guest's console: a terminal, a web socket, a test. */
public interface ConsoleBackend {
    /**
     * Takes output of the guest. Called from a vCPU thread; it should not block for long.
     *
     * @param data bytes, owned by the caller; valid during the call only
     */
    void write(byte[] data, int offset, int length);

    /**
     * Gives input to the guest without waiting.
     *
     * @return number of bytes stored, 0 if there is no input now
     */
    int read(byte[] buffer, int offset, int length);

    /**
     * Registers what the backend calls, from a thread of its own, each time input has arrived. The machine registers
     * one callback when it is built.
     */
    void onInput(Runnable wake);
}

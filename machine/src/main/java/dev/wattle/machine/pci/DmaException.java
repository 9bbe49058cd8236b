// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pci;

/** A device was told by its guest to access what is no memory. */
public final class DmaException extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * @param address first address of the access
     * @param length its bytes
     */
    public DmaException(long address, long length) {
        super("0x" + Long.toHexString(address) + ", " + length + " bytes: no guest memory", null, false, false);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.io;

import java.util.OptionalLong;

/**
 * A store that signals somebody instead of leaving the hypervisor (KVM's ioeventfd).
 *
 * @param address guest real address that is stored to
 * @param length bytes of the store: 1, 2, 4 or 8; 0 for any
 * @param datamatch value that must be stored, as its bytes lie in storage with the one at the lowest address least
 *     significant; any value if empty. Not with a length of 0
 */
public record IoEvent(long address, int length, OptionalLong datamatch) {
    /** Checks lengths. */
    public IoEvent {
        if (length != 0 && length != 1 && length != 2 && length != 4 && length != 8) {
            throw new IllegalArgumentException("I/O event of " + length + " bytes: give 0, 1, 2, 4 or 8");
        }
        if (length == 0 && datamatch.isPresent()) {
            throw new IllegalArgumentException("I/O event of any length: it cannot match a value");
        }
        if (address < 0 || address > Long.MAX_VALUE - 8) {
            throw new IllegalArgumentException(
                    "I/O event at address 0x" + Long.toHexString(address) + ": not a guest real address");
        }
        if (length < 8 && length > 0 && datamatch.isPresent() && datamatch.getAsLong() >>> 8 * length != 0) {
            throw new IllegalArgumentException("I/O event of " + length + " bytes: the value 0x"
                    + Long.toHexString(datamatch.getAsLong()) + " does not fit");
        }
    }

    /** Any store of {@code length} bytes at an address. */
    public static IoEvent at(long address, int length) {
        return new IoEvent(address, length, OptionalLong.empty());
    }

    boolean matches(long storeAddress, int size, long value) {
        return storeAddress == address
                && (length == 0 || length == size)
                && (datamatch.isEmpty() || datamatch.getAsLong() == value);
    }
}

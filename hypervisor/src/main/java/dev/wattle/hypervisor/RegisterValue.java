// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

/**
 * Contents of a register, up to 128 bits, right-justified.
 *
 * @param high bits 0 to 63, 0 for a register of 64 bits or fewer
 * @param low bits 64 to 127
 */
public record RegisterValue(long high, long low) {
    /** Contents of a register of up to 64 bits. */
    public static RegisterValue of(long value) {
        return new RegisterValue(0, value);
    }

    @Override
    public String toString() {
        return high == 0 ? "0x" + Long.toHexString(low) : "0x%x%016x".formatted(high, low);
    }
}

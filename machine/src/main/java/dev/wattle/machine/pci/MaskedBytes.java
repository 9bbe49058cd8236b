// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pci;

/** Little-endian registers of which some bits are read-only. */
public final class MaskedBytes {
    private final byte[] bytes;
    private final byte[] initial;
    private final byte[] writable;

    /** @param length bytes, all 0 and read-only at first */
    public MaskedBytes(int length) {
        bytes = new byte[length];
        initial = new byte[length];
        writable = new byte[length];
    }

    public int length() {
        return bytes.length;
    }

    /**
     * Defines a register.
     *
     * @param size bytes, 1 to 4
     * @param value what it holds after power-on
     * @param mask the bits that can be written
     */
    public MaskedBytes define(int offset, int size, int value, int mask) {
        for (int i = 0; i < size; i++) {
            initial[offset + i] = (byte) (value >>> 8 * i);
            writable[offset + i] = (byte) (mask >>> 8 * i);
            bytes[offset + i] = initial[offset + i];
        }
        return this;
    }

    /** Reads {@code size} bytes, at most 4. */
    public int get(int offset, int size) {
        int value = 0;
        for (int i = 0; i < size; i++) {
            value |= (bytes[offset + i] & 0xff) << 8 * i;
        }
        return value;
    }

    /** Sets {@code size} bytes, read-only bits included: what the device itself does. */
    public void set(int offset, int size, int value) {
        for (int i = 0; i < size; i++) {
            bytes[offset + i] = (byte) (value >>> 8 * i);
        }
    }

    /** Writes {@code size} bytes as far as they are writable: what the guest does. */
    public void write(int offset, int size, int value) {
        for (int i = 0; i < size; i++) {
            int mask = writable[offset + i];
            bytes[offset + i] = (byte) (bytes[offset + i] & ~mask | value >>> 8 * i & mask);
        }
    }

    /** Back to the values after power-on. */
    public void reset() {
        System.arraycopy(initial, 0, bytes, 0, bytes.length);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

import dev.wattle.machine.pci.MaskedBytes;
import dev.wattle.machine.pci.PciCapability;

/** A vendor-specific capability that says where a structure of the transport is (4.1.4). */
final class VirtioCapability implements PciCapability {
    static final int COMMON = 1;
    static final int NOTIFY = 2;
    static final int ISR = 3;
    static final int DEVICE = 4;

    private static final int VENDOR_SPECIFIC = 9;
    private static final int LENGTH = 16;
    private static final int MULTIPLIER = 16;

    private final MaskedBytes bytes;

    private VirtioCapability(MaskedBytes bytes) {
        this.bytes = bytes;
    }

    static VirtioCapability of(int type, int bar, int offset, int length) {
        return new VirtioCapability(header(LENGTH, type, bar, offset, length));
    }

    /** The notification structure, with the distance between the addresses of neighbouring queues. */
    static VirtioCapability notify(int bar, int offset, int length, int multiplier) {
        MaskedBytes bytes = header(LENGTH + 4, NOTIFY, bar, offset, length);
        return new VirtioCapability(bytes.define(MULTIPLIER, 4, multiplier, 0));
    }

    static MaskedBytes header(int capabilityLength, int type, int bar, int offset, int length) {
        return new MaskedBytes(capabilityLength)
                .define(2, 1, capabilityLength, 0)
                .define(3, 1, type, 0)
                .define(4, 1, bar, 0)
                .define(8, 4, offset, 0)
                .define(12, 4, length, 0);
    }

    @Override
    public int id() {
        return VENDOR_SPECIFIC;
    }

    @Override
    public int length() {
        return bytes.length();
    }

    @Override
    public int read(int offset, int size) {
        return bytes.get(offset, size);
    }

    @Override
    public void write(int offset, int size, int value) {
        // All of it is read-only.
    }

    @Override
    public void reset() {
        // It never changes.
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

/** Feature bits that are not of one device type (chapter 6). */
public final class VirtioFeatures {
    /** Any layout of buffers; for drivers of before version 1 (6.3). */
    public static final long ANY_LAYOUT = 1L << 27;

    public static final long INDIRECT_DESC = 1L << 28;
    public static final long EVENT_IDX = 1L << 29;
    public static final long VERSION_1 = 1L << 32;
    public static final long RING_PACKED = 1L << 34;

    private VirtioFeatures() {}
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

import java.nio.ByteOrder;

/** A virtio device without its transport. Its methods but {@link #notified} are called by one thread at a time. */
public interface VirtioDevice extends AutoCloseable {
    /** Device ID (chapter 5): 2 for a block device. */
    int type();

    /** PCI class code, in three bytes. */
    int classCode();

    /** Feature bits of this device type, and those of rings that the device can do without the transport's help. */
    long features();

    /** How many queues. */
    int queues();

    /** Most entries of a queue, a power of two. */
    int queueSize();

    /** The configuration space of the device, with its fields in a byte order. */
    byte[] configuration(ByteOrder order);

    /**
     * The driver writes the configuration.
     *
     * @param value the field, as far as it is written at once
     */
    void writeConfiguration(int offset, int size, long value);

    /** The driver has accepted features, which say what the configuration means; before {@link #activate}. */
    void negotiated(long features);

    /** The driver is ready: requests may be there. */
    void activate(VirtioSession session);

    /** Forgets the session; returns when guest memory is not accessed any more. */
    void reset();

    /** There may be something in a queue. Any thread; returns soon. */
    void notified(int queue);

    /** Ends the device's thread and gives its resources back. */
    @Override
    void close();
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The state of a XIVE controller as attributes of KVM's device (KVM_DEV_TYPE_XIVE), and as its register of vCPUs, in their
 * layouts: what saves a controller into another one, here or there. The guest must not run meanwhile.
 *
 * <p>To save: for each source read P and Q and set them to 10 ({@link #esb} with offset 0xe00, unless it is off), so that Q
 * remembers what comes; {@link #syncQueues}; then read sources' configurations, queues and {@link #virtualProcessor}. To
 * restore: {@link #setSource}, queues, sources' configurations, virtual processors, P and Q. A source that was 00 when it was
 * saved, and whose Q has been set since, is triggered again.
 *
 * <p>Bits are counted from the least significant one, as in KVM's header.
 */
public final class XiveDevice {
    /** Bytes of a queue's configuration. */
    public static final int QUEUE_BYTES = 64;

    private static final long SOURCE_LEVEL_SENSITIVE = 1;
    private static final long SOURCE_ASSERTED = 2;

    private static final int PRIORITY_MASK = 7;
    private static final int SERVER_SHIFT = 3;
    private static final long SERVER_MASK = 0x1fff_ffff;
    private static final long CONFIG_MASKED = 1L << 32;
    private static final int CONFIG_EISN_SHIFT = 33;

    private static final int QUEUE_ALWAYS_NOTIFY = 1;

    private final Xive xive;

    /** Attributes of a controller. */
    public XiveDevice(Xive xive) {
        this.xive = xive;
    }

    private XiveSource source(int number) {
        Optional<XiveSource> source = xive.source(number);
        return source.orElseThrow(() -> new IllegalArgumentException("there is no interrupt source " + number));
    }

    private int server(long number) {
        if (!xive.isServer(number)) {
            throw new IllegalArgumentException("there is no interrupt server " + number);
        }
        return (int) number;
    }

    /** KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_RESET. */
    public void reset() {
        xive.resetSources();
    }

    /** KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_EQ_SYNC: events are in their queues, and the queues' pages are dirty. */
    public void syncQueues() {
        xive.sources().forEach(XiveSource::sync);
        for (int i = 0; i < xive.router().queueCount(); i++) {
            xive.router().queue(i).markDirty();
        }
    }

    /** KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_NR_SERVERS. */
    public int servers() {
        return xive.serverCount();
    }

    /**
     * KVM_DEV_XIVE_GRP_SOURCE: bit 0 level-sensitive, bit 1 asserted. The source is off and masked afterwards.
     *
     * @throws IllegalArgumentException if there is no such source, or it is of the other kind
     */
    public void setSource(int number, long state) {
        XiveSource source = source(number);
        if (source.isLevelSensitive() != ((state & SOURCE_LEVEL_SENSITIVE) != 0)) {
            throw new IllegalArgumentException("interrupt source " + number + " is "
                    + (source.isLevelSensitive() ? "level-sensitive" : "message-signalled") + ", its state is not");
        }
        source.setPq(Pq.OFF);
        xive.resetSource(number);
        if (source.isLevelSensitive()) {
            source.set((state & SOURCE_ASSERTED) != 0);
        }
    }

    /** What {@link #setSource} takes. */
    public long sourceState(int number) {
        XiveSource source = source(number);
        return (source.isLevelSensitive() ? SOURCE_LEVEL_SENSITIVE : 0) | (source.isAsserted() ? SOURCE_ASSERTED : 0);
    }

    /** KVM_DEV_XIVE_GRP_SOURCE_SYNC. */
    public void syncSource(int number) {
        source(number).sync();
    }

    /**
     * KVM_DEV_XIVE_GRP_SOURCE_CONFIG: priority in bits 0 to 2, server 3 to 31, masked 32, number in the guest 33 to 63.
     *
     * @throws IllegalArgumentException if there is no such source or server, or the priority is reserved
     */
    public void setSourceConfiguration(int number, long configuration) {
        source(number);
        int priority = (int) configuration & PRIORITY_MASK;
        boolean masked = (configuration & CONFIG_MASKED) != 0;
        if (priority >= Xive.RESERVED_PRIORITY && !masked) {
            throw new IllegalArgumentException("interrupt source " + number + ": priority 7 is reserved");
        }
        int server = server(configuration >>> SERVER_SHIFT & SERVER_MASK);
        xive.setSource(number, masked, server, priority, (int) (configuration >>> CONFIG_EISN_SHIFT));
    }

    /** What {@link #setSourceConfiguration} takes. */
    public long sourceConfiguration(int number) {
        source(number);
        XiveRouter.Assignment to = xive.router().assignment(number);
        return to.priority()
                | (long) to.server() << SERVER_SHIFT
                | (to.masked() ? CONFIG_MASKED : 0)
                | (long) to.eisn() << CONFIG_EISN_SHIFT;
    }

    private EventQueue queue(long number) {
        int priority = (int) number & PRIORITY_MASK;
        if (priority >= Xive.RESERVED_PRIORITY) {
            throw new IllegalArgumentException(
                    "event queue 0x" + Long.toHexString(number) + ": priority 7 is reserved");
        }
        return xive.queue(server(number >>> SERVER_SHIFT), priority);
    }

    /**
     * KVM_DEV_XIVE_GRP_EQ_CONFIG, in host byte order as in a struct kvm_ppc_xive_eq: flags (1 always notify), logarithm of
     * the size or 0, real address (8 bytes), generation, index, 40 bytes of 0.
     *
     * @param number priority in bits 0 to 2, server above
     * @throws IllegalArgumentException if there is no such queue
     */
    public byte[] queueConfiguration(long number) {
        EventQueue.Configuration now = queue(number).configuration();
        return ByteBuffer.allocate(QUEUE_BYTES)
                .order(ByteOrder.nativeOrder())
                .putInt(now.alwaysNotify() ? QUEUE_ALWAYS_NOTIFY : 0)
                .putInt(now.shift())
                .putLong(now.address())
                .putInt(now.generation())
                .putInt(now.index())
                .array();
    }

    /**
     * Sets what {@link #queueConfiguration} returns. The queue's contents are in guest memory.
     *
     * @throws IllegalArgumentException if there cannot be such a queue; nothing has changed then
     */
    public void setQueueConfiguration(long number, byte[] configuration) {
        EventQueue queue = queue(number);
        if (configuration.length != QUEUE_BYTES) {
            throw new IllegalArgumentException(
                    "an event queue is described by " + QUEUE_BYTES + " bytes, not " + configuration.length);
        }
        ByteBuffer fields = ByteBuffer.wrap(configuration).order(ByteOrder.nativeOrder());
        int flags = fields.getInt();
        int shift = fields.getInt();
        long address = fields.getLong();
        int generation = fields.getInt();
        int index = fields.getInt();
        if (shift == 0) {
            queue.reset();
            return;
        }
        boolean possible = EventQueue.isSize(shift)
                && queue.isPossible(address, shift)
                && (generation & ~1) == 0
                && (flags & ~QUEUE_ALWAYS_NOTIFY) == 0
                && index >= 0
                && index < 1 << shift - 2;
        if (!possible) {
            throw new IllegalArgumentException(
                    "event queue 0x%x: no queue can have size 2^%d at 0x%x, generation %d, index %d, flags %x"
                            .formatted(number, shift, address, generation, index, flags));
        }
        queue.configure(new EventQueue.Configuration(
                true, (flags & QUEUE_ALWAYS_NOTIFY) != 0, address, shift, generation, index));
    }

    /** First doubleword of KVM_REG_PPC_VP_STATE: the first two words of the OS ring; the second one is 0. */
    public long virtualProcessor(int server) {
        return xive.context(server(server)).state();
    }

    /** Sets what {@link #virtualProcessor} returns. */
    public void setVirtualProcessor(int server, long state) {
        xive.context(server(server)).restore(state);
    }

    /**
     * A load from the management page of a source, as of a mapping of the device's ESB pages.
     *
     * @param offset in the page
     */
    public long esb(int number, int offset) {
        source(number);
        return xive.accessEsb(number, offset, false);
    }

    /** A store to the trigger page of a source. */
    public void trigger(int number) {
        source(number).storeTrigger();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

import dev.wattle.hypervisor.io.IoDevice;
import dev.wattle.machine.pci.Bar;
import dev.wattle.machine.pci.DmaMemory;
import dev.wattle.machine.pci.Msix;
import dev.wattle.machine.pci.PciFunction;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A virtio device on PCI (4.1), for drivers of version 1 and, if transitional, for those of before it (4.1.4.8).
 *
 * <p>Register 0 holds the legacy interface in I/O space, 1 the MSI-X tables, 4 the structures of version 1, one in each
 * 4 KiB: common configuration, interrupt status, device configuration, notifications.
 */
public final class VirtioPci implements AutoCloseable {
    private static final int VENDOR = 0x1af4;
    private static final int MODERN_DEVICE_BASE = 0x1040;
    private static final int TRANSITIONAL_DEVICE_BASE = 0x1000;
    /** Device types that transitional IDs exist for, by ID less 0x1000 (4.1.2.1). */
    private static final List<Integer> TRANSITIONAL_TYPES = List.of(1, 2, 5, 3, 8, 4, 0, 0, 0, 9);

    private static final int SUBSYSTEM_OF_MODERN = 0x1100;

    private static final int LEGACY_BAR = 0;
    private static final int MSIX_BAR = 1;
    private static final int MSIX_BYTES = 4096;
    private static final int MODERN_BAR = 4;
    private static final int MODERN_BYTES = 0x4000;
    private static final int STRUCTURE_BYTES = 0x1000;
    private static final int COMMON_AT = 0;
    private static final int ISR_AT = STRUCTURE_BYTES;
    private static final int DEVICE_AT = 2 * STRUCTURE_BYTES;
    private static final int NOTIFY_AT = 3 * STRUCTURE_BYTES;
    private static final int NOTIFY_MULTIPLIER = 4;

    private static final int ISR_QUEUE = 1;
    private static final int ISR_CONFIGURATION = 2;

    static final int NO_VECTOR = 0xffff;

    /** How a device is plugged in. */
    public enum Interface {
        /** For drivers of version 1 only. */
        MODERN,
        /** For older drivers, too. */
        TRANSITIONAL
    }

    /** Who waits for notifications. */
    public enum Notification {
        /** A store to a notification address is an I/O event: it ends at the bus. */
        IO_EVENT,
        /** A store to a notification address reaches the device. */
        DEVICE
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final VirtioDevice device;
    private final PciFunction function;
    private final Msix msix;
    private final Supplier<ByteOrder> guestOrder;
    private final QueueRegisters[] queues;

    // Under the lock.
    private int deviceFeatureSelect;
    private int driverFeatureSelect;
    private long driverFeatures;
    private int queueSelect;
    private boolean isLegacyDriver;
    private boolean isActive;
    private ByteOrder legacyOrder = ByteOrder.LITTLE_ENDIAN;

    // Read by any thread.
    private final AtomicInteger status = new AtomicInteger();
    private volatile int configurationVector = NO_VECTOR;

    /** Held while the pin follows the interrupt status. */
    private final ReentrantLock isrLock = new ReentrantLock();

    private int isr;

    /**
     * @param device what it is; closed with this
     * @param kind which drivers it is for
     * @param notification who waits for them
     * @param guestOrder tells, at each reset, the byte order of a guest whose driver is of before version 1
     */
    public VirtioPci(VirtioDevice device, Interface kind, Notification notification, Supplier<ByteOrder> guestOrder) {
        this.device = device;
        this.guestOrder = guestOrder;
        queues = new QueueRegisters[device.queues()];
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new QueueRegisters(device.queueSize());
        }
        msix = new Msix(queues.length + 1, MSIX_BAR, MSIX_BYTES);
        function = describe(kind, notification == Notification.IO_EVENT);
    }

    private PciFunction describe(Interface kind, boolean hasEvents) {
        boolean isTransitional = kind == Interface.TRANSITIONAL && TRANSITIONAL_TYPES.contains(device.type());
        int id = isTransitional
                ? TRANSITIONAL_DEVICE_BASE + TRANSITIONAL_TYPES.indexOf(device.type())
                : MODERN_DEVICE_BASE + device.type();
        PciFunction.Builder builder = PciFunction.builder(VENDOR, id)
                .classCode(device.classCode(), isTransitional ? 0 : 1)
                .subsystem(VENDOR, isTransitional ? device.type() : SUBSYSTEM_OF_MODERN)
                .interruptPin()
                .onReset(this::reset);
        if (isTransitional) {
            LegacyRegisters registers = new LegacyRegisters();
            builder.bar(new Bar(
                    LEGACY_BAR,
                    Bar.Space.IO,
                    registers.bytes(),
                    registers,
                    hasEvents ? registers.events() : List.of()));
        }
        int configurationBytes = device.configuration(ByteOrder.LITTLE_ENDIAN).length;
        int notifyBytes = NOTIFY_MULTIPLIER * queues.length;
        return builder.msix(msix)
                .bar(new Bar(
                        MODERN_BAR,
                        Bar.Space.MEMORY_64_PREFETCHABLE,
                        MODERN_BYTES,
                        new ModernRegisters(),
                        hasEvents ? modernEvents() : List.of()))
                .capability(new ConfigurationAccess(this::registers))
                .capability(VirtioCapability.notify(MODERN_BAR, NOTIFY_AT, notifyBytes, NOTIFY_MULTIPLIER))
                .capability(VirtioCapability.of(VirtioCapability.DEVICE, MODERN_BAR, DEVICE_AT, configurationBytes))
                .capability(VirtioCapability.of(VirtioCapability.ISR, MODERN_BAR, ISR_AT, 1))
                .capability(
                        VirtioCapability.of(VirtioCapability.COMMON, MODERN_BAR, COMMON_AT, CommonConfiguration.BYTES))
                .build();
    }

    private List<Bar.Event> modernEvents() {
        List<Bar.Event> events = new ArrayList<>();
        for (int i = 0; i < queues.length; i++) {
            int queue = i;
            events.add(new Bar.Event(
                    NOTIFY_AT + (long) NOTIFY_MULTIPLIER * i, 0, OptionalLong.empty(), () -> device.notified(queue)));
        }
        return events;
    }

    /** The PCI function, to be plugged in. */
    public PciFunction function() {
        return function;
    }

    /** Ends the device. The guest must not be running. */
    @Override
    public void close() {
        reset();
        device.close();
    }

    private IoDevice registers(int bar, long offset, int size) {
        for (Bar candidate : function.bars()) {
            if (candidate.index() == bar && offset <= candidate.size() - size) {
                return candidate.device();
            }
        }
        return new Nothing();
    }

    private long offered() {
        return device.features() | VirtioFeatures.VERSION_1;
    }

    private void reset() {
        lock.lock();
        try {
            device.reset();
            isActive = false;
            status.set(0);
            deviceFeatureSelect = 0;
            driverFeatureSelect = 0;
            driverFeatures = 0;
            queueSelect = 0;
            isLegacyDriver = false;
            legacyOrder = guestOrder.get();
            configurationVector = NO_VECTOR;
            for (QueueRegisters queue : queues) {
                queue.reset();
            }
        } finally {
            lock.unlock();
        }
        setIsr(0);
    }

    /** The driver writes the device status (2.1). Under the lock. */
    private void writeStatus(int value) {
        if (value == 0) {
            reset();
            return;
        }
        int accepted = value & 0xff & ~DeviceStatus.NEEDS_RESET;
        boolean isChecking =
                (accepted & DeviceStatus.FEATURES_OK) != 0 && (status.get() & DeviceStatus.FEATURES_OK) == 0;
        if (isChecking) {
            boolean isGood = (driverFeatures & ~offered()) == 0 && (driverFeatures & VirtioFeatures.VERSION_1) != 0;
            if (isGood) {
                device.negotiated(driverFeatures);
            } else {
                accepted &= ~DeviceStatus.FEATURES_OK;
            }
        }
        int set = accepted;
        int now = status.updateAndGet(old -> old & DeviceStatus.NEEDS_RESET | set);
        boolean isReady =
                (now & DeviceStatus.DRIVER_OK) != 0 && (isLegacyDriver || (now & DeviceStatus.FEATURES_OK) != 0);
        if (isReady && !isActive) {
            activate();
        }
    }

    /** Under the lock. */
    private void activate() {
        long features = isLegacyDriver ? driverFeatures & 0xffff_ffffL : driverFeatures;
        ByteOrder order = isLegacyDriver ? legacyOrder : ByteOrder.LITTLE_ENDIAN;
        if (isLegacyDriver) {
            device.negotiated(features);
        }
        DmaMemory memory = function.memory();
        Events events = new Events();
        List<Virtqueue> ready = new ArrayList<>();
        try {
            for (QueueRegisters queue : queues) {
                ready.add(
                        queue.isEnabled
                                ? new SplitVirtqueue(memory, queue.setup(features, order))
                                : new UnusedVirtqueue());
            }
        } catch (VirtqueueException e) {
            events.needsReset();
            return;
        }
        isActive = true;
        device.activate(new VirtioSession(features, ready, events, order));
    }

    private void setIsr(int bits) {
        isrLock.lock();
        try {
            isr = bits;
            function.setInterrupt(bits != 0);
        } finally {
            isrLock.unlock();
        }
    }

    private void raiseIsr(int bits) {
        isrLock.lock();
        try {
            setIsr(isr | bits);
        } finally {
            isrLock.unlock();
        }
    }

    /** Reading the status lowers the pin (4.1.4.5). */
    private int takeIsr() {
        isrLock.lock();
        try {
            int bits = isr;
            setIsr(0);
            return bits;
        } finally {
            isrLock.unlock();
        }
    }

    private int readIsr() {
        return takeIsr();
    }

    private int vector(int wanted) {
        return wanted < msix.vectors() ? wanted : NO_VECTOR;
    }

    private void notified(long queue) {
        if (queue >= 0 && queue < queues.length) {
            device.notified((int) queue);
        }
    }

    /** Bytes of the device's configuration as one number, in a byte order; what is behind its end is 0. */
    private long readConfiguration(long offset, int size, ByteOrder order) {
        byte[] bytes = device.configuration(order);
        long value = 0;
        for (int i = 0; i < size; i++) {
            long at = offset + i;
            long octet = at < bytes.length ? bytes[(int) at] & 0xff : 0;
            int shift = order == ByteOrder.LITTLE_ENDIAN ? 8 * i : 8 * (size - 1 - i);
            value |= octet << shift;
        }
        return value;
    }

    /** What the device tells its driver. */
    private final class Events implements VirtioSession.Events {
        @Override
        public void used(int queue) {
            if (msix.isEnabled()) {
                msix.signal(queues[queue].vector);
            } else {
                raiseIsr(ISR_QUEUE);
            }
        }

        @Override
        public void configurationChanged() {
            if (msix.isEnabled()) {
                msix.signal(configurationVector);
            } else {
                raiseIsr(ISR_CONFIGURATION);
            }
        }

        @Override
        public void needsReset() {
            int before = status.getAndUpdate(old -> old | DeviceStatus.NEEDS_RESET);
            if ((before & DeviceStatus.DRIVER_OK) != 0 && (before & DeviceStatus.NEEDS_RESET) == 0) {
                configurationChanged();
            }
        }
    }

    /** What the driver has written of a queue. */
    private static final class QueueRegisters {
        private final int mostEntries;
        private int size;
        private boolean isEnabled;
        private long descriptors;
        private long driver;
        private long device;
        private volatile int vector = NO_VECTOR;

        QueueRegisters(int mostEntries) {
            this.mostEntries = mostEntries;
            size = mostEntries;
        }

        void reset() {
            size = mostEntries;
            isEnabled = false;
            descriptors = 0;
            driver = 0;
            device = 0;
            vector = NO_VECTOR;
        }

        QueueSetup setup(long features, ByteOrder order) {
            return new QueueSetup(size, descriptors, driver, device, features, order);
        }
    }

    private static long truncated(long value, int size) {
        return size == Long.BYTES ? value : value & (1L << 8 * size) - 1;
    }

    /** The common configuration structure (4.1.4.3). */
    private final class CommonConfiguration {
        static final int BYTES = 56;

        private static final int DEVICE_FEATURE_SELECT = 0;
        private static final int DEVICE_FEATURE = 4;
        private static final int DRIVER_FEATURE_SELECT = 8;
        private static final int DRIVER_FEATURE = 12;
        private static final int CONFIG_VECTOR = 16;
        private static final int QUEUES = 18;
        private static final int STATUS = 20;
        private static final int QUEUE_SELECT = 22;
        private static final int QUEUE_SIZE = 24;
        private static final int QUEUE_VECTOR = 26;
        private static final int QUEUE_ENABLE = 28;
        private static final int QUEUE_NOTIFY_OFFSET = 30;
        private static final int QUEUE_DESCRIPTORS = 32;
        private static final int QUEUE_DRIVER = 40;
        private static final int QUEUE_DEVICE = 48;

        /** Fields by the offset of their first byte; a narrower or wider access gets the bytes that it covers. */
        long read(int offset, int size) {
            long value = 0;
            for (int i = 0; i < size; i++) {
                int at = offset + i;
                int start = fieldStart(at);
                value |= (field(start) >>> 8 * (at - start) & 0xff) << 8 * i;
            }
            return value;
        }

        private int fieldStart(int offset) {
            if (offset < CONFIG_VECTOR) {
                return offset & -4;
            }
            if (offset == STATUS || offset == STATUS + 1) {
                return offset;
            }
            return offset < QUEUE_DESCRIPTORS ? offset & -2 : offset & -8;
        }

        private long field(int start) {
            QueueRegisters queue = queueSelect < queues.length ? queues[queueSelect] : new QueueRegisters(0);
            return switch (start) {
                case DEVICE_FEATURE_SELECT -> Integer.toUnsignedLong(deviceFeatureSelect);
                case DEVICE_FEATURE -> half(offered(), deviceFeatureSelect);
                case DRIVER_FEATURE_SELECT -> Integer.toUnsignedLong(driverFeatureSelect);
                case DRIVER_FEATURE -> half(driverFeatures, driverFeatureSelect);
                case CONFIG_VECTOR -> configurationVector;
                case QUEUES -> queues.length;
                case STATUS -> status.get();
                case QUEUE_SELECT -> queueSelect;
                case QUEUE_SIZE -> queue.size;
                case QUEUE_VECTOR -> queue.vector;
                case QUEUE_ENABLE -> queue.isEnabled ? 1 : 0;
                case QUEUE_NOTIFY_OFFSET -> queueSelect < queues.length ? queueSelect : 0;
                case QUEUE_DESCRIPTORS -> queue.descriptors;
                case QUEUE_DRIVER -> queue.driver;
                case QUEUE_DEVICE -> queue.device;
                // The configuration generation among them: the configuration changes by the driver alone.
                default -> 0;
            };
        }

        private static long half(long features, int select) {
            return select == 0 ? features & 0xffff_ffffL : select == 1 ? features >>> 32 : 0;
        }

        void write(int offset, int size, long value) {
            if (offset >= QUEUE_DESCRIPTORS) {
                writeAddress(offset, size, value);
                return;
            }
            int width = offset < CONFIG_VECTOR ? 4 : offset == STATUS ? 1 : 2;
            if (size != width) {
                // Drivers must use the width of the field (4.1.3.1).
                return;
            }
            switch (offset) {
                case DEVICE_FEATURE_SELECT -> deviceFeatureSelect = (int) value;
                case DRIVER_FEATURE_SELECT -> driverFeatureSelect = (int) value;
                case DRIVER_FEATURE -> writeFeatures(value);
                case CONFIG_VECTOR -> configurationVector = vector((int) value);
                case STATUS -> writeStatus((int) value);
                case QUEUE_SELECT -> queueSelect = (int) value;
                default -> writeQueue(offset, (int) value);
            }
        }

        private void writeFeatures(long value) {
            if ((status.get() & DeviceStatus.FEATURES_OK) != 0) {
                return;
            }
            if (driverFeatureSelect == 0) {
                driverFeatures = driverFeatures & ~0xffff_ffffL | value;
            } else if (driverFeatureSelect == 1) {
                driverFeatures = driverFeatures & 0xffff_ffffL | value << 32;
            }
        }

        private void writeQueue(int offset, int value) {
            if (queueSelect >= queues.length) {
                return;
            }
            QueueRegisters queue = queues[queueSelect];
            switch (offset) {
                case QUEUE_SIZE -> {
                    if (!queue.isEnabled && Integer.bitCount(value) == 1 && value <= queue.mostEntries) {
                        queue.size = value;
                    }
                }
                case QUEUE_VECTOR -> queue.vector = vector(value);
                case QUEUE_ENABLE -> queue.isEnabled |= value == 1;
                default -> {
                    // A read-only field.
                }
            }
        }

        private void writeAddress(int offset, int size, long value) {
            if (queueSelect >= queues.length || queues[queueSelect].isEnabled || size < 4 || (offset & size - 1) != 0) {
                return;
            }
            QueueRegisters queue = queues[queueSelect];
            int shift = 8 * (offset & 7);
            long mask = size == 8 ? 0 : ~(0xffff_ffffL << shift);
            long bits = value << shift;
            switch (offset & -8) {
                case QUEUE_DESCRIPTORS -> queue.descriptors = queue.descriptors & mask | bits;
                case QUEUE_DRIVER -> queue.driver = queue.driver & mask | bits;
                default -> queue.device = queue.device & mask | bits;
            }
        }
    }

    /** Register 4: the structures of version 1. */
    private final class ModernRegisters implements IoDevice {
        private final CommonConfiguration common = new CommonConfiguration();

        @Override
        public long read(long offset, int size) {
            if (offset >= NOTIFY_AT) {
                return 0;
            }
            if (offset >= DEVICE_AT) {
                return readConfiguration(offset - DEVICE_AT, size, ByteOrder.LITTLE_ENDIAN);
            }
            if (offset >= ISR_AT) {
                return offset == ISR_AT ? readIsr() : 0;
            }
            if (offset + size > CommonConfiguration.BYTES) {
                return 0;
            }
            lock.lock();
            try {
                return common.read((int) offset, size);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void write(long offset, int size, long value) {
            if (offset >= NOTIFY_AT) {
                notified((offset - NOTIFY_AT) / NOTIFY_MULTIPLIER);
            } else if (offset >= DEVICE_AT) {
                lock.lock();
                try {
                    device.writeConfiguration((int) (offset - DEVICE_AT), size, value);
                } finally {
                    lock.unlock();
                }
            } else if (offset + size <= CommonConfiguration.BYTES) {
                lock.lock();
                try {
                    common.write((int) offset, size, value);
                } finally {
                    lock.unlock();
                }
            }
        }
    }

    /** Register 0: the interface of before version 1 (4.1.4.8). Its header is little-endian; what follows, the guest's. */
    private final class LegacyRegisters implements IoDevice {
        private static final int DEVICE_FEATURES = 0;
        private static final int DRIVER_FEATURES = 4;
        private static final int QUEUE_ADDRESS = 8;
        private static final int QUEUE_SIZE = 12;
        private static final int QUEUE_SELECT = 14;
        private static final int QUEUE_NOTIFY = 16;
        private static final int STATUS = 18;
        private static final int ISR = 19;
        private static final int CONFIG_VECTOR = 20;
        private static final int QUEUE_VECTOR = 22;
        private static final int HEADER_BYTES = 20;
        private static final int HEADER_BYTES_WITH_VECTORS = 24;
        private static final int PAGE_SHIFT = 12;
        private static final long RING_ALIGNMENT = 4096;

        /** A power of two, of at least the header and the configuration. */
        int bytes() {
            int least = HEADER_BYTES_WITH_VECTORS + device.configuration(ByteOrder.LITTLE_ENDIAN).length;
            return Integer.highestOneBit(2 * least - 1);
        }

        List<Bar.Event> events() {
            List<Bar.Event> events = new ArrayList<>();
            for (int i = 0; i < queues.length; i++) {
                int queue = i;
                events.add(new Bar.Event(QUEUE_NOTIFY, 2, OptionalLong.of(i), () -> device.notified(queue)));
            }
            return events;
        }

        /** The vectors are there only while MSI-X is on; what follows moves. */
        private int headerBytes() {
            return msix.isEnabled() ? HEADER_BYTES_WITH_VECTORS : HEADER_BYTES;
        }

        private ByteOrder order() {
            return legacyOrder;
        }

        @Override
        public long read(long offset, int size) {
            if (offset == ISR && size == 1) {
                return readIsr();
            }
            lock.lock();
            try {
                int header = headerBytes();
                return offset >= header
                        ? readConfiguration(offset - header, size, order())
                        : truncated(header((int) offset), size);
            } finally {
                lock.unlock();
            }
        }

        private long header(int offset) {
            QueueRegisters queue = queueSelect < queues.length ? queues[queueSelect] : new QueueRegisters(0);
            return switch (offset) {
                case DEVICE_FEATURES -> (device.features() | VirtioFeatures.ANY_LAYOUT) & 0xffff_ffffL;
                case DRIVER_FEATURES -> driverFeatures & 0xffff_ffffL;
                case QUEUE_ADDRESS -> queue.descriptors >>> PAGE_SHIFT;
                case QUEUE_SIZE -> queue.size;
                case QUEUE_SELECT -> queueSelect;
                case STATUS -> status.get();
                case CONFIG_VECTOR -> configurationVector;
                case QUEUE_VECTOR -> queue.vector;
                default -> 0;
            };
        }

        @Override
        public void write(long offset, int size, long value) {
            if (offset == QUEUE_NOTIFY) {
                notified(value & 0xffff);
                return;
            }
            lock.lock();
            try {
                int header = headerBytes();
                if (offset >= header) {
                    device.writeConfiguration((int) offset - header, size, value);
                } else {
                    writeHeader((int) offset, value);
                }
            } finally {
                lock.unlock();
            }
        }

        private void writeHeader(int offset, long value) {
            switch (offset) {
                case DRIVER_FEATURES -> {
                    isLegacyDriver = true;
                    driverFeatures = value & (device.features() | VirtioFeatures.ANY_LAYOUT) & 0xffff_ffffL;
                }
                case QUEUE_ADDRESS -> setQueue(value);
                case QUEUE_SELECT -> queueSelect = (int) value & 0xffff;
                case STATUS -> {
                    if (value == (DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER)) {
                        // Old drivers let the device access memory without saying so on PCI.
                        function.enableBusMaster();
                    }
                    isLegacyDriver |= value != 0;
                    writeStatus((int) value);
                }
                case CONFIG_VECTOR -> configurationVector = vector((int) value & 0xffff);
                case QUEUE_VECTOR -> {
                    if (queueSelect < queues.length) {
                        queues[queueSelect].vector = vector((int) value & 0xffff);
                    }
                }
                default -> {
                    // A read-only register.
                }
            }
        }

        /** All of a queue lies behind one address (2.7.2); address 0 takes the queue away, as a reset. */
        private void setQueue(long page) {
            isLegacyDriver = true;
            if (page == 0) {
                ByteOrder order = legacyOrder;
                reset();
                legacyOrder = order;
                return;
            }
            if (queueSelect >= queues.length) {
                return;
            }
            QueueRegisters queue = queues[queueSelect];
            queue.descriptors = (page & 0xffff_ffffL) << PAGE_SHIFT;
            queue.driver = queue.descriptors + (long) SplitVirtqueue.DESCRIPTOR_BYTES * queue.size;
            long end = queue.driver + 6 + 2L * queue.size;
            queue.device = end + RING_ALIGNMENT - 1 & -RING_ALIGNMENT;
            queue.isEnabled = true;
            if ((status.get() & DeviceStatus.DRIVER_OK) != 0) {
                // A driver that was ready before its queues were.
                device.reset();
                activate();
            }
        }
    }

    /** What is behind no register. */
    private static final class Nothing implements IoDevice {
        @Override
        public long read(long offset, int size) {
            return truncated(-1, size);
        }

        @Override
        public void write(long offset, int size, long value) {
            // Nobody is there.
        }
    }
}

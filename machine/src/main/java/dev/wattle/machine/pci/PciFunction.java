// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pci;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A PCI function with a configuration header of type 0 (PCI 3.0, chapter 6).
 *
 * <p>Thread-safe. The bridge calls {@link #attach} once, then {@link #readConfig} and {@link #writeConfig} for
 * configuration cycles; the device calls {@link #setInterrupt} and {@link #msix}.
 */
public final class PciFunction {
    /** Bytes of configuration space of a conventional function. */
    public static final int CONFIG_BYTES = 256;
    /** Bytes of configuration space of an extended one (PCI-X 2.0, PCI Express). */
    public static final int EXTENDED_CONFIG_BYTES = 4096;

    public static final int VENDOR_ID = 0x00;
    public static final int DEVICE_ID = 0x02;
    public static final int COMMAND = 0x04;
    public static final int STATUS = 0x06;
    public static final int REVISION_ID = 0x08;
    /** Three bytes: programming interface, sub-class, base class. */
    public static final int CLASS_CODE = 0x09;

    public static final int CACHE_LINE_SIZE = 0x0c;
    public static final int LATENCY_TIMER = 0x0d;
    public static final int HEADER_TYPE = 0x0e;
    /** The first of six base address registers. */
    public static final int BASE_ADDRESS = 0x10;

    public static final int SUBSYSTEM_VENDOR_ID = 0x2c;
    public static final int SUBSYSTEM_ID = 0x2e;
    public static final int EXPANSION_ROM = 0x30;
    public static final int CAPABILITIES = 0x34;
    public static final int INTERRUPT_LINE = 0x3c;
    public static final int INTERRUPT_PIN = 0x3d;
    public static final int MIN_GNT = 0x3e;
    public static final int MAX_LAT = 0x3f;

    public static final int COMMAND_IO = 1;
    public static final int COMMAND_MEMORY = 2;
    public static final int COMMAND_MASTER = 4;
    public static final int COMMAND_PARITY = 0x40;
    public static final int COMMAND_SERR = 0x100;
    public static final int COMMAND_INTX_DISABLE = 0x400;

    public static final int STATUS_INTERRUPT = 8;
    public static final int STATUS_CAPABILITIES = 0x10;

    private static final int HEADER_BYTES = 64;
    private static final long UNMAPPED = -1;

    /** Held while the host is told of the pin, so that it hears of levels in their order; taken before {@link #lock}. */
    private final ReentrantLock lineLock = new ReentrantLock();

    private final ReentrantLock lock = new ReentrantLock();
    private final MaskedBytes header;
    private final int configBytes;
    private final List<Bar> bars;
    /** PCI address that each register decodes, or {@link #UNMAPPED}. */
    private final long[] mappedAt;

    private final List<PciCapability> capabilities;
    private final int[] capabilityOffsets;
    private final Optional<Msix> msix;
    private final Runnable onReset;
    private final DmaMemory memory = new BusMasterMemory(() -> isBusMaster() ? host().memory() : DmaMemory.NONE);
    private final DmaMemory busMemory = new BusMasterMemory(() -> isBusMaster() ? host().busMemory() : DmaMemory.NONE);
    private boolean interruptRequested;
    private boolean lineAsserted;
    private volatile PciHost host = PciHost.NONE;
    private volatile int command;

    private PciFunction(Builder builder) {
        header = builder.header;
        configBytes = builder.configBytes;
        bars = List.copyOf(builder.bars);
        capabilities = List.copyOf(builder.capabilities);
        onReset = builder.onReset;
        msix = capabilities.stream()
                .filter(Msix.class::isInstance)
                .map(Msix.class::cast)
                .findFirst();
        mappedAt = new long[bars.size()];
        Arrays.fill(mappedAt, UNMAPPED);
        capabilityOffsets = new int[capabilities.size()];
        int at = HEADER_BYTES;
        for (int i = 0; i < capabilityOffsets.length; i++) {
            capabilityOffsets[i] = at;
            at += capabilities.get(i).length() + 3 & ~3;
        }
        if (at > CONFIG_BYTES) {
            throw new IllegalArgumentException("capabilities of " + (at - HEADER_BYTES) + " bytes: they do not fit");
        }
        if (!capabilities.isEmpty()) {
            header.define(STATUS, 2, STATUS_CAPABILITIES, 0).define(CAPABILITIES, 1, HEADER_BYTES, 0);
        }
        for (Bar bar : bars) {
            header.define(register(bar), 4, bar.space().flags(), (int) addressMask(bar));
            if (bar.space().isWide()) {
                header.define(register(bar) + 4, 4, 0, (int) (addressMask(bar) >>> 32));
            }
        }
        msix.ifPresent(m -> m.connect(this::message));
    }

    private static int register(Bar bar) {
        return BASE_ADDRESS + 4 * bar.index();
    }

    private static long addressMask(Bar bar) {
        return bar.space().addressMask() & -bar.size();
    }

    /**
     * Starts the description of a function.
     *
     * @param vendor vendor ID
     * @param device device ID
     */
    public static Builder builder(int vendor, int device) {
        return new Builder(vendor, device);
    }

    /** Plugs the function in. */
    public void attach(PciHost bridge) {
        host = bridge;
    }

    /** {@link PciHost#memory}, or no memory whenever the guest does not let the function be a bus master. */
    public DmaMemory memory() {
        return memory;
    }

    /** {@link PciHost#busMemory}, or no memory whenever the guest does not let the function be a bus master. */
    public DmaMemory busMemory() {
        return busMemory;
    }

    private PciHost host() {
        return host;
    }

    private boolean isBusMaster() {
        return (command & COMMAND_MASTER) != 0;
    }

    /** The base address registers, by index. */
    public List<Bar> bars() {
        return bars;
    }

    /** MSI-X, if the function has it. */
    public Optional<Msix> msix() {
        return msix;
    }

    /** Vendor ID. */
    public int vendorId() {
        return header.get(VENDOR_ID, 2);
    }

    /** Device ID. */
    public int deviceId() {
        return header.get(DEVICE_ID, 2);
    }

    /** Interrupt pin: 0 for none, 1 for INTA. */
    public int interruptPin() {
        return header.get(INTERRUPT_PIN, 1);
    }

    /** Offset of the capability of an ID in configuration space; 0 if there is none. */
    public int capabilityOffset(int id) {
        for (int i = 0; i < capabilityOffsets.length; i++) {
            if (capabilities.get(i).id() == id) {
                return capabilityOffsets[i];
            }
        }
        return 0;
    }

    /** Bytes of configuration space. */
    public int configBytes() {
        return configBytes;
    }

    /**
     * A configuration read.
     *
     * @param offset from the start of configuration space
     * @param size 1, 2 or 4
     * @return the bytes, the one at {@code offset} least significant; all ones if the offset is not a multiple of the size
     *     or is behind the end
     */
    public int readConfig(int offset, int size) {
        if (!isRegister(offset, size)) {
            return size == 4 ? -1 : (1 << 8 * size) - 1;
        }
        if (offset < HEADER_BYTES) {
            lock.lock();
            try {
                return header.get(offset, size);
            } finally {
                lock.unlock();
            }
        }
        int value = 0;
        for (int i = 0; i < capabilityOffsets.length; i++) {
            value |= readCapability(i, offset - capabilityOffsets[i], size);
        }
        return value;
    }

    private boolean isRegister(int offset, int size) {
        return (size == 1 || size == 2 || size == 4)
                && offset >= 0
                && offset <= configBytes - size
                && (offset & size - 1) == 0;
    }

    /** Reads of capability {@code i} at an aligned offset from its start, which may be outside of it. */
    private int readCapability(int i, int offset, int size) {
        PciCapability capability = capabilities.get(i);
        if (offset < 0 || offset >= capability.length()) {
            return 0;
        }
        if (offset >= 2) {
            int bytes = Math.min(size, capability.length() - offset);
            return bytes == 3
                    ? capability.read(offset, 2) | capability.read(offset + 2, 1) << 16
                    : capability.read(offset, bytes);
        }
        int next = i + 1 < capabilityOffsets.length ? capabilityOffsets[i + 1] : 0;
        int pointers = (capability.id() | next << 8) >>> 8 * offset;
        return switch (size) {
            case 1 -> pointers & 0xff;
            case 2 -> pointers;
            default -> pointers | capability.read(2, Math.min(2, capability.length() - 2)) << 16;
        };
    }

    /**
     * A configuration write; parameters as of {@link #readConfig}. Nothing happens where there is no register.
     */
    public void writeConfig(int offset, int size, int value) {
        if (!isRegister(offset, size)) {
            return;
        }
        if (offset >= HEADER_BYTES) {
            for (int i = 0; i < capabilityOffsets.length; i++) {
                writeCapability(capabilities.get(i), offset - capabilityOffsets[i], size, value);
            }
            return;
        }
        lock.lock();
        try {
            header.write(offset, size, value);
            command = header.get(COMMAND, 2);
            decode();
        } finally {
            lock.unlock();
        }
        settleInterrupt();
    }

    private static void writeCapability(PciCapability capability, int offset, int size, int value) {
        int skipped = offset < 2 ? 2 - offset : 0;
        int bytes = Math.min(size - skipped, capability.length() - offset - skipped);
        if (offset < 0 || bytes <= 0) {
            return;
        }
        int at = offset + skipped;
        int data = value >>> 8 * skipped;
        if (bytes == 3) {
            capability.write(at, 2, data);
            capability.write(at + 2, 1, data >>> 16);
        } else {
            capability.write(at, bytes, data);
        }
    }

    /** Tells the host of registers that decode differently than before. */
    private void decode() {
        for (int i = 0; i < mappedAt.length; i++) {
            Bar bar = bars.get(i);
            long address = decoded(bar);
            if (address == mappedAt[i]) {
                continue;
            }
            if (mappedAt[i] != UNMAPPED) {
                host.unmapped(bar);
            }
            mappedAt[i] = address;
            if (address != UNMAPPED) {
                host.mapped(bar, address);
            }
        }
    }

    private long decoded(Bar bar) {
        int enable = bar.space() == Bar.Space.IO ? COMMAND_IO : COMMAND_MEMORY;
        if ((command & enable) == 0) {
            return UNMAPPED;
        }
        long value = Integer.toUnsignedLong(header.get(register(bar), 4));
        if (bar.space().isWide()) {
            value |= (long) header.get(register(bar) + 4, 4) << 32;
        }
        long mask = addressMask(bar);
        // All ones is how software asks for the size, not an address.
        return (value & mask) == mask ? UNMAPPED : value & mask;
    }

    /** Asks for an interrupt by the pin, or no more. The pin follows unless the guest has disabled it. */
    public void setInterrupt(boolean asserted) {
        lock.lock();
        try {
            interruptRequested = asserted;
            int status = header.get(STATUS, 2) & ~STATUS_INTERRUPT;
            header.set(STATUS, 2, asserted ? status | STATUS_INTERRUPT : status);
        } finally {
            lock.unlock();
        }
        settleInterrupt();
    }

    private void settleInterrupt() {
        lineLock.lock();
        try {
            boolean level;
            lock.lock();
            try {
                level = interruptRequested && (command & COMMAND_INTX_DISABLE) == 0;
            } finally {
                lock.unlock();
            }
            if (level != lineAsserted) {
                lineAsserted = level;
                host.interrupt(level);
            }
        } finally {
            lineLock.unlock();
        }
    }

    private void message(long address, int data) {
        if (isBusMaster()) {
            host.message(address, data);
        }
    }

    /** Lets the function be a bus master, for old drivers that forget to. */
    public void enableBusMaster() {
        writeConfig(COMMAND, 2, readConfig(COMMAND, 2) | COMMAND_MASTER);
    }

    /** As the reset signal of the bus does: registers as after power-on, nothing decoded, no interrupt. */
    public void reset() {
        onReset.run();
        lock.lock();
        try {
            header.reset();
            command = 0;
            interruptRequested = false;
            capabilities.forEach(PciCapability::reset);
            decode();
        } finally {
            lock.unlock();
        }
        settleInterrupt();
    }

    /** Describes a function. */
    public static final class Builder {
        private static final int WRITABLE_COMMAND =
                COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER | COMMAND_PARITY | COMMAND_SERR | COMMAND_INTX_DISABLE;

        private final MaskedBytes header = new MaskedBytes(HEADER_BYTES);
        private final List<Bar> bars = new ArrayList<>();
        private final List<PciCapability> capabilities = new ArrayList<>();
        private int configBytes = CONFIG_BYTES;
        private Runnable onReset = () -> {};

        private Builder(int vendor, int device) {
            header.define(VENDOR_ID, 2, vendor, 0)
                    .define(DEVICE_ID, 2, device, 0)
                    .define(COMMAND, 2, 0, WRITABLE_COMMAND)
                    .define(CACHE_LINE_SIZE, 1, 0, 0xff)
                    .define(LATENCY_TIMER, 1, 0, 0xff)
                    .define(INTERRUPT_LINE, 1, 0, 0xff);
        }

        /**
         * What kind of function it is; nothing known by default.
         *
         * @param code base class, sub-class and programming interface, in three bytes
         */
        public Builder classCode(int code, int revision) {
            header.define(REVISION_ID, 4, code << 8 | revision, 0);
            return this;
        }

        /** Subsystem vendor and subsystem ID; 0 by default. */
        public Builder subsystem(int vendor, int id) {
            header.define(SUBSYSTEM_VENDOR_ID, 2, vendor, 0).define(SUBSYSTEM_ID, 2, id, 0);
            return this;
        }

        /** Adds a base address register. */
        public Builder bar(Bar bar) {
            int registers = bar.space().isWide() ? 2 : 1;
            for (Bar other : bars) {
                int otherRegisters = other.space().isWide() ? 2 : 1;
                if (bar.index() < other.index() + otherRegisters && other.index() < bar.index() + registers) {
                    throw new IllegalArgumentException("base address register " + bar.index() + ": it is taken");
                }
            }
            bars.add(bar);
            return this;
        }

        /** Adds a capability to the end of the list. */
        public Builder capability(PciCapability capability) {
            capabilities.add(capability);
            return this;
        }

        /** Adds MSI-X and the base address register that it needs. */
        public Builder msix(Msix msix) {
            return capability(msix).bar(msix.bar());
        }

        /** The function has interrupt pin A. */
        public Builder interruptPin() {
            header.define(INTERRUPT_PIN, 1, 1, 0);
            return this;
        }

        /** The function has the configuration space of PCI Express, with no capability in the upper part. */
        public Builder extendedConfig() {
            configBytes = EXTENDED_CONFIG_BYTES;
            return this;
        }

        /** What the device does at a reset of the bus, before the registers change. */
        public Builder onReset(Runnable action) {
            onReset = action;
            return this;
        }

        public PciFunction build() {
            return new PciFunction(this);
        }
    }
}

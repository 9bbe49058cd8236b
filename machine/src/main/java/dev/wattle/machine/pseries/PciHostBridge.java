// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.io.IoBus;
import dev.wattle.hypervisor.papr.tce.TceTable;
import dev.wattle.hypervisor.papr.tce.TceTables;
import dev.wattle.hypervisor.papr.xics.InterruptController;
import dev.wattle.hypervisor.papr.xics.IrqLine;
import dev.wattle.machine.pci.Bar;
import dev.wattle.machine.pci.BarMapper;
import dev.wattle.machine.pci.DmaException;
import dev.wattle.machine.pci.DmaMemory;
import dev.wattle.machine.pci.Msix;
import dev.wattle.machine.pci.PciFunction;
import dev.wattle.machine.pci.PciHost;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The PCI host bridge of the machine (LoPAR, "PCI Host Bridge"): one bus with up to 32 devices. Its windows show PCI
 * addresses to the guest; interrupt pins and messages of functions become sources of the interrupt controller; a TCE
 * table translates the addresses that functions reach memory by.
 *
 * <p>Functions are plugged in while the machine is built; after that it is thread-safe.
 */
final class PciHostBridge {
    /** Bus unit identifier: high and low word are the unit address of the node, and name the bridge in RTAS calls. */
    static final long BUID = 0x8_0000_0020_0000_00L;

    /** Guest real address of the window to I/O space, which begins at PCI address 0. */
    static final long IO_BASE = 0x2000_0000_0000L;

    static final long IO_BYTES = 0x1_0000;
    /** PCI address where the window to 32-bit memory space begins. */
    static final long MEMORY_32_START = 0x8000_0000L;

    static final long MEMORY_32_BASE = 0x2000_8000_0000L;
    static final long MEMORY_32_BYTES = 0x8000_0000L;
    /** Guest real address of the window to 64-bit memory space, and the same PCI address. */
    static final long MEMORY_64_BASE = 0x2100_0000_0000L;

    static final long MEMORY_64_BYTES = 1L << 40;

    /** Slots of the bus. */
    static final int SLOTS = 32;
    /** First of the interrupt sources that the pins share. */
    static final int PIN_SOURCE = 0x1200;

    static final int PIN_SOURCES = 4;
    /** First source of messages, and how many there are. */
    static final int MESSAGE_SOURCE = 0x1300;

    static final int MESSAGE_SOURCES = 0xd00;

    /** Logical I/O bus number of the DMA window. */
    static final int DMA_LIOBN = 0x8000_0000;
    /** Bytes of the DMA window, which begins at PCI address 0. */
    static final int DMA_BYTES = 0x4000_0000;

    private static final int DMA_PAGE_SHIFT = 12;
    /** PCI address of the page that messages are stored to: above all memory that a guest can have. */
    private static final long MESSAGE_ADDRESS = 1L << 42;

    private static final long MESSAGE_BYTES = 0x1000;

    private final ReentrantLock lock = new ReentrantLock();
    private final TreeMap<Integer, Slot> slots = new TreeMap<>();
    private final InterruptController interrupts;
    private final IrqLine[] pins = new IrqLine[PIN_SOURCES];
    private final int[] pinsAsserted = new int[PIN_SOURCES];
    /** Message sources by number less the first one, each claimed when it is first needed. */
    private final IrqLine[] messages = new IrqLine[MESSAGE_SOURCES];

    private final boolean[] messageTaken = new boolean[MESSAGE_SOURCES];
    private final BarMapper mapper;
    private final DmaMemory memory;
    private final DmaMemory busMemory;

    PciHostBridge(IoBus bus, GuestMemory memory, InterruptController interrupts, TceTables tables) {
        this.interrupts = interrupts;
        mapper = new BarMapper(bus, PciHostBridge::realAddress);
        Arrays.setAll(pins, i -> interrupts.claimLevel(PIN_SOURCE + i));
        IrqLine nobody = new Unclaimed();
        Arrays.fill(messages, nobody);
        TceTable window = new TceTable(0, DMA_PAGE_SHIFT, DMA_BYTES >>> DMA_PAGE_SHIFT);
        tables.add(DMA_LIOBN & 0xffff_ffffL, window);
        this.memory = DmaMemory.of(memory);
        busMemory = new TranslatedMemory(window, this.memory);
    }

    /** One function, at its place on the bus. */
    final class Slot implements PciHost {
        private final int number;
        private final PciFunction function;
        private int firstMessage;
        private int messageCount;

        private Slot(int number, PciFunction function) {
            this.number = number;
            this.function = function;
        }

        int number() {
            return number;
        }

        PciFunction function() {
            return function;
        }

        @Override
        public void mapped(Bar bar, long address) {
            mapper.map(bar, address);
        }

        @Override
        public void unmapped(Bar bar) {
            mapper.unmap(bar);
        }

        @Override
        public void interrupt(boolean asserted) {
            int pin = pin(number, function.interruptPin());
            lock.lock();
            try {
                pinsAsserted[pin] += asserted ? 1 : -1;
                pins[pin].set(pinsAsserted[pin] != 0);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void message(long address, int data) {
            if (address >= MESSAGE_ADDRESS && address < MESSAGE_ADDRESS + MESSAGE_BYTES) {
                int index = data - MESSAGE_SOURCE;
                if (index >= 0 && index < MESSAGE_SOURCES) {
                    messages[index].pulse();
                }
                return;
            }
            try {
                // It is a store to memory like any other.
                busMemory.store(address, 4, data);
            } catch (DmaException e) {
                // The bus ends it; the function does not learn of it.
            }
        }

        @Override
        public DmaMemory memory() {
            return memory;
        }

        @Override
        public DmaMemory busMemory() {
            return busMemory;
        }

        /**
         * Has the function's interrupts signalled by messages (LoPAR, {@code ibm,change-msi}): allocates sources and
         * programs the function. Sources that it had before are given back.
         *
         * @param wanted how many, 0 for none
         * @return how many it has now; empty if there are too few sources left
         */
        OptionalInt changeMessages(Msix msix, int wanted) {
            lock.lock();
            try {
                for (int i = 0; i < messageCount; i++) {
                    messageTaken[firstMessage + i] = false;
                    interrupts.mask(MESSAGE_SOURCE + firstMessage + i);
                    msix.program(i, 0, 0);
                }
                messageCount = 0;
                OptionalInt first = freeMessages(wanted);
                if (first.isEmpty()) {
                    return OptionalInt.empty();
                }
                firstMessage = first.getAsInt();
                messageCount = wanted;
                for (int i = 0; i < wanted; i++) {
                    int index = firstMessage + i;
                    messageTaken[index] = true;
                    if (messages[index] instanceof Unclaimed) {
                        messages[index] = interrupts.claimMessage(MESSAGE_SOURCE + index);
                    }
                    msix.program(i, MESSAGE_ADDRESS, MESSAGE_SOURCE + index);
                }
                return OptionalInt.of(wanted);
            } finally {
                lock.unlock();
            }
        }

        /** Number of the source of message {@code index} that {@link #changeMessages} has allocated. */
        OptionalInt messageSource(int index) {
            lock.lock();
            try {
                return index >= 0 && index < messageCount
                        ? OptionalInt.of(MESSAGE_SOURCE + firstMessage + index)
                        : OptionalInt.empty();
            } finally {
                lock.unlock();
            }
        }

        boolean hasMessages() {
            lock.lock();
            try {
                return messageCount != 0;
            } finally {
                lock.unlock();
            }
        }
    }

    /** Index of the first of {@code count} neighbouring sources that nobody has. Needs the lock. */
    private OptionalInt freeMessages(int count) {
        int run = 0;
        for (int i = 0; i < MESSAGE_SOURCES; i++) {
            run = messageTaken[i] ? 0 : run + 1;
            if (run >= count) {
                return OptionalInt.of(i + 1 - Math.max(count, 1));
            }
        }
        return OptionalInt.empty();
    }

    /**
     * Plugs a function in, and resets it.
     *
     * @throws IllegalArgumentException if the slot does not exist or is taken
     */
    void plug(int slot, PciFunction function) {
        if (slot < 0 || slot >= SLOTS || slots.containsKey(slot)) {
            throw new IllegalArgumentException("PCI slot " + slot + ": there is none, or it is taken");
        }
        Slot plugged = new Slot(slot, function);
        slots.put(slot, plugged);
        function.reset();
        function.attach(plugged);
    }

    /** Takes all functions out: none of them accesses memory or sends interrupts any more. */
    void unplugAll() {
        for (Slot slot : slots.values()) {
            slot.function.reset();
            slot.function.attach(PciHost.NONE);
        }
        slots.clear();
    }

    /** The functions by slot. */
    List<Slot> functions() {
        return new ArrayList<>(slots.values());
    }

    /**
     * The function of a configuration address.
     *
     * @param address bus number in bits 16 to 23 (counted from the least significant one), device in 11 to 15, function in
     *     8 to 10
     */
    Optional<Slot> function(int address) {
        boolean onBus = (address & 0xff_0000) == 0 && (address & 0x700) == 0;
        return onBus ? Optional.ofNullable(slots.get(address >>> 11 & SLOTS - 1)) : Optional.empty();
    }

    /** Which of the pin sources is driven by a pin (1 to 4) of a slot: pins are swizzled as on a mainboard. */
    static int pin(int slot, int pin) {
        return (slot + pin - 1) % PIN_SOURCES;
    }

    private static OptionalLong realAddress(Bar.Space space, long address, long size) {
        if (space == Bar.Space.IO) {
            return within(address, size, 0, IO_BYTES, IO_BASE);
        }
        OptionalLong low = within(address, size, MEMORY_32_START, MEMORY_32_BYTES, MEMORY_32_BASE);
        return low.isPresent() ? low : within(address, size, MEMORY_64_BASE, MEMORY_64_BYTES, MEMORY_64_BASE);
    }

    private static OptionalLong within(long address, long size, long start, long length, long base) {
        long offset = address - start;
        return offset >= 0 && address >= 0 && size <= length && offset <= length - size
                ? OptionalLong.of(base + offset)
                : OptionalLong.empty();
    }

    /** A message source that no function has had yet. */
    private static final class Unclaimed implements IrqLine {
        @Override
        public void set(boolean asserted) {
            // Nobody listens.
        }

        @Override
        public int number() {
            return 0;
        }
    }
}

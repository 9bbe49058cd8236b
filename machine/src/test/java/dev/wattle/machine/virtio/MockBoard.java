// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.virtio;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.io.IoBus;
import dev.wattle.machine.pci.Bar;
import dev.wattle.machine.pci.BarMapper;
import dev.wattle.machine.pci.DmaMemory;
import dev.wattle.machine.pci.PciFunction;
import dev.wattle.machine.pci.PciHost;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;

/** A board with memory, an I/O bus and one PCI slot, whose windows show PCI addresses as they are. */
public final class MockBoard implements PciHost, AutoCloseable {
    /** Where the window to I/O space is. */
    public static final long IO_BASE = 1L << 40;

    public static final int MEMORY_BYTES = 4 << 20;
    public static final long FIRST_IO = 0x1000;
    public static final long FIRST_32_BIT = 0x8000_0000L;
    public static final long FIRST_64_BIT = 0x10_0000_0000L;

    public final GuestMemory memory = GuestMemory.allocate(MEMORY_BYTES);
    public final IoBus bus = new IoBus();
    /** Messages sent: data of each. */
    public final List<Integer> messages = new CopyOnWriteArrayList<>();

    private final DmaMemory dma = DmaMemory.of(memory);
    private final BarMapper mapper = new BarMapper(
            bus, (space, address, size) -> OptionalLong.of(space == Bar.Space.IO ? IO_BASE + address : address));
    private volatile boolean pin;

    /** Plugs a function in, gives its registers addresses, and lets it decode them and be a bus master. */
    public void plug(PciFunction function) {
        function.attach(this);
        long io = FIRST_IO;
        long low = FIRST_32_BIT;
        long high = FIRST_64_BIT;
        for (Bar bar : function.bars()) {
            int register = PciFunction.BASE_ADDRESS + 4 * bar.index();
            if (bar.space() == Bar.Space.IO) {
                function.writeConfig(register, 4, (int) io);
                io += bar.size();
            } else if (bar.space().isWide()) {
                function.writeConfig(register, 4, (int) high);
                function.writeConfig(register + 4, 4, (int) (high >>> 32));
                high += bar.size();
            } else {
                function.writeConfig(register, 4, (int) low);
                low += bar.size();
            }
        }
        function.writeConfig(
                PciFunction.COMMAND,
                2,
                PciFunction.COMMAND_IO | PciFunction.COMMAND_MEMORY | PciFunction.COMMAND_MASTER);
    }

    /** Level of the interrupt pin. */
    public boolean pin() {
        return pin;
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
        pin = asserted;
    }

    @Override
    public void message(long address, int data) {
        messages.add(data);
    }

    @Override
    public DmaMemory memory() {
        return dma;
    }

    @Override
    public DmaMemory busMemory() {
        return dma;
    }

    @Override
    public void close() {
        memory.close();
    }
}

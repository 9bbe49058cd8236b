// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pci;

import dev.wattle.hypervisor.io.IoBus;
import dev.wattle.hypervisor.io.IoEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The base address registers behind a bridge that are on the I/O bus of a VM. What lies outside of the bridge's windows,
 * or where another one decodes already, does not answer; it does as soon as the other is gone.
 *
 * <p>Thread-safe. Its lock is taken before that of the I/O bus.
 */
public final class BarMapper {
    /** Where a bridge shows PCI addresses to the VM. */
    @FunctionalInterface
    public interface Windows {
        /**
         * @param space an address space of PCI
         * @param address first PCI address
         * @param size bytes
         * @return guest real address of the first byte; empty if the bridge does not forward all of the range
         */
        OptionalLong realAddress(Bar.Space space, long address, long size);
    }

    private static final class Mapping {
        final Bar bar;
        final long address;
        final List<IoBus.Registration> registrations = new ArrayList<>();
        boolean present;

        Mapping(Bar bar, long address) {
            this.bar = bar;
            this.address = address;
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final IoBus bus;
    private final Windows windows;
    private final List<Mapping> mappings = new ArrayList<>();

    public BarMapper(IoBus bus, Windows windows) {
        this.bus = bus;
        this.windows = windows;
    }

    /** A register decodes at a PCI address, see {@link PciHost#mapped}. */
    public void map(Bar bar, long address) {
        lock.lock();
        try {
            mappings.add(new Mapping(bar, address));
            settle();
        } finally {
            lock.unlock();
        }
    }

    /** A register decodes no more. */
    public void unmap(Bar bar) {
        lock.lock();
        try {
            mappings.removeIf(mapping -> {
                if (mapping.bar != bar) {
                    return false;
                }
                remove(mapping);
                return true;
            });
            settle();
        } finally {
            lock.unlock();
        }
    }

    private static void remove(Mapping mapping) {
        mapping.registrations.forEach(IoBus.Registration::close);
        mapping.registrations.clear();
        mapping.present = false;
    }

    private void settle() {
        for (Mapping mapping : mappings) {
            if (!mapping.present) {
                windows.realAddress(mapping.bar.space(), mapping.address, mapping.bar.size())
                        .ifPresent(address -> add(mapping, address));
            }
        }
    }

    private void add(Mapping mapping, long address) {
        try {
            mapping.registrations.add(bus.register(address, mapping.bar.size(), mapping.bar.device()));
            for (Bar.Event event : mapping.bar.events()) {
                IoEvent onBus = new IoEvent(address + event.offset(), event.length(), event.datamatch());
                mapping.registrations.add(bus.assign(onBus, event.signal()));
            }
            mapping.present = true;
        } catch (IllegalArgumentException e) {
            // Somebody else is there: it is the guest that chose the address.
            remove(mapping);
        }
    }
}

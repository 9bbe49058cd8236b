// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.io;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The devices and I/O events of a VM, by guest real address. Loads and stores that one of them claims are answered by
 * it on the vCPU's thread; the others are the monitor's.
 *
 * <p>Data is passed as a number whose least significant byte is that of the lowest address in storage; devices get it
 * in their own byte order.
 *
 * <p>Thread-safe. Ranges are registered and removed under a lock, and looked up without one: an access that has begun
 * may still reach a device just after its removal.
 */
public final class IoBus {
    /** A device or an event that is on the bus. */
    public interface Registration extends AutoCloseable {
        /** Removes the device or the event from the bus; a second call does nothing. */
        @Override
        void close();
    }

    private record Range(long start, long end, IoDevice device) {}

    private static final Range NOBODY = new Range(0, 0, new Nothing());

    private record Event(IoEvent event, Runnable signal, LongAdder signals) {}

    private static final class Nothing implements IoDevice {
        @Override
        public long read(long offset, int size) {
            return -1;
        }

        @Override
        public void write(long offset, int size, long value) {
            // Nobody is there.
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    /** In the order of their addresses. */
    private volatile Range[] ranges = new Range[0];

    private volatile Map<Long, List<Event>> events = Map.of();

    /**
     * Puts a device on the bus.
     *
     * @param address first guest real address
     * @param length bytes, more than 0
     * @throws IllegalArgumentException if the range is not one of guest real addresses, or overlaps that of another device
     */
    public Registration register(long address, long length, IoDevice device) {
        if (address < 0 || length <= 0 || address > Long.MAX_VALUE - length) {
            throw new IllegalArgumentException("device at 0x" + Long.toHexString(address) + ", length 0x"
                    + Long.toHexString(length) + ": not a range of guest real addresses");
        }
        Range range = new Range(address, address + length, device);
        lock.lock();
        try {
            Range[] old = ranges;
            int at = firstBehind(old, address);
            if (at > 0 && old[at - 1].end > address || at < old.length && old[at].start < range.end) {
                Range other = at > 0 && old[at - 1].end > address ? old[at - 1] : old[at];
                throw new IllegalArgumentException("device at 0x" + Long.toHexString(address) + ", length 0x"
                        + Long.toHexString(length) + ": overlaps the device at 0x" + Long.toHexString(other.start));
            }
            Range[] changed = new Range[old.length + 1];
            System.arraycopy(old, 0, changed, 0, at);
            changed[at] = range;
            System.arraycopy(old, at, changed, at + 1, old.length - at);
            ranges = changed;
        } finally {
            lock.unlock();
        }
        return () -> remove(range);
    }

    private void remove(Range range) {
        lock.lock();
        try {
            ranges = Arrays.stream(ranges).filter(r -> r != range).toArray(Range[]::new);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Has a store signal somebody. An event is looked at before the devices, which then do not see the store.
     *
     * @param signal run on the vCPU's thread; it should wake another thread and return
     * @throws IllegalArgumentException if there is an event for the same stores, as KVM has it
     */
    public Registration assign(IoEvent event, Runnable signal) {
        Event added = new Event(event, signal, new LongAdder());
        lock.lock();
        try {
            Map<Long, List<Event>> changed = new HashMap<>(events);
            List<Event> here = new ArrayList<>(changed.getOrDefault(event.address(), List.of()));
            for (Event other : here) {
                if (collide(other.event, event)) {
                    throw new IllegalArgumentException("I/O event at 0x" + Long.toHexString(event.address())
                            + ": there is one already for the same stores");
                }
            }
            here.add(added);
            changed.put(event.address(), List.copyOf(here));
            events = Map.copyOf(changed);
        } finally {
            lock.unlock();
        }
        return () -> remove(added);
    }

    private static boolean collide(IoEvent a, IoEvent b) {
        return (a.length() == 0 || b.length() == 0 || a.length() == b.length())
                && (a.datamatch().isEmpty()
                        || b.datamatch().isEmpty()
                        || a.datamatch().equals(b.datamatch()));
    }

    private void remove(Event event) {
        long address = event.event.address();
        lock.lock();
        try {
            Map<Long, List<Event>> changed = new HashMap<>(events);
            List<Event> here = new ArrayList<>(changed.getOrDefault(address, List.of()));
            here.removeIf(other -> other == event);
            if (here.isEmpty()) {
                changed.remove(address);
            } else {
                changed.put(address, List.copyOf(here));
            }
            events = Map.copyOf(changed);
        } finally {
            lock.unlock();
        }
    }

    /** Whether a device has all of {@code [address, address + size)}. */
    public boolean claims(long address, int size) {
        return find(address, size) != NOBODY;
    }

    /**
     * A load that is no vCPU's.
     *
     * @param size bytes: 1, 2, 4 or 8
     * @return the bytes as they lie in storage, the one at the lowest address least significant; empty if no device claims
     *     them
     */
    public OptionalLong read(long address, int size) {
        Range range = find(address, size);
        if (range == NOBODY) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(inStorage(range.device, range.device.read(address - range.start, size), size));
    }

    /**
     * A load by a vCPU.
     *
     * @param server interrupt server number of the vCPU
     * @return as for {@link #read(long, int)}
     */
    public OptionalLong read(long address, int size, int server) {
        Range range = find(address, size);
        if (range == NOBODY) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(inStorage(range.device, range.device.read(address - range.start, size, server), size));
    }

    /**
     * A store that is no vCPU's.
     *
     * @param size bytes: 1, 2, 4 or 8
     * @param value the bytes as they lie in storage, the one at the lowest address least significant
     * @return whether an event or a device claims it
     */
    public boolean write(long address, int size, long value) {
        long data = truncated(value, size);
        if (signals(address, size, data)) {
            return true;
        }
        Range range = find(address, size);
        if (range == NOBODY) {
            return false;
        }
        range.device.write(address - range.start, size, inStorage(range.device, data, size));
        return true;
    }

    /**
     * A store by a vCPU.
     *
     * @param server interrupt server number of the vCPU
     * @return as for {@link #write(long, int, long)}
     */
    public boolean write(long address, int size, long value, int server) {
        long data = truncated(value, size);
        if (signals(address, size, data)) {
            return true;
        }
        Range range = find(address, size);
        if (range == NOBODY) {
            return false;
        }
        range.device.write(address - range.start, size, inStorage(range.device, data, size), server);
        return true;
    }

    private boolean signals(long address, int size, long data) {
        for (Event event : events.getOrDefault(address, List.of())) {
            if (event.event.matches(address, size, data)) {
                event.signals.increment();
                event.signal.run();
                return true;
            }
        }
        return false;
    }

    /** Turns a value of storage order into one of the device's order; its own inverse. */
    private static long inStorage(IoDevice device, long value, int size) {
        long data = truncated(value, size);
        return device.byteOrder() == ByteOrder.LITTLE_ENDIAN ? data : Long.reverseBytes(data) >>> 64 - 8 * size;
    }

    private static long truncated(long value, int size) {
        return size == 8 ? value : value & (1L << 8 * size) - 1;
    }

    private Range find(long address, int size) {
        Range[] all = ranges;
        int at = firstBehind(all, address);
        return at > 0 && address + size <= all[at - 1].end && address + size > 0 ? all[at - 1] : NOBODY;
    }

    /** Index of the first range that starts behind an address. */
    private static int firstBehind(Range[] all, long address) {
        int low = 0;
        int high = all.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (all[middle].start <= address) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor.papr.xive;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.io.IoBus;
import java.util.List;

/** A controller with memory and a bus, and what a guest does with them: big-endian accesses by guest real address. */
final class XiveBoard implements AutoCloseable {
    static final long QUEUE = 0x1_0000;
    static final int FIRST_DEVICE = 0x1000;
    static final int SOURCES = 0x2000;

    final GuestMemory memory;
    final IoBus bus = new IoBus();
    final Xive xive;
    final boolean[] lines;

    XiveBoard(int servers) {
        this(servers, 1 << 20);
    }

    XiveBoard(int servers, long memoryBytes) {
        memory = GuestMemory.allocate(memoryBytes);
        xive = new Xive(servers, SOURCES, memory, true);
        lines = new boolean[servers];
        for (int i = 0; i < servers; i++) {
            int server = i;
            xive.connect(server, asserted -> lines[server] = asserted);
        }
        xive.activate(bus);
    }

    /** A queue of 4 KiB for a server and a priority. */
    long queue(int server, int priority) {
        long address = QUEUE + server * 0x8000L + priority * 0x1000L;
        assertEquals(Xive.QueueResult.DONE, xive.setQueue(server, priority, true, address, 12));
        return address;
    }

    long load(long address, int size, int server) {
        return Long.reverseBytes(bus.read(address, size, server).orElseThrow()) >>> 64 - 8 * size;
    }

    void store(long address, int size, long value, int server) {
        bus.write(address, size, Long.reverseBytes(value) >>> 64 - 8 * size, server);
    }

    private long management(int source) {
        return xive.triggerPage(source) + (1L << Xive.PAGE_SHIFT);
    }

    long esb(int source, int offset) {
        return load(management(source) + offset, 8, 0);
    }

    void esbStore(int source, int offset) {
        store(management(source) + offset, 8, 0, 0);
    }

    void trigger(int source) {
        store(xive.triggerPage(source), 8, 0, 0);
    }

    void cppr(int server, int priority) {
        store(Xive.timaPage(false) + 0x11, 1, priority, server);
    }

    int accept(int server) {
        return (int) load(Xive.timaPage(false) + 0x810, 2, server);
    }

    /** Directs a source, and turns it on. */
    void direct(int source, int server, int priority, int eisn) {
        xive.setSource(source, false, server, priority, eisn);
        esb(source, 0xc00);
    }

    void assertSound() {
        assertEquals(List.of(), xive.violations(true));
        for (int server = 0; server < lines.length; server++) {
            assertEquals(xive.context(server).snapshot().nsr() != 0, lines[server], "line of server " + server);
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}

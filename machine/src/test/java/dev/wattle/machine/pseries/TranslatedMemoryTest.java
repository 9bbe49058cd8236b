// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.pseries;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.memory.GuestMemory;
import dev.wattle.hypervisor.papr.tce.TceTable;
import dev.wattle.machine.pci.DmaException;
import dev.wattle.machine.pci.DmaMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TranslatedMemoryTest {
    private static final int SIZE = 1 << 20;

    private final GuestMemory memory = GuestMemory.allocate(SIZE);
    private final TceTable window = new TceTable(0, 12, 16);
    private final DmaMemory bus = new TranslatedMemory(window, DmaMemory.of(memory));

    TranslatedMemoryTest() {
        // Neighbours on the bus that are not neighbours in memory.
        window.put(0x1000, 0x8000 | TceTable.READ | TceTable.WRITE);
        window.put(0x2000, 0x4000 | TceTable.READ | TceTable.WRITE);
        window.put(0x3000, 0x6000 | TceTable.READ);
        window.put(0x4000, 0x7000 | TceTable.WRITE);
        window.put(0x5000, SIZE | TceTable.READ | TceTable.WRITE);
    }

    @AfterEach
    void closeMemory() {
        memory.close();
    }

    @Test
    void Access_acrossPages_reachesBothOfThem() throws Exception {
        bus.write(0x1ffe, new byte[] {9, 1, 2, 3, 4, 9}, 1, 4);
        assertEquals(0x0102, memory.getShort(0x8ffe));
        assertEquals(0x0304, memory.getShort(0x4000));
        byte[] read = new byte[6];
        bus.read(0x1ffe, read, 1, 4);
        assertArrayEquals(new byte[] {0, 1, 2, 3, 4, 0}, read);

        bus.store(0x1fff, 2, 0x1122);
        assertEquals(0x22, memory.getByte(0x8fff));
        assertEquals(0x1122, bus.load(0x1fff, 2));
        bus.store(0x1ffd, 4, 0x1122_3344);
        assertEquals(0x11, memory.getByte(0x4000));
        assertEquals(0x1122_3344, bus.load(0x1ffd, 4));
        bus.store(0x1ffc, 8, 0x1122_3344_5566_7788L);
        assertEquals(0x4433_2211, memory.getInt(0x4000));
        assertEquals(0x1122_3344_5566_7788L, bus.load(0x1ffc, 8));
    }

    @Test
    void Access_withinAPage_isLittleEndian() throws Exception {
        bus.store(0x1000, 1, 7);
        assertEquals(7, memory.getByte(0x8000));
        assertEquals(7, bus.load(0x1000, 1));
        bus.store(0x1000, 2, 0x1234);
        assertEquals(0x3412, memory.getShort(0x8000));
        assertEquals(0x1234, bus.load(0x1000, 2));
        bus.store(0x1000, 4, 0x1234_5678);
        assertEquals(0x7856_3412, memory.getInt(0x8000));
        assertEquals(0x1234_5678, bus.load(0x1000, 4));
        bus.store(0x1000, 8, 0x0102_0304_0506_0708L);
        assertEquals(0x0807_0605_0403_0201L, memory.getLong(0x8000));
        assertEquals(0x0102_0304_0506_0708L, bus.load(0x1000, 8));
    }

    @Test
    void Access_notAllowed_throwsAndChangesNothing() {
        byte[] data = {1, 2, 3, 4};
        assertThrows(DmaException.class, () -> bus.write(0x2ffe, data, 0, 4));
        assertEquals(0, memory.getShort(0x4ffe));
        assertThrows(DmaException.class, () -> bus.store(0x3000, 4, 1));
        assertThrows(DmaException.class, () -> bus.store(0x3000, 1, 1));
        assertThrows(DmaException.class, () -> bus.load(0x4000, 8));
        assertThrows(DmaException.class, () -> bus.read(0x4000, data, 0, 4));
        assertThrows(DmaException.class, () -> bus.load(0x0fff, 2));
        assertThrows(DmaException.class, () -> bus.load(0x5000, 4));
        assertThrows(DmaException.class, () -> bus.load(0x1_0000, 1));
        assertThrows(DmaException.class, () -> bus.load(-1, 1));
    }

    @Test
    void Contains_ranges_followTheEntries() {
        assertTrue(bus.contains(0x1000, 0x3000));
        assertTrue(bus.contains(0x4000, 0x1000));
        assertFalse(bus.contains(0x3000, 0x2000));
        assertFalse(bus.contains(0x0fff, 2));
        assertFalse(bus.contains(0x5000, 1));
        assertFalse(bus.contains(-1, 1));
        assertFalse(bus.contains(0x1000, -1));
        assertFalse(bus.contains(0x1000, Long.MAX_VALUE));
        assertTrue(bus.contains(0x1000, 0));
    }
}

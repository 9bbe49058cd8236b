// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuestMemoryTest {
    private static final long SIZE = 1 << 20;

    private final GuestMemory memory = GuestMemory.allocate(SIZE);

    @AfterEach
    void close() {
        memory.close();
    }

    @Test
    void Accessors_areBigEndian() {
        memory.putLong(8, 0x0102_0304_0506_0708L);
        assertEquals(1, memory.getByte(8));
        assertEquals(0x0304, memory.getShort(10));
        assertEquals(0x0506_0708, memory.getInt(12));
        byte[] bytes = new byte[4];
        memory.read(9, bytes, 1, 3);
        assertArrayEquals(new byte[] {0, 2, 3, 4}, bytes);
    }

    @Test
    void Access_beyondTheEnd_isRefused() {
        memory.putByte(SIZE - 1, (byte) 1);
        assertThrows(IndexOutOfBoundsException.class, () -> memory.getShort(SIZE - 1));
        assertThrows(IndexOutOfBoundsException.class, () -> memory.putLong(-1, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> memory.fill(SIZE - 8, 9, (byte) 0));
    }

    @Test
    void Contains_rangesThatWrap_areNotContained() {
        assertTrue(memory.contains(0, SIZE));
        assertTrue(memory.contains(SIZE, 0));
        assertFalse(memory.contains(1, SIZE));
        assertFalse(memory.contains(Long.MAX_VALUE, 2));
        assertFalse(memory.contains(-8, 8));
        assertFalse(memory.contains(8, -1));
    }

    @Test
    void Allocate_sizeNotOfWholePages_isRefusedWithTheSize() {
        String message = assertThrows(IllegalArgumentException.class, () -> GuestMemory.allocate(4097))
                .getMessage();
        assertTrue(message.contains("4097"), message);
        assertThrows(IllegalArgumentException.class, () -> GuestMemory.allocate(0));
    }

    @Test
    void Write_throughAnyAccessor_isReportedAndReadingIsNot() {
        List<Long> seen = new ArrayList<>();
        memory.onWrite((ra, length) -> seen.add(ra << 8 | length));
        memory.getInt(0x3000);
        memory.putInt(0x3004, 1);
        memory.write(0x2ffe, new byte[5], 1, 4);
        memory.fill(0x4000, 16, (byte) 1);
        memory.putByte(0x4000, (byte) 1);
        assertEquals(List.of(0x30_0404L, 0x2f_fe04L, 0x40_0010L, 0x40_0001L), seen);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Host memory for guests, of each kind. */
class MemoryBackingTest {
    private static final long SIZE = 1 << 20;

    @TempDir
    private Path folder;

    private static String refusal(org.junit.jupiter.api.function.Executable action) {
        return String.valueOf(assertThrows(MemoryBackingException.class, action).getMessage());
    }

    @Test
    void Anonymous_isZeroedAndReadableBehindItsEnd() {
        try (MemoryBacking memory = MemoryBacking.anonymous(SIZE)) {
            assertEquals(0, memory.address() & (2 << 20) - 1);
            assertEquals(0, HostMemory.getLongBe(memory.address() + SIZE - 8));
            HostMemory.putLongBe(memory.address() + SIZE - 8, 7);
            assertEquals(7, HostMemory.getLongBe(memory.address() + SIZE - 8));
            // Loads near the end read more than they keep.
            HostMemory.getLongLe(memory.address() + SIZE - 1);
            assertTrue(memory.hugePageBytes().orElse(0L) <= SIZE);
            memory.close();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void File_keepsWhatTheMemoryHad() throws Exception {
        Path file = folder.resolve("ram");
        try (MemoryBacking memory = MemoryBacking.file(file, SIZE)) {
            assertEquals(SIZE, Files.size(file));
            HostMemory.putLongBe(memory.address() + 4096, 0x1234);
        }
        try (MemoryBacking memory = MemoryBacking.file(file, SIZE)) {
            assertEquals(0x1234, HostMemory.getLongBe(memory.address() + 4096));
            HostMemory.getLongLe(memory.address() + SIZE - 1);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void File_ofAnotherSizeOrKind_isRefusedAndStaysAsItIs() throws Exception {
        Path file = folder.resolve("precious");
        Files.writeString(file, "precious");
        String size = refusal(() -> MemoryBacking.file(file, SIZE));
        assertTrue(size.contains("precious") && size.contains("8 bytes") && size.contains("1048576"), size);
        assertEquals("precious", Files.readString(file));
        String kind = refusal(() -> MemoryBacking.file(folder, SIZE));
        assertTrue(kind.contains("not a regular file"), kind);
        String place = refusal(() -> MemoryBacking.file(folder.resolve("no/ram"), SIZE));
        assertTrue(place.contains("no/ram"), place);
    }

    @Test
    void Hugetlb_pagesThatTheHostDoesNotHave_areRefusedByTheirSize() {
        String message = refusal(() -> MemoryBacking.hugetlb(SIZE, 3 << 20));
        assertTrue(message.startsWith("hugetlb:3M"), message);
    }

    @Test
    void Anonymous_sizeNotOfWholePages_isRefused() {
        assertThrows(IllegalArgumentException.class, () -> MemoryBacking.anonymous(4097));
    }
}

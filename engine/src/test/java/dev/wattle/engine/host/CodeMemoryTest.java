// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.memory.HostMemory;
import java.util.Locale;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CodeMemoryTest {
    @BeforeEach
    void onlyOnLinux() {
        Assumptions.assumeTrue(
                System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux"), "not a Linux host");
    }

    @Test
    void Views_ofTheSameMemory_showWhatIsWritten() throws CodeMemoryException {
        try (CodeMemory memory = CodeMemory.allocate(1 << 16)) {
            assertNotEquals(memory.writeAddress(), memory.executeAddress());
            HostMemory.putLong(memory.writeAddress() + 0x8000, 0x0123_4567_89ab_cdefL);
            assertEquals(0x0123_4567_89ab_cdefL, HostMemory.getLong(memory.executeAddress() + 0x8000));
        }
    }

    @Test
    void Filled_withHugePagesOrWithout_keepsWhatIsWritten() throws CodeMemoryException {
        try (CodeMemory memory = CodeMemory.allocate(5 << 20)) {
            assertEquals(0, memory.writeAddress() & (2 << 20) - 1);
            assertEquals(0, memory.executeAddress() & (2 << 20) - 1);
            for (long at = 0; at < memory.size(); at += 1000) {
                HostMemory.putLong(memory.writeAddress() + (at & -8), at);
                memory.filled(memory.executeAddress() + at);
            }
            for (long at = 0; at < memory.size(); at += 1000) {
                assertEquals(at, HostMemory.getLong(memory.executeAddress() + (at & -8)));
            }
            memory.awaitHugePages();
            // The last megabyte is not enough for a third one.
            assertTrue(memory.hugeBytes() == 4 << 20 || memory.hugeBytes() == 0, "bytes: " + memory.hugeBytes());
        }
    }

    @Test
    void Close_again_leavesAloneWhatIsThereNow() throws CodeMemoryException {
        CodeMemory first = CodeMemory.allocate(1 << 20);
        first.close();
        // The host gives the same addresses again, as a rule.
        try (CodeMemory second = CodeMemory.allocate(1 << 20)) {
            first.close();
            HostMemory.putLong(second.writeAddress(), 42);
            assertEquals(42, HostMemory.getLong(second.executeAddress()));
        }
    }

    @Test
    void Allocate_moreThanTheHostCanMap_saysSoInOneLine() {
        CodeMemoryException refusal = assertThrows(CodeMemoryException.class, () -> CodeMemory.allocate(1L << 56));
        String message = String.valueOf(refusal.getMessage());
        assertTrue(message.startsWith("the host refused "), message);
        assertEquals(1, message.lines().count());
    }
}

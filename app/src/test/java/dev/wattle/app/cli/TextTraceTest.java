// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.hypervisor.Exit;
import dev.wattle.hypervisor.Trace;
import dev.wattle.hypervisor.papr.hcall.HcallNumber;
import dev.wattle.power.processor.Interrupt;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What --trace writes. */
class TextTraceTest {
    @TempDir
    private Path folder;

    @Test
    void lines_ofWantedTopicsAlone_areWritten() throws Exception {
        Path file = folder.resolve("trace");
        try (TextTrace trace = TextTrace.open("hcalls, interrupts", file)) {
            Trace both = trace.withEvents();
            both.exit(0, 0x10, new Exit.Interrupted());
            both.hypercall(0, 0x1004, HcallNumber.H_CEDE, new long[] {1, 0xab}, -4);
            both.interrupt(0, Interrupt.DECREMENTER, 0x2000);
        }
        List<String> lines = Files.readAllLines(file);
        assertEquals(2, lines.size(), lines::toString);
        assertTrue(lines.get(0).matches("\\d+\\.\\d{6} 0 hcall nia=1004 H_CEDE 1 ab = -4"), lines.get(0));
        assertTrue(lines.get(1).matches("\\d+\\.\\d{6} 0 interrupt DECREMENTER srr0=2000"), lines.get(1));
    }

    @Test
    void open_unknownTopicOrFolder_isRefusedByName() {
        String topic = assertThrows(CommandFailure.class, () -> TextTrace.open("exits,moods", folder.resolve("t")))
                .getMessage();
        assertTrue(topic.contains("'moods'"), topic);
        String file = assertThrows(CommandFailure.class, () -> TextTrace.open("exits", folder.resolve("no/t")))
                .getMessage();
        assertTrue(file.contains("no/t"), file);
    }
}

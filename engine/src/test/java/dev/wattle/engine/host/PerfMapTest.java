// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class PerfMapTest {
    @Test
    void Emitted_onAFullDisk_saysSoOnceAndGoesOn() throws IOException {
        Path full = Path.of("/dev/full");
        Assumptions.assumeTrue(Files.isWritable(full), "this host has no /dev/full");
        List<String> problems = new ArrayList<>();
        OutputStream out = Files.newOutputStream(full);
        try (PerfMap map = new PerfMap(full, out, problems::add)) {
            map.emitted(0x1000, 16, "guest:0+0,mode=1");
            map.emitted(0x1010, 16, "guest:0+10,mode=1");
        }
        assertEquals(
                List.of("names of generated code cannot be written to /dev/full any more, and the run goes on without:"
                        + " No space left on device"),
                problems);
    }
}

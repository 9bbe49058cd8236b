// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How much of this process is in the host's memory, as Linux sums it up (proc(5), smaps_rollup). */
final class ResidentMemory {
    private static final Path ROLLUP = Path.of("/proc/self/smaps_rollup");
    private static final long KIB = 1024;

    private ResidentMemory() {}

    /** Bytes by kind: all of it, and its parts; empty where the host does not tell. */
    static Map<String, Long> now() {
        try {
            return parse(Files.readAllLines(ROLLUP, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return Map.of();
        }
    }

    static Map<String, Long> parse(List<String> lines) {
        Map<String, Long> bytes = new TreeMap<>();
        for (String line : lines) {
            String[] fields = line.split("\\s+");
            String name = switch (fields[0]) {
                case "Rss:" -> "total";
                case "Pss_Anon:" -> "anonymous";
                case "Pss_File:" -> "files";
                case "Pss_Shmem:" -> "shared";
                default -> "";
            };
            if (!name.isEmpty() && fields.length > 1 && fields[1].matches("\\d{1,15}")) {
                bytes.put(name, Long.parseLong(fields[1]) * KIB);
            }
        }
        return bytes;
    }
}

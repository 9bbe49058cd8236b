// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.MachineStatistics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunReportTest {
    @TempDir
    private Path directory;

    @Test
    void report_ofTwoBoots_isTheirSumInOneJsonObject() throws Exception {
        RunReport report = RunReport.empty()
                .plus(
                        new MachineOutcome(MachineOutcome.Kind.REBOOT, "reboot"),
                        new MachineStatistics(
                                10,
                                Map.of("H_CEDE", 1L),
                                Map.of("DECREMENTER", 4L),
                                5,
                                100,
                                Map.of("x", 1L),
                                1.5,
                                1.25),
                        Map.of("total", 7L))
                .plus(
                        new MachineOutcome(MachineOutcome.Kind.POWERED_OFF, "said \"off\""),
                        new MachineStatistics(
                                20, Map.of("H_CEDE", 2L, "A", 1L), Map.of(), 6, 50, Map.of("x", 2L), 2.5, 2),
                        Map.of("total", 8L));
        Path file = directory.resolve("stats.json");
        ReportFile.at(file.toString()).write(report);
        assertEquals("""
                {
                  "outcome": "POWERED_OFF",
                  "reason": "said \\"off\\"",
                  "boots": 2,
                  "instructionsCompleted": 30,
                  "exitsByKind": {
                    "A": 1,
                    "H_CEDE": 3
                  },
                  "interruptsByVector": {
                    "DECREMENTER": 4
                  },
                  "translations": 11,
                  "codeBytes": 150,
                  "engineCounts": {
                    "x": 3
                  },
                  "wallSeconds": 4.0,
                  "cpuSeconds": 3.25,
                  "residentBytes": {
                    "total": 8
                  }
                }
                """, Files.readString(file));
    }

    @Test
    void residentMemory_asLinuxSumsItUp_isInBytes() {
        String rollup = """
                55d0c8e00000-7ffd1a1fe000 ---p 00000000 00:00 0          [rollup]
                Rss:              300000 kB
                Pss:              280000 kB
                Pss_Anon:         200000 kB
                Pss_File:          60000 kB
                Pss_Shmem:         20000 kB
                """;
        assertEquals(
                Map.of("total", 307_200_000L, "anonymous", 204_800_000L, "files", 61_440_000L, "shared", 20_480_000L),
                ResidentMemory.parse(rollup.lines().toList()));
        assertEquals(Map.of(), ResidentMemory.parse(List.of("Rss:", "Rss: none kB", "")));
    }

    @Test
    void destination_inNoFolder_isRefusedBeforeTheRun() {
        CommandFailure failure = assertThrows(
                CommandFailure.class,
                () -> ReportFile.at(directory.resolve("no/stats.json").toString()));
        assertEquals(CommandFailure.USAGE, failure.status());
    }
}

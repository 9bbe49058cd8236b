// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.MachineStatistics;
import java.nio.file.Files;
import java.nio.file.Path;
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
                                1.25))
                .plus(
                        new MachineOutcome(MachineOutcome.Kind.POWERED_OFF, "said \"off\""),
                        new MachineStatistics(
                                20, Map.of("H_CEDE", 2L, "A", 1L), Map.of(), 6, 50, Map.of("x", 2L), 2.5, 2));
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
                  "cpuSeconds": 3.25
                }
                """, Files.readString(file));
    }

    @Test
    void destination_inNoFolder_isRefusedBeforeTheRun() {
        CommandFailure failure = assertThrows(
                CommandFailure.class,
                () -> ReportFile.at(directory.resolve("no/stats.json").toString()));
        assertEquals(CommandFailure.USAGE, failure.status());
    }
}

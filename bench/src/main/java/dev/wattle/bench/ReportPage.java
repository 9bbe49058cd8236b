// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The report as a page of Markdown: what was measured, and the figures. */
final class ReportPage {
    private final Report report;
    private final int rounds;
    private final double scale;
    private final String qemu;

    /**
     * @param rounds how many there were
     * @param scale how much of its usual work each program did
     * @param qemu what the other monitor says of its version
     */
    ReportPage(Report report, int rounds, double scale, String qemu) {
        this.report = report;
        this.rounds = rounds;
        this.scale = scale;
        this.qemu = qemu;
    }

    /**
     * The page.
     *
     * @param chart the file of the chart, if there is one
     */
    String text(@Nullable Path chart) {
        StringBuilder text = new StringBuilder("# Performance\n\n");
        text.append("""
                Made by `bench/run --page` ([Benchmarks](benchmarks.md)): the same guest in turn on Wattle and on %s,
                one POWER9 processor (two in the class processors, four in build), %s at scale %s, the host's processor
                %s. A ratio is QEMU's time by Wattle's within a round, the middle one and the range; above 1, Wattle is
                faster. Time is that of the guest's clock for programs from Debian's packages, the time that passes for
                the classes processors and devices, and the processor time of the whole process, the compiler threads of
                the JVM included, for all others; the last column has that for all.

                """.formatted(qemu, rounds == 1 ? "one round" : rounds + " rounds", scale, processor()));
        if (chart != null) {
            text.append("![Ratios](").append(chart.getFileName()).append(")\n\n");
        }
        text.append("| class | geometric mean |\n| --- | --- |\n");
        report.means().forEach((label, mean) -> line(text, "| %s | %.2f |", label, mean));
        text.append("\n| program | class | Wattle s | QEMU s | ratio | CPU s: Wattle, QEMU |\n");
        text.append("| --- | --- | --- | --- | --- | --- |\n");
        for (Report.Line program : report.lines()) {
            line(
                    text,
                    "| %s | %s | %.2f | %.2f | %.2f (%.2f to %.2f) | %.2f, %.2f |",
                    program.program(),
                    program.workload(),
                    program.wattle().median(),
                    program.qemu().median(),
                    program.ratio().median(),
                    program.ratio().least(),
                    program.ratio().most(),
                    program.wattleCpu(),
                    program.qemuCpu());
        }
        report.failures()
                .forEach(failure ->
                        line(text, "%nFailed: %s", failure.lines().findFirst().orElse("")));
        return text.toString();
    }

    private static void line(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format.replace("%n", "\n"), values))
                .append('\n');
    }

    private static String processor() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo"), StandardCharsets.ISO_8859_1).stream()
                    .filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}

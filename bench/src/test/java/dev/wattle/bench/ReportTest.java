// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.avaje.jsonb.Jsonb;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static Program program(String name) throws BenchFailure {
        return Catalog.select(name).get(0);
    }

    private static Sample sample(String program, String monitor, int repeat, double seconds, String checksum)
            throws BenchFailure {
        return new Sample(program(program), monitor, repeat, seconds, seconds, 5, checksum, "");
    }

    private static Report report() throws BenchFailure {
        return Report.of(
                List.of(program("fib"), program("sieve")),
                List.of(
                        sample("fib", Monitor.WATTLE, 0, 1, "a"),
                        sample("fib", Monitor.WATTLE, 1, 2, "a"),
                        sample("fib", Monitor.QEMU, 0, 4, "a"),
                        sample("fib", Monitor.QEMU, 1, 4, "a"),
                        sample("sieve", Monitor.WATTLE, 0, 1, "b"),
                        sample("sieve", Monitor.QEMU, 0, 3, "b")),
                Map.of("fib", 1.5));
    }

    @Test
    void Ratios_ofRounds_areTakenRoundByRoundAndAveragedWithinAClass() throws Exception {
        Report report = report();
        assertEquals(new Statistics(3, 2, 4), report.lines().get(0).ratio());
        assertEquals(1.5, report.lines().get(0).hostNanoseconds());
        assertEquals(
                Map.of("integer", 3.0),
                Map.of("integer", Math.rint(report.means().get("integer") * 1e9) / 1e9));
        assertEquals(List.of(), report.failures());
        assertTrue(report.text().contains("geometric mean of integer: 3.00"), report::text);
    }

    @Test
    void Checksums_thatDiffer_areAFailure() throws Exception {
        Report report = Report.of(
                List.of(program("fib")),
                List.of(sample("fib", Monitor.WATTLE, 0, 1, "a"), sample("fib", Monitor.QEMU, 0, 4, "b")),
                Map.of());
        assertEquals(List.of("fib: the results differ: [a, b]"), report.failures());
    }

    @Test
    void Samples_ofAProgramThatFailed_areReportedAndNotCompared() throws Exception {
        Report report = Report.of(
                List.of(program("fib")),
                List.of(Sample.failed(program("fib"), Monitor.WATTLE, 0, "the guest died")),
                Map.of());
        assertEquals(List.of(), report.lines());
        assertEquals(List.of("fib on wattle, round 1: the guest died"), report.failures());
    }

    @Test
    void Json_andChart_canBeReadBack() throws Exception {
        Report report = report();
        assertEquals(
                report,
                Jsonb.builder()
                        .build()
                        .type(Report.class)
                        .fromJson(Jsonb.builder().build().type(Report.class).toJson(report)));
        DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new java.io.ByteArrayInputStream(report.svg().getBytes("UTF-8")));
    }

    @Test
    void Page_ofAReport_hasEachProgramAndEachMean() throws Exception {
        String page = new ReportPage(report(), 2, 1, "QEMU 0").text(java.nio.file.Path.of("x", "chart.svg"));
        assertTrue(page.contains("| integer | 3.00 |\n"), page);
        assertTrue(page.contains("| fib | integer | 1.50 | 4.00 | 3.00 (2.00 to 4.00) | 1.50, 4.00 |\n"), page);
        assertTrue(page.contains("![Ratios](chart.svg)"), page);
        assertTrue(page.contains("on QEMU 0,"), page);
    }

    @Test
    void Choice_ofAnUnknownProgram_isRefusedWithTheChoices() {
        BenchFailure failure = assertThrows(BenchFailure.class, () -> Catalog.select("fib,nonsense"));
        assertEquals(BenchFailure.USAGE, failure.status());
        assertTrue(failure.getMessage().startsWith("--only: there is no program or class 'nonsense'"));
        assertTrue(failure.getMessage().contains("integer"));
    }

    @Test
    void Packages_unlessAskedFor_areNotChosen() throws Exception {
        assertTrue(Catalog.select("").stream()
                .noneMatch(program -> program.workload().isPackaged()));
        assertEquals(List.of(program("xz"), program("sqlite")), Catalog.select("sqlite,xz"));
        assertTrue(Catalog.select("packages").stream()
                .allMatch(program -> program.workload().isPackaged()));
    }

    @Test
    void Packages_compared_countTheGuestsOwnTime() throws Exception {
        Program perl = program("perl");
        Report report = Report.of(
                List.of(perl),
                List.of(
                        new Sample(perl, Monitor.WATTLE, 0, 9, 9, 2e9, "a", ""),
                        new Sample(perl, Monitor.QEMU, 0, 9, 9, 5e9, "a", "")),
                Map.of());
        assertEquals(2, report.lines().get(0).wattle().median());
        assertEquals(2.5, report.lines().get(0).ratio().median());
        assertEquals(0, report.lines().get(0).wattleNanoseconds());
        assertTrue(report.text().contains("geometric mean of interpreters: 2.50"), report::text);
        assertTrue(report.svg().contains(">perl<"), report::svg);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import io.avaje.jsonb.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the samples say: for each program both monitors' costs and their ratio, and the geometric mean within each class.
 *
 * @param lines a line for each program that ended well on both
 * @param means by class
 * @param failures what went wrong, a line each
 */
@Json
record Report(List<Line> lines, Map<String, Double> means, List<String> failures) {
    /**
     * One program.
     *
     * @param program its name
     * @param workload its class
     * @param wattle seconds of host processor time, or of the guest's clock for packages
     * @param qemu likewise
     * @param ratio QEMU's cost by Wattle's, round by round: above 1 Wattle is faster
     * @param wattleNanoseconds for each operation, as the program says; 0 if it does not
     * @param qemuNanoseconds likewise
     * @param hostNanoseconds likewise, of the same source compiled for the host
     * @param wattleCpu host processor time of the whole monitor, in seconds, of the middle round
     * @param qemuCpu likewise
     */
    @Json
    record Line(
            String program,
            String workload,
            Statistics wattle,
            Statistics qemu,
            Statistics ratio,
            double wattleNanoseconds,
            double qemuNanoseconds,
            double hostNanoseconds,
            double wattleCpu,
            double qemuCpu) {}

    /**
     * Compares.
     *
     * @param programs what has run
     * @param samples of both monitors, all rounds
     * @param host nanoseconds for each operation on the host, for those programs that ran there
     */
    static Report of(List<Program> programs, List<Sample> samples, Map<String, Double> host) {
        List<Line> lines = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        Map<String, List<Double>> ratios = new TreeMap<>();
        samples.stream()
                .filter(sample -> !sample.isGood())
                .map(sample -> "%s on %s, round %d: %s"
                        .formatted(sample.program().name(), sample.monitor(), sample.repeat() + 1, sample.failure()))
                .forEach(failures::add);
        for (Program program : programs) {
            List<Sample> wattle = good(samples, program, Monitor.WATTLE);
            List<Sample> qemu = good(samples, program, Monitor.QEMU);
            List<String> checksums = samples.stream()
                    .filter(sample -> sample.program().equals(program) && sample.isGood())
                    .map(Sample::checksum)
                    .distinct()
                    .toList();
            if (checksums.size() > 1) {
                failures.add("%s: the results differ: %s".formatted(program.name(), checksums));
            }
            List<Double> each = new ArrayList<>();
            for (int i = 0; i < Math.min(wattle.size(), qemu.size()); i++) {
                if (wattle.get(i).cost() > 0) {
                    each.add(qemu.get(i).cost() / wattle.get(i).cost());
                }
            }
            Optional<Statistics> ratio = Statistics.of(each);
            if (ratio.isPresent()) {
                lines.add(new Line(
                        program.name(),
                        program.workload().label(),
                        costs(wattle),
                        costs(qemu),
                        ratio.get(),
                        nanoseconds(program, wattle),
                        nanoseconds(program, qemu),
                        host.getOrDefault(program.name(), 0.0),
                        cpu(wattle),
                        cpu(qemu)));
                ratios.computeIfAbsent(program.workload().label(), label -> new ArrayList<>())
                        .add(ratio.get().median());
            }
        }
        Map<String, Double> means = new TreeMap<>();
        ratios.forEach((label, values) -> Statistics.geometricMean(values).ifPresent(mean -> means.put(label, mean)));
        return new Report(lines, means, failures);
    }

    private static List<Sample> good(List<Sample> samples, Program program, String monitor) {
        return samples.stream()
                .filter(sample -> sample.isGood()
                        && sample.program().equals(program)
                        && sample.monitor().equals(monitor))
                .toList();
    }

    private static Statistics costs(List<Sample> samples) {
        return Statistics.of(samples.stream().map(Sample::cost).toList()).orElseThrow();
    }

    private static double cpu(List<Sample> samples) {
        return Statistics.of(samples.stream().map(Sample::cpuSeconds).toList())
                .orElseThrow()
                .median();
    }

    private static double nanoseconds(Program program, List<Sample> samples) {
        if (program.measure() == Program.Measure.GUEST_CLOCK) {
            // It is the time of the whole job, which has been told already.
            return 0;
        }
        return Statistics.of(
                        samples.stream().map(Sample::nanosecondsPerOperation).toList())
                .orElseThrow()
                .median();
    }

    /** The report for people. */
    String text() {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%-16s %-12s %9s %9s   %-24s %s%n",
                "program",
                "class",
                "wattle s",
                "qemu s",
                "qemu / wattle (range)",
                "ns per operation: wattle, qemu, host"));
        for (Line line : lines) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-16s %-12s %9.2f %9.2f   %6.2f (%.2f to %.2f)%s%n",
                    line.program(),
                    line.workload(),
                    line.wattle().median(),
                    line.qemu().median(),
                    line.ratio().median(),
                    line.ratio().least(),
                    line.ratio().most(),
                    line.wattleNanoseconds() == 0
                            ? String.format(
                                    Locale.ROOT, "     host CPU s: %.2f, %.2f", line.wattleCpu(), line.qemuCpu())
                            : String.format(
                                    Locale.ROOT,
                                    "     %.1f, %.1f%s",
                                    line.wattleNanoseconds(),
                                    line.qemuNanoseconds(),
                                    line.hostNanoseconds() == 0
                                            ? ""
                                            : String.format(Locale.ROOT, ", %.1f", line.hostNanoseconds()))));
        }
        means.forEach(
                (label, mean) -> text.append(String.format(Locale.ROOT, "geometric mean of %s: %.2f%n", label, mean)));
        failures.forEach(failure -> text.append("FAILED ").append(failure).append(System.lineSeparator()));
        return text.toString();
    }

    /** The ratios as bars on a logarithmic scale, as SVG. */
    String svg() {
        int row = 22;
        int left = 150;
        int unit = 110;
        int height = 40 + row * lines.size();
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"%d\" font-family=\"sans-serif\""
                        + " font-size=\"12\">%n<text x=\"%d\" y=\"16\">QEMU's time by Wattle's (logarithmic; right of the"
                        + " line Wattle is faster)</text>%n",
                height,
                left));
        int origin = left + unit;
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            double length = Math.log10(line.ratio().median()) * 2 * unit;
            double start = Math.max(left, origin + Math.min(length, 0));
            svg.append(String.format(
                    Locale.ROOT,
                    "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\""
                            + " height=\"14\" fill=\"%s\"/><text x=\"%.1f\" y=\"%d\">%.2f</text>%n",
                    left - 8,
                    42 + row * i,
                    line.program(),
                    start,
                    31 + row * i,
                    Math.abs(length),
                    length < 0 ? "#b5533c" : "#4a7a4e",
                    origin + Math.max(length, 0) + 6,
                    42 + row * i,
                    line.ratio().median()));
        }
        svg.append(String.format(
                Locale.ROOT,
                "<line x1=\"%d\" y1=\"24\" x2=\"%d\" y2=\"%d\" stroke=\"black\"/>%n</svg>%n",
                origin,
                origin,
                height));
        return svg.toString();
    }
}

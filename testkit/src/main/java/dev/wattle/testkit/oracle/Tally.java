// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.Instruction;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Counts what has been compared, by row and byte order, and keeps one example of each kind of difference. */
final class Tally {
    private static final int BIG = 0;
    private static final int LITTLE = 1;

    private final long[][] instances;
    private final long[] explained;
    private final long[] different;
    private final Map<String, Difference> differences = new TreeMap<>();

    /** Like differences of one row. */
    private static final class Difference {
        long count;
        String text = "";
    }

    Tally(int rows) {
        instances = new long[2][rows];
        explained = new long[rows];
        different = new long[rows];
    }

    synchronized void count(TestCase test, Comparison.Verdict verdict) {
        for (Instruction row : test.rows()) {
            instances[test.littleEndian() ? LITTLE : BIG][row.index()]++;
        }
        if (verdict == Comparison.Verdict.EXPLAINED) {
            explained[test.rows()[0].index()]++;
        }
    }

    /** Notes a difference; true if it is the first of its kind, so that a text for it is wanted. */
    synchronized boolean differs(Instruction row, String signature) {
        different[row.index()]++;
        Difference d = differences.computeIfAbsent(row.name() + ": " + signature, k -> new Difference());
        d.count++;
        return d.count == 1;
    }

    synchronized void explain(Instruction row, String signature, String text) {
        differences.computeIfPresent(row.name() + ": " + signature, (k, difference) -> {
            difference.text = text;
            return difference;
        });
    }

    synchronized long total() {
        long total = 0;
        for (long[] order : instances) {
            for (long n : order) {
                total += n;
            }
        }
        return total;
    }

    synchronized long differences() {
        long total = 0;
        for (long n : different) {
            total += n;
        }
        return total;
    }

    void printDifferences(PrintStream out, int mostPerRow) {
        String last = "";
        int shown = 0;
        for (Map.Entry<String, Difference> entry : differences.entrySet()) {
            String row = entry.getKey().substring(0, entry.getKey().indexOf(':'));
            shown = row.equals(last) ? shown + 1 : 1;
            last = row;
            if (shown <= mostPerRow) {
                out.printf(
                        "DIFFERENCE %s (%d times)%n%s", entry.getKey(), entry.getValue().count, entry.getValue().text);
            }
        }
    }

    void printTable(PrintStream out, List<Instruction> rows, Map<String, String> untested) {
        out.printf("%-14s %-20s %10s %10s %10s %10s%n", "row", "chapter", "LE", "BE", "explained", "different");
        int both = 0;
        for (Instruction row : rows) {
            int i = row.index();
            if (instances[LITTLE][i] > 0 && instances[BIG][i] > 0) {
                both++;
            }
            out.printf(
                    "%-14s %-20s %10d %10d %10d %10d%s%n",
                    row.name(),
                    row.chapter(),
                    instances[LITTLE][i],
                    instances[BIG][i],
                    explained[i],
                    different[i],
                    untested.containsKey(row.name()) ? "  not tested: " + untested.get(row.name()) : "");
        }
        out.printf(
                "%d rows, %d compared in both byte orders, %d not tested; %d instances, %d different%n",
                rows.size(), both, untested.size(), total(), differences());
    }
}

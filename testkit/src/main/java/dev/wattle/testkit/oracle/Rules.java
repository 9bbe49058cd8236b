// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.Instruction;
import dev.wattle.power.isa.InstructionTable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * The differences that are known: what the book leaves undefined ({@code undefined.txt}) and where QEMU is wrong by
 * the book ({@code qemu-differences.txt}). Safe to share between threads.
 *
 * <p>A line has the columns that its file's head names, separated by {@code |}. Rows are given by name, with {@code
 * *} for any characters, or as a group that a line {@code group NAME = rows} defines; {@code -name} takes rows out
 * again.
 */
final class Rules {
    /** One line of one of the files. */
    static final class Rule {
        final String file;
        final int line;
        final List<String> columns;
        final List<Instruction> rows;
        final Conditions.Condition condition;
        final String[] targets;
        /** How many differing instances the rule explained. */
        final LongAdder used = new LongAdder();

        private Rule(String file, int line, List<String> columns, List<Instruction> rows) {
            this.file = file;
            this.line = line;
            this.columns = columns;
            this.rows = rows;
            condition = Conditions.parse(columns.get(1));
            targets = columns.get(2).split(",\\s*");
        }

        boolean isQemus() {
            return file.startsWith("qemu");
        }

        @Override
        public String toString() {
            return file + ":" + line;
        }
    }

    private final Map<String, List<Instruction>> groups = new HashMap<>();
    private final Map<String, String> groupTexts = new HashMap<>();
    private final List<Rule> all = new ArrayList<>();
    private final Map<Instruction, List<Rule>> byRow = new HashMap<>();

    /**
     * Reads both files.
     *
     * @throws IllegalStateException if a line is wrong; the message names it
     */
    static Rules load(InstructionTable table) {
        return load(table, "undefined.txt", "qemu-differences.txt");
    }

    /** Reads some of the files, in this order. */
    static Rules load(InstructionTable table, String... files) {
        Rules rules = new Rules();
        for (String file : files) {
            rules.read(file, file.startsWith("qemu") ? 6 : 4, table);
        }
        return rules;
    }

    private void read(String file, int columns, InstructionTable table) {
        String text;
        try (InputStream in = Rules.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("resource " + file + " is missing from the testkit");
            }
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            try {
                if (line.startsWith("group ")) {
                    int equals = line.indexOf('=');
                    String name = line.substring(6, equals).strip();
                    String members = line.substring(equals + 1).strip();
                    groups.put(name, rows(members, table));
                    groupTexts.put(name, members);
                    continue;
                }
                List<String> cells = new ArrayList<>();
                for (String cell : line.split("\\|")) {
                    cells.add(cell.strip());
                }
                if (cells.size() != columns) {
                    throw new IllegalArgumentException(cells.size() + " columns, not " + columns);
                }
                Rule rule = new Rule(file, number, cells, rows(cells.get(0), table));
                all.add(rule);
                for (Instruction row : rule.rows) {
                    byRow.computeIfAbsent(row, r -> new ArrayList<>()).add(rule);
                    // A target that a row does not have is a mistake in the line: find it now.
                    for (String target : rule.targets) {
                        Targets.add(new Targets.Mask(), target, row, row.value());
                    }
                }
            } catch (IllegalArgumentException e) {
                throw new IllegalStateException(file + ":" + number + ": " + e.getMessage() + ": " + line, e);
            }
        }
    }

    private List<Instruction> rows(String text, InstructionTable table) {
        List<Instruction> rows = new ArrayList<>();
        for (String pattern : text.split(",\\s*")) {
            boolean without = pattern.startsWith("-");
            String regex = (without ? pattern.substring(1) : pattern)
                    .replace(".", "\\.")
                    .replace("*", ".*");
            List<Instruction> found = groups.getOrDefault(pattern, List.of());
            if (found.isEmpty()) {
                found = table.rows().stream()
                        .filter(row -> row.name().matches(regex))
                        .toList();
            }
            if (found.isEmpty()) {
                throw new IllegalArgumentException("no row is named " + pattern);
            }
            if (without) {
                rows.removeAll(found);
            } else {
                found.stream().filter(row -> !rows.contains(row)).forEach(rows::add);
            }
        }
        return rows;
    }

    /** The rows of a group of one of the files. */
    List<Instruction> group(String name) {
        return groups.getOrDefault(name, List.of());
    }

    /** How a group's rows are written; the name itself if there is no such group. */
    String groupText(String name) {
        return groupTexts.getOrDefault(name, name);
    }

    List<Rule> all() {
        return all;
    }

    /** Whether a rule without condition covers more of a row's results than the FPSCR. */
    boolean alwaysDiffers(Instruction row) {
        for (Rule rule : byRow.getOrDefault(row, List.of())) {
            if (rule.columns.get(1).equals("always")) {
                for (String target : rule.targets) {
                    if (!target.startsWith("FPSCR")) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /** The rules that hold for an instruction and its outcomes. */
    List<Rule> holding(Conditions.Context context) {
        List<Rule> holding = new ArrayList<>();
        for (Rule rule : byRow.getOrDefault(context.row(), List.of())) {
            if (rule.condition.holds(context)) {
                holding.add(rule);
            }
        }
        return holding;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import dev.wattle.power.isa.InstructionTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes {@code docs/qemu-differences.md} from the lists that the comparison uses, so that page and tests agree.
 *
 * <p>{@code java -cp ... dev.wattle.testkit.oracle.DifferencesPage FILE}
 */
public final class DifferencesPage {
    private static final String INTRODUCTION = """
        # Where QEMU differs from the Power ISA

        Wattle's meaning of every instruction that a program may execute is compared with QEMU user mode
        (`qemu-ppc64le` and `qemu-ppc64` 7.2, `-cpu power9`) on random instructions from random and corner-case states:
        registers, FPSCR, VSCR, storage, and how execution stops (`testkit`, `DifferentialTester`). Where the two
        differed and the book (Power ISA 3.0B) says who is right, the difference is listed here if it is QEMU's. This page
        is made from `qemu-differences.txt` and `undefined.txt` beside the tester, which excuse exactly these differences
        and no others; `DifferencesPageTest` holds page and lists together.

        To see them: `java -cp ... dev.wattle.testkit.oracle.DifferentialTester --rows fre --count 10000 --table` counts,
        per line of the lists, the instances that it excused.

        ## Of user mode as a whole

        - Enabled floating-point exceptions always interrupt with a signal, as if MSR[FE0] and MSR[FE1] were 1, which a
          program would have to ask Linux for (`prctl(PR_SET_FPEXC)`). Decimal floating point never interrupts.
        - A floating-point exception that is enabled in some vector instructions stays pending inside the emulator and
          interrupts a later instruction that has no exception.
        - The left half of the FPSCR (the decimal rounding mode) becomes 0 across a signal.
        - An alignment interrupt ends the emulator itself ("Unknown exception"): `lmw`, `stmw`, `lswi`, `lswx`, `stswi` and
          `stswx` in little-endian mode.

        ## By instruction

        "when" is in the language of `Conditions`; "what" are the registers or bits that come out different.
        """;

    private DifferencesPage() {}

    /** Entry point of the command line. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            System.err.println("Usage: DifferencesPage FILE");
            System.exit(2);
        }
        Files.writeString(Path.of(arguments[0]), text());
    }

    /** The page, Markdown. */
    static String text() {
        Rules rules = Rules.load(InstructionTable.load());
        StringBuilder page = new StringBuilder(INTRODUCTION);
        page.append("\n| instructions | when | what | QEMU | the book | section |\n|---|---|---|---|---|---|\n");
        for (Rules.Rule rule : rules.all()) {
            if (rule.isQemus()) {
                row(page, rules, rule.columns);
            }
        }
        page.append("\n## Not compared: undefined results\n\n")
                .append("What the book leaves undefined, or to the processor, is Wattle's to choose and is not"
                        + " compared.\n\n")
                .append("| instructions | when | what | section |\n|---|---|---|---|\n");
        for (Rules.Rule rule : rules.all()) {
            if (!rule.isQemus()) {
                row(page, rules, rule.columns);
            }
        }
        page.append("\n## Not compared: whole instructions\n\n");
        reasons()
                .forEach((reason, rows) -> page.append("- `")
                        .append(String.join("`, `", rows))
                        .append("`: ")
                        .append(reason)
                        .append('\n'));
        page.append("- Invalid forms: what they do is boundedly undefined.\n");
        return page.toString();
    }

    private static void row(StringBuilder page, Rules rules, List<String> columns) {
        page.append("| ").append(instructions(rules, columns.get(0)));
        page.append(" | `")
                .append(columns.get(1))
                .append("` | `")
                .append(columns.get(2))
                .append('`');
        for (String column : columns.subList(3, columns.size())) {
            page.append(" | ").append(column);
        }
        page.append(" |\n");
    }

    /** Names of rows; a group is written out. */
    private static String instructions(Rules rules, String text) {
        StringBuilder names = new StringBuilder();
        for (String name : text.split(",\\s*")) {
            String written = rules.groupText(name);
            for (String part : written.split(",\\s*")) {
                boolean without = part.startsWith("-");
                names.append(names.isEmpty() ? "" : without ? " except " : ", ");
                names.append('`').append(without ? part.substring(1) : part).append('`');
            }
        }
        return names.toString();
    }

    private static Map<String, List<String>> reasons() {
        Map<String, List<String>> reasons = new LinkedHashMap<>();
        for (var row : InstructionTable.load().rows()) {
            RowProfile.exclusion(row)
                    .ifPresent(reason -> reasons.computeIfAbsent(reason, r -> new ArrayList<>())
                            .add(row.name()));
        }
        return reasons;
    }
}

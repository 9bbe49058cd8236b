// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The live comparison with QEMU, small; the long one is run from the command line. */
class DifferentialTesterTest {
    private static final String COUNT = System.getProperty("wattle.oracle.count", "60000");
    /** Fixed, so that the test says the same each time; other seeds are for the command line. */
    private static final String SEED = System.getProperty("wattle.oracle.seed", "1");

    @Test
    void Case_withoutADifference_isShownAndNotCounted() throws IOException {
        onlyWithQemu();
        for (String[] kind :
                new String[][] {{"--rows", "addi"}, {"--rows", "mulhwu"}, {"--sequence", "--no-sequences"}}) {
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            PrintStream out = new PrintStream(text, true, StandardCharsets.UTF_8);
            Options options = Options.parse(new String[] {
                kind[0], kind[1], "--endian", "le", "--case", "0x1234@0x" + Long.toHexString(TestCase.addressOf(0, 0))
            });
            assertEquals(true, new DifferentialTester(options, out).run(), () -> text.toString(StandardCharsets.UTF_8));
            assertEquals(
                    true,
                    text.toString(StandardCharsets.UTF_8).contains(" 0 different, "),
                    () -> text.toString(StandardCharsets.UTF_8));
        }
    }

    @Test
    void RandomInstructions_underQemuAndWattle_giveTheSame() throws IOException {
        onlyWithQemu();
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(text, true, StandardCharsets.UTF_8);
        Options options = Options.parse(new String[] {"--count", COUNT, "--seed", SEED});
        boolean same = new DifferentialTester(options, out).run();
        System.out.print(text.toString(StandardCharsets.UTF_8));
        assertEquals(true, same, "differences with seed " + SEED + ":\n" + text.toString(StandardCharsets.UTF_8));
    }

    private static void onlyWithQemu() {
        for (boolean littleEndian : new boolean[] {true, false}) {
            Optional<String> missing = QemuMachine.missing(littleEndian);
            if (missing.isPresent()) {
                if ("true".equals(System.getenv("CI"))) {
                    fail("on CI the comparison must run: " + missing.get());
                }
                abort(missing.get());
            }
        }
    }
}

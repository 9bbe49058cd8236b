// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.lockstep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.engine.host.x64.HostFeatures;
import dev.wattle.power.isa.InstructionTable;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** A short run of random programs on both engines; long ones are for the command line. */
class LockstepTesterTest {
    /** Fixed, so that the test says the same each time; other seeds are for the command line. */
    private static final long SEED = Long.getLong("wattle.lockstep.seed", 3);

    private static final long COUNT = Long.getLong("wattle.lockstep.count", 60);

    @Test
    void RandomPrograms_onBothEngines_areTheSame() throws InterruptedException {
        run(COUNT, false, false);
    }

    /** The guest is in code that goes, and in regions whose members go. */
    @Test
    void RandomPrograms_withLittleMemoryForCode_areTheSame() throws InterruptedException {
        run(COUNT / 2, true, false);
    }

    @Test
    void RandomPrograms_withTranslationsOfAnEarlierRun_areTheSame() throws InterruptedException {
        run(COUNT / 2, false, true);
    }

    private static void run(long count, boolean littleCode, boolean isKept) throws InterruptedException {
        Assumptions.assumeTrue(HostFeatures.isHostSupported(), "this host has no back-end");
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(text, true, StandardCharsets.UTF_8);
        LockstepTester tester = new LockstepTester(out, SEED, count, 10, 1, littleCode, isKept);
        long programs = tester.run(2);
        assertEquals(0, tester.differences(), () -> "seed " + SEED + ":\n" + text.toString(StandardCharsets.UTF_8));
        assertEquals(count, programs);
    }

    @Test
    void Comparison_beforeStoreConditionalThatInterrupts_isKept() {
        Assumptions.assumeTrue(HostFeatures.isHostSupported(), "this host has no back-end");
        assertEquals(Optional.empty(), new ProgramComparison().run(0x2795b17aea21a122L));
    }

    /** The program stores to its own handler of program interrupts, which is no instruction then. */
    @Test
    void Program_thatCompletesNothingAnyMore_isGivenUpOnBoth() throws InterruptedException {
        Assumptions.assumeTrue(HostFeatures.isHostSupported(), "this host has no back-end");
        ProgramComparison comparison = new ProgramComparison();
        AtomicReference<Optional<String>> result = new AtomicReference<>(Optional.of("not run"));
        Thread thread = Thread.ofPlatform().start(() -> result.set(comparison.run(0x242deeb76f2da2dfL)));
        while (thread.isAlive()) {
            thread.join(2000);
            comparison.giveUpIfStuck();
        }
        assertEquals(Optional.empty(), result.get());
        assertEquals(2, comparison.givenUp());
    }

    @Test
    void Program_ofOneSeed_isAlwaysTheSame() {
        GuestProgram one = new ProgramGenerator(InstructionTable.load()).make(7);
        GuestProgram other = new ProgramGenerator(InstructionTable.load()).make(7);
        assertEquals(one.summary(), other.summary());
        assertEquals(one.storage().size(), other.storage().size());
        for (int i = 0; i < one.storage().size(); i++) {
            assertEquals(one.storage().get(i).address(), other.storage().get(i).address());
            assertTrue(Arrays.equals(
                    one.storage().get(i).bytes(), other.storage().get(i).bytes()));
        }
    }
}

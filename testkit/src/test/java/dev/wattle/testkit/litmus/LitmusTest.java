// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.litmus;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wattle.hypervisor.EngineMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** With {@code -Dwattle.litmus=N}, N iterations of each test instead of a few. */
class LitmusTest {
    private static final long FEW = 400_000;

    @ParameterizedTest
    @EnumSource(Litmus.class)
    void Outcome_thatIsForbidden_isNotSeen(Litmus test) throws InterruptedException {
        for (EngineMode engine : EngineMode.values()) {
            long iterations = Long.getLong("wattle.litmus", FEW);
            long seen = new LitmusTester(engine).run(test, iterations);
            System.out.println(engine + " " + test + ": " + seen + " of " + iterations);
            if (test.isForbidden()) {
                assertEquals(0, seen, engine + " " + test);
            }
        }
    }
}

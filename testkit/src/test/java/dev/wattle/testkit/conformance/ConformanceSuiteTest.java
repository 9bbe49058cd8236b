// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.conformance;

import dev.wattle.engine.host.x64.HostFeatures;
import dev.wattle.hypervisor.EngineMode;
import dev.wattle.hypervisor.Vm;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * The conformance suite of the hypervisor's API on each engine. {@code -Dwattle.engine=NATIVE} looks at one of them alone,
 * {@code -Dwattle.litmus=N} has several vCPUs count, and take locks, N times.
 */
class ConformanceSuiteTest {
    private static final String ENGINE = "wattle.engine";

    @TestFactory
    @Timeout(120)
    Stream<DynamicTest> Promise_onEachEngine_isKept() {
        return Arrays.stream(EngineMode.values())
                .filter(engine -> engine != EngineMode.NATIVE || HostFeatures.isHostSupported())
                .filter(engine -> System.getProperty(ENGINE, engine.name()).equals(engine.name()))
                .flatMap(engine -> ConformanceSuite.checks().stream()
                        .map(check -> DynamicTest.dynamicTest(
                                engine + ": " + check.name(),
                                () -> check.body().run(() -> Vm.builder().engine(engine)))));
    }
}

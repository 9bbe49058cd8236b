// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.processor;

import dev.wattle.engine.Engine;
import dev.wattle.engine.evaluator.Evaluator;
import dev.wattle.engine.host.CodeMemoryException;
import dev.wattle.engine.host.x64.HostFeatures;
import dev.wattle.engine.host.x64.NativeEngine;
import dev.wattle.power.translate.PowerFrontEnd;
import java.util.Optional;

/** The engine that this run of the tests is about: the system property {@code wattle.test.engine} names it. */
public final class TestEngine {
    private static final long CODE_BYTES = 8L << 20;

    private TestEngine() {}

    /** Makes the engine for a processor. */
    public static Engine of(PowerProcessor processor, PowerFrontEnd frontEnd) {
        String name = System.getProperty("wattle.test.engine", "evaluator");
        return switch (name) {
            case "evaluator" -> new Evaluator<>(processor, frontEnd.routines());
            case "native" -> nativeEngine(processor, frontEnd);
            default -> throw new IllegalArgumentException("no such engine: " + name);
        };
    }

    /** Makes one that executes host code, where the host can. */
    public static Engine nativeEngine(PowerProcessor processor, PowerFrontEnd frontEnd) {
        if (!HostFeatures.isHostSupported()) {
            return new Evaluator<>(processor, frontEnd.routines());
        }
        try {
            return new NativeEngine<>(
                    processor, frontEnd.routines(), frontEnd, CODE_BYTES, HostFeatures.host(), true, Optional.empty());
        } catch (CodeMemoryException e) {
            throw new IllegalStateException(e);
        }
    }
}

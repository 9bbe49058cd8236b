// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

import dev.wattle.engine.Engine;
import dev.wattle.engine.HostCodeListener;
import dev.wattle.engine.evaluator.Evaluator;
import dev.wattle.engine.host.CodeMemoryException;
import dev.wattle.engine.host.TranslationCache;
import dev.wattle.engine.host.TranslatorIdentity;
import dev.wattle.engine.host.x64.HostFeatures;
import dev.wattle.engine.host.x64.NativeEngine;
import dev.wattle.power.processor.PowerProcessor;
import dev.wattle.power.translate.PowerFrontEnd;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** Makes the engines of vCPUs, and remembers why they are not those that were asked for. */
final class Engines implements AutoCloseable {
    private final EngineMode mode;
    private final long codeBytes;
    private final boolean exactDeadline;
    private final boolean areSeveral;
    private final Optional<TranslationDirectory> translations;
    private final Optional<HostCodeListener> codeListener;
    private Optional<String> remark = Optional.empty();
    /** Shared by all of them; empty before the first. */
    private Optional<TranslationCache> cache = Optional.empty();

    /**
     * @param codeBytes the limit of each one's host code
     * @param exactDeadline whether the guest must stop at the first block end behind its deadline
     * @param areSeveral whether there will be more than one, which then find each other's translations
     */
    Engines(
            EngineMode mode,
            long codeBytes,
            boolean exactDeadline,
            boolean areSeveral,
            Optional<TranslationDirectory> translations,
            Optional<HostCodeListener> codeListener) {
        this.translations = translations;
        this.mode = mode;
        this.codeBytes = codeBytes;
        this.exactDeadline = exactDeadline;
        this.areSeveral = areSeveral;
        this.codeListener = codeListener;
    }

    Engine engine(PowerProcessor processor, PowerFrontEnd frontEnd) {
        Engine engine = make(processor, frontEnd);
        codeListener.ifPresent(engine::onHostCode);
        return engine;
    }

    private Engine make(PowerProcessor processor, PowerFrontEnd frontEnd) {
        if (mode == EngineMode.NATIVE) {
            if (!HostFeatures.isHostSupported()) {
                remark = Optional.of("no back-end for this host's processor (" + System.getProperty("os.arch") + ", "
                        + System.getProperty("os.name") + ")");
            } else {
                try {
                    HostFeatures features = HostFeatures.host();
                    if (cache.isEmpty()) {
                        cache = translationCache(processor, frontEnd, features);
                    }
                    return new NativeEngine<>(
                            processor, frontEnd.routines(), frontEnd, codeBytes, features, exactDeadline, cache);
                } catch (CodeMemoryException e) {
                    remark = Optional.of(String.valueOf(e.getMessage()));
                }
            }
        }
        return new Evaluator<>(processor, frontEnd.routines());
    }

    private Optional<TranslationCache> translationCache(
            PowerProcessor processor, PowerFrontEnd frontEnd, HostFeatures features) {
        if (translations.isEmpty()) {
            return areSeveral ? Optional.of(TranslationCache.inMemory()) : Optional.empty();
        }
        // Code has the numbers of routines in it.
        String rest = processor.model() + (exactDeadline ? " exact " : " ") + features.all() + frontEnd.routineNames();
        return TranslatorIdentity.of(rest, NativeEngine.class, PowerFrontEnd.class)
                .map(key -> TranslationCache.open(
                        translations.get().path(), key, translations.get().problems()));
    }

    /** Keeps translations for later runs. No engine may be running. */
    @Override
    public void close() {
        cache.ifPresent(TranslationCache::close);
    }

    /** Where translations are kept from run to run, and who is told if that does not work. */
    record TranslationDirectory(Path path, Consumer<String> problems) {}

    /** What runs guest code. */
    EngineMode used() {
        return remark.isPresent() ? EngineMode.EVALUATOR : mode;
    }

    /** Why guest code is run by the evaluator though native code was asked for. */
    Optional<String> remark() {
        return remark;
    }
}

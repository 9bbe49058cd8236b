// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.evaluator;

import dev.wattle.engine.Engine;
import dev.wattle.engine.EngineContract;
import dev.wattle.engine.FlatProcessor;
import dev.wattle.engine.translate.FrontEnd;

class EvaluatorTest extends EngineContract {
    @Override
    protected Engine engine(FlatProcessor processor, FrontEnd frontEnd) {
        return new Evaluator<>(processor, routines());
    }
}

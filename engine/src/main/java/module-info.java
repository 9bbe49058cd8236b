// SPDX-License-Identifier: Apache-2.0

/** Guest memory, micro-ops and the engines that execute them. Knows no guest instruction set. */
module dev.wattle.engine {
    requires jdk.jfr;

    exports dev.wattle.engine;
    exports dev.wattle.engine.evaluator;
    exports dev.wattle.engine.host;
    exports dev.wattle.engine.host.x64;
    exports dev.wattle.engine.ir;
    exports dev.wattle.engine.memory;
    exports dev.wattle.engine.translate;
}

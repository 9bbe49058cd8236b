// SPDX-License-Identifier: Apache-2.0

/** The Power ISA: instruction table, decoder, meanings, MMU, interrupts and processor models. */
module dev.wattle.power {
    requires transitive dev.wattle.engine;

    exports dev.wattle.power.isa;
    exports dev.wattle.power.mmu;
    exports dev.wattle.power.model;
    exports dev.wattle.power.processor;
    exports dev.wattle.power.semantics;
    exports dev.wattle.power.translate;
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.hypervisor;

/** How guest code is executed. */
public enum EngineMode {
    /** As host machine code; where the host does not allow that, or there is no back-end for it, by the evaluator. */
    NATIVE,
    /** By the portable evaluator, which is slower and runs everywhere. */
    EVALUATOR
}

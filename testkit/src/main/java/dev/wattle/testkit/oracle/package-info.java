// SPDX-License-Identifier: Apache-2.0

/**
 * The oracle: Wattle's instructions compared with QEMU user mode, which is the second opinion on what each means.
 *
 * <p>{@link dev.wattle.testkit.oracle.DifferentialTester} makes random instructions and states ({@code
 * TestGenerator}, {@code SequenceGenerator}), runs them under QEMU ({@code QemuMachine}, with {@code harness.c} and
 * {@code trampoline.S}) and on the evaluator ({@code WattleMachine}) and compares what a program can see. Two text
 * files beside the code say what may differ: {@code undefined.txt}, what the Power ISA leaves undefined, and {@code
 * qemu-differences.txt}, where QEMU is wrong; {@link dev.wattle.testkit.oracle.DifferencesPage} publishes them.
 * {@link dev.wattle.testkit.oracle.GoldenVectorWriter} keeps outcomes for machines without QEMU.
 */
package dev.wattle.testkit.oracle;

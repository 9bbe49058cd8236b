// SPDX-License-Identifier: Apache-2.0

/**
 * Random guest programs run by both engines at once, all registers and storage compared on the way.
 *
 * <p>Where the {@linkplain dev.wattle.testkit.oracle oracle} asks whether an instruction means the right thing, this asks
 * whether the engines agree on whole programs: code that changes itself, translation that changes under it, interrupts in
 * the middle of blocks. The entry point is {@link LockstepTester}.
 */
package dev.wattle.testkit.lockstep;

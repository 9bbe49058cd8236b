// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.lockstep;

import java.util.Arrays;
import java.util.SplittableRandom;

/** How often there is what in a program: programs differ in this, so that some are nearly all of one kind. */
final class Mix {
    private final int[] weights = new int[Words.Kind.values().length];
    private final int patches;
    private final int services;
    private final int branches;

    Mix(SplittableRandom random) {
        for (Words.Kind kind : Words.Kind.values()) {
            weights[kind.ordinal()] = switch (kind) {
                case INTEGER, STORAGE -> random.nextInt(1, 40);
                case SYNCHRONIZATION, TRANSACTION, DECIMAL -> random.nextInt(3);
                case CONDITION -> random.nextInt(1, 8);
                default -> random.nextInt(3) == 0 ? 0 : random.nextInt(30);
            };
        }
        patches = random.nextInt(3) == 0 ? 0 : random.nextInt(1, 6);
        services = random.nextInt(4);
        branches = random.nextInt(4, 24);
    }

    /** Patches of code, in percent. */
    int patches() {
        return patches;
    }

    /** System calls, in percent. */
    int services() {
        return services;
    }

    /** Branches, loops and calls, in percent. */
    int branches() {
        return branches;
    }

    /** A kind of instruction. */
    Words.Kind kind(SplittableRandom random) {
        int n = random.nextInt(Arrays.stream(weights).sum());
        for (Words.Kind kind : Words.Kind.values()) {
            n -= weights[kind.ordinal()];
            if (n < 0) {
                return kind;
            }
        }
        return Words.Kind.INTEGER;
    }
}

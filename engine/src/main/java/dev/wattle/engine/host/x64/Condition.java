// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

/** Conditions of jumps, moves and sets, as the encoding has them; the lowest bit negates. */
public final class Condition {
    public static final int OVERFLOW = 0;
    public static final int BELOW = 2;
    public static final int ABOVE_OR_EQUAL = 3;
    public static final int EQUAL = 4;
    public static final int NOT_EQUAL = 5;
    public static final int BELOW_OR_EQUAL = 6;
    public static final int ABOVE = 7;
    public static final int SIGN = 8;
    public static final int PARITY = 10;
    public static final int NOT_PARITY = 11;
    public static final int LESS = 12;
    public static final int GREATER_OR_EQUAL = 13;
    public static final int LESS_OR_EQUAL = 14;
    public static final int GREATER = 15;

    private Condition() {}

    /** The opposite condition. */
    public static int not(int condition) {
        return condition ^ 1;
    }
}

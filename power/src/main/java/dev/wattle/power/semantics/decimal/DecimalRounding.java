// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.decimal;

/** Decimal rounding modes, in the order of FPSCR[DRN] (Power ISA 3.0B, Book I, 5.5.2). */
public enum DecimalRounding {
    NEAREST_TIES_TO_EVEN,
    TOWARD_ZERO,
    TOWARD_PLUS_INFINITY,
    TOWARD_MINUS_INFINITY,
    NEAREST_TIES_AWAY,
    NEAREST_TIES_TOWARD_ZERO,
    AWAY_FROM_ZERO,
    /** Away from zero if the last digit kept is 0 or 5, so that a second rounding comes out right. */
    PREPARE_FOR_SHORTER;

    private static final DecimalRounding[] BY_DRN = values();

    /** The mode of an FPSCR. */
    public static DecimalRounding ofFpscr(long fpscr) {
        return BY_DRN[(int) (fpscr >>> 32) & 7];
    }

    /** The mode that an instruction's R and RMC fields select; R is 0 where there is none. */
    public static DecimalRounding ofControl(int r, int rmc, long fpscr) {
        return switch (r << 2 | rmc) {
            case 0 -> NEAREST_TIES_TO_EVEN;
            case 1 -> TOWARD_ZERO;
            case 2 -> NEAREST_TIES_AWAY;
            case 4 -> TOWARD_PLUS_INFINITY;
            case 5 -> TOWARD_MINUS_INFINITY;
            case 6 -> AWAY_FROM_ZERO;
            case 7 -> NEAREST_TIES_TOWARD_ZERO;
            default -> ofFpscr(fpscr);
        };
    }

    /**
     * Whether discarding a nonzero part makes the magnitude one larger.
     *
     * @param negative the sign of the value
     * @param lastDigit the last digit kept, 0 to 9
     * @param half how the discarded part compares with half a unit of that digit: below 0, 0, above 0
     */
    boolean increments(boolean negative, int lastDigit, int half) {
        return switch (this) {
            case NEAREST_TIES_TO_EVEN -> half > 0 || half == 0 && (lastDigit & 1) != 0;
            case TOWARD_ZERO -> false;
            case TOWARD_PLUS_INFINITY -> !negative;
            case TOWARD_MINUS_INFINITY -> negative;
            case NEAREST_TIES_AWAY -> half >= 0;
            case NEAREST_TIES_TOWARD_ZERO -> half > 0;
            case AWAY_FROM_ZERO -> true;
            case PREPARE_FOR_SHORTER -> lastDigit % 5 == 0;
        };
    }

    /** Whether a value beyond the largest number becomes infinite rather than that number. */
    boolean overflowsToInfinity(boolean negative) {
        return switch (this) {
            case TOWARD_ZERO, PREPARE_FOR_SHORTER -> false;
            case TOWARD_PLUS_INFINITY -> !negative;
            case TOWARD_MINUS_INFINITY -> negative;
            default -> true;
        };
    }
}

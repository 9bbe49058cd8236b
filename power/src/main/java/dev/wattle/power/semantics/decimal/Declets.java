// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.decimal;

/**
 * Densely packed decimal: three decimal digits in ten bits (Power ISA 3.0B, Book I, 5.4.1, and appendix B).
 *
 * <p>Of the 1024 codes 1000 are canonical; the other 24 decode to a number that has a canonical code as well.
 */
public final class Declets {
    private static final short[] BCD = new short[1024];
    private static final short[] NUMBER = new short[1024];
    private static final short[] CODE = new short[1000];

    static {
        for (int code = 0; code < 1024; code++) {
            int bcd = decode(code);
            BCD[code] = (short) bcd;
            NUMBER[code] = (short) (100 * (bcd >>> 8) + 10 * (bcd >>> 4 & 15) + (bcd & 15));
        }
        for (int number = 0; number < 1000; number++) {
            CODE[number] = (short) encode(number / 100, number / 10 % 10, number % 10);
        }
    }

    private Declets() {}

    /** The number, 0 to 999, of any code, 0 to 1023. */
    public static int toNumber(int code) {
        return NUMBER[code];
    }

    /** The canonical code of a number, 0 to 999. */
    public static int ofNumber(int number) {
        return CODE[number];
    }

    /** Three digits in four bits each of any code, 0 to 1023. */
    public static int toBcd(int code) {
        return BCD[code];
    }

    /** The code of three digits in four bits each; a digit above 9 gives a code by the same rule, as on processors. */
    public static int fromBcd(int bcd) {
        return encode(bcd >>> 8, bcd >>> 4 & 15, bcd & 15);
    }

    /**
     * Bits pqr stu v wxy. With v = 0, or v = 1 and wx = 00, 01 or 10, at most one digit is 8 or 9; it keeps its last
     * bit only, and the bits it frees tell which it is.
     */
    private static int decode(int code) {
        int pq = code >>> 8;
        int r = code >>> 7 & 1;
        int st = code >>> 5 & 3;
        int u = code >>> 4 & 1;
        int wx = code >>> 1 & 3;
        int y = code & 1;
        boolean v = (code & 8) != 0;
        if (!v) {
            return digits(pq << 1 | r, st << 1 | u, wx << 1 | y);
        }
        return switch (wx) {
            case 0 -> digits(pq << 1 | r, st << 1 | u, 8 | y);
            case 1 -> digits(pq << 1 | r, 8 | u, st << 1 | y);
            case 2 -> digits(8 | r, st << 1 | u, pq << 1 | y);
            default ->
                switch (st) {
                    case 0 -> digits(8 | r, 8 | u, pq << 1 | y);
                    case 1 -> digits(8 | r, pq << 1 | u, 8 | y);
                    case 2 -> digits(pq << 1 | r, 8 | u, 8 | y);
                    default -> digits(8 | r, 8 | u, 8 | y);
                };
        };
    }

    private static int digits(int hundreds, int tens, int ones) {
        return hundreds << 8 | tens << 4 | ones;
    }

    private static int encode(int hundreds, int tens, int ones) {
        int large = (hundreds & 8) >> 1 | (tens & 8) >> 2 | ones >> 3;
        int r = (hundreds & 1) << 7;
        int u = (tens & 1) << 4;
        int y = ones & 1;
        int hundredsTop = (hundreds & 6) >> 1;
        int tensTop = (tens & 6) >> 1;
        int onesTop = (ones & 6) >> 1;
        int rest = r | u | y;
        return switch (large) {
            case 0 -> rest | hundredsTop << 8 | tensTop << 5 | onesTop << 1;
            case 1 -> rest | hundredsTop << 8 | tensTop << 5 | 8;
            case 2 -> rest | hundredsTop << 8 | onesTop << 5 | 8 | 1 << 1;
            case 3 -> rest | hundredsTop << 8 | 2 << 5 | 8 | 3 << 1;
            case 4 -> rest | onesTop << 8 | tensTop << 5 | 8 | 2 << 1;
            case 5 -> rest | tensTop << 8 | 1 << 5 | 8 | 3 << 1;
            case 6 -> rest | onesTop << 8 | 8 | 3 << 1;
            default -> rest | 3 << 5 | 8 | 3 << 1;
        };
    }
}

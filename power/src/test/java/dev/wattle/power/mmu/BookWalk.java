// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.mmu;

/**
 * Hash translation once more, bit by bit as Power ISA 2.07B, Book III-S, 5.7.7 has it, numbering bits from the left, with
 * no thought of speed: the oracle of the other one.
 */
final class BookWalk {
    private BookWalk() {}

    /** Bits from first to last of a doubleword, as a number. */
    private static long bits(long word, int first, int last) {
        return word << first >>> first >>> 63 - last;
    }

    /** The real address in hexadecimal, or the name of the fault. */
    static String translate(
            HashPageTable table, long ea, long slbv, Access access, boolean problem, long amr, long iamr) {
        boolean isTerabyte = bits(slbv, 0, 1) == 1;
        int s = isTerabyte ? 40 : 28;
        long vsid = isTerabyte ? bits(slbv, 2, 39) : bits(slbv, 2, 51);
        long llp = bits(slbv, 55, 55) << 2 | bits(slbv, 58, 59);
        int b = llp == 0 ? 12 : llp == 5 ? 16 : 24;
        long offset = ea & (1L << s) - 1;
        long page = offset >>> b;
        long hash1 = isTerabyte ? vsid ^ vsid << 25 ^ page : vsid ^ page;
        long groups = 1L << table.shift() - 7;
        String found = search(table, hash1 & groups - 1, 0, isTerabyte, vsid, offset, s, b);
        if (found.isEmpty()) {
            found = search(table, ~hash1 & groups - 1, 1, isTerabyte, vsid, offset, s, b);
        }
        if (found.isEmpty()) {
            return "NOT_FOUND";
        }
        long index = Long.parseLong(found.split(" ")[0]);
        int p = Integer.parseInt(found.split(" ")[1]);
        long pte1 = table.r(index);
        long key = bits(slbv, problem ? 53 : 52, problem ? 53 : 52);
        long pp = bits(pte1, 0, 0) << 2 | bits(pte1, 62, 63);
        String rights = key == 0
                ? pp == 0 || pp == 1 || pp == 2 ? "rw" : pp == 3 || pp == 6 ? "r" : ""
                : pp == 2 ? "rw" : pp == 1 || pp == 3 ? "r" : "";
        int storageKey = (int) (bits(pte1, 2, 3) << 3 | bits(pte1, 52, 54));
        boolean isLoad = access == Access.LOAD;
        if (access == Access.FETCH) {
            boolean denied = bits(iamr, 2 * storageKey + 1, 2 * storageKey + 1) == 1;
            if (bits(pte1, 61, 61) == 1 || bits(pte1, 60, 60) == 1) {
                return denied ? "NO_EXECUTE_AND_CLASS" : "NO_EXECUTE";
            }
            if (rights.isEmpty() || denied) {
                return rights.isEmpty() ? denied ? "PROTECTION_AND_CLASS" : "PROTECTION" : "CLASS";
            }
        } else {
            int bit = 2 * storageKey + (isLoad ? 1 : 0);
            boolean denied = bits(amr, bit, bit) == 1;
            boolean protects = !rights.contains(isLoad ? "r" : "w");
            if (denied || protects) {
                return protects ? denied ? "PROTECTION_AND_CLASS" : "PROTECTION" : "CLASS";
            }
        }
        long rpn = bits(pte1, 4, 51) << 12;
        return "%x".formatted(rpn >>> p << p | ea & (1L << p) - 1);
    }

    private static String search(
            HashPageTable table, long group, long h, boolean isTerabyte, long vsid, long offset, int s, int b) {
        for (long index = group * 8; index < group * 8 + 8; index++) {
            long pte0 = table.v(index);
            long pte1 = table.r(index);
            boolean matches = bits(pte0, 63, 63) == 1
                    && bits(pte0, 62, 62) == h
                    && bits(pte0, 0, 1) == (isTerabyte ? 1 : 0)
                    && bits(pte0, 2, 56) == (vsid << s - 23 | (offset >>> b << b) >>> 23);
            int p = actual(b, bits(pte0, 61, 61), bits(pte1, 44, 51), pte1);
            if (matches && p != 0) {
                return index + " " + p;
            }
        }
        return "";
    }

    /** By L and LP, which for a page of 16 MiB is followed by real page number bits that are 0. */
    private static int actual(int b, long l, long lp, long pte1) {
        if (l == 0) {
            return b == 12 ? 12 : 0;
        }
        boolean isAligned = bits(pte1, 40, 43) == 0;
        if (b == 12) {
            return (lp & 15) == 7 ? 16 : lp == 0x38 && isAligned ? 24 : 0;
        }
        if (b == 16) {
            return (lp & 15) == 1 ? 16 : lp == 8 && isAligned ? 24 : 0;
        }
        return lp == 0 && isAligned ? 24 : 0;
    }
}

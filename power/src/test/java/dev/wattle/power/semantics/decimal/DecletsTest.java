// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.decimal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DecletsTest {
    private static int bcd(int number) {
        return number / 100 << 8 | number / 10 % 10 << 4 | number % 10;
    }

    @Test
    void Declets_everyNumber_roundTripsThroughADifferentCode() {
        Set<Integer> codes = new HashSet<>();
        for (int number = 0; number < 1000; number++) {
            int code = Declets.ofNumber(number);
            codes.add(code);
            assertEquals(number, Declets.toNumber(code));
            assertEquals(bcd(number), Declets.toBcd(code));
            assertEquals(code, Declets.fromBcd(bcd(number)));
        }
        assertEquals(1000, codes.size());
    }

    @Test
    void Declets_everyCode_decodesToANumberWithACanonicalCode() {
        int redundant = 0;
        for (int code = 0; code < 1024; code++) {
            int number = Declets.toNumber(code);
            assertEquals(bcd(number), Declets.toBcd(code));
            int canonical = Declets.ofNumber(number);
            if (canonical != code) {
                redundant++;
                // The redundant codes are those of 888, 889, ... 999 with other values in the two free bits.
                assertEquals(0x6e, code & 0x6e);
                assertEquals(canonical, code & 0xff);
            }
        }
        assertEquals(24, redundant);
    }

    @Test
    void Declets_numbersBelowEighty_areTheirOwnPackedDigits() {
        for (int number = 0; number < 80; number++) {
            assertEquals(bcd(number), Declets.ofNumber(number));
        }
    }

    @Test
    void Declets_examplesOfEachForm_haveThePublishedCodes() {
        int[][] examples = {
            {5, 0b000_000_0101}, {9, 0b000_000_1001}, {55, 0b000_101_0101}, {79, 0b000_111_1001},
            {80, 0b000_000_1010}, {99, 0b000_101_1111}, {555, 0b101_101_0101}, {999, 0b001_111_1111}
        };
        for (int[] example : examples) {
            assertEquals(example[1], Declets.ofNumber(example[0]), "code of " + example[0]);
        }
    }
}

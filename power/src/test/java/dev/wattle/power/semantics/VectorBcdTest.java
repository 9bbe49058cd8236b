// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics;

import static dev.wattle.power.semantics.VectorMachine.hex;
import static dev.wattle.power.semantics.VectorMachine.put;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Decimal integers against BigInteger. */
class VectorBcdTest {
    private static final int ROUNDS = 500;
    private static final BigInteger LIMIT = BigInteger.TEN.pow(31);

    private final VectorMachine machine = new VectorMachine("VectorBcdTest");

    @AfterEach
    void close() {
        machine.close();
    }

    private static long[] of(BigInteger value) {
        return new long[] {value.shiftRight(64).longValue(), value.longValue()};
    }

    private static long[] packed(BigInteger value, char sign) {
        return of(new BigInteger(value.abs().mod(LIMIT) + "" + sign, 16));
    }

    private static char sign(boolean minus, int ps) {
        return minus ? 'd' : ps != 0 ? 'f' : 'c';
    }

    /** A number of up to 31 digits. */
    private BigInteger number() {
        int digits = machine.random.nextInt(32);
        BigInteger value = new BigInteger(120, machine.random).mod(BigInteger.TEN.pow(digits));
        if (machine.random.nextInt(6) == 0) {
            value = BigInteger.TEN.pow(digits).subtract(BigInteger.ONE);
        }
        return machine.random.nextBoolean() ? value.negate() : value;
    }

    /** Sets a register to a number with one of its valid sign codes. */
    private void set(int vr, BigInteger value) {
        String codes = value.signum() < 0 ? "bd" : "acef";
        machine.set(vr, packed(value, codes.charAt(machine.random.nextInt(codes.length()))));
    }

    private void check(String instruction, long[] expected, int signum, boolean overflow) {
        machine.run(instruction);
        assertEquals(hex(expected), hex(machine.get(0)), instruction);
        assertEquals((signum < 0 ? 8 : signum > 0 ? 4 : 2) | (overflow ? 1 : 0), machine.p.cr(6), instruction);
    }

    @Test
    void AddAndSubtract_randomNumbers_agreeWithBigInteger() {
        for (int round = 0; round < ROUNDS; round++) {
            int ps = round & 1;
            BigInteger a = number();
            BigInteger b = round % 7 == 0 ? a.negate() : round % 7 == 1 ? a : number();
            set(1, a);
            set(2, b);
            for (int subtract = 0; subtract < 2; subtract++) {
                BigInteger sum = subtract == 0 ? a.add(b) : a.subtract(b);
                check(
                        (subtract == 0 ? "bcdadd." : "bcdsub.") + " 0, 1, 2, " + ps,
                        packed(sum, sign(sum.signum() < 0, ps)),
                        sum.signum(),
                        sum.abs().compareTo(LIMIT) >= 0);
            }
        }
    }

    @Test
    void SignedQuadword_randomNumbers_convertsBothWays() {
        for (int round = 0; round < ROUNDS; round++) {
            int ps = round & 1;
            BigInteger value = number();
            machine.set(2, of(value));
            check("bcdcfsq. 0, 2, " + ps, packed(value, sign(value.signum() < 0, ps)), value.signum(), false);
            machine.set(2, machine.get(0));
            check("bcdctsq. 0, 2", of(value), value.signum(), false);
        }
        machine.set(2, of(LIMIT));
        machine.run("bcdcfsq. 0, 2, 0");
        assertEquals(5, machine.p.cr(6));
        machine.set(2, of(LIMIT.negate()));
        machine.run("bcdcfsq. 0, 2, 0");
        assertEquals(9, machine.p.cr(6));
        machine.set(2, Long.MIN_VALUE, 0);
        machine.run("bcdcfsq. 0, 2, 0");
        assertEquals(9, machine.p.cr(6));
    }

    @Test
    void National_randomNumbers_convertsBothWays() {
        for (int round = 0; round < ROUNDS; round++) {
            int ps = round & 1;
            BigInteger value = number();
            BigInteger kept = value.abs().mod(BigInteger.TEN.pow(7));
            long[] national = new long[2];
            String digits = String.format("%07d", kept);
            for (int i = 0; i < 7; i++) {
                put(national, 16, i, digits.charAt(i));
            }
            boolean minus = value.signum() < 0;
            put(national, 16, 7, minus ? '-' : '+');
            set(2, value);
            check("bcdctn. 0, 2", national, value.signum(), !kept.equals(value.abs()));
            machine.set(2, national);
            int signum = kept.signum() == 0 ? 0 : minus ? -1 : 1;
            check("bcdcfn. 0, 2, " + ps, packed(kept, sign(minus, ps)), signum, false);
        }
    }

    @Test
    void Zoned_randomNumbers_convertsBothWays() {
        for (int round = 0; round < ROUNDS; round++) {
            int ps = round & 1;
            BigInteger value = number();
            BigInteger kept = value.abs().mod(BigInteger.TEN.pow(16));
            long[] zoned = new long[2];
            String digits = String.format("%016d", kept);
            for (int i = 0; i < 16; i++) {
                put(zoned, 8, i, digits.charAt(i) - '0' | (ps != 0 ? 0xf0 : 0x30));
            }
            boolean minus = value.signum() < 0;
            int zone = ps != 0 ? minus ? 0xd0 : 0xc0 : minus ? 0x70 : 0x30;
            put(zoned, 8, 15, digits.charAt(15) - '0' | zone);
            set(2, value);
            check("bcdctz. 0, 2, " + ps, zoned, value.signum(), !kept.equals(value.abs()));
            machine.set(2, zoned);
            int signum = kept.signum() == 0 ? 0 : minus ? -1 : 1;
            check("bcdcfz. 0, 2, " + ps, packed(kept, minus ? 'd' : 'c'), signum, false);
        }
    }

    @Test
    void Shift_allCounts_flagsSpeakOfTheSource() {
        for (int n = -128; n < 128; n++) {
            int ps = n & 1;
            BigInteger value = number();
            BigInteger magnitude = value.abs();
            char sign = sign(value.signum() < 0, ps);
            set(2, value);
            machine.set(1, ~0xffL | n & 0xff, -1);
            if (n > 0) {
                BigInteger shifted = magnitude.multiply(BigInteger.TEN.pow(n));
                boolean lost = shifted.compareTo(LIMIT) >= 0;
                check("bcds. 0, 1, 2, " + ps, packed(shifted, sign), value.signum(), lost);
                check("bcdsr. 0, 1, 2, " + ps, packed(shifted, sign), value.signum(), lost);
            } else {
                BigInteger divisor = BigInteger.TEN.pow(-n);
                check("bcds. 0, 1, 2, " + ps, packed(magnitude.divide(divisor), sign), value.signum(), false);
                // The count is at most 31, so the first digit can always round.
                BigInteger most = divisor.min(LIMIT);
                BigInteger rounded = magnitude.add(most.shiftRight(1)).divide(most);
                check("bcdsr. 0, 1, 2, " + ps, packed(rounded, sign), value.signum(), false);
            }
            // Unsigned numbers have 32 digits.
            BigInteger unsigned = magnitude.multiply(BigInteger.TEN).add(BigInteger.valueOf(7));
            machine.set(2, of(new BigInteger(unsigned.toString(), 16)));
            BigInteger shifted =
                    n > 0 ? unsigned.multiply(BigInteger.TEN.pow(n)) : unsigned.divide(BigInteger.TEN.pow(-n));
            BigInteger limit = BigInteger.TEN.pow(32);
            long[] expected = of(new BigInteger(shifted.mod(limit).toString(), 16));
            check("bcdus. 0, 1, 2", expected, 1, shifted.compareTo(limit) >= 0);
        }
    }

    @Test
    void Truncate_allLengths_keepsTheLowDigits() {
        for (int length = 0; length < 40; length++) {
            int ps = length & 1;
            BigInteger value = number();
            set(2, value);
            machine.set(1, ~0xffffL | length, -1);
            BigInteger kept = value.abs().mod(BigInteger.TEN.pow(length));
            boolean lost = !kept.equals(value.abs());
            check("bcdtrunc. 0, 1, 2, " + ps, packed(kept, sign(value.signum() < 0, ps)), value.signum(), lost);
            machine.set(2, of(new BigInteger(value.abs().toString(), 16)));
            check(
                    "bcdutrunc. 0, 1, 2",
                    of(new BigInteger(kept.toString(), 16)),
                    value.abs().signum(),
                    lost);
        }
    }

    @Test
    void Signs_allCodes_copyAndNormalize() {
        for (int code = 10; code < 16; code++) {
            boolean minus = code == 11 || code == 13;
            machine.set(1, packed(BigInteger.valueOf(123), 'f'));
            machine.set(2, packed(BigInteger.valueOf(45), Character.forDigit(code, 16)));
            char copied = Character.forDigit(code, 16);
            check("bcdcpsgn. 0, 1, 2", packed(BigInteger.valueOf(123), copied), minus ? -1 : 1, false);
            check("bcdsetsgn. 0, 2, 0", packed(BigInteger.valueOf(45), minus ? 'd' : 'c'), minus ? -1 : 1, false);
            check("bcdsetsgn. 0, 2, 1", packed(BigInteger.valueOf(45), minus ? 'd' : 'f'), minus ? -1 : 1, false);
        }
    }

    @Test
    void InvalidOperands_digitOrSign_setTheLastBitAlone() {
        String[] signed = {
            "bcdadd. 0, 1, 2, 0", "bcdsub. 0, 1, 2, 0", "bcdctn. 0, 2", "bcdctz. 0, 2, 0", "bcdctsq. 0, 2",
            "bcdcpsgn. 0, 1, 2", "bcdsetsgn. 0, 2, 0", "bcds. 0, 1, 2, 0", "bcdsr. 0, 1, 2, 0", "bcdtrunc. 0, 1, 2, 0"
        };
        machine.set(1, 0, 0xc);
        for (int nibble = 0; nibble < 32; nibble++) {
            long[] b = packed(BigInteger.ZERO, 'c');
            put(b, 4, nibble, nibble == 31 ? 9 : 10);
            machine.set(2, b);
            for (String instruction : signed) {
                machine.run(instruction);
                assertEquals(1, machine.p.cr(6), instruction);
            }
            put(b, 4, 31, nibble == 31 ? 15 : 0);
            machine.set(2, b);
            for (String instruction : new String[] {"bcdus. 0, 1, 2", "bcdutrunc. 0, 1, 2"}) {
                machine.run(instruction);
                assertEquals(1, machine.p.cr(6), instruction);
            }
        }
        for (int bit = 0; bit < 128; bit++) {
            // A flipped bit in a zone or the sign is invalid; one in a digit may be a digit.
            long[] national = {0x0030_0030_0030_0030L, 0x0030_0030_0030_002bL};
            national[bit >> 6] ^= 1L << (bit & 63);
            machine.set(2, national);
            machine.run("bcdcfn. 0, 2, 0");
            boolean digit = (bit & 15) < 4 && bit >> 4 != 4;
            assertEquals(digit ? 4 : 1, machine.p.cr(6), "bit " + bit);
        }
    }
}

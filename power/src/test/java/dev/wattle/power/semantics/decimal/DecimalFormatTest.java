// SPDX-License-Identifier: Apache-2.0
package dev.wattle.power.semantics.decimal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DecimalFormatTest {
    @Test
    void DecimalFormat_randomData_decodesWhatWasEncoded() {
        long seed = System.nanoTime();
        System.out.println("DecimalFormatTest seed " + seed);
        Random random = new Random(seed);
        for (DecimalFormat format : DecimalFormat.values()) {
            for (int i = 0; i < 3000; i++) {
                Decimal d = RandomDecimals.datum(random, format);
                assertEquals(d, recode(format, d));
            }
        }
    }

    private static Decimal recode(DecimalFormat format, Decimal d) {
        return format == DecimalFormat.EXTENDED
                ? format.decode(format.encodeHigh(d), format.encodeLow(d))
                : format.decode(0, format.encode(d));
    }

    @Test
    void DecimalFormat_knownData_haveTheirEncodings() {
        assertEquals(0x2238_0000_0000_0001L, DecimalFormat.LONG.encode(number("1", 0)));
        assertEquals(0x2238_0000_0000_0010L, DecimalFormat.LONG.encode(number("10", 0)));
        assertEquals(0x77fc_ff3f_cff3_fcffL, DecimalFormat.LONG.encode(number("9999999999999999", 369)));
        assertEquals(0x0000_0000_0000_0001L, DecimalFormat.LONG.encode(number("1", -398)));
        assertEquals(0x2250_0001L, DecimalFormat.SHORT.encode(number("1", 0)));
        assertEquals(0x77f3_fcffL, DecimalFormat.SHORT.encode(number("9999999", 90)));
        assertEquals(0x2208_0000_0000_0000L, DecimalFormat.EXTENDED.encodeHigh(number("1", 0)));
        assertEquals(1, DecimalFormat.EXTENDED.encodeLow(number("1", 0)));
        Decimal largest = number("9".repeat(34), 6111);
        assertEquals(0x77ff_cff3_fcff_3fcfL, DecimalFormat.EXTENDED.encodeHigh(largest));
        assertEquals(0xf3fc_ff3f_cff3_fcffL, DecimalFormat.EXTENDED.encodeLow(largest));
        assertEquals(0xf800_0000_0000_0000L, DecimalFormat.LONG.encode(Decimal.infinity(true)));
        assertEquals(0x7c00_0000_0000_0000L, DecimalFormat.LONG.encode(Decimal.defaultNan()));
        assertEquals(
                Decimal.Kind.SIGNALING_NAN,
                DecimalFormat.LONG.decode(0, 0x7e00_0000_0000_0000L).kind());
    }

    private static Decimal number(String digits, int exponent) {
        return Decimal.finite(false, new BigInteger(digits), exponent);
    }
}

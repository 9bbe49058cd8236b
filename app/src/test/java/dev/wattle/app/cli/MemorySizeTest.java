// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.TypeConversionException;

class MemorySizeTest {
    private final MemorySize.Converter converter = new MemorySize.Converter();

    @ParameterizedTest
    @CsvSource({
        "512M, 536870912",
        "1G, 1073741824",
        "2g, 2147483648",
        "1T, 1099511627776",
        "524288K, 536870912",
        "1GiB, 1073741824",
        "1GB, 1073741824",
        "512, 536870912"
    })
    void size_wellFormed_isInBytes(String text, long bytes) {
        assertEquals(bytes, converter.convert(text).bytes());
    }

    @ParameterizedTest
    @CsvSource({
        "0, too little",
        "12, too little",
        "127M, too little",
        "1Q, not an amount",
        "-1G, not an amount",
        "1.5G, not an amount",
        "G, not an amount",
        "'', not an amount",
        "99999999999999999999999, not an amount",
        "999999999999999999T, more memory than any machine has"
    })
    void size_unusable_isRefusedWithTheInputAndTheReason(String text, String reason) {
        String message = assertThrows(TypeConversionException.class, () -> converter.convert(text))
                .getMessage();
        assertTrue(message.contains("'" + text + "'") && message.contains(reason), message);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.machine.pseries.Drive;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class DriveConverterTest {
    private final DriveConverter converter = new DriveConverter();

    @Test
    void drive_wellFormed_isRead() {
        assertEquals(new Drive(Path.of("a.img"), false, Optional.empty()), converter.convert("a.img"));
        assertEquals(
                new Drive(Path.of("a.img"), true, Optional.of("S1")), converter.convert("a.img,readonly,serial=S1"));
        assertEquals(new Drive(Path.of("a,b.img"), true, Optional.empty()), converter.convert("a,,b.img,readonly"));
        assertEquals(
                new Drive(Path.of("a.img"), true, Optional.empty()),
                converter.convert("file=a.img,if=virtio,format=raw,readonly=on"));
        assertEquals(
                new Drive(Path.of("a.img"), false, Optional.empty()),
                converter.convert("if=virtio,file=a.img,readonly=off"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",readonly",
                "a.img,readwrite",
                "a.img,serial=",
                "a.img,serial=123456789012345678901",
                "file=",
                "a.img,b.img"
            })
    void drive_unusable_isRefusedWithTheInput(String text) {
        String problem = assertThrows(TypeConversionException.class, () -> converter.convert(text))
                .getMessage();
        assertTrue(problem.contains("'"), problem);
    }
}

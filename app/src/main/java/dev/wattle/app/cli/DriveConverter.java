// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import dev.wattle.machine.pseries.Drive;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads {@code --drive}: {@code FILE[,readonly][,serial=S]}, a comma in a name written twice. What QEMU calls the same is
 * understood, too: {@code file=FILE,if=virtio,format=raw,readonly=on}.
 */
final class DriveConverter implements ITypeConverter<Drive> {
    private static final int LONGEST_SERIAL = 20;

    @Override
    public Drive convert(String text) {
        String file = "";
        boolean readOnly = false;
        Optional<String> serial = Optional.empty();
        List<String> parts = parts(text);
        for (int i = 0; i < parts.size(); i++) {
            String part = parts.get(i);
            if (part.startsWith("file=")) {
                file = part.substring("file=".length());
            } else if (part.equals("readonly") || part.equals("readonly=on")) {
                readOnly = true;
            } else if (part.startsWith("serial=")) {
                serial = Optional.of(serial(part.substring("serial=".length())));
            } else if (i == 0 && !part.equals("if=virtio") && !part.equals("format=raw")) {
                file = part;
            } else if (!part.equals("if=virtio") && !part.equals("format=raw") && !part.equals("readonly=off")) {
                throw new TypeConversionException(
                        "'%s' has '%s', which is nothing that is known of drives here; write FILE[,readonly][,serial=S]"
                                .formatted(text, part));
            }
        }
        if (file.isEmpty()) {
            throw new TypeConversionException("'%s' names no file; write FILE[,readonly]".formatted(text));
        }
        try {
            return new Drive(Path.of(file), readOnly, serial);
        } catch (InvalidPathException e) {
            throw new TypeConversionException("'%s' is no file name (%s)".formatted(file, e.getMessage()));
        }
    }

    private static String serial(String text) {
        if (text.isEmpty()
                || text.length() > LONGEST_SERIAL
                || !StandardCharsets.US_ASCII.newEncoder().canEncode(text)) {
            throw new TypeConversionException(
                    "'%s' is no serial number; give 1 to %d ASCII characters".formatted(text, LONGEST_SERIAL));
        }
        return text;
    }

    /** Splits at single commas. */
    private static List<String> parts(String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) != ',') {
                part.append(text.charAt(i));
            } else if (i + 1 < text.length() && text.charAt(i + 1) == ',') {
                part.append(',');
                i++;
            } else {
                parts.add(part.toString());
                part.setLength(0);
            }
        }
        parts.add(part.toString());
        return parts;
    }
}

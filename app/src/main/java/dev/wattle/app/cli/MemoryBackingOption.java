// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import dev.wattle.engine.memory.MemoryBacking;
import dev.wattle.machine.GuestMemorySource;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --memory-backing}. */
final class MemoryBackingOption implements ITypeConverter<MemoryBackingOption.Choice> {
    /**
     * What is asked for.
     *
     * @param source opens it
     * @param isOfOneMachine whether two machines cannot have it at a time
     */
    record Choice(GuestMemorySource source, boolean isOfOneMachine) {}

    private static final String HUGETLB = "hugetlb";
    private static final String FILE = "file:";

    @Override
    public Choice convert(String text) {
        if (text.equals("anonymous")) {
            return new Choice(MemoryBacking::anonymous, false);
        }
        if (text.equals(HUGETLB)) {
            return new Choice(bytes -> MemoryBacking.hugetlb(bytes, 0), false);
        }
        if (text.equals(HUGETLB + ":") || text.equals(FILE)) {
            throw new TypeConversionException("'%s': %s is missing behind the colon"
                    .formatted(text, text.equals(FILE) ? "the path of a file" : "a size of pages, such as 2M,"));
        }
        if (text.startsWith(HUGETLB + ":")) {
            long page = MemorySize.parse(text.substring(HUGETLB.length() + 1)).bytes();
            if (Long.bitCount(page) != 1) {
                throw new TypeConversionException(
                        "'%s': the size of a page is a power of two, such as 2M or 1G".formatted(text));
            }
            return new Choice(bytes -> MemoryBacking.hugetlb(bytes, page), false);
        }
        if (text.startsWith(FILE) && text.length() > FILE.length()) {
            Path file = Path.of(text.substring(FILE.length()));
            return new Choice(bytes -> MemoryBacking.file(file, bytes), true);
        }
        throw new TypeConversionException(
                "'%s' is no kind of memory known here; choose from: anonymous, hugetlb, hugetlb:SIZE, file:PATH"
                        .formatted(text));
    }
}

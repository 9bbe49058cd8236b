// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import dev.wattle.hypervisor.Vm;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * An amount of memory as people write it: {@code 512M}, {@code 2G}. As with QEMU's {@code -m}, a bare number is
 * in MiB.
 *
 * @param bytes the amount
 */
record MemorySize(long bytes) {
    /** The smallest amount accepted: less does not hold a distribution's kernel and its initial RAM disk. */
    static final long SMALLEST = 128L << 20;

    private static final Pattern SYNTAX = Pattern.compile("([0-9]{1,18})([KMGT]?)(?:I?B)?");

    /** Reads an amount of guest memory from the command line. */
    static final class Converter implements ITypeConverter<MemorySize> {
        @Override
        public MemorySize convert(String text) {
            MemorySize size = parse(text);
            if (size.bytes < SMALLEST) {
                throw new TypeConversionException(
                        "'%s' is too little memory for a guest; give it at least %dM".formatted(text, SMALLEST >> 20));
            }
            return size;
        }
    }

    /** Reads how much memory host code may take from the command line. */
    static final class CodeCacheConverter implements ITypeConverter<MemorySize> {
        @Override
        public MemorySize convert(String text) {
            MemorySize size = parse(text);
            if (size.bytes < Vm.MINIMUM_CODE_CACHE || size.bytes > Vm.MAXIMUM_CODE_CACHE) {
                throw new TypeConversionException("'%s' is too %s for host code; give it from %dM to %dM"
                        .formatted(
                                text,
                                size.bytes < Vm.MINIMUM_CODE_CACHE ? "little" : "much",
                                Vm.MINIMUM_CODE_CACHE >> 20,
                                Vm.MAXIMUM_CODE_CACHE >> 20));
            }
            return size;
        }
    }

    /** Reads the size of a disk from the command line. */
    static final class DiskConverter implements ITypeConverter<MemorySize> {
        static final long SMALLEST_DISK = 256L << 20;
        static final long LARGEST_DISK = 1L << 40;

        @Override
        public MemorySize convert(String text) {
            MemorySize size = parse(text);
            if (size.bytes < SMALLEST_DISK || size.bytes > LARGEST_DISK) {
                throw new TypeConversionException("'%s' is too %s for this disk; give it from %dM to %dG"
                        .formatted(
                                text,
                                size.bytes < SMALLEST_DISK ? "little" : "much",
                                SMALLEST_DISK >> 20,
                                LARGEST_DISK >> 30));
            }
            return new MemorySize(size.bytes + (1 << 20) - 1 & -(1L << 20));
        }
    }

    static MemorySize parse(String text) {
        Matcher matcher = SYNTAX.matcher(text.toUpperCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new TypeConversionException(
                    "'" + text + "' is not an amount of memory; write a number and K, M, G or T, such as 1G");
        }
        int shift = switch (matcher.group(2)) {
            case "K" -> 10;
            case "G" -> 30;
            case "T" -> 40;
            default -> 20;
        };
        long number = Long.parseLong(matcher.group(1));
        if (number > Long.MAX_VALUE >> shift) {
            throw new TypeConversionException("'" + text + "' is more memory than any machine has; try 1G");
        }
        return new MemorySize(number << shift);
    }
}

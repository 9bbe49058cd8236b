// SPDX-License-Identifier: Apache-2.0
package dev.wattle.testkit.oracle;

import java.util.Arrays;
import java.util.List;

/** The command line of {@link DifferentialTester}. */
record Options(
        boolean help,
        long count,
        List<String> rows,
        long seed,
        String endian,
        String cpu,
        String engine,
        int jobs,
        String singleCase,
        int examples,
        boolean table,
        boolean sequences,
        boolean sequenceCase) {

    /**
     * Reads a command line.
     *
     * @throws IllegalArgumentException if it is wrong; the message says what and how
     */
    static Options parse(String[] arguments) {
        boolean help = false;
        long count = 100_000;
        List<String> rows = List.of("*");
        long seed = System.nanoTime() & 0xffff_ffffL;
        String endian = "both";
        String cpu = "power9";
        String engine = "evaluator";
        int jobs = 1;
        String singleCase = "";
        int examples = 3;
        boolean table = false;
        boolean sequences = true;
        boolean sequenceCase = false;
        for (int i = 0; i < arguments.length; i++) {
            String option = arguments[i];
            if (option.equals("--help")) {
                help = true;
                continue;
            }
            if (option.equals("--table")) {
                table = true;
                continue;
            }
            if (option.equals("--sequence")) {
                sequenceCase = true;
                continue;
            }
            if (option.equals("--no-sequences")) {
                sequences = false;
                continue;
            }
            if (i + 1 == arguments.length) {
                throw new IllegalArgumentException(option + " is unknown or needs a value");
            }
            String value = arguments[++i];
            switch (option) {
                case "--count" -> count = number(option, value);
                case "--rows" -> rows = Arrays.asList(value.split(","));
                case "--seed" -> seed = number(option, value);
                case "--endian" -> endian = value;
                case "--cpu" -> cpu = value;
                case "--engine" -> engine = value;
                case "--jobs" -> jobs = (int) number(option, value);
                case "--case" -> singleCase = value;
                case "--examples" -> examples = (int) number(option, value);
                default -> throw new IllegalArgumentException("there is no option " + option);
            }
        }
        if (!List.of("le", "be", "both").contains(endian)) {
            throw new IllegalArgumentException("--endian is le, be or both, not " + endian);
        }
        if (!List.of("power8", "power9").contains(cpu)) {
            throw new IllegalArgumentException("--cpu is power8 or power9, not " + cpu);
        }
        if (!List.of("evaluator", "native").contains(engine)) {
            throw new IllegalArgumentException("--engine is evaluator or native, not " + engine);
        }
        if (!singleCase.isEmpty()) {
            if (!singleCase.matches("0x[0-9a-f]+@0x[0-9a-f]+")) {
                throw new IllegalArgumentException("--case is 0xSEED@0xADDRESS as reports print it, not " + singleCase);
            }
            count = 1;
        }
        return new Options(
                help,
                count,
                rows,
                seed,
                endian,
                cpu,
                engine,
                jobs,
                singleCase,
                examples,
                table,
                sequences,
                sequenceCase);
    }

    private static long number(String option, String value) {
        try {
            return Long.decode(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(option + " is a number, not " + value, e);
        }
    }

    boolean selects(String row) {
        for (String pattern : rows) {
            if (row.matches(pattern.replace(".", "\\.").replace("*", ".*"))) {
                return true;
            }
        }
        return false;
    }

    boolean tests(boolean littleEndian) {
        return endian.equals("both") || endian.equals("le") == littleEndian;
    }

    boolean isPower8() {
        return cpu.equals("power8");
    }

    boolean isCase() {
        return !singleCase.isEmpty();
    }

    boolean isNative() {
        return engine.equals("native");
    }

    /** Whether a batch is of sequences: two of sixteen are, which have about half of all instructions. */
    boolean isSequenceBatch(long number) {
        return isCase() ? sequenceCase : sequences && number % 16 >= 14;
    }

    /** The seed of the n-th case. */
    long caseSeed(long n) {
        if (isCase()) {
            return Long.parseUnsignedLong(singleCase.substring(2, singleCase.indexOf('@')), 16);
        }
        // Spread, so that neighbouring numbers give unrelated cases.
        long z = (seed << 32 ^ n) * 0x9e37_79b9_7f4a_7c15L;
        z = (z ^ z >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        return z ^ z >>> 31;
    }

    /** Where a case lies that would be put at {@code address}. */
    long caseAddress(long address) {
        return isCase() ? Long.parseLong(singleCase.substring(singleCase.indexOf('@') + 3), 16) : address;
    }
}

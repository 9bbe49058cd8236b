// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** A line by which the guest tells how far it is. All begin with {@code @@}, wherever in a line of the console. */
sealed interface Marker {
    /** The guest's first process runs. */
    record Ready() implements Marker {}

    /** A program starts. */
    record Begin(String program) implements Marker {}

    /**
     * What a program reports.
     *
     * @param program its name
     * @param checksum a digest of what it computed; empty if it has none
     * @param nanosecondsPerOperation by the guest's clock; 0 if it does not say
     * @param cpuSeconds what it took of the processor as its operating system sees it; 0 if it does not say
     */
    record Result(String program, String checksum, double nanosecondsPerOperation, double cpuSeconds)
            implements Marker {}

    /** A program ended with a status, 0 if all was well. */
    record End(String program, int status) implements Marker {}

    /** All programs ended. */
    record Done() implements Marker {}

    /** What begins all markers. */
    String SIGN = "@@";

    /**
     * @param line a line of the console
     * @return the marker in it, if there is one and it is whole
     */
    static Optional<Marker> in(String line) {
        int start = line.indexOf(SIGN);
        if (start < 0) {
            return Optional.empty();
        }
        String[] words = line.substring(start + SIGN.length()).strip().split("\\s+");
        try {
            return switch (words[0]) {
                case "READY" -> Optional.of(new Ready());
                case "BEGIN" -> words.length < 2 ? Optional.empty() : Optional.of(new Begin(words[1]));
                case "END" ->
                    words.length < 3 ? Optional.empty() : Optional.of(new End(words[1], Integer.parseInt(words[2])));
                case "RESULT" -> words.length < 2 ? Optional.empty() : Optional.of(result(words));
                case "DONE" -> Optional.of(new Done());
                default -> Optional.empty();
            };
        } catch (NumberFormatException e) {
            // Something else was written to the console in the middle of the line.
            return Optional.empty();
        }
    }

    private static Result result(String[] words) {
        Map<String, String> values = new HashMap<>();
        for (int i = 2; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            if (equals > 0) {
                values.put(words[i].substring(0, equals), words[i].substring(equals + 1));
            }
        }
        return new Result(
                words[1],
                values.getOrDefault("checksum", ""),
                Double.parseDouble(values.getOrDefault("ns", "0")),
                Double.parseDouble(values.getOrDefault("cpu", "0")));
    }
}

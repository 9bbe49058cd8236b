// SPDX-License-Identifier: Apache-2.0
package dev.wattle.app.cli;

import dev.wattle.hypervisor.ProcessorTopology;
import java.util.OptionalInt;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads {@code --smp}: a number of cores, or {@code cores=C,threads=T}, of which one may be left out, and {@code maxcpus=N}, how many
 * processors there may be once others have been added.
 */
final class TopologyConverter implements ITypeConverter<ProcessorTopology> {
    @Override
    public ProcessorTopology convert(String text) {
        int cores = 1;
        int threads = 1;
        boolean hasCores = false;
        boolean hasThreads = false;
        OptionalInt most = OptionalInt.empty();
        for (String part : text.split(",", -1)) {
            String[] pair = part.split("=", -1);
            String name = pair.length == 1 ? "cores" : pair[0];
            int value = number(text, pair[pair.length - 1]);
            if (name.equals("cores") && !hasCores && pair.length <= 2) {
                cores = value;
                hasCores = true;
            } else if (name.equals("threads") && !hasThreads && pair.length == 2) {
                threads = value;
                hasThreads = true;
            } else if (name.equals("maxcpus") && most.isEmpty() && pair.length == 2) {
                most = OptionalInt.of(value);
            } else {
                throw notUnderstood(text);
            }
        }
        try {
            ProcessorTopology first = new ProcessorTopology(cores, threads);
            return most.isEmpty()
                    ? first
                    : new ProcessorTopology(cores, threads, possibleCores(first, most.getAsInt()));
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException("'" + text + "': " + e.getMessage());
        }
    }

    private static int possibleCores(ProcessorTopology first, int most) {
        if (most < first.vcpus()) {
            throw new IllegalArgumentException(
                    "maxcpus %d: there are %d processors from the start; give at least as many"
                            .formatted(most, first.vcpus()));
        }
        if (most % first.threads() != 0) {
            throw new IllegalArgumentException(
                    "maxcpus %d: cores have %d threads each; give a multiple of that".formatted(most, first.threads()));
        }
        return most / first.threads();
    }

    private static int number(String text, String digits) {
        if (!digits.matches("[0-9]{1,6}")) {
            throw notUnderstood(text);
        }
        return Integer.parseInt(digits);
    }

    private static TypeConversionException notUnderstood(String text) {
        return new TypeConversionException(
                "'" + text + "' describes no processors; give a number of cores, or cores=C,threads=T, and"
                        + " maxcpus=N for room for more");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import io.avaje.jsonb.Json;
import java.util.List;
import java.util.Optional;

/**
 * Some measurements in short.
 *
 * @param median the middle one, or the mean of the two in the middle
 * @param least the smallest
 * @param most the greatest
 */
@Json
record Statistics(double median, double least, double most) {
    /**
     * @param values measurements, in any order
     * @return what they are in short, or nothing if there are none
     */
    static Optional<Statistics> of(List<Double> values) {
        if (values.isEmpty()) {
            return Optional.empty();
        }
        double[] sorted = values.stream().mapToDouble(value -> value).sorted().toArray();
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return Optional.of(new Statistics(median, sorted[0], sorted[sorted.length - 1]));
    }

    /**
     * @param values positive numbers
     * @return their geometric mean, or nothing if there are none
     */
    static Optional<Double> geometricMean(List<Double> values) {
        if (values.isEmpty()) {
            return Optional.empty();
        }
        double logarithms = values.stream().mapToDouble(Math::log).sum();
        return Optional.of(Math.exp(logarithms / values.size()));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.wattle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StatisticsTest {
    @Test
    void Of_oddAndEvenNumbersOfValues_hasTheMiddle() {
        assertEquals(Optional.of(new Statistics(2, 1, 9)), Statistics.of(List.of(9.0, 1.0, 2.0)));
        assertEquals(Optional.of(new Statistics(3, 1, 9)), Statistics.of(List.of(9.0, 1.0, 2.0, 4.0)));
        assertTrue(Statistics.of(List.of()).isEmpty());
    }

    @Test
    void GeometricMean_ofReciprocals_isOne() {
        assertEquals(1.0, Statistics.geometricMean(List.of(4.0, 0.25)).orElseThrow(), 1e-12);
        assertTrue(Statistics.geometricMean(List.of()).isEmpty());
    }
}

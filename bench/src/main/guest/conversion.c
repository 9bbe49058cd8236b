// SPDX-License-Identifier: Apache-2.0
// Integers to doubles to floats and back: each iteration is 1000 rounds.
#include "bench.h"

struct outcome run_conversion(uint64_t iterations) {
    int64_t value = 1;
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        for (int i = 0; i < 1000; i++) {
            double exact = (double) value * 1.25;
            float rounded = (float) exact;
            value = (int64_t) (exact + rounded) % 1000003 + i;
        }
        checksum = fold(checksum, (uint64_t) value);
    }
    return (struct outcome) {checksum, iterations * 1000};
}

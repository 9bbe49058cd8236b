// SPDX-License-Identifier: Apache-2.0
// Divisions and square roots, each of which needs the one before: each iteration is 1000 pairs.
#include "bench.h"

#include <math.h>

struct outcome run_divsqrt(uint64_t iterations) {
    double value = 2;
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        for (int i = 0; i < 1000; i++) {
            value = sqrt(1 + 3 / value);
        }
        checksum = fold_double(checksum, value);
        value += (double) (n & 7);
    }
    return (struct outcome) {checksum, iterations * 1000};
}

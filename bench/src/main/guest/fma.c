// SPDX-License-Identifier: Apache-2.0
// A chain of fused multiply-adds, each of which needs the one before: each iteration is 1000 of them.
#include "bench.h"

#include <math.h>

struct outcome run_fma(uint64_t iterations) {
    double value = 0.5;
    double factor = 0.75;
    double term = 0.2;
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        for (int i = 0; i < 1000; i++) {
            value = fma(value, factor, term);
        }
        checksum = fold_double(checksum, value);
        value -= (double) (n & 7);
    }
    return (struct outcome) {checksum, iterations * 1000};
}

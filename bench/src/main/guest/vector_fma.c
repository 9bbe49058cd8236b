// SPDX-License-Identifier: Apache-2.0
// A chain of vector fused multiply-adds of two doubles: each iteration is 1000 of them.
#include "bench.h"

#include <altivec.h>

struct outcome run_vector_fma(uint64_t iterations) {
    vector double value = {0.5, 0.25};
    vector double factor = {0.75, -0.625};
    vector double term = {0.2, 0.7};
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        for (int i = 0; i < 1000; i++) {
            value = vec_madd(value, factor, term);
        }
        checksum = fold_double(fold_double(checksum, value[0]), value[1]);
        value -= vec_splats((double) (n & 7));
    }
    return (struct outcome) {checksum, iterations * 1000};
}

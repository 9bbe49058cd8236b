// SPDX-License-Identifier: Apache-2.0
// Vector integers: additions, multiplications, shifts, comparisons and selections over 16 KiB in each iteration.
#include "bench.h"

#include <altivec.h>

enum { VECTORS = 1024 };

struct outcome run_vector_integer(uint64_t iterations) {
    static vector unsigned int data[VECTORS];
    uint64_t random = 8;
    for (int i = 0; i < VECTORS; i++) {
        for (int k = 0; k < 4; k++) {
            data[i][k] = (unsigned int) next_random(&random);
        }
    }
    vector unsigned int sum = vec_splats(0u);
    vector unsigned int most = vec_splats(0u);
    for (uint64_t n = 0; n < iterations; n++) {
        vector unsigned int shift = vec_splats((unsigned int) (n % 31 + 1));
        for (int i = 0; i < VECTORS; i++) {
            vector unsigned int value = data[i];
            vector unsigned int turned = vec_rl(value, shift);
            vector unsigned int product = value * vec_splats(2654435761u);
            sum = vec_add(sum, vec_xor(turned, vec_sr(product, shift)));
            most = vec_max(most, vec_sel(product, sum, vec_cmpgt(turned, value)));
            data[i] = vec_add(value, (vector unsigned int) vec_avg((vector unsigned char) sum,
                    (vector unsigned char) turned));
        }
    }
    uint64_t checksum = 0;
    for (int k = 0; k < 4; k++) {
        checksum = fold(fold(checksum, sum[k]), most[k]);
    }
    return (struct outcome) {checksum, iterations * VECTORS};
}

// SPDX-License-Identifier: Apache-2.0
// A chain of vector permutations: each iteration is 1000 of them.
#include "bench.h"

#include <altivec.h>

struct outcome run_permute(uint64_t iterations) {
    vector unsigned char value = {1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 121, 98, 219, 61};
    vector unsigned char other = vec_splats((unsigned char) 7);
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        for (int i = 0; i < 1000; i++) {
            value = vec_perm(value, other, value);
            other = vec_add(other, vec_splats((unsigned char) 3));
            value = vec_xor(value, other);
        }
        vector unsigned long long words = (vector unsigned long long) value;
        checksum = fold(fold(checksum, words[0]), words[1]);
    }
    return (struct outcome) {checksum, iterations * 1000};
}

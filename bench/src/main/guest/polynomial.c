// SPDX-License-Identifier: Apache-2.0
// Multiplication of polynomials over GF(2) with vpmsumd, as in CRCs and in GCM: each iteration folds 16 KiB into 128
// bits, four lanes side by side.
#include "bench.h"

#include <altivec.h>

typedef vector unsigned long long pair;

enum { VECTORS = 1024 };

struct outcome run_polynomial(uint64_t iterations) {
    static pair data[VECTORS];
    uint64_t random = 10;
    for (int i = 0; i < VECTORS; i++) {
        data[i] = (pair) {next_random(&random), next_random(&random)};
    }
    const pair factor = {0x42f0e1eba9ea3693, 0xc96c5795d7870f42};
    pair lanes[4] = {data[0], data[1], data[2], data[3]};
    for (uint64_t n = 0; n < iterations; n++) {
        for (int i = 0; i < VECTORS; i += 4) {
            for (int k = 0; k < 4; k++) {
                lanes[k] = vec_xor(__builtin_crypto_vpmsumd(lanes[k], factor), data[i + k]);
            }
        }
    }
    uint64_t checksum = 0;
    for (int k = 0; k < 4; k++) {
        checksum = fold(fold(checksum, lanes[k][0]), lanes[k][1]);
    }
    return (struct outcome) {checksum, iterations * VECTORS};
}

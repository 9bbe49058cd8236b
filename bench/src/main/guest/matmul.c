// SPDX-License-Identifier: Apache-2.0
// Matrix multiplication in doubles: each iteration multiplies two matrices of 96 x 96.
#include "bench.h"

enum { SIZE = 96 };

static double a[SIZE][SIZE];
static double b[SIZE][SIZE];
static double product[SIZE][SIZE];

struct outcome run_matmul(uint64_t iterations) {
    uint64_t random = 6;
    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++) {
            a[i][j] = (double) (next_random(&random) >> 11) * 0x1p-53 - 0.5;
            b[i][j] = (double) (next_random(&random) >> 11) * 0x1p-53 - 0.5;
        }
    }
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        for (int i = 0; i < SIZE; i++) {
            for (int j = 0; j < SIZE; j++) {
                product[i][j] = 0;
            }
            for (int k = 0; k < SIZE; k++) {
                double factor = a[i][k];
                for (int j = 0; j < SIZE; j++) {
                    product[i][j] += factor * b[k][j];
                }
            }
        }
        for (int i = 0; i < SIZE; i++) {
            checksum = fold_double(checksum, product[i][(i + (int) n) % SIZE]);
            a[i][i] += 0x1p-10;
        }
    }
    return (struct outcome) {checksum, iterations * SIZE * SIZE * SIZE};
}

// SPDX-License-Identifier: Apache-2.0
// The C library's memcpy: each iteration copies 64 KiB, from a place that is aligned in every other one.
#include "bench.h"

#include <string.h>

enum { SIZE = 1 << 16 };

struct outcome run_memcpy(uint64_t iterations) {
    static uint8_t from[SIZE + 16] __attribute__((aligned(128)));
    static uint8_t to[SIZE] __attribute__((aligned(128)));
    uint64_t random = 11;
    for (size_t i = 0; i < sizeof from; i++) {
        from[i] = (uint8_t) next_random(&random);
    }
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        memcpy(to, from + (n & 1) * 3, SIZE);
        __asm__ volatile("" ::: "memory");
        checksum = fold(checksum, to[n % SIZE]);
        from[n % SIZE]++;
    }
    return (struct outcome) {checksum, iterations};
}

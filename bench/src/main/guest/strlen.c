// SPDX-License-Identifier: Apache-2.0
// The C library's strlen: each iteration is one string of about 4000 bytes.
#include "bench.h"

#include <string.h>

struct outcome run_strlen(uint64_t iterations) {
    static char text[4096];
    memset(text, 'w', sizeof text - 1);
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        size_t end = 4000 + n % 64;
        text[end] = 0;
        __asm__ volatile("" ::: "memory");
        checksum = fold(checksum, strlen(text + n % 16));
        text[end] = 'w';
    }
    return (struct outcome) {checksum, iterations};
}

// SPDX-License-Identifier: Apache-2.0
// Calls and returns: each iteration calls a function that does next to nothing 1000 times.
#include "bench.h"

static __attribute__((noinline, noclone)) uint64_t next(uint64_t value) {
    OPAQUE(value);
    return value + 3;
}

struct outcome run_call(uint64_t iterations) {
    uint64_t value = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        for (int i = 0; i < 1000; i++) {
            value = next(value);
        }
    }
    return (struct outcome) {fold(0, value), iterations * 1000};
}

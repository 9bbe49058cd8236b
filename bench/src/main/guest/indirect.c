// SPDX-License-Identifier: Apache-2.0
// Calls through pointers, to sixteen functions in random order: each iteration is 1000 calls.
#include "bench.h"

#define STEP(number) \
    static __attribute__((noinline, noclone)) uint64_t step##number(uint64_t value) { \
        return value * (2 * number + 3) + number; \
    }
STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)
STEP(8) STEP(9) STEP(10) STEP(11) STEP(12) STEP(13) STEP(14) STEP(15)

struct outcome run_indirect(uint64_t iterations) {
    static uint64_t (*const steps[])(uint64_t) = {
        step0, step1, step2, step3, step4, step5, step6, step7,
        step8, step9, step10, step11, step12, step13, step14, step15,
    };
    static uint8_t order[1024];
    uint64_t random = 14;
    for (size_t i = 0; i < sizeof order; i++) {
        order[i] = next_random(&random) % 16;
    }
    uint64_t value = 1;
    for (uint64_t n = 0; n < iterations; n++) {
        for (int i = 0; i < 1000; i++) {
            value = steps[order[(n + (uint64_t) i) % sizeof order]](value);
        }
    }
    return (struct outcome) {fold(0, value), iterations * 1000};
}

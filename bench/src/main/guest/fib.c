// SPDX-License-Identifier: Apache-2.0
// Fibonacci numbers by recursion: calls, returns and little else. Each iteration computes the 22nd.
#include "bench.h"

static __attribute__((noinline, noclone, optimize("no-optimize-sibling-calls"))) uint64_t fib(uint64_t n) {
    // Without this the compiler unfolds the recursion into a loop of calls.
    OPAQUE(n);
    if (n < 2) {
        return n;
    }
    uint64_t before = fib(n - 2);
    OPAQUE(before);
    return fib(n - 1) + before;
}

struct outcome run_fib(uint64_t iterations) {
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        checksum = fold(checksum, fib(22));
    }
    // fib(n) takes 2 F(n + 1) - 1 calls.
    return (struct outcome) {checksum, iterations * 57313};
}

// SPDX-License-Identifier: Apache-2.0
// The sieve of Eratosthenes, one bit per odd number: each iteration finds the primes below 4 Mi in 256 KiB.
#include "bench.h"

#include <string.h>

enum { LIMIT = 1 << 22 };

struct outcome run_sieve(uint64_t iterations) {
    static uint64_t composite[LIMIT / 128];
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        memset(composite, 0, sizeof composite);
        uint64_t primes = 1;
        for (uint32_t i = 1; i < LIMIT / 2; i++) {
            if ((composite[i / 64] >> i % 64 & 1) == 0) {
                primes++;
                uint32_t prime = 2 * i + 1;
                if (prime < 2048) {
                    for (uint32_t j = 2 * i * (i + 1); j < LIMIT / 2; j += prime) {
                        composite[j / 64] |= (uint64_t) 1 << j % 64;
                    }
                }
            }
        }
        if (primes != 295947) {
            fail("primes below 4194304");
        }
        checksum = fold(checksum, composite[n % (LIMIT / 128)]);
    }
    return (struct outcome) {checksum, iterations * LIMIT};
}

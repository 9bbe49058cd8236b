// SPDX-License-Identifier: Apache-2.0
// The constants of SHA-256 (FIPS 180-4): the leading 32 bits of the fractions of roots of the first primes, computed
// here instead of listed.
#ifndef SHA256_CONSTANTS_H
#define SHA256_CONSTANTS_H

#include <stdint.h>

// floor(2^32 * root) mod 2^32, where root is the square root (power 2) or cube root (power 3) of a number below 512.
static inline uint32_t root_fraction(unsigned number, int power) {
    uint64_t low = 0;
    uint64_t high = (uint64_t) 32 << 32;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        // Exact: middle has at most 37 bits, 32 of them behind the point.
        unsigned __int128 value = (unsigned __int128) middle * middle * (power == 2 ? 1 : middle);
        if (value <= (unsigned __int128) number << 32 * power) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (uint32_t) low;
}

static inline void sha256_constants(uint32_t round[64], uint32_t initial[8]) {
    int found = 0;
    for (unsigned candidate = 2; found < 64; candidate++) {
        int prime = 1;
        for (unsigned divisor = 2; divisor * divisor <= candidate; divisor++) {
            prime &= candidate % divisor != 0;
        }
        if (prime) {
            if (found < 8) {
                initial[found] = root_fraction(candidate, 2);
            }
            round[found++] = root_fraction(candidate, 3);
        }
    }
}

#endif

// SPDX-License-Identifier: Apache-2.0
// Powers modulo a 1024-bit number, by Montgomery's multiplication: 64 x 64 bit products and chains of carries. Each
// iteration is one multiplication.
#include "bench.h"

enum { LIMBS = 16 };

typedef unsigned __int128 wide;

static void multiply(uint64_t *result, const uint64_t *a, const uint64_t *b, const uint64_t *modulus, uint64_t inverse) {
    uint64_t sum[LIMBS + 2] = {0};
    for (int i = 0; i < LIMBS; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < LIMBS; j++) {
            wide product = (wide) a[j] * b[i] + sum[j] + carry;
            sum[j] = (uint64_t) product;
            carry = (uint64_t) (product >> 64);
        }
        wide top = (wide) sum[LIMBS] + carry;
        sum[LIMBS] = (uint64_t) top;
        sum[LIMBS + 1] = (uint64_t) (top >> 64);
        uint64_t factor = sum[0] * inverse;
        wide first = (wide) factor * modulus[0] + sum[0];
        carry = (uint64_t) (first >> 64);
        for (int j = 1; j < LIMBS; j++) {
            wide product = (wide) factor * modulus[j] + sum[j] + carry;
            sum[j - 1] = (uint64_t) product;
            carry = (uint64_t) (product >> 64);
        }
        top = (wide) sum[LIMBS] + carry;
        sum[LIMBS - 1] = (uint64_t) top;
        sum[LIMBS] = sum[LIMBS + 1] + (uint64_t) (top >> 64);
    }
    uint64_t borrow = 0;
    uint64_t reduced[LIMBS];
    for (int j = 0; j < LIMBS; j++) {
        wide difference = (wide) sum[j] - modulus[j] - borrow;
        reduced[j] = (uint64_t) difference;
        borrow = (uint64_t) (difference >> 64) & 1;
    }
    const uint64_t *smaller = sum[LIMBS] >= borrow ? reduced : sum;
    for (int j = 0; j < LIMBS; j++) {
        result[j] = smaller[j];
    }
}

struct outcome run_bignum(uint64_t iterations) {
    uint64_t random = 5;
    uint64_t modulus[LIMBS];
    uint64_t base[LIMBS];
    uint64_t power[LIMBS];
    for (int i = 0; i < LIMBS; i++) {
        modulus[i] = next_random(&random);
        base[i] = power[i] = next_random(&random);
    }
    modulus[0] |= 1;
    modulus[LIMBS - 1] |= (uint64_t) 1 << 63;
    base[LIMBS - 1] >>= 1;
    power[LIMBS - 1] >>= 1;
    // -1 / modulus modulo 2^64, by Newton's iteration.
    uint64_t inverse = modulus[0];
    for (int i = 0; i < 6; i++) {
        inverse *= 2 - modulus[0] * inverse;
    }
    inverse = -inverse;
    for (uint64_t n = 0; n < iterations; n++) {
        multiply(power, power, (n & 1) == 0 ? power : base, modulus, inverse);
    }
    uint64_t checksum = 0;
    for (int i = 0; i < LIMBS; i++) {
        checksum = fold(checksum, power[i]);
    }
    return (struct outcome) {checksum, iterations};
}

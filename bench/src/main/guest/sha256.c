// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4) in plain C: each iteration hashes 64 KiB.
#include "bench.h"
#include "sha256_constants.h"

static uint32_t round_constants[64];
static uint32_t initial[8];

static uint32_t rotate(uint32_t value, int count) {
    return value >> count | value << (32 - count);
}

static void compress(uint32_t state[8], const uint8_t *block) {
    uint32_t w[64];
    for (int i = 0; i < 16; i++) {
        w[i] = (uint32_t) block[4 * i] << 24 | (uint32_t) block[4 * i + 1] << 16 | (uint32_t) block[4 * i + 2] << 8
                | block[4 * i + 3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
        uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + round_constants[i]
                + w[i];
        uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

struct outcome run_sha256(uint64_t iterations) {
    static uint8_t data[1 << 16];
    uint64_t random = 1;
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t) next_random(&random);
    }
    sha256_constants(round_constants, initial);
    // The block that pads "abc", and the first word of its hash, from the standard.
    uint8_t abc[64] = {'a', 'b', 'c', 0x80, [63] = 24};
    uint32_t state[8];
    for (int i = 0; i < 8; i++) {
        state[i] = initial[i];
    }
    compress(state, abc);
    if (state[0] != 0xba7816bf || state[7] != 0xf20015ad) {
        fail("SHA-256 of abc");
    }
    for (uint64_t n = 0; n < iterations; n++) {
        for (size_t i = 0; i < sizeof data; i += 64) {
            compress(state, data + i);
        }
    }
    uint64_t checksum = 0;
    for (int i = 0; i < 8; i++) {
        checksum = fold(checksum, state[i]);
    }
    return (struct outcome) {checksum, iterations * sizeof data};
}

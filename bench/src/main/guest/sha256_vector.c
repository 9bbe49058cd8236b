// SPDX-License-Identifier: Apache-2.0
// SHA-256 with the vector SHA instructions, four messages side by side: each iteration hashes 16 KiB of each.
#include "bench.h"
#include "sha256_constants.h"

#include <altivec.h>

typedef vector unsigned int words;

static uint32_t round_constants[64];
static uint32_t initial[8];

static void compress(words state[8], const words *block) {
    words w[16];
    words a = state[0], b = state[1], c = state[2], d = state[3];
    words e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
        words *next = &w[i % 16];
        if (i < 16) {
            *next = block[i];
        } else {
            *next += __builtin_crypto_vshasigmaw(w[(i + 1) % 16], 0, 0) + w[(i + 9) % 16]
                    + __builtin_crypto_vshasigmaw(w[(i + 14) % 16], 0, 15);
        }
        words t1 = h + __builtin_crypto_vshasigmaw(e, 1, 15) + vec_sel(g, f, e) + vec_splats(round_constants[i])
                + *next;
        words t2 = __builtin_crypto_vshasigmaw(a, 1, 0) + vec_sel(a, b, vec_xor(a, c));
        // The majority of a, b and c: b where a and c differ, otherwise a.
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

struct outcome run_sha256_vector(uint64_t iterations) {
    static words data[1 << 12];
    uint64_t random = 9;
    for (int i = 0; i < 1 << 12; i++) {
        for (int k = 0; k < 4; k++) {
            data[i][k] = (unsigned int) next_random(&random);
        }
    }
    sha256_constants(round_constants, initial);
    words state[8];
    for (int i = 0; i < 8; i++) {
        state[i] = vec_splats(initial[i]);
    }
    words abc[16] = {[0] = vec_splats(0x61626380u), [15] = vec_splats(24u)};
    compress(state, abc);
    if (state[0][3] != 0xba7816bf || state[7][0] != 0xf20015ad) {
        fail("SHA-256 of abc");
    }
    for (uint64_t n = 0; n < iterations; n++) {
        for (int i = 0; i < 1 << 12; i += 16) {
            compress(state, data + i);
        }
    }
    uint64_t checksum = 0;
    for (int i = 0; i < 8; i++) {
        for (int k = 0; k < 4; k++) {
            checksum = fold(checksum, state[i][k]);
        }
    }
    return (struct outcome) {checksum, iterations * sizeof data};
}

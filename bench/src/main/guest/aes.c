// SPDX-License-Identifier: Apache-2.0
// AES-128 in counter mode with the vector AES instructions, four blocks at a time: each iteration is 16 KiB.
#include "bench.h"

#include <altivec.h>
#include <string.h>

typedef vector unsigned char bytes;
typedef vector unsigned long long pair;

enum { ROUNDS = 10, BLOCKS = 1024 };

// The S-box of FIPS 197: the inverse in GF(2^8), then an affine map.
static uint8_t substitute(uint8_t value) {
    uint8_t inverse = 0;
    for (unsigned candidate = 1; value != 0 && candidate < 256; candidate++) {
        unsigned product = 0;
        for (int bit = 7; bit >= 0; bit--) {
            product = product << 1 ^ (product >> 7) * 0x11b ^ (candidate >> bit & 1) * value;
        }
        if (product == 1) {
            inverse = (uint8_t) candidate;
            break;
        }
    }
    uint8_t result = 0x63;
    for (int turn = 0; turn < 5; turn++) {
        result ^= (uint8_t) (inverse << turn | inverse >> (8 - turn));
    }
    return result;
}

static void expand_key(const uint8_t key[16], pair keys[ROUNDS + 1]) {
    uint8_t words[16 * (ROUNDS + 1)];
    memcpy(words, key, 16);
    uint8_t constant = 1;
    for (int i = 16; i < 16 * (ROUNDS + 1); i += 4) {
        uint8_t last[4];
        memcpy(last, words + i - 4, 4);
        if (i % 16 == 0) {
            uint8_t first = last[0];
            last[0] = substitute(last[1]) ^ constant;
            last[1] = substitute(last[2]);
            last[2] = substitute(last[3]);
            last[3] = substitute(first);
            constant = (uint8_t) (constant << 1 ^ (constant >> 7) * 0x1b);
        }
        for (int k = 0; k < 4; k++) {
            words[i + k] = words[i - 16 + k] ^ last[k];
        }
    }
    for (int round = 0; round <= ROUNDS; round++) {
        keys[round] = (pair) vec_xl_be(16 * round, words);
    }
}

static void encrypt(const pair keys[ROUNDS + 1], pair blocks[4]) {
    pair a = blocks[0] ^ keys[0], b = blocks[1] ^ keys[0], c = blocks[2] ^ keys[0], d = blocks[3] ^ keys[0];
    for (int round = 1; round < ROUNDS; round++) {
        a = __builtin_crypto_vcipher(a, keys[round]);
        b = __builtin_crypto_vcipher(b, keys[round]);
        c = __builtin_crypto_vcipher(c, keys[round]);
        d = __builtin_crypto_vcipher(d, keys[round]);
    }
    blocks[0] = __builtin_crypto_vcipherlast(a, keys[ROUNDS]);
    blocks[1] = __builtin_crypto_vcipherlast(b, keys[ROUNDS]);
    blocks[2] = __builtin_crypto_vcipherlast(c, keys[ROUNDS]);
    blocks[3] = __builtin_crypto_vcipherlast(d, keys[ROUNDS]);
}

struct outcome run_aes(uint64_t iterations) {
    static uint8_t data[16 * BLOCKS];
    pair keys[ROUNDS + 1];
    pair blocks[4];
    uint8_t key[16];
    uint8_t block[16];
    for (int i = 0; i < 16; i++) {
        key[i] = (uint8_t) i;
        block[i] = (uint8_t) (0x11 * i);
    }
    expand_key(key, keys);
    // The example of FIPS 197, appendix C.1.
    blocks[0] = blocks[1] = blocks[2] = blocks[3] = (pair) vec_xl_be(0, block);
    encrypt(keys, blocks);
    vec_xst_be((bytes) blocks[3], 0, block);
    if (block[0] != 0x69 || block[1] != 0xc4 || block[15] != 0x5a) {
        fail("AES-128 of the standard's example");
    }
    uint64_t counter = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        for (size_t i = 0; i < sizeof data; i += 64) {
            for (int k = 0; k < 4; k++) {
                blocks[k] = (pair) {counter++, 0x0123456789abcdef};
            }
            encrypt(keys, blocks);
            for (size_t k = 0; k < 4; k++) {
                size_t at = i + 16 * k;
                vec_xst_be(vec_xor(vec_xl_be(0, data + at), (bytes) blocks[k]), 0, data + at);
            }
        }
    }
    uint64_t checksum = 0;
    for (size_t i = 0; i < sizeof data; i += 8) {
        uint64_t word;
        memcpy(&word, data + i, sizeof word);
        checksum = fold(checksum, word);
    }
    return (struct outcome) {checksum, iterations * sizeof data};
}

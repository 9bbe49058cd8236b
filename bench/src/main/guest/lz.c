// SPDX-License-Identifier: Apache-2.0
// A compressor that replaces repeated strings by references (LZ77), and its expansion: each iteration compresses 256 KiB
// of words and expands them again.
#include "bench.h"

#include <string.h>

enum { SIZE = 1 << 18, HASH_BITS = 14, SHORTEST = 4, LONGEST = 255 + SHORTEST };

static uint8_t text[SIZE];
static uint8_t packed[2 * SIZE];
static uint8_t expanded[SIZE];
static uint32_t heads[1 << HASH_BITS];

static uint32_t hash(const uint8_t *at) {
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word * 2654435761u >> (32 - HASH_BITS);
}

// Literals: their number (1 to 128) - 1, then they. References: 128, length - SHORTEST, two bytes of distance.
static size_t compress(void) {
    size_t out = 0;
    size_t literals = 0;
    memset(heads, 0, sizeof heads);
    for (size_t in = 0; in < SIZE;) {
        size_t length = 0;
        size_t distance = 0;
        if (in + SHORTEST <= SIZE) {
            uint32_t *head = &heads[hash(text + in)];
            // Heads hold positions plus one, since 0 is none.
            size_t candidate = *head;
            *head = (uint32_t) in + 1;
            distance = in + 1 - candidate;
            if (candidate != 0 && distance < 65536) {
                size_t limit = SIZE - in < LONGEST ? SIZE - in : LONGEST;
                while (length < limit && text[candidate - 1 + length] == text[in + length]) {
                    length++;
                }
            }
        }
        if (length >= SHORTEST) {
            packed[out++] = 128;
            packed[out++] = (uint8_t) (length - SHORTEST);
            packed[out++] = (uint8_t) distance;
            packed[out++] = (uint8_t) (distance >> 8);
            in += length;
            literals = 0;
        } else {
            if (literals == 0) {
                packed[out++] = 0;
                literals = 1;
            } else {
                packed[out - 1 - literals]++;
                literals++;
            }
            packed[out++] = text[in++];
            if (literals == 128) {
                literals = 0;
            }
        }
    }
    return out;
}

static size_t expand(size_t size) {
    size_t out = 0;
    for (size_t in = 0; in < size;) {
        if (packed[in] < 128) {
            size_t count = packed[in] + (size_t) 1;
            memcpy(expanded + out, packed + in + 1, count);
            in += 1 + count;
            out += count;
        } else {
            size_t count = packed[in + 1] + (size_t) SHORTEST;
            size_t distance = packed[in + 2] | (size_t) packed[in + 3] << 8;
            for (size_t i = 0; i < count; i++, out++) {
                expanded[out] = expanded[out - distance];
            }
            in += 4;
        }
    }
    return out;
}

struct outcome run_lz(uint64_t iterations) {
    uint64_t random = 4;
    uint64_t words[512];
    for (int i = 0; i < 512; i++) {
        words[i] = next_random(&random);
    }
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        for (size_t i = 0; i < SIZE;) {
            uint64_t word = words[next_random(&random) % 512];
            for (unsigned j = 0; j < 3 + word % 5 && i < SIZE; j++) {
                text[i++] = (uint8_t) ('a' + (word >> 8 * j) % 26);
            }
        }
        size_t size = compress();
        if (expand(size) != SIZE || memcmp(text, expanded, SIZE) != 0) {
            fail("expansion");
        }
        checksum = fold(fold(checksum, size), packed[size / 2]);
    }
    return (struct outcome) {checksum, iterations * SIZE};
}

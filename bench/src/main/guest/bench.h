// SPDX-License-Identifier: Apache-2.0
// What every benchmark program uses.
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

// What a program hands back. The checksum depends on everything that it computed and on nothing else: not on time,
// addresses or the host.
struct outcome {
    uint64_t checksum;
    uint64_t operations;
};

// Sets the start of the time per operation; called by a program whose preparation shall not count.
void start_clock(void);

// Ends the process with a message.
_Noreturn void fail(const char *what);

// Pseudo-random numbers (a Weyl sequence through a 64-bit mixer).
static inline uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 31) * 0xd6e8feb86659fd93u;
    z = (z ^ z >> 29) * 0xd6e8feb86659fd93u;
    return z ^ z >> 32;
}

// Folds a value into a checksum.
static inline uint64_t fold(uint64_t checksum, uint64_t value) {
    return (checksum << 13 | checksum >> 51) * 0x100000001b3u ^ value;
}

// The same for the bits of a number.
static inline uint64_t fold_double(uint64_t checksum, double value) {
    union {
        double number;
        uint64_t bits;
    } both = {.number = value};
    return fold(checksum, both.bits);
}

// The compiler must assume that the value may have changed.
#define OPAQUE(value) __asm__ volatile("" : "+r"(value))

#endif

// SPDX-License-Identifier: Apache-2.0
// The fast Fourier transform of 4096 complex numbers, there and back in each iteration.
#include "bench.h"

#include <math.h>

enum { BITS = 12, SIZE = 1 << BITS };

static double real[SIZE];
static double imaginary[SIZE];
static double cosine[SIZE / 2];
static double sine[SIZE / 2];

static void transform(double direction) {
    for (uint32_t i = 0; i < SIZE; i++) {
        uint32_t mirrored = 0;
        for (int bit = 0; bit < BITS; bit++) {
            mirrored |= (i >> bit & 1) << (BITS - 1 - bit);
        }
        if (mirrored > i) {
            double swapped = real[i];
            real[i] = real[mirrored];
            real[mirrored] = swapped;
            swapped = imaginary[i];
            imaginary[i] = imaginary[mirrored];
            imaginary[mirrored] = swapped;
        }
    }
    for (int half = 1; half < SIZE; half *= 2) {
        for (int start = 0; start < SIZE; start += 2 * half) {
            for (int k = 0; k < half; k++) {
                int turn = k * (SIZE / 2 / half);
                double c = cosine[turn];
                double s = direction * sine[turn];
                int low = start + k;
                int high = low + half;
                double re = c * real[high] - s * imaginary[high];
                double im = c * imaginary[high] + s * real[high];
                real[high] = real[low] - re;
                imaginary[high] = imaginary[low] - im;
                real[low] += re;
                imaginary[low] += im;
            }
        }
    }
}

struct outcome run_fft(uint64_t iterations) {
    uint64_t random = 7;
    for (int i = 0; i < SIZE; i++) {
        real[i] = (double) (next_random(&random) >> 40);
        imaginary[i] = 0;
    }
    for (int i = 0; i < SIZE / 2; i++) {
        double angle = 2 * 3.14159265358979323846 * i / SIZE;
        cosine[i] = cos(angle);
        sine[i] = sin(angle);
    }
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        transform(-1);
        checksum = fold_double(checksum, real[n % SIZE]);
        transform(1);
        for (int i = 0; i < SIZE; i++) {
            real[i] /= SIZE;
            imaginary[i] /= SIZE;
        }
    }
    return (struct outcome) {checksum, iterations * 2};
}

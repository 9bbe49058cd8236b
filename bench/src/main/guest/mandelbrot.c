// SPDX-License-Identifier: Apache-2.0
// The Mandelbrot set: each iteration is one row of 256 points, up to 200 steps each.
#include "bench.h"

struct outcome run_mandelbrot(uint64_t iterations) {
    uint64_t checksum = 0;
    uint64_t steps = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        double y0 = (double) (n % 256) / 128 - 1;
        for (int column = 0; column < 256; column++) {
            double x0 = (double) column / 100 - 2;
            double x = 0;
            double y = 0;
            int step = 0;
            while (step < 200 && x * x + y * y < 4) {
                double next = x * x - y * y + x0;
                y = 2 * x * y + y0;
                x = next;
                step++;
            }
            checksum = fold(checksum, (uint64_t) step);
            steps += (uint64_t) step;
        }
    }
    return (struct outcome) {checksum, steps};
}

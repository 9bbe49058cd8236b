// SPDX-License-Identifier: Apache-2.0
// A pointer chase in random order through 2 MiB: each iteration is 1000 loads, each of which needs the one before.
#include "bench.h"

#include <stdlib.h>

enum { COUNT = (2 << 20) / 64 };

struct cell {
    uint64_t next;
    uint64_t filler[7];
};

struct outcome run_chase(uint64_t iterations) {
    struct cell *cells = aligned_alloc(1 << 16, COUNT * sizeof *cells);
    if (cells == NULL) {
        fail("memory");
    }
    // One cycle through all cells (Sattolo).
    uint64_t random = 12;
    for (uint64_t i = 0; i < COUNT; i++) {
        cells[i].next = i;
    }
    for (uint64_t i = COUNT - 1; i > 0; i--) {
        uint64_t j = next_random(&random) % i;
        uint64_t swapped = cells[i].next;
        cells[i].next = cells[j].next;
        cells[j].next = swapped;
    }
    start_clock();
    uint64_t at = 0;
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        for (int i = 0; i < 1000; i++) {
            at = cells[at].next;
        }
        checksum = fold(checksum, at);
    }
    free(cells);
    return (struct outcome) {checksum, iterations * 1000};
}

// SPDX-License-Identifier: Apache-2.0
// One word in each 64 KiB of 128 MiB, in random order: each iteration is one visit to all 2048 places.
#include "bench.h"

#include <sys/mman.h>

enum { PAGES = 2048, STRIDE = 1 << 16 };

struct outcome run_tlb_scan(uint64_t iterations) {
    uint8_t *memory =
            mmap(NULL, (size_t) PAGES * STRIDE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        fail("mmap");
    }
    madvise(memory, (size_t) PAGES * STRIDE, MADV_NOHUGEPAGE);
    static uint32_t order[PAGES];
    uint64_t random = 13;
    for (uint32_t i = 0; i < PAGES; i++) {
        uint32_t j = (uint32_t) (next_random(&random) % (i + 1));
        order[i] = order[j];
        order[j] = i;
    }
    // Not all in the same set of a cache.
    for (uint32_t i = 0; i < PAGES; i++) {
        *(uint32_t *) (memory + (size_t) order[i] * STRIDE + order[i] % 500 * 128) = order[(i + 1) % PAGES];
    }
    start_clock();
    uint32_t page = order[0];
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        for (int i = 0; i < PAGES - 1; i++) {
            page = *(uint32_t *) (memory + (size_t) page * STRIDE + page % 500 * 128);
        }
        checksum = fold(checksum, page);
    }
    munmap(memory, (size_t) PAGES * STRIDE);
    return (struct outcome) {checksum, iterations * (PAGES - 1)};
}

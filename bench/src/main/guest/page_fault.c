// SPDX-License-Identifier: Apache-2.0
// Page faults: each iteration maps 4 MiB, writes to each 64 KiB of it for the first time, and unmaps it.
#include "bench.h"

#include <sys/mman.h>

enum { PAGES = 64, STRIDE = 1 << 16 };

struct outcome run_page_fault(uint64_t iterations) {
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        uint8_t *memory = mmap(NULL, PAGES * STRIDE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            fail("mmap");
        }
        madvise(memory, PAGES * STRIDE, MADV_NOHUGEPAGE);
        for (int i = 0; i < PAGES; i++) {
            // Fresh memory is all zeros.
            uint8_t *place = memory + i * STRIDE + n % STRIDE;
            checksum = fold(checksum, *place += (uint8_t) (i + 1));
        }
        munmap(memory, PAGES * STRIDE);
    }
    return (struct outcome) {checksum, iterations * PAGES};
}

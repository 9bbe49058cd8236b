// SPDX-License-Identifier: Apache-2.0
// Protection of a page: each iteration makes it read-only, reads it, makes it writable and writes to it.
#include "bench.h"

#include <sys/mman.h>

enum { PAGE = 1 << 16 };

struct outcome run_mprotect(uint64_t iterations) {
    volatile uint32_t *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        fail("mmap");
    }
    *page = 1;
    start_clock();
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        if (mprotect((void *) page, PAGE, PROT_READ) != 0) {
            fail("mprotect");
        }
        uint32_t value = *page;
        if (mprotect((void *) page, PAGE, PROT_READ | PROT_WRITE) != 0) {
            fail("mprotect");
        }
        *page = value * 3 + (uint32_t) n;
        checksum = fold(checksum, value);
    }
    munmap((void *) page, PAGE);
    return (struct outcome) {checksum, iterations};
}

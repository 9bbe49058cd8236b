// SPDX-License-Identifier: Apache-2.0
// Changed code: each iteration writes two instructions, makes them visible to execution, and calls them.
#include "bench.h"

#include <sys/mman.h>

struct outcome run_patch(uint64_t iterations) {
    uint32_t *code =
            mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED) {
        fail("mmap");
    }
    uint64_t checksum = 0;
    code[2] = 0x4e800020; // blr
    // The ABI's function pointers are addresses of code.
    uint64_t (*function)(uint64_t) = (uint64_t (*)(uint64_t)) code;
    for (uint64_t n = 0; n < iterations; n++) {
        code[0] = 0x38630000 | (uint32_t) (n & 0x7fff); // addi 3,3,n
        code[1] = 0x68630000 | (uint32_t) (n >> 4 & 0xffff); // xori 3,3,n >> 4
        __asm__ volatile("dcbst 0,%0; sync; icbi 0,%0; isync" ::"r"(code) : "memory");
        checksum = fold(checksum, function(n * 7));
    }
    munmap(code, 1 << 16);
    return (struct outcome) {checksum, iterations};
}

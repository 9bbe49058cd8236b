// SPDX-License-Identifier: Apache-2.0
// A memory barrier on another processor, which runs: each iteration is an interrupt there and its answer.
#define _GNU_SOURCE
#include "bench.h"
#include "processors.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int running;

static void *spin(void *unused) {
    (void) unused;
    pin(1);
    atomic_store(&running, 1);
    while (atomic_load_explicit(&running, memory_order_relaxed) != 0) {
    }
    return NULL;
}

struct outcome run_ipi(uint64_t iterations) {
    pthread_t other;
    pin(0);
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) != 0) {
        fail("membarrier");
    }
    if (pthread_create(&other, NULL, spin, NULL) != 0) {
        fail("pthread_create");
    }
    while (atomic_load(&running) == 0) {
        usleep(1000);
    }
    start_clock();
    for (uint64_t n = 0; n < iterations; n++) {
        if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0) {
            fail("membarrier");
        }
    }
    atomic_store(&running, 0);
    pthread_join(other, NULL);
    return (struct outcome) {fold(1, iterations), iterations};
}

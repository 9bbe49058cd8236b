// SPDX-License-Identifier: Apache-2.0
// A number to a thread on another processor and back, each of them asleep while the other has it: an iteration is two
// interrupts to processors that have nothing to do.
#define _GNU_SOURCE
#include "bench.h"
#include "processors.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_uint turn;
static uint64_t checksum;
static uint64_t rounds;

static void await(unsigned mine) {
    for (unsigned seen = atomic_load(&turn); seen != mine; seen = atomic_load(&turn)) {
        syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    }
}

static void hand_over(unsigned next) {
    atomic_store(&turn, next);
    syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *answer(void *unused) {
    (void) unused;
    pin(1);
    for (uint64_t n = 0; n < rounds; n++) {
        await(1);
        checksum = fold(checksum, n * 3);
        hand_over(0);
    }
    return NULL;
}

struct outcome run_wake(uint64_t iterations) {
    pthread_t other;
    pin(0);
    rounds = iterations;
    if (pthread_create(&other, NULL, answer, NULL) != 0) {
        fail("pthread_create");
    }
    start_clock();
    for (uint64_t n = 0; n < iterations; n++) {
        checksum = fold(checksum, n);
        hand_over(1);
        await(0);
    }
    pthread_join(other, NULL);
    return (struct outcome) {checksum, iterations};
}

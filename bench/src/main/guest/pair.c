// SPDX-License-Identifier: Apache-2.0
// Two processes at once, each on a processor of its own: all that one does is in its caches.
#include "bench.h"
#include "processors.h"

#include <sys/wait.h>
#include <unistd.h>

struct outcome run_queens(uint64_t iterations);
struct outcome run_quicksort(uint64_t iterations);
struct outcome run_strings(uint64_t iterations);

static uint64_t work(uint64_t iterations) {
    uint64_t checksum = run_queens(iterations).checksum;
    checksum = fold(checksum, run_quicksort(iterations / 40 + 1).checksum);
    return fold(checksum, run_strings(iterations).checksum);
}

struct outcome run_pair(uint64_t iterations) {
    int result[2];
    if (pipe(result) != 0) {
        fail("pipe");
    }
    start_clock();
    pid_t child = fork();
    if (child < 0) {
        fail("fork");
    }
    pin(child == 0 ? 1 : 0);
    uint64_t checksum = work(iterations);
    if (child == 0) {
        _exit(write(result[1], &checksum, sizeof checksum) == sizeof checksum ? 0 : 1);
    }
    uint64_t other;
    if (read(result[0], &other, sizeof other) != sizeof other || other != checksum) {
        fail("the other processor");
    }
    waitpid(child, NULL, 0);
    return (struct outcome) {checksum, 2 * iterations};
}

// SPDX-License-Identifier: Apache-2.0
// All programs in one file: "programs NAME ITERATIONS" runs one of them and prints its result.
#include "bench.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define PROGRAM(name, function) struct outcome function(uint64_t iterations);
#include "programs.h"
#undef PROGRAM

static const struct {
    const char *name;
    struct outcome (*run)(uint64_t iterations);
} programs[] = {
#define PROGRAM(name, function) {name, function},
#include "programs.h"
#undef PROGRAM
};

static struct timespec start;

void start_clock(void) {
    clock_gettime(CLOCK_MONOTONIC, &start);
}

void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, errno == 0 ? "the result is wrong" : strerror(errno));
    exit(1);
}

static double cpu_seconds(int who) {
    struct rusage usage;
    getrusage(who, &usage);
    return (double) usage.ru_utime.tv_sec + (double) usage.ru_stime.tv_sec
            + 1e-6 * (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

int main(int argc, char **argv) {
    // What the fork-exec program runs.
    if (argc == 2 && strcmp(argv[1], "nothing") == 0) {
        return 0;
    }
    if (argc != 3) {
        fprintf(stderr, "usage: %s NAME ITERATIONS\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (strcmp(programs[i].name, argv[1]) == 0) {
            start_clock();
            struct outcome outcome = programs[i].run(strtoull(argv[2], NULL, 10));
            struct timespec end;
            clock_gettime(CLOCK_MONOTONIC, &end);
            double nanoseconds =
                    1e9 * (double) (end.tv_sec - start.tv_sec) + (double) (end.tv_nsec - start.tv_nsec);
            printf("@@RESULT %s checksum=%016" PRIx64 " operations=%" PRIu64 " ns=%.2f cpu=%.3f\n", argv[1],
                    outcome.checksum, outcome.operations, nanoseconds / (double) outcome.operations,
                    cpu_seconds(RUSAGE_SELF) + cpu_seconds(RUSAGE_CHILDREN));
            return 0;
        }
    }
    fprintf(stderr, "there is no program %s\n", argv[1]);
    return 2;
}

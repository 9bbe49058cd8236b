// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "processors.h"

#include "bench.h"

#include <sched.h>

void pin(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
        fail("sched_setaffinity");
    }
}

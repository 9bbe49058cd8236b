// SPDX-License-Identifier: Apache-2.0
// Signals: each iteration sends one to this process, handles it and returns.
#include "bench.h"

#include <signal.h>
#include <string.h>

static volatile uint64_t handled;

static void handle(int number) {
    handled += (uint64_t) number;
}

struct outcome run_signal(uint64_t iterations) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handle;
    if (sigaction(SIGUSR1, &action, NULL) != 0) {
        fail("sigaction");
    }
    for (uint64_t n = 0; n < iterations; n++) {
        raise(SIGUSR1);
    }
    return (struct outcome) {fold(0, handled / SIGUSR1), iterations};
}

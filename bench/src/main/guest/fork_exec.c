// SPDX-License-Identifier: Apache-2.0
// Processes: each iteration is a fork, an exec of this program, which ends at once, and a wait for it.
#include "bench.h"

#include <sys/wait.h>
#include <unistd.h>

struct outcome run_fork_exec(uint64_t iterations) {
    uint64_t good = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        pid_t child = fork();
        if (child < 0) {
            fail("fork");
        }
        if (child == 0) {
            execl("/proc/self/exe", "programs", "nothing", (char *) NULL);
            _exit(127);
        }
        int status;
        good += waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return (struct outcome) {fold(0, good), iterations};
}

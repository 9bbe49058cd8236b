// SPDX-License-Identifier: Apache-2.0
// A byte to another process and back, through two pipes: each iteration is one round trip.
#include "bench.h"

#include <sys/wait.h>
#include <unistd.h>

struct outcome run_pipe(uint64_t iterations) {
    int there[2];
    int back[2];
    if (pipe(there) != 0 || pipe(back) != 0) {
        fail("pipe");
    }
    pid_t child = fork();
    if (child < 0) {
        fail("fork");
    }
    if (child == 0) {
        close(there[1]);
        close(back[0]);
        uint8_t byte;
        while (read(there[0], &byte, 1) == 1) {
            byte = (uint8_t) (byte * 3 + 1);
            if (write(back[1], &byte, 1) != 1) {
                break;
            }
        }
        _exit(0);
    }
    close(there[0]);
    close(back[1]);
    start_clock();
    uint64_t checksum = 0;
    uint8_t byte = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) {
            fail("round trip");
        }
        checksum = fold(checksum, byte);
        byte ^= (uint8_t) n;
    }
    close(there[1]);
    waitpid(child, NULL, 0);
    return (struct outcome) {checksum, iterations};
}

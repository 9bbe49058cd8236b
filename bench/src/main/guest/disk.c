// SPDX-License-Identifier: Apache-2.0
// A sector of a disk at a time, past the guest's caches: an iteration is a request to a device, and its interrupt to a
// processor that has nothing to do.
#define _GNU_SOURCE
#include "bench.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { SECTOR = 512, SECTORS = 8192 };

struct outcome run_disk(uint64_t iterations) {
    uint64_t *sector = aligned_alloc(4096, 4096);
    int disk = open("/dev/vda", O_RDONLY | O_DIRECT);
    if (sector == NULL || disk < 0) {
        fail("/dev/vda");
    }
    uint64_t checksum = 0;
    start_clock();
    for (uint64_t n = 0; n < iterations; n++) {
        uint64_t number = n * 37 % SECTORS;
        if (pread(disk, sector, SECTOR, (off_t) (number * SECTOR)) != SECTOR) {
            fail("pread");
        }
        checksum = fold(checksum, sector[n % (SECTOR / sizeof *sector)]);
    }
    close(disk);
    return (struct outcome) {checksum, iterations};
}

// SPDX-License-Identifier: Apache-2.0
// Queens on a board of 9 x 9, by search with bits: branches that are hard to predict. Each iteration counts all
// solutions.
#include "bench.h"

static uint64_t place(uint32_t columns, uint32_t rising, uint32_t falling, uint32_t board) {
    if (columns == board) {
        return 1;
    }
    uint64_t solutions = 0;
    for (uint32_t open = board & ~(columns | rising | falling); open != 0; open &= open - 1) {
        uint32_t queen = open & -open;
        solutions += place(columns | queen, (rising | queen) << 1, (falling | queen) >> 1, board);
    }
    return solutions;
}

struct outcome run_queens(uint64_t iterations) {
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        uint32_t board = 0x1ff;
        OPAQUE(board);
        uint64_t solutions = place(0, 0, 0, board);
        if (solutions != 352) {
            fail("solutions for nine queens");
        }
        checksum = fold(checksum, solutions);
    }
    return (struct outcome) {checksum, iterations};
}

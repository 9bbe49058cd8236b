// SPDX-License-Identifier: Apache-2.0
// Quicksort with the median of three, and insertion sort for short runs: each iteration sorts 65536 numbers.
#include "bench.h"

#include <string.h>

enum { COUNT = 1 << 16, SHORT = 12 };

static void swap(uint32_t *a, uint32_t *b) {
    uint32_t t = *a;
    *a = *b;
    *b = t;
}

static void sort(uint32_t *first, uint32_t *last) {
    while (last - first > SHORT) {
        uint32_t *middle = first + (last - first) / 2;
        if (*middle < *first) {
            swap(middle, first);
        }
        if (*last < *first) {
            swap(last, first);
        }
        if (*last < *middle) {
            swap(last, middle);
        }
        uint32_t pivot = *middle;
        uint32_t *left = first;
        uint32_t *right = last;
        while (left <= right) {
            while (*left < pivot) {
                left++;
            }
            while (pivot < *right) {
                right--;
            }
            if (left <= right) {
                swap(left++, right--);
            }
        }
        // The shorter part by recursion, so that the stack stays small.
        if (right - first < last - left) {
            sort(first, right);
            first = left;
        } else {
            sort(left, last);
            last = right;
        }
    }
    for (uint32_t *next = first + 1; next <= last; next++) {
        uint32_t value = *next;
        uint32_t *hole = next;
        while (hole > first && value < hole[-1]) {
            *hole = hole[-1];
            hole--;
        }
        *hole = value;
    }
}

struct outcome run_quicksort(uint64_t iterations) {
    static uint32_t numbers[COUNT];
    uint64_t random = 2;
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        for (int i = 0; i < COUNT; i++) {
            numbers[i] = (uint32_t) next_random(&random);
        }
        sort(numbers, numbers + COUNT - 1);
        for (int i = 1; i < COUNT; i++) {
            if (numbers[i] < numbers[i - 1]) {
                fail("order");
            }
        }
        checksum = fold(checksum, numbers[COUNT / 3]);
    }
    return (struct outcome) {checksum, iterations * COUNT};
}

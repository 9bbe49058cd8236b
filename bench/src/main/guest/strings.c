// SPDX-License-Identifier: Apache-2.0
// Text with the C library: each iteration writes, splits, searches and compares a few hundred words.
#include "bench.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 200 };

static const char *const syllables[] = {"wa", "ttle", "po", "wer", "gu", "est", "mon", "itor", "re", "gi", "ster", "tra"};

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *) a, *(char *const *) b);
}

struct outcome run_strings(uint64_t iterations) {
    static char text[WORDS * 48];
    static char copy[sizeof text];
    char *words[WORDS];
    uint64_t random = 3;
    uint64_t checksum = 0;
    for (uint64_t n = 0; n < iterations; n++) {
        char *end = text;
        for (int i = 0; i < WORDS; i++) {
            uint64_t r = next_random(&random);
            end += sprintf(end, "%s%s%s-%u ", syllables[r % 12], syllables[(r >> 8) % 12], syllables[(r >> 16) % 12],
                    (unsigned) (r >> 40) & 0xffff);
        }
        for (char *c = text; *c != 0; c++) {
            *c = (char) toupper((unsigned char) *c);
        }
        strcpy(copy, text);
        int count = 0;
        for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
            words[count++] = word;
        }
        qsort(words, (size_t) count, sizeof *words, by_text);
        for (int i = 0; i < count; i++) {
            char *number = strchr(words[i], '-');
            checksum = fold(checksum, (uint64_t) strtol(number + 1, NULL, 10) + strlen(words[i]));
        }
        char *found = text;
        while ((found = strstr(found, "POWER")) != NULL) {
            checksum = fold(checksum, (uint64_t) (found - text));
            found++;
        }
    }
    return (struct outcome) {checksum, iterations * WORDS};
}

// SPDX-License-Identifier: Apache-2.0
// An interpreter of a small stack machine, on a program that adds up the lengths of Collatz sequences: each iteration
// takes one more starting value.
#include "bench.h"

enum opcode { PUSH, LOAD, STORE, ADD, MULTIPLY, HALVE, ODD, EQUAL, JUMP, JUMP_IF, STOP };

static const int32_t code[] = {
    // The value is in variable 0, the length in variable 1.
    PUSH, 0, STORE, 1,
    // 4: the value is 1: done
    LOAD, 0, PUSH, 1, EQUAL, JUMP_IF, 42, LOAD, 0, ODD, JUMP_IF, 23, LOAD, 0, HALVE, STORE, 0, JUMP, 33,
    // 23: odd: three times and one
    LOAD, 0, PUSH, 3, MULTIPLY, PUSH, 1, ADD, STORE, 0,
    // 33: one more
    LOAD, 1, PUSH, 1, ADD, STORE, 1, JUMP, 4,
    // 42: the end
    STOP,
};

static uint64_t interpret(const int32_t *program, int64_t *variables, uint64_t *steps) {
    int64_t stack[16];
    int64_t *top = stack;
    uint64_t count = 0;
    for (const int32_t *pc = program;;) {
        count++;
        switch ((enum opcode) *pc++) {
            case PUSH:
                *++top = *pc++;
                break;
            case LOAD:
                *++top = variables[*pc++];
                break;
            case STORE:
                variables[*pc++] = *top--;
                break;
            case ADD:
                top[-1] += top[0];
                top--;
                break;
            case MULTIPLY:
                top[-1] *= top[0];
                top--;
                break;
            case HALVE:
                *top >>= 1;
                break;
            case ODD:
                *top &= 1;
                break;
            case EQUAL:
                top[-1] = top[-1] == top[0];
                top--;
                break;
            case JUMP:
                pc = program + *pc;
                break;
            case JUMP_IF:
                pc = *top-- != 0 ? program + *pc : pc + 1;
                break;
            case STOP:
                *steps += count;
                return (uint64_t) variables[1];
        }
    }
}

struct outcome run_interpreter(uint64_t iterations) {
    uint64_t checksum = 0;
    uint64_t steps = 0;
    for (uint64_t n = 1; n <= iterations; n++) {
        int64_t variables[2] = {(int64_t) n, 0};
        checksum = fold(checksum, interpret(code, variables, &steps));
    }
    return (struct outcome) {checksum, steps};
}

# SPDX-License-Identifier: Apache-2.0
# What an interpreter does all day: objects, dictionaries, strings, numbers of any size, exceptions, generators.
import sys


class Vector:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)


def primes(limit):
    flags = bytearray([1]) * (limit + 1)
    for i in range(2, int(limit**0.5) + 1):
        if flags[i]:
            flags[i * i :: i] = bytes(len(range(i * i, limit + 1, i)))
    return [i for i in range(2, limit + 1) if flags[i]]


def collatz(limit):
    best = (0, 0)
    for start in range(1, limit):
        n, steps = start, 0
        while n != 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            steps += 1
        best = max(best, (steps, start))
    return best


def words(count):
    seen = {}
    seed = 1
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) % 2147483648
        word = "w%d" % (seed % 997)
        seen[word] = seen.get(word, 0) + 1
    return sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:3]


def failures(count):
    caught = 0
    for i in range(count):
        try:
            1 // (i % 3)
        except ZeroDivisionError:
            caught += 1
    return caught


for turn in range(int(sys.argv[1])):
    total = Vector(0, 0.5)
    for k in range(4000):
        total = total + Vector(k, k / 7)
    print(turn, total.x, round(total.y, 6), len(primes(20000)), collatz(600), words(5000), failures(3000))
    print(sum(pow(3, k, 10**40 + 7) for k in range(1000, 1200)), "".join(reversed(str(7**400)))[:20])

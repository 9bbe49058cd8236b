// SPDX-License-Identifier: Apache-2.0
// Objects, closures, arrays, maps, strings, numbers: enough for the compiler to be worth its time.
'use strict';

class Vector {
    constructor(x, y) {
        this.x = x;
        this.y = y;
    }

    plus(other) {
        return new Vector(this.x + other.x, this.y + other.y);
    }
}

let seed = 1;
function number(limit) {
    seed = Number((BigInt(seed) * 16807n) % 2147483647n);
    return seed % limit;
}

function sieve(limit) {
    const composite = new Uint8Array(limit + 1);
    let count = 0;
    for (let i = 2; i <= limit; i++) {
        if (!composite[i]) {
            count++;
            for (let k = i * i; k <= limit; k += i) composite[k] = 1;
        }
    }
    return count;
}

function fib(n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

for (let turn = 0; turn < Number(process.argv[2]); turn++) {
    let total = new Vector(0, 0.5);
    for (let k = 0; k < 200000; k++) total = total.plus(new Vector(k, k / 7));
    const words = new Map();
    for (let k = 0; k < 20000; k++) {
        const word = 'w' + number(997);
        words.set(word, (words.get(word) || 0) + 1);
    }
    const top = [...words].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 3);
    const text = JSON.stringify([...words]).replace(/w(\d)/g, '$1-');
    console.log(turn, total.x, total.y.toFixed(6), sieve(300000), fib(24), top.join(' '), text.length);
}

# SPDX-License-Identifier: Apache-2.0
# Fields, arrays, regular expressions, numbers.
function number(limit) {
    seed = (seed * 16807) % 2147483647
    return seed % limit
}

BEGIN {
    seed = 1
    for (turn = 1; turn <= turns; turn++) {
        split("", bytes)
        matches = 0
        for (i = 0; i < 8000; i++) {
            line = "user" number(300) "," number(24) ":" number(60) ",/page/" number(50) "," number(9999)
            n = split(line, field, ",")
            bytes[field[1]] += field[n]
            if (field[2] ~ /^1[0-9]:[0-5]?[05]$/) matches++
            sub(/page/, "p", field[3])
            names[field[3]]++
        }
        best = ""
        for (user in bytes) if (best == "" || bytes[user] > bytes[best] || bytes[user] == bytes[best] && user < best) best = user
        sum = 0
        for (i = 1; i < 30000; i++) sum += i % 7 / (i + 1)
        printf "%d %s %d %d %.9f\n", turn, best, bytes[best], matches, sum
    }
}

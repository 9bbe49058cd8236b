-- SPDX-License-Identifier: Apache-2.0
-- Tables, closures, strings with patterns, numbers.
local seed = 1
local function number(limit)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed % limit
end

local function queens(n)
    local count, rows, up, down = 0, {}, {}, {}
    local function place(column)
        if column > n then
            count = count + 1
            return
        end
        for row = 1, n do
            if not (rows[row] or up[row + column] or down[row - column + n]) then
                rows[row], up[row + column], down[row - column + n] = true, true, true
                place(column + 1)
                rows[row], up[row + column], down[row - column + n] = false, false, false
            end
        end
    end
    place(1)
    return count
end

for turn = 1, tonumber(arg[1]) do
    local words, order = {}, {}
    for _ = 1, 8000 do
        local word = string.format("w%d", number(997))
        if not words[word] then
            words[word] = 0
            order[#order + 1] = word
        end
        words[word] = words[word] + 1
    end
    table.sort(order, function(a, b)
        return words[a] > words[b] or words[a] == words[b] and a < b
    end)
    local text = table.concat(order, " ")
    local changed, times = text:gsub("w(%d)(%d*)", "%2-%1")
    local sum = 0.0
    for i = 1, 60000 do
        sum = sum + (i % 7) / (i + 1)
    end
    print(turn, order[1], times, #changed, string.format("%.9f", sum), queens(7))
end

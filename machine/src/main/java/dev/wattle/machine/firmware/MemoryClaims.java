// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.firmware;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Which parts of guest RAM somebody has claimed: the allocator behind the client interface's {@code claim} and
 * {@code release} (IEEE 1275, 6.3.2.4). Not thread-safe.
 */
public final class MemoryClaims {
    /** A range of real addresses. */
    public record Range(long start, long size) {}

    /** Bound on the number of claims, since a guest makes them. */
    private static final int CLAIM_LIMIT = 65536;

    private final long limit;
    private final long lowest;
    /** Start to end, exclusive, of disjoint claims. */
    private final TreeMap<Long, Long> claims = new TreeMap<>();

    /**
     * @param lowest lowest address that {@link #claimAnywhere} gives
     * @param limit end of the memory that can be claimed
     */
    public MemoryClaims(long lowest, long limit) {
        this.lowest = lowest;
        this.limit = limit;
    }

    /** Claims an exact range. Returns false if it is empty, outside of memory, or overlaps another claim. */
    public boolean claim(long start, long size) {
        if (start < 0 || size <= 0 || start > limit || size > limit - start || claims.size() >= CLAIM_LIMIT) {
            return false;
        }
        long end = start + size;
        Map.Entry<Long, Long> below = claims.lowerEntry(end);
        if (below != null && below.getValue() > start) {
            return false;
        }
        claims.put(start, end);
        return true;
    }

    /**
     * Claims the lowest free range.
     *
     * @param alignment power of two
     * @return its start; empty if there is none
     */
    public OptionalLong claimAnywhere(long size, long alignment) {
        if (size <= 0 || size > limit || Long.bitCount(alignment) != 1) {
            return OptionalLong.empty();
        }
        long start = align(lowest, alignment);
        for (Map.Entry<Long, Long> claim : claims.entrySet()) {
            if (claim.getValue() <= start) {
                continue;
            }
            if (claim.getKey() - start >= size) {
                break;
            }
            start = align(claim.getValue(), alignment);
        }
        return claim(start, size) ? OptionalLong.of(start) : OptionalLong.empty();
    }

    /**
     * Releases a range: whole claims or parts of them.
     *
     * @return false if some of the range was not claimed; then nothing changes
     */
    public boolean release(long start, long size) {
        if (start < 0 || size <= 0 || start > limit || size > limit - start) {
            return false;
        }
        long end = start + size;
        Map.Entry<Long, Long> first = claims.floorEntry(start);
        if (first == null) {
            return false;
        }
        long covered = start;
        for (Map.Entry<Long, Long> claim :
                claims.subMap(first.getKey(), true, end, false).entrySet()) {
            if (claim.getKey() > covered || claim.getValue() <= covered) {
                return false;
            }
            covered = claim.getValue();
        }
        if (covered < end) {
            return false;
        }
        claims.subMap(start, true, end, false).clear();
        if (first.getKey() < start) {
            claims.put(first.getKey(), start);
        }
        if (covered > end) {
            claims.put(end, covered);
        }
        return true;
    }

    /** The free ranges in ascending order. */
    public List<Range> available() {
        List<Range> free = new ArrayList<>();
        long start = 0;
        for (Map.Entry<Long, Long> claim : claims.entrySet()) {
            if (claim.getKey() > start) {
                free.add(new Range(start, claim.getKey() - start));
            }
            start = claim.getValue();
        }
        if (start < limit) {
            free.add(new Range(start, limit - start));
        }
        return free;
    }

    private static long align(long address, long alignment) {
        return (address + alignment - 1) & -alignment;
    }
}

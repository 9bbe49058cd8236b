// SPDX-License-Identifier: Apache-2.0
package dev.wattle.machine.firmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MemoryClaimsTest {
    @Test
    void Claim_exactRanges_refusesOverlapAndOutside() {
        MemoryClaims claims = new MemoryClaims(0, 0x10000);
        assertTrue(claims.claim(0x1000, 0x1000));
        assertFalse(claims.claim(0x1fff, 1));
        assertFalse(claims.claim(0xfff, 2));
        assertFalse(claims.claim(0, 0x10000));
        assertFalse(claims.claim(0xf000, 0x1001));
        assertFalse(claims.claim(0x3000, 0));
        assertFalse(claims.claim(-1, 1));
        assertTrue(claims.claim(0x2000, 0xe000));
        assertEquals(List.of(new MemoryClaims.Range(0, 0x1000)), claims.available());
    }

    @Test
    void ClaimAnywhere_alignment_isTheLowestFit() {
        MemoryClaims claims = new MemoryClaims(0x100, 0x10000);
        claims.claim(0x1000, 0x10);
        assertEquals(OptionalLong.of(0x2000), claims.claimAnywhere(0x100, 0x1000));
        assertEquals(OptionalLong.of(0x100), claims.claimAnywhere(0x100, 1));
        assertEquals(OptionalLong.empty(), claims.claimAnywhere(0xf000, 1));
        assertEquals(OptionalLong.empty(), claims.claimAnywhere(16, 3));
        assertEquals(OptionalLong.empty(), claims.claimAnywhere(16, 0));
    }

    @Test
    void Release_middleOfAClaim_splitsIt() {
        MemoryClaims claims = new MemoryClaims(0, 0x10000);
        claims.claim(0x1000, 0x3000);
        assertTrue(claims.release(0x2000, 0x1000));
        assertFalse(claims.release(0x2000, 0x1000));
        assertFalse(claims.release(0x1000, 0x3000));
        assertTrue(claims.claim(0x2000, 0x1000));
        assertTrue(claims.release(0x1000, 0x3000));
        assertEquals(List.of(new MemoryClaims.Range(0, 0x10000)), claims.available());
    }

    @Test
    void Claims_randomOperations_agreeWithABitmap() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int limit = 256;
        MemoryClaims claims = new MemoryClaims(0, limit);
        BitSet bitmap = new BitSet(limit);
        for (int step = 0; step < 20_000; step++) {
            int start = random.nextInt(limit);
            int size = 1 + random.nextInt(24);
            boolean inside = start + size <= limit;
            boolean claim = random.nextBoolean();
            int set = bitmap.get(start, Math.min(limit, start + size)).cardinality();
            boolean expected = inside && set == (claim ? 0 : size);
            boolean actual = claim ? claims.claim(start, size) : claims.release(start, size);
            assertEquals(expected, actual, "seed " + seed + " step " + step);
            if (expected) {
                bitmap.set(start, start + size, claim);
            }
            long free = claims.available().stream()
                    .mapToLong(MemoryClaims.Range::size)
                    .sum();
            assertEquals(limit - bitmap.cardinality(), free, "seed " + seed + " step " + step);
        }
    }
}

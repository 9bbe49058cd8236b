// SPDX-License-Identifier: Apache-2.0
package dev.wattle.engine.host.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class HostFeaturesTest {
    @Test
    void Host_asked_hasWhatTheKernelLists() throws Exception {
        Assumptions.assumeTrue(HostFeatures.isHostSupported(), "this host has no back-end");
        Set<String> flags = new HashSet<>();
        for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
            if (line.startsWith("flags")) {
                flags.addAll(Arrays.asList(
                        line.substring(line.indexOf(':') + 1).strip().split(" ", -1)));
            }
        }
        Set<HostFeatures.Feature> listed = EnumSet.noneOf(HostFeatures.Feature.class);
        for (HostFeatures.Feature feature : HostFeatures.Feature.values()) {
            if (flags.contains(feature.name().toLowerCase(Locale.ROOT))) {
                listed.add(feature);
            }
        }
        assertEquals(listed, HostFeatures.host().all());
    }

    @Test
    void Without_someFeatures_hasTheOthers() {
        HostFeatures all = HostFeatures.of(EnumSet.allOf(HostFeatures.Feature.class));
        HostFeatures some = all.without(HostFeatures.Feature.BMI2, HostFeatures.Feature.MOVBE);
        assertFalse(some.bmi2());
        assertFalse(some.movbe());
        assertEquals(HostFeatures.Feature.values().length - 2, some.all().size());
        assertEquals(Set.of(), HostFeatures.BASELINE.all());
    }

    @Test
    void Without_avx_hasNothingThatNeedsIt() {
        HostFeatures some =
                HostFeatures.of(EnumSet.allOf(HostFeatures.Feature.class)).without(HostFeatures.Feature.AVX);
        assertEquals(
                EnumSet.complementOf(EnumSet.of(
                        HostFeatures.Feature.AVX,
                        HostFeatures.Feature.AVX2,
                        HostFeatures.Feature.FMA,
                        HostFeatures.Feature.AVX512VL,
                        HostFeatures.Feature.AVX512VBMI,
                        HostFeatures.Feature.GFNI)),
                some.all());
        assertEquals(Set.of(), HostFeatures.of(Set.of(HostFeatures.Feature.FMA)).all());
    }

    @Test
    void Cpuid_withoutTheHigherLeaves_isNotAskedForThem() {
        // As processors of one kind do, each leaf that there is not says what the highest one says: here all ones.
        IntFunction<int[]> old = leaf -> switch (leaf) {
            case 0 -> new int[] {1, 0, 0, 0};
            case 0x8000_0000 -> new int[] {0x8000_0000, 0, 0, 0};
            default -> new int[] {-1, -1, -1, -1};
        };
        assertEquals(
                EnumSet.of(
                        HostFeatures.Feature.CX16,
                        HostFeatures.Feature.SSSE3,
                        HostFeatures.Feature.SSE4_1,
                        HostFeatures.Feature.MOVBE,
                        HostFeatures.Feature.POPCNT,
                        HostFeatures.Feature.AES,
                        HostFeatures.Feature.PCLMULQDQ,
                        HostFeatures.Feature.AVX,
                        HostFeatures.Feature.FMA),
                HostFeatures.read(old, () -> 7).all());
        IntFunction<int[]> recent = leaf -> switch (leaf) {
            case 0 -> new int[] {7, 0, 0, 0};
            case 0x8000_0000 -> new int[] {0x8000_0001, 0, 0, 0};
            default -> new int[] {-1, -1, -1, -1};
        };
        assertEquals(
                EnumSet.allOf(HostFeatures.Feature.class),
                HostFeatures.read(recent, () -> 0xe7).all());
        // The operating system saves AVX's registers, and not those that AVX-512 adds.
        assertEquals(
                EnumSet.complementOf(EnumSet.of(HostFeatures.Feature.AVX512VL, HostFeatures.Feature.AVX512VBMI)),
                HostFeatures.read(recent, () -> 7).all());
        // The operating system does not save AVX's registers.
        assertEquals(false, HostFeatures.read(recent, () -> 3).all().contains(HostFeatures.Feature.AVX));
    }
}

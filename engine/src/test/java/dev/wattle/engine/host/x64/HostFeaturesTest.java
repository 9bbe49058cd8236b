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
}

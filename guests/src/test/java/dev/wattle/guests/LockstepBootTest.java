// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.wattle.app.guest.GuestImage;
import dev.wattle.engine.host.x64.HostFeatures;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.MachineStatistics;
import dev.wattle.machine.pseries.Lockstep;
import dev.wattle.machine.pseries.PseriesMachine;
import dev.wattle.power.model.ProcessorModel;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Boots the demo on both engines at once, comparing all registers on the way and all memory at the end. */
@Timeout(900)
class LockstepBootTest {
    private static final long INTERVAL = 500;

    @TempDir
    Path translations;

    @Test
    void Boot_onBothEngines_isTheSameToTheLastByte() throws Exception {
        assertEquals(0, hits(boot()));
        assertTrue(hits(boot()) > 40_000, "the second boot finds the translations of the first");
    }

    /** By hash page table, where hypercalls, segments and pages change what both engines may do at every moment. */
    @Test
    void Boot_byHashPageTableOnBothEngines_isTheSameToTheLastByte() throws Exception {
        Assumptions.assumeTrue(HostFeatures.isHostSupported(), "this host has no back-end");
        GuestImage demo = Demo.image();
        ScriptedConsole console = new ScriptedConsole();
        PseriesMachine.Builder description = PseriesMachine.builder()
                .kernel(demo.kernel())
                .initrd(demo.initrd())
                .processor(ProcessorModel.POWER8)
                .memoryBytes(512L << 20)
                .bootArguments(demo.bootArguments() + " demo=\"cat /proc/cpuinfo; sha256sum /bin/busybox\"");
        try (Lockstep lockstep = new Lockstep(description, console, 10 * INTERVAL)) {
            MachineOutcome end = lockstep.run();
            assertEquals(MachineOutcome.Kind.POWERED_OFF, end.kind(), end::reason);
        }
        String text = console.transcript().all();
        assertTrue(text.contains("MMU\t\t: Hash"), text);
    }

    private static long hits(MachineStatistics statistics) {
        return statistics.engineCounts().getOrDefault("translations of earlier runs", 0L);
    }

    private MachineStatistics boot() throws Exception {
        Assumptions.assumeTrue(HostFeatures.isHostSupported(), "this host has no back-end");
        GuestImage demo = Demo.image();
        ScriptedConsole console = new ScriptedConsole();
        PseriesMachine.Builder description = PseriesMachine.builder()
                .kernel(demo.kernel())
                .initrd(demo.initrd())
                .memoryBytes(512L << 20)
                .translationCache(translations, problem -> fail(problem))
                .bootArguments(demo.bootArguments() + " demo=\"cat /proc/cpuinfo; sha256sum /bin/busybox; awk 'BEGIN"
                        + " { for (i = 1; i < 3000; i++) x += 1 / i; print x }'\"");
        MachineStatistics statistics;
        try (Lockstep lockstep = new Lockstep(description, console, INTERVAL)) {
            MachineOutcome end = lockstep.run();
            statistics = lockstep.statistics();
            assertEquals(MachineOutcome.Kind.POWERED_OFF, end.kind(), end::reason);
        }
        String text = console.transcript().all();
        assertTrue(text.contains("POWER9"), text);
        assertTrue(text.contains("8.58342"), text);
        return statistics;
    }
}

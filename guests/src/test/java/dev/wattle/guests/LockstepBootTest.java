// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.app.guest.GuestImage;
import dev.wattle.engine.host.x64.HostFeatures;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.pseries.Lockstep;
import dev.wattle.machine.pseries.PseriesMachine;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Boots the demo on both engines at once, comparing all registers on the way and all memory at the end. */
@Timeout(900)
class LockstepBootTest {
    private static final long INTERVAL = 500;

    @Test
    void Boot_onBothEngines_isTheSameToTheLastByte() throws Exception {
        Assumptions.assumeTrue(HostFeatures.isHostSupported(), "this host has no back-end");
        GuestImage demo = Demo.image();
        ScriptedConsole console = new ScriptedConsole();
        PseriesMachine.Builder description = PseriesMachine.builder()
                .kernel(demo.kernel())
                .initrd(demo.initrd())
                .memoryBytes(512L << 20)
                .bootArguments(demo.bootArguments() + " demo=\"cat /proc/cpuinfo; sha256sum /bin/busybox; awk 'BEGIN"
                        + " { for (i = 1; i < 3000; i++) x += 1 / i; print x }'\"");
        try (Lockstep lockstep = new Lockstep(description, console, INTERVAL)) {
            MachineOutcome end = lockstep.run();
            assertEquals(MachineOutcome.Kind.POWERED_OFF, end.kind(), end::reason);
        }
        String text = console.transcript().all();
        assertTrue(text.contains("POWER9"), text);
        assertTrue(text.contains("8.58342"), text);
    }
}

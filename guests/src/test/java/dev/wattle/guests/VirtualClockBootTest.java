// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.app.guest.GuestImage;
import dev.wattle.hypervisor.ClockMode;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.pseries.PseriesMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Boots the demo twice under the virtual clock, without input. */
@Timeout(900)
class VirtualClockBootTest {
    private record Run(MachineOutcome.Kind kind, long instructions, String console) {}

    @Test
    void virtualClock_twoBootsWithoutInput_areTheSameToTheInstructionAndTheByte() throws Exception {
        GuestImage demo = Demo.image();
        Run first = boot(demo);
        assertEquals(MachineOutcome.Kind.POWERED_OFF, first.kind(), first::console);
        assertTrue(first.console().contains("MemTotal"), first::console);
        assertEquals(first, boot(demo));
    }

    private static Run boot(GuestImage demo) throws Exception {
        ScriptedConsole console = new ScriptedConsole();
        try (PseriesMachine machine = PseriesMachine.builder()
                .kernel(demo.kernel())
                .initrd(demo.initrd())
                .bootArguments(demo.bootArguments() + " demo=\"date; sleep 2; cat /proc/meminfo; date\"")
                .clock(ClockMode.VIRTUAL)
                .console(console)
                .build()) {
            MachineOutcome.Kind kind = machine.run().kind();
            return new Run(
                    kind,
                    machine.statistics().instructionsCompleted(),
                    console.transcript().all());
        }
    }
}

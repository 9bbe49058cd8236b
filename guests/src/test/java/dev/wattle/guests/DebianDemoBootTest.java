// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.app.guest.GuestImage;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.MachineStatistics;
import dev.wattle.machine.pseries.PseriesMachine;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Boots Debian's unmodified kernel through the machine's API, works in its shell, and switches it off. */
@Timeout(900)
class DebianDemoBootTest {
    @Test
    void demo_booted_givesAShellThatWorksAndPowersOff() throws Exception {
        GuestImage demo = Demo.image();
        ScriptedConsole console = new ScriptedConsole();
        Shell shell = new Shell(console.transcript(), console::type);
        try (ExecutorService thread = Executors.newSingleThreadExecutor();
                PseriesMachine machine = PseriesMachine.builder()
                        .kernel(demo.kernel())
                        .initrd(demo.initrd())
                        .bootArguments(demo.bootArguments())
                        .memoryBytes(1L << 30)
                        .console(console)
                        .build()) {
            Future<MachineOutcome> end = thread.submit(machine::run);
            try {
                shell.awaitPrompt();
                assertContains(shell.run("uname -a"), "Linux wattle ", "ppc64le GNU/Linux");
                assertContains(shell.run("cat /proc/cpuinfo"), "processor\t: 0", "cpu\t\t: POWER9", "pSeries");
                assertContains(shell.run("cat /proc/interrupts"), "hvc_console", "Local timer interrupts");
                assertContains(shell.run("cat /proc/cmdline; tty"), "console=hvc0", "/dev/hvc0");

                // Nothing is at this real address: the process ends by it, and the kernel does not.
                assertContains(shell.run("devmem 0x8000000000"), "Not recovered", "Bus error");
                shell.run("sleep 1000 &");
                assertContains(shell.run("jobs"), "[1]+  Running");
                // Printed by the process that the key is to end, which has the terminal by then; the shell's own echo
                // could come before it has given the terminal away.
                shell.start("sh -c 'echo be\"\"gin; exec sleep 1000'", "begin");
                shell.press('\u0003');
                assertContains(shell.run("echo status $?"), "status 130");

                shell.leave("poweroff -f");
                assertEquals(
                        MachineOutcome.Kind.POWERED_OFF,
                        end.get().kind(),
                        end.get().reason());
            } finally {
                machine.stop();
            }
            MachineStatistics statistics = machine.statistics();
            assertTrue(statistics.instructionsCompleted() > 100_000_000, statistics::toString);
            assertTrue(statistics.exitsByKind().getOrDefault("H_PUT_TERM_CHAR", 0L) > 0, statistics::toString);
            assertTrue(statistics.interruptsByVector().getOrDefault("DECREMENTER", 0L) > 0, statistics::toString);
            assertEquals(1, statistics.exitsByKind().get("NMI"), statistics::toString);
            assertEquals(1, statistics.exitsByKind().get("rtas ibm,nmi-interlock"), statistics::toString);
            assertTrue(statistics.translations() > 0, statistics::toString);
        }
    }

    private static void assertContains(String output, String... parts) {
        for (String part : parts) {
            assertTrue(output.contains(part), () -> "\"" + part + "\" is missing in: " + output);
        }
    }
}

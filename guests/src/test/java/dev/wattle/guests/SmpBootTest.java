// SPDX-License-Identifier: Apache-2.0
package dev.wattle.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wattle.app.guest.GuestImage;
import dev.wattle.hypervisor.ProcessorTopology;
import dev.wattle.machine.MachineOutcome;
import dev.wattle.machine.pseries.InterruptChoice;
import dev.wattle.machine.pseries.PseriesMachine;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Boots Debian's unmodified kernel on several processors. */
@Timeout(900)
class SmpBootTest {
    private static final String COUNT = "grep -c ^processor /proc/cpuinfo";
    /** Programs that never end, on all processors. */
    private static final String LOAD =
            "for i in 1 2 3 4; do (while :; do sha256sum /bin/busybox; done >/dev/null) & done";
    /** What a kernel says of processors that do not get on, or lock up. */
    private static final String TROUBLE =
            "dmesg | grep -c -i -e 'bug:' -e warning: -e stall -e oops -e 'call trace' -e lockup";

    @ParameterizedTest
    @EnumSource(
            value = InterruptChoice.class,
            names = {"XICS", "XIVE"})
    void processors_asDescribed_areThoseOfTheGuest(InterruptChoice interrupts) throws Exception {
        ProcessorTopology topology = new ProcessorTopology(2, 4);
        GuestImage demo = Demo.image();
        ScriptedConsole console = new ScriptedConsole();
        Shell shell = new Shell(console.transcript(), console::type);
        try (ExecutorService thread = Executors.newSingleThreadExecutor();
                PseriesMachine machine = PseriesMachine.builder()
                        .kernel(demo.kernel())
                        .initrd(demo.initrd())
                        .bootArguments(demo.bootArguments())
                        .memoryBytes(1L << 30)
                        .topology(topology)
                        .interrupts(interrupts)
                        .console(console)
                        .build()) {
            Future<MachineOutcome> end = thread.submit(machine::run);
            try {
                shell.awaitPrompt();
                assertEquals("8", lastLine(shell.run(COUNT)));
                String siblings = shell.run("cat /sys/devices/system/cpu/cpu5/topology/thread_siblings_list");
                assertEquals("4-7", lastLine(siblings));
                String chips = shell.run("cat /proc/interrupts");
                assertEquals(interrupts == InterruptChoice.XIVE, chips.contains("XIVE-IPI"), chips);
                shell.run(LOAD);
                int rounds = Integer.getInteger("wattle.hotplug", 5);
                String loop = "i=0; while [ $i -lt " + rounds + " ]; do i=$((i+1)); for c in 1 3 6 7; do"
                        + " echo 0 >/sys/devices/system/cpu/cpu$c/online; done; for c in 7 1 6 3; do"
                        + " echo 1 >/sys/devices/system/cpu/cpu$c/online; done; done; echo rounds $i";
                assertEquals("rounds " + rounds, lastLine(shell.run(loop)));
                assertEquals("8", lastLine(shell.run(COUNT)));
                String trouble = shell.run(TROUBLE);
                assertEquals("0", lastLine(trouble), () -> trouble);
                shell.leave("poweroff -f");
                assertEquals(MachineOutcome.Kind.POWERED_OFF, end.get().kind());
                assertTrue(machine.statistics().exitsByKind().get("rtas start-cpu") >= 7 + 4L * rounds);
            } finally {
                machine.stop();
            }
        }
    }

    private static String lastLine(String output) {
        return output.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .reduce("", (all, line) -> line);
    }
}
